"""Train the shipped checkpoints again: a backbone that knows drawn rooms, and a ConceptViT on it.

1. ``scenes-backbone``: a small ViT learns to say which objects a drawn room of P10 shows. It stands
   in for the ImageNet-pretrained ViT of the paper, which cannot be shipped.
2. ``scenes-P3.1``: its head becomes a concept layer, and the whole network is trained with the
   three losses of NeSyViT and the labels of P3.1 alone.
"""

from __future__ import annotations

import argparse
import subprocess

import numpy as np
import torch
from measures import rules_on_bits
from safetensors.torch import save_file
from sklearn.metrics import roc_auc_score
from torch import nn
from torch.nn import functional as F

from nesylib import checkpoints, concepts, data, runtime
from nesylib.concepts import loop
from nesylib.concepts.saving import write_card
from nesylib.concepts.training import parameter_groups
from nesylib.vit.features import in_batches

BACKBONE = "nesy_tiny_conv"
AUGMENT = concepts.Augment(flip=True, shift=0.06, light=0.1)


def commit() -> str:
    """The commit that the working tree stands on."""
    done = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True)
    return done.stdout.strip() or "unknown"


def about(**more) -> dict:
    versions = runtime.versions()
    return dict(license="BSD-3-Clause", **more, commit=commit(), versions=versions)


def train_backbone(pictures: int, epochs: int, seed: int, resume) -> nn.Module:
    """Learn which of the 33 objects of drawn rooms are visible."""
    train = data.load("scenes/P10", "train", n=pictures, seed=seed)
    test = data.load("scenes/P10", "test", seed=seed)
    net = concepts.PlainViT(BACKBONE, len(train.concept_names), seed=seed)

    def loss(logits: torch.Tensor, bits: torch.Tensor, done: float) -> dict[str, torch.Tensor]:
        return {"total": F.binary_cross_entropy_with_logits(logits.float(), bits.float())}

    loop.train(
        net,
        train.images,
        train.concepts,
        loss,
        groups=parameter_groups(net, 2e-3, 0.05),
        epochs=epochs,
        batch_size=64,
        seed=seed,
        prepare=AUGMENT,
        checkpoint=resume,
        on_epoch=lambda row: print(f"backbone {row['epoch']}: {row['total']:.4f}", flush=True),
    )
    with torch.inference_mode():
        device = next(net.parameters()).device
        logits = np.concatenate(in_batches(net, test.images, device, 250))
    seen = [k for k in range(logits.shape[1]) if 10 <= test.concepts[:, k].sum() <= len(test) - 10]
    auc = [roc_auc_score(test.concepts[:, k], logits[:, k]) for k in seen]
    path = checkpoints.FOLDER / "scenes-backbone.safetensors"
    state = {
        k: v.half() if v.is_floating_point() else v for k, v in net.backbone.state_dict().items()
    }
    with runtime.atomic_write(path) as temporary:
        save_file({k: v.contiguous() for k, v in state.items()}, temporary)
    card = about(
        what="A small ViT that was trained to say which objects a drawn room shows",
        config=dict(backbone=BACKBONE, img_size=64),
        data=f"scenes/P10, {pictures} training pictures, with their concept bits as labels",
        seed=seed,
        epochs=epochs,
        figures={"mean AUC over objects, test": round(float(np.mean(auc)), 4)},
        command="python experiments/train_checkpoint.py",
    )
    write_card(path, card)
    print(checkpoints.card("scenes-backbone"))
    return net.backbone


def train_concepts(pictures: int, epochs: int, seed: int, resume) -> None:
    """NeSyViT on the three rooms of P3.1, from the backbone's weights."""
    train = data.load("scenes/P3.1", "train", n=pictures, seed=seed)
    test = data.load("scenes/P3.1", "test", seed=seed)
    weights = checkpoints.path("scenes-backbone")
    net = concepts.ConceptViT(BACKBONE, 64, weights=weights, seed=seed)
    settings = dict(epochs=epochs, lr=2e-3, backbone_lr=3e-4, ramp=(0.0, 0.3), seed=seed)
    history = concepts.fit(
        net,
        train,
        augment=AUGMENT,
        checkpoint=resume,
        on_epoch=lambda row: print(f"concepts {row['epoch']}: {row['total']:.4f}", flush=True),
        **settings,
    )
    bits = [concepts.binarize(concepts.encode(net, part)) for part in (train, test)]
    found = rules_on_bits(bits[0], train.labels, bits[1], test.labels)
    card = about(
        what="A ConceptViT trained with supervised contrastive, entropy and L1 loss (2, 1, 1)",
        data=f"scenes/P3.1, {pictures} training pictures, class labels only; backbone: "
        "scenes-backbone",
        classes=list(train.classes),
        seed=seed,
        settings=settings,
        figures={f"rules, test: {k}": round(v, 4) for k, v in found.items()}
        | {f"last epoch: {k}": round(history.rows[-1][k], 4) for k in ("supcon", "active")},
        command="python experiments/train_checkpoint.py",
    )
    concepts.save_model(net, checkpoints.FOLDER / "scenes-P3.1", half=True, **card)
    print(checkpoints.card("scenes-P3.1"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=("backbone", "concepts"))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--backbone-epochs", type=int, default=18)
    parser.add_argument("--concept-epochs", type=int, default=8)
    options = parser.parse_args()
    resume = runtime.cache_dir("training")
    if options.only != "concepts":
        path = resume / f"scenes-backbone-{options.seed}.safetensors"
        train_backbone(12_000, options.backbone_epochs, options.seed, path)
        path.unlink()
    if options.only != "backbone":
        path = resume / f"scenes-P3.1-{options.seed}.safetensors"
        train_concepts(4_000, options.concept_epochs, options.seed, path)
        path.unlink()


if __name__ == "__main__":
    main()
