"""Students on drawn scenes: three ways of writing symbols, prefixes, cheats, and who listens.

python experiments/symbol_decoder.py scenes --record

Every student writes 8 symbols of 16 about scenes of ten kinds. *after-n* is k-NN on what the
encoder understands of the first n symbols, handed over alone. *later-by-first* and
*later-by-picture* are the shares of symbols 2 to 8 that change when the first symbol is another
picture's, and when the picture is another and the first symbol stays.
"""

from __future__ import annotations

import numpy as np
import torch
from heads import arguments, over_seeds, record_all

from nesylib import checkpoints, data, record, symbols
from nesylib.symbols.decoder import CausalAttention

COMMANDS = {"scenes": "python experiments/symbol_decoder.py scenes --record"}
V, L, WIDTH, LENGTHS = 16, 8, 64, (1, 2, 4, 8)
SIZES = dict(width=WIDTH, heads=4, decoder_layers=1, encoder_layers=1, shared=False)
TRAINING = dict(target="anchors", epochs=6, batch_size=64, lr=2e-3, keep_tokens=0.25)
STRAIGHT = dict(discretizer="softmax", straight_through=True)
SIZE = {"train": 2000, "test": 600}
EIGHT = symbols.PrefixLoss(prefixes=(8,))
METHODS = {
    "autoregressive": (dict(decoding="autoregressive", **STRAIGHT), None),
    "parallel": (dict(decoding="parallel", **STRAIGHT), None),
    "residual": (dict(decoding="residual", discretizer="vq"), None),
    "autoregressive-vq": (dict(decoding="autoregressive", discretizer="vq"), None),
    "parallel-8-only": (dict(decoding="parallel", **STRAIGHT), EIGHT),
    "residual-8-only": (dict(decoding="residual", discretizer="vq"), EIGHT),
    "parallel-ahead": (dict(decoding="parallel", **STRAIGHT), None),
}
UNITS = {f"after-{n}": ("share", 0.1) for n in LENGTHS}
UNITS |= {f"loss-{n}": ("number", 0.5) for n in LENGTHS}
UNITS |= {"sequences": ("share", 0.2), "perplexity": ("number", 3.0)}
UNITS |= {"later-by-first": ("share", 0.2), "later-by-picture": ("share", 0.2)}


class SeesAll(CausalAttention):
    """Self-attention without a mask."""

    def forward(self, x, past=None):
        q, k, v = (part.unflatten(-1, (self.heads, -1)) for part in self.qkv(x).chunk(3, -1))
        weights = (torch.einsum("nihd,njhd->nhij", q, k) / q.shape[-1] ** 0.5).softmax(-1)
        return self.out(torch.einsum("nhij,njhd->nihd", weights, v).flatten(2)), None


class Forced(torch.nn.Module):
    """A table that says what it is told to say."""

    def __init__(self, table, said: torch.Tensor):
        super().__init__()
        self.table, self.said = table, said

    def forward(self, hidden, done=1.0):
        found = self.table(hidden, done)
        rows = self.table.embed(self.said)
        return symbols.Discrete(rows, self.said, found.logits, found.loss, found.vocabulary)


class Scenes:
    """Tokens of drawn scenes under the shipped transformer."""

    def __init__(self, seed: int):
        weights = checkpoints.path("scenes-backbone")
        self.teacher = symbols.Teacher.create("nesy_tiny_conv", weights=weights)
        parts = [data.load("scenes/P10", p, n=n, seed=seed) for p, n in SIZE.items()]
        self.y, self.y_test = (part.labels for part in parts)
        self.X, self.Z = (torch.from_numpy(np.asarray(self.teacher.tokens(p)[:])) for p in parts)
        self.seed = seed

    def student(self, **options) -> symbols.SymbolStudent:
        made = SIZES | dict(from_cls=True, seed=self.seed) | options
        return symbols.SymbolStudent(self.teacher, V, L, **made)

    def knn(self, a, b) -> float:
        return symbols.knn_probe(a, self.y, b, self.y_test).top1

    def codes(self, net):
        return net.encode(self.X, batch_size=250), net.encode(self.Z, batch_size=250)

    def after(self, net, codes) -> dict[str, float]:
        found = {}
        for n in LENGTHS:
            a, b = (net.read(part[:, :n])[:, -1] for part in codes)
            found[f"after-{n}"] = self.knn(a, b)
        return found


@torch.inference_mode()
def listening(net, Z, n: int = 300) -> dict[str, float]:
    Z, tables = Z[:n], net.discretizers

    def written(tokens, first=None):
        forced = tables if first is None else [Forced(tables[0], first), *tables[1:]]
        return net.decoder(net.scale(tokens), forced).found.symbols

    told, back = written(Z), torch.arange(n).roll(1)
    other = told[back, 0]
    differ = told[:, 0] != other
    swapped, looked = written(Z, other), written(Z[back], told[:, 0])
    return {
        "later-by-first": float((swapped != told)[differ, 1:].float().mean()),
        "later-by-picture": float((looked != told)[differ, 1:].float().mean()),
    }


def one_seed(seed: int) -> dict[str, dict[str, float]]:
    scenes, found = Scenes(seed), {}
    for name, (options, loss) in METHODS.items():
        net = scenes.student(**options)
        if name == "parallel-ahead":
            net.encoder.attention[0] = SeesAll(WIDTH, 4)
        past = symbols.fit_student(
            net, scenes.X, loss=loss, seed=seed, patience=100, progress=False, **TRAINING
        )
        codes, last = scenes.codes(net.eval()), past.rows[-1]
        found[name] = scenes.after(net, codes)
        found[name]["sequences"] = len(np.unique(codes[1], axis=0)) / len(codes[1])
        found[name]["perplexity"] = last["perplexity"]
        kept = {k: last[f"prefix_{k}"] for k in LENGTHS if f"prefix_{k}" in last}
        found[name] |= {f"loss-{k}": value for k, value in kept.items()}
        if options["decoding"] == "autoregressive":
            found[name] |= listening(net, scenes.Z)
        if name == "residual":
            others = np.random.default_rng(seed).permutation(len(codes[1]))
            found["other-pictures"] = scenes.after(net, (codes[0], codes[1][others]))
    bare = scenes.student(decoding="autoregressive", from_cls=False, **STRAIGHT)
    found["untrained"] = scenes.after(bare, scenes.codes(bare)) | listening(bare, scenes.Z)
    hinted = scenes.student(decoding="autoregressive", **STRAIGHT).eval()
    found["untrained-hint"] = listening(hinted, scenes.Z)
    cls = [part[:, 0].numpy().astype(np.float32) for part in (scenes.X, scenes.Z)]
    mean, spread = cls[0].mean(0), cls[0].std(0)
    cls = [(part - mean) / spread for part in cls]
    found["teacher"] = {"after-1": scenes.knn(*cls)}
    coded = symbols.residual_kmeans_symbols(*cls, V, L, seed=seed)
    rebuilt = {
        f"after-{n}": scenes.knn(coded.rebuilt_train[:, n - 1], coded.rebuilt_test[:, n - 1])
        for n in LENGTHS
    }
    found["residual-k-means"] = rebuilt
    common = np.bincount(scenes.y_test).max() / len(scenes.y_test)
    return found | {"majority": {"after-1": float(common)}}


def main() -> None:
    options = arguments(__doc__.splitlines()[0], COMMANDS)
    torch.set_num_threads(1)
    runs = over_seeds(options.seeds, one_seed)
    command = COMMANDS[options.data_set]
    measured = record_all("symbol-decoder", "scenes-P10", runs, UNITS, command)
    if options.record:
        print("written to", record.save("symbol-decoder", measured).name)


if __name__ == "__main__":
    main()
