"""DINO's loss: ours, lightly's, and the formula pair by pair; and views of whole batches.

    python benchmarks/dino.py               # two tables, about a minute
    python benchmarks/dino.py --record      # the same into book/results/dino.json

CPU seconds on one thread. The methods run in turn, round after round, so that what else the
machine does meets all of them; of each the least of the rounds counts. Value and gradient of the
losses are compared before anything is timed. lightly is looked at if it is installed
(``pip install lightly``); views are held against torchvision, one picture at a time.
"""

from __future__ import annotations

import argparse
import time

import torch
from torch.nn import functional as F
from torchvision.transforms import v2

from nesylib import record
from nesylib.symbols import MultiCrop, dino_loss

COMMAND = "python benchmarks/dino.py --record"
SIZES = ((2, 64, 1024), (6, 64, 1024), (10, 32, 8192))  # views, pictures, prototypes
SEEDS = (0, 1, 2)


def pair_by_pair(student: torch.Tensor, teacher: torch.Tensor, centre: torch.Tensor):
    """Algorithm 1 of the paper with a loop over pairs of views."""
    targets = [F.softmax((t - centre) / 0.04, dim=-1) for t in teacher]
    answers = [F.log_softmax(s / 0.1, dim=-1) for s in student]
    terms = [
        -(p * q).sum(-1).mean()
        for i, p in enumerate(targets)
        for j, q in enumerate(answers)
        if i != j
    ]
    return sum(terms) / len(terms)


def lightlys(student: torch.Tensor, teacher: torch.Tensor, centre: torch.Tensor):
    from lightly.loss.dino_loss import DINOLoss

    loss = DINOLoss(len(centre))
    loss.center = centre.expand(1, 1, -1).clone()
    loss.update_center = lambda said: None  # the centre is no part of what is timed
    return loss(list(teacher), list(student))


METHODS = {"ours": dino_loss, "pair-by-pair": pair_by_pair}
try:
    import lightly.loss.dino_loss  # noqa: F401
except ImportError:
    pass
else:
    METHODS["lightly"] = lightlys


def run(method, student, teacher, centre):
    """CPU seconds, value and gradient of one forward and backward."""
    s = student.clone().requires_grad_()
    start = time.process_time()
    loss = method(s, teacher, centre)
    loss.backward()
    return time.process_time() - start, loss.detach(), s.grad


def compare(size: tuple[int, int, int], seed: int, rounds: int) -> dict[str, float]:
    views, n, k = size
    g = torch.Generator().manual_seed(seed)
    student, teacher = torch.randn(views, n, k, generator=g), torch.randn(2, n, k, generator=g)
    batch = student, teacher, torch.randn(k, generator=g)
    _, value, gradient = run(dino_loss, *batch)
    for method in METHODS.values():
        _, their_value, their_gradient = run(method, *batch)
        torch.testing.assert_close(their_value, value, rtol=1e-4, atol=1e-5)
        torch.testing.assert_close(their_gradient, gradient, rtol=1e-3, atol=1e-7)
    least = dict.fromkeys(METHODS, float("inf"))
    for _ in range(rounds):
        for name, method in METHODS.items():
            least[name] = min(least[name], run(method, *batch)[0])
    return least


def crops(rounds: int) -> dict[str, float]:
    """Least CPU seconds for six views of 64 pictures of 64 pixels."""
    pictures = torch.randint(0, 256, (64, 3, 64, 64), dtype=torch.uint8)
    colours = [
        v2.RandomHorizontalFlip(),
        v2.RandomApply([v2.ColorJitter(0.4, 0.4, 0.2, 0.1)], p=0.8),
        v2.RandomGrayscale(0.2),
        v2.ToDtype(torch.float32, scale=True),
    ]
    large = v2.Compose([v2.RandomResizedCrop(64, (0.4, 1.0), antialias=False), *colours])
    second = v2.Compose([large, v2.RandomSolarize(0.5, p=0.2)])
    small = v2.Compose([v2.RandomResizedCrop(32, (0.05, 0.4), antialias=False), *colours])
    ours, generator = MultiCrop(), torch.Generator().manual_seed(0)

    def theirs():
        return [torch.stack([t(p) for p in pictures]) for t in (large, second, *[small] * 4)]

    least = dict.fromkeys(("ours", "torchvision"), float("inf"))
    for _ in range(rounds):
        for name, make in (("ours", lambda: ours(pictures, generator)), ("torchvision", theirs)):
            start = time.process_time()
            make()
            least[name] = min(least[name], time.process_time() - start)
    return least


def measured(key: str, seconds: list[float], ratios: list[float], name: str, seeds) -> list:
    rows = [("seconds", seconds, "s", 0.1)]
    if name != "ours":
        rows.append(("times-ours", ratios, "ratio", 3.0))
    return [
        record.measure(
            f"{key}/{name}/{what}",
            values,
            unit=unit,
            tolerance=tolerance,
            tier="full",
            command=COMMAND,
            seeds=seeds,
        )
        for what, values, unit, tolerance in rows
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--record", action="store_true")
    options = parser.parse_args()
    torch.set_num_threads(1)  # CPU seconds add up over threads
    made = []
    jobs = [
        (f"dino/loss-{v}x{n}x{k}", lambda seed, size=(v, n, k): compare(size, seed, options.rounds))
        for v, n, k in SIZES
    ]
    jobs.append(("dino/views-64x6", lambda seed: crops(max(2, options.rounds // 4))))
    for key, job in jobs:
        found = [job(seed) for seed in SEEDS]
        row = f"{key:<24}"
        for name in found[0]:
            seconds = [f[name] for f in found]
            ratios = [f[name] / f["ours"] for f in found]
            row += f"{name:>16}{1000 * sum(seconds) / 3:>9.2f} ms {sum(ratios) / 3:>5.2f}"
            made += measured(key, seconds, ratios, name, SEEDS)
        print(row, flush=True)
    if options.record:
        print(f"written: {record.save('dino', made).name}")


if __name__ == "__main__":
    main()
