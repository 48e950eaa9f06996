"""The supervised contrastive loss: ours, pytorch-metric-learning's, and a plain masked one.

    python benchmarks/losses.py               # a table, seconds
    python benchmarks/losses.py --record      # the same into book/results/losses.json

CPU seconds of forward and backward on one thread; 128 neurons, 10 classes, temperature 0.1. The
three run in turn, round after round, so that what else the machine does meets all of them; of
each the least of the rounds counts. Value and gradient of the three are compared before anything
is timed.
"""

from __future__ import annotations

import argparse
import time

import torch
from pytorch_metric_learning.losses import SupConLoss
from torch.nn import functional as F

from nesylib import record
from nesylib.concepts import supcon_loss

COMMAND = "python benchmarks/losses.py --record"
SIZES = (256, 1024, 2048)
NEURONS, CLASSES, TEMPERATURE = 128, 10, 0.1
SEEDS = (0, 1, 2)


def masked(activations: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Equation 2 of Khosla et al., vectorised in the usual way: N x N masks of pairs."""
    unit = F.normalize(activations, dim=1)
    others = ~torch.eye(len(labels), dtype=torch.bool, device=labels.device)
    positive = (labels[:, None] == labels[None]) & others
    similarity = unit @ unit.T / TEMPERATURE
    similarity = similarity - similarity.detach().amax(1, keepdim=True)
    log_sum = torch.log((similarity.exp() * others).sum(1, keepdim=True))
    count = positive.sum(1)
    per_anchor = -((similarity - log_sum) * positive).sum(1) / count.clamp(min=1)
    return per_anchor[count > 0].mean()


METHODS = {
    "ours": lambda c, y: supcon_loss(c, y, TEMPERATURE),
    "pytorch-metric-learning": SupConLoss(temperature=TEMPERATURE),
    "masked": masked,
}


def run(method, codes: torch.Tensor, labels: torch.Tensor):
    """CPU seconds, value and gradient of one forward and backward."""
    c = codes.clone().requires_grad_()
    start = time.process_time()
    loss = method(c, labels)
    loss.backward()
    return time.process_time() - start, loss.detach(), c.grad


def compare(n: int, seed: int, rounds: int) -> dict[str, float]:
    """Least seconds of each method on one drawn batch; raises where they disagree."""
    g = torch.Generator().manual_seed(seed)
    codes = torch.rand(n, NEURONS, generator=g)
    labels = torch.randint(CLASSES, (n,), generator=g)
    _, value, gradient = run(METHODS["ours"], codes, labels)
    for method in METHODS.values():
        _, their_value, their_gradient = run(method, codes, labels)
        torch.testing.assert_close(their_value, value, rtol=1e-4, atol=1e-5)
        torch.testing.assert_close(their_gradient, gradient, rtol=1e-3, atol=1e-6)
    least = dict.fromkeys(METHODS, float("inf"))
    for _ in range(rounds):
        for name, method in METHODS.items():
            least[name] = min(least[name], run(method, codes, labels)[0])
    return least


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--record", action="store_true")
    options = parser.parse_args()
    torch.set_num_threads(1)  # CPU seconds add up over threads
    print(f"{'batch':>6}" + "".join(f"{name:>26}" for name in METHODS) + "   (ms, times ours)")
    made = []
    for n in SIZES:
        found = [compare(n, seed, options.rounds) for seed in SEEDS]
        row = f"{n:>6}"
        for name in METHODS:
            seconds = [f[name] for f in found]
            ratios = [f[name] / f["ours"] for f in found]
            ms, ratio = 1000 * sum(seconds) / len(SEEDS), sum(ratios) / len(SEEDS)
            row += f"{ms:>17.2f} ms {ratio:>5.2f}"
            key = f"losses/supcon-{n}x{NEURONS}/{name}"
            rows = [("seconds", seconds, "s", 0.05)]
            if name != "ours":
                rows.append(("times-ours", ratios, "ratio", 1.5))
            made += [
                record.measure(
                    f"{key}/{what}",
                    values,
                    unit=unit,
                    tolerance=tolerance,
                    tier="full",
                    command=COMMAND,
                    seeds=SEEDS,
                )
                for what, values, unit, tolerance in rows
            ]
        print(row, flush=True)
    if options.record:
        print(f"written: {record.save('losses', made).name}")


if __name__ == "__main__":
    main()
