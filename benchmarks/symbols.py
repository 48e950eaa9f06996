"""Writing symbols with and without caches, and training a student: times on one thread.

    python benchmarks/symbols.py                # half a minute
    python benchmarks/symbols.py --record       # into book/results/symbols-speed.json

A student writes 8 or 16 symbols about pictures of 197 tokens (a ViT at 224 pixels with patches of
16). *Uncached* runs the decoder anew over all symbols so far, and projects the tokens to keys and
values anew, for every symbol; the symbols are the same. Training is a step of the paper's recipe.
"""

from __future__ import annotations

import argparse
import time
from functools import partial

import torch

from nesylib import record, symbols

COMMAND = "python benchmarks/symbols.py --record"
WIDTH, LAYERS, TOKENS, FEATURES = 256, 4, 197, 384


class Shape:
    """All that a student needs to know of a teacher."""

    def __init__(self, features: int, side: int):
        self.num_features, self.grid = features, (side, side)

    def tokens_of(self, images):
        raise NotImplementedError


def timed(step, repeats: int) -> float:
    """Least CPU seconds of a step, after one to warm up."""
    least = float("inf")
    for k in range(repeats + 1):
        start = time.process_time()
        step()
        if k:
            least = min(least, time.process_time() - start)
    return least


def decoding(length: int, decoding: str, batch: int, repeats: int) -> tuple[float, float | None]:
    """Seconds with and without caches."""
    torch.manual_seed(0)
    student = symbols.SymbolStudent(
        Shape(FEATURES, 14), 1024, length, width=WIDTH, decoder_layers=LAYERS, decoding=decoding
    ).eval()
    tokens = torch.randn(batch, TOKENS, FEATURES)

    @torch.inference_mode()
    def write(cached: bool):
        return student.decoder(tokens, student.discretizers, cached=cached)

    if decoding == "autoregressive":
        same = torch.equal(write(True).found.symbols, write(False).found.symbols)
        assert same, "cached and uncached symbols differ"
        return timed(partial(write, True), repeats), timed(partial(write, False), repeats)
    return timed(partial(write, True), repeats), None


def training(decoding: str, batch: int, repeats: int) -> float:
    """Pictures a second: 8 of 128 symbols, 50 tokens of 192, width 96."""
    torch.manual_seed(0)
    student = symbols.SymbolStudent(
        Shape(192, 7), width=96, decoder_layers=1, encoder_layers=1, decoding=decoding
    )
    target = symbols.ProjectorTarget(96, 192)
    every = [p for m in (student, target) for p in m.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(every, lr=1e-4)
    tokens = torch.randn(batch, 50, 192)
    student.train()

    def step():
        optimizer.zero_grad()
        output = student(tokens, 0.5)
        matched = target(output.read[:, [0, 1, 3, 7]], tokens[:, 0])
        matched.losses.mean().backward()
        optimizer.step()
        target.step(0.5)

    return batch / timed(step, repeats)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--record", action="store_true")
    options = parser.parse_args()
    torch.set_num_threads(1)
    rows = {}
    print(f"{'symbols':>8} {'parallel':>10} {'cached':>10} {'uncached':>10} {'ratio':>7}")
    for length in (8, 16):
        cached, plain = decoding(length, "autoregressive", options.batch, options.repeats)
        parallel, _ = decoding(length, "parallel", options.batch, options.repeats)
        shown = [f"{1000 * s:>7.0f} ms" for s in (parallel, cached, plain)]
        print(f"{length:>8} {' '.join(shown)} {plain / cached:>7.1f}")
        rows[f"decoding-{length}/cached"] = (cached, "s", 1.0)
        rows[f"decoding-{length}/uncached"] = (plain, "s", 5.0)
        rows[f"decoding-{length}/parallel"] = (parallel, "s", 1.0)
        rows[f"decoding-{length}/ratio"] = (plain / cached, "ratio", 3.0)
    for decoding_ in ("autoregressive", "parallel"):
        speed = training(decoding_, 256, options.repeats)
        print(f"training, {decoding_}: {speed:.0f} pictures a second")
        rows[f"training/{decoding_}"] = (speed, "1/s", 1000.0)
    if options.record:
        made = [
            record.measure(
                f"symbols/speed/{key}", value, unit=unit, tolerance=t, tier="demo", command=COMMAND
            )
            for key, (value, unit, t) in rows.items()
        ]
        print(f"written: {record.save('symbols-speed', made).name}")


if __name__ == "__main__":
    main()
