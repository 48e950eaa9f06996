"""Train the last blocks of a real ViT-Ti: with cross-entropy, with NeSyViT's losses, refined."""

from __future__ import annotations

import argparse
import copy
import time

import numpy as np
from codes import REAL, VIT_TI, arguments, read, real_pictures, run_and_record

from nesylib import concepts, joint

SETTINGS = {  # pixels, blocks, epochs, learning rate of the blocks, pictures in a batch
    "P2": (224, 1, 6, 1e-4, 64),
    "P3.1": (224, 1, 6, 1e-4, 64),
    "P5": (224, 1, 6, 1e-4, 64),
    "mit8": (224, 1, 15, 1e-4, 64),
    "gtsrb": (96, 1, 24, 1e-3, 256),  # 64 pictures of 43 classes leave most anchors alone
}


def run(name: str, seed: int, options) -> dict:
    size, blocks, epochs, backbone_lr, batch = SETTINGS[name]
    train, test = real_pictures(name, size)
    shared = dict(
        trainable=blocks, epochs=epochs, batch_size=batch, lr=1e-3, backbone_lr=backbone_lr,
        seed=seed, progress=False,
    )  # fmt: skip
    model = dict(weights=options.weights, img_size=size, seed=seed)
    began = time.perf_counter()
    plain = concepts.PlainViT(VIT_TI, len(train.classes), **model)
    concepts.fit_classifier(plain, train, **shared)
    said = plain.predict(test, batch_size=64)
    found = {
        "plain-vit-blocks": {
            "accuracy": float(np.mean(said == test.labels)),
            "seconds": time.perf_counter() - began,
        }
    }
    began = time.perf_counter()
    net = concepts.ConceptViT(VIT_TI, 128, **model)
    concepts.fit(net, train, standardize=True, **shared)
    seconds = time.perf_counter() - began
    found |= read(net, train, test, seed, said, "blocks-")
    found["blocks-rules"]["seconds"] = seconds
    tuned = copy.deepcopy(net)
    fold = joint.refine(tuned, train, seed=seed, progress=False).fold
    found |= read(tuned, train, test, seed, said, "blocks-refined-", fold)
    return found


def main() -> None:
    options = arguments(argparse.ArgumentParser(description=__doc__), tuple(REAL))
    run_and_record(run, options, "nesyvit_blocks.py", "blocks")


if __name__ == "__main__":
    main()
