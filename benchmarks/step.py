"""What the concept layer and the three losses add to a fine-tuning step of ViT-Ti at 224 pixels.

    python benchmarks/step.py                 # a batch of 32, a minute
    python benchmarks/step.py --batch 64 --device cuda
    python benchmarks/step.py --record        # into book/results/losses.json

A step is forward, loss, backward and AdamW, on a ViT-Ti with random weights (weights do not change
the time). The parts that NeSyViT adds (the layer from 192 to 128, contrastive, entropy and L1 loss,
their gradients, AdamW on the layer) are timed alone on features of the same batch, often; their
share is what they take of a whole step. A difference of two whole steps would drown in their noise.
"""

from __future__ import annotations

import argparse
import time

import torch
from torch import nn

from nesylib import record, runtime
from nesylib.concepts import ConceptLoss, ConceptViT

COMMAND = "python benchmarks/step.py --record"
BACKBONE, CLASSES = "vit_tiny_patch16_224", 6


def timed(step, repeats: int, device: torch.device) -> float:
    """Least seconds of a step, after one to warm up; on the CPU its CPU seconds, on one thread."""
    clock = time.perf_counter if device.type == "cuda" else time.process_time
    least = float("inf")
    for k in range(repeats + 1):
        start = clock()
        step()
        if device.type == "cuda":
            torch.cuda.synchronize()
        if k:
            least = min(least, clock() - start)
    return least


def measure(batch: int, device: torch.device, repeats: int, seed: int = 0):
    """Seconds of the whole step and of what the layer and the losses add."""
    with runtime.seeded(seed):
        net = ConceptViT(BACKBONE, 128, seed=seed).to(device).train()
        images = torch.randint(0, 256, (batch, 3, 224, 224), dtype=torch.uint8, device=device)
        labels = torch.randint(CLASSES, (batch,), device=device)
    loss = ConceptLoss()

    def step(module: nn.Module, inputs: torch.Tensor, optimizer: torch.optim.Optimizer):
        optimizer.zero_grad()
        loss(module(inputs), labels).total.backward()
        optimizer.step()

    whole = torch.optim.AdamW(net.parameters(), lr=1e-5)
    seconds = timed(lambda: step(net, images, whole), repeats, device)
    with torch.no_grad():
        features = net.features(images)
    features.requires_grad_()  # the gradient goes on into the backbone
    head = torch.optim.AdamW(net.concepts.parameters(), lr=1e-5)
    added = timed(lambda: step(net.concepts, features, head), 30 * repeats, device)
    return seconds, added


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--batch", type=int, nargs="+", default=[32])
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--record", action="store_true")
    options = parser.parse_args()
    torch.set_num_threads(1)  # CPU seconds add up over threads
    device = runtime.device(options.device)
    made = []
    print(f"{'batch':>6} {'step':>10} {'layer and losses':>18} {'share':>8}")
    for batch in options.batch:
        seconds, added = measure(batch, device, options.repeats)
        print(f"{batch:>6} {seconds:>8.3f} s {added * 1000:>15.3f} ms {added / seconds:>7.3%}")
        key = f"losses/vit-ti-224-batch{batch}/{device.type}"
        rows = {
            "step-seconds": (seconds, "s", 5.0),
            "added-seconds": (added, "s", 0.02),
            "added-share": (added / seconds, "share", 0.01),
        }
        made += [
            record.measure(
                f"{key}/{what}", value, unit=unit, tolerance=tol, tier="full", command=COMMAND
            )
            for what, (value, unit, tol) in rows.items()
        ]
    if options.record:
        print(f"written: {record.save('losses', made).name}")


if __name__ == "__main__":
    main()
