"""The predecessor's recipe beside NeSyViT: rules over the feature maps of a frozen CNN.

NeSyFOLD (Padalkar, Wang and Gupta, AAAI 2024) takes the norm of every feature map of the last
convolution, calls it 1 where it reaches ``0.6 * mean + 0.7 * std`` over the training pictures,
and learns rules with FOLD-SE-M. There the CNN is a VGG16 trained on the set for 100 epochs; here
it is an ImageNet CNN as it is, just as the ViT beside it is.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
import timm
import torch
from codes import LABEL, REAL, real_pictures
from measures import collect, rules_on_bits
from safetensors.torch import load_file

from nesylib import concepts, record
from nesylib.progress import track

ALPHA, GAMMA = 0.6, 0.7


_KEPT: dict[bytes, tuple[np.ndarray, np.ndarray]] = {}
"""Norms and means by picture: the sets of rooms share their pictures."""


@torch.inference_mode()
def maps(net: torch.nn.Module, part, batch: int = 32) -> tuple[np.ndarray, np.ndarray]:
    """Norm and mean of every feature map, each ``(N, K)``."""
    mean, std = (torch.tensor(net.pretrained_cfg[k])[:, None, None] for k in ("mean", "std"))
    new = [i for i, name in enumerate(part.ids.tolist()) if name not in _KEPT]
    for start in track(range(0, len(new), batch), "feature maps"):
        chosen = np.array(new[start : start + batch])
        pixels = torch.from_numpy(np.ascontiguousarray(part.images[chosen]))
        pixels = ((pixels / 255 - mean) / std).to(memory_format=torch.channels_last)
        found = net.forward_features(pixels).flatten(2)
        rows = zip(found.norm(dim=2).numpy(), found.mean(2).numpy(), strict=True)
        _KEPT.update(zip(part.ids[chosen].tolist(), rows, strict=True))
    both = [_KEPT[name] for name in part.ids.tolist()]
    return np.stack([b[0] for b in both]), np.stack([b[1] for b in both])


def run(name: str, net: torch.nn.Module) -> dict:
    train, test = real_pictures(name)
    (norms, means), (test_norms, test_means) = maps(net, train), maps(net, test)
    threshold = ALPHA * norms.mean(0) + GAMMA * norms.std(0)
    bits, test_bits = norms >= threshold, test_norms >= threshold
    said = concepts.linear_probe(means, train.labels, test_means, strength=0.01)
    rules = rules_on_bits(bits, train.labels, test_bits, test.labels)
    return {
        "cnn-linear-head": {"accuracy": float(np.mean(said == test.labels))},
        "cnn-rules": rules | {"active": float(test_bits.sum(1).mean())},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data_sets", nargs="+", choices=tuple(REAL))
    parser.add_argument("--model", default="tf_efficientnet_lite0", help="a CNN of timm")
    parser.add_argument("--weights", type=Path, help="safetensors in timm's layout; else the hub")
    parser.add_argument("--record", action="store_true", help="write to book/results")
    options = parser.parse_args()
    net = timm.create_model(options.model, pretrained=options.weights is None, num_classes=0)
    if options.weights is not None:
        net.load_state_dict(load_file(options.weights), strict=False)
    net.eval().to(memory_format=torch.channels_last)
    measured = []
    for name in options.data_sets:
        found = run(name, net)
        print(name, found, flush=True, file=sys.stderr)
        command = "python experiments/cnn_rules.py P2 P3.1 P5 mit8 --weights FILE"
        measured += collect(
            "nesyvit", LABEL.get(name, name), {0: found}, tier="demo", command=command
        )
    for m in measured:
        print(f"{m.key:60} {m}")
    if options.record:
        print("written to", record.save("nesyvit-cnn", measured).name)


if __name__ == "__main__":
    main()
