"""One symbol between two linear maps: what each discretizer loses, leaks and leaves unused.

python experiments/discrete_symbols.py scenes --record
"""

from __future__ import annotations

import numpy as np
import torch
from heads import arguments, over_seeds, record_all
from torch import nn
from torch.nn import functional as F

from nesylib import checkpoints, data, record, runtime, symbols
from nesylib.vit import create_backbone, frozen_features

COMMANDS = {"scenes": "python experiments/discrete_symbols.py scenes --record"}
V, WIDTH, STEPS = 16, 24, 800
KINDS = {
    "softmax-warm": ("softmax", dict(start=1.0, end=1.0)),
    "softmax-cooled": ("softmax", dict(start=1.0, end=0.05)),
    "softmax-straight": ("softmax", dict(end=0.05, straight_through=True)),
    "gumbel-blend": ("gumbel", dict(start=1.0, end=0.3)),
    "gumbel-straight": ("gumbel", dict(start=1.0, end=0.3, straight_through=True)),
    "vq-loss": ("vq", dict(learn="loss")),
    "vq-ema": ("vq", dict(learn="ema")),
    "fsq": ("fsq", dict(levels=(4, 4))),
}
UNITS = {
    "error-in-training": ("number", 0.1),
    "error": ("number", 0.5),
    "leak": ("number", 0.5),
    "in-use": ("count", 3.0),
    "perplexity": ("number", 3.0),
    "class": ("share", 0.1),
    "largest": ("number", 0.2),
    "scores": ("number", 10.0),
}


class Bottleneck(nn.Module):
    """Features through one symbol and back."""

    def __init__(self, features: int, kind: str, **options):
        super().__init__()
        self.down, self.up = nn.Linear(features, WIDTH), nn.Linear(WIDTH, features)
        self.table = symbols.DISCRETIZERS[kind](WIDTH, V, **options)

    def forward(self, x: torch.Tensor, done: float = 1.0):
        hidden = self.down(x)
        found = self.table(hidden, done)
        if self.training:
            self.table.update(hidden, found.symbols)
        return self.up(found.vectors), found


def trained(X: torch.Tensor, kind: str, seed: int, far: float = 1.0, **options):
    """A bottleneck after training, and the error that it last saw in training."""
    runtime.seed_everything(seed)
    net = Bottleneck(X.shape[1], kind, **options)
    if far != 1.0:  # rows out of the way, and left there
        net.table.started.fill_(True)
        with torch.no_grad():
            net.table.codebook.mul_(far)
    optimizer = torch.optim.Adam(net.parameters(), lr=5e-3)
    for step in range(STEPS):
        x = X[torch.randint(len(X), (128,))]
        rebuilt, found = net(x, step / STEPS)
        optimizer.zero_grad()
        (F.mse_loss(rebuilt, x) + found.loss).backward()
        optimizer.step()
    with torch.no_grad():
        seen = F.mse_loss(net(X)[0], X).item()
    return net.eval(), seen


def of_codes(S, S_test, y, y_test) -> dict[str, float]:
    share = np.bincount(S_test, minlength=V) / len(S_test)
    codes = [symbols.one_hot(s[:, None], V) for s in (S, S_test)]
    return {
        "in-use": int((share > 0).sum()),
        "perplexity": float(np.exp(-sum(p * np.log(p) for p in share if p))),
        "class": symbols.knn_probe(codes[0], y, codes[1], y_test).top1,
    }


@torch.no_grad()
def of_net(net, seen: float, X, Z, y, y_test) -> dict[str, float]:
    rebuilt, found = net(Z)
    error = F.mse_loss(rebuilt, Z).item()
    made = {"error-in-training": seen, "error": error, "leak": error - seen}
    if isinstance(net.table, symbols.SoftmaxDiscretizer):
        made["largest"] = float((found.logits / net.table.end).softmax(-1).amax(-1).mean())
        made["scores"] = float(found.logits.std(-1).mean())
    return made | of_codes(net(X)[1].symbols.numpy(), found.symbols.numpy(), y, y_test)


def one_seed(seed: int) -> dict[str, dict[str, float]]:
    backbone = create_backbone("nesy_tiny_conv", weights=checkpoints.path("scenes-backbone"))
    train = data.load("scenes/P5", "train", n=2000, seed=seed)
    test = data.load("scenes/P5", "test", n=600, seed=seed)
    X, Z = (torch.from_numpy(frozen_features(backbone, part)) for part in (train, test))
    mean, spread = X.mean(0), X.std(0)
    X, Z = (X - mean) / spread, (Z - mean) / spread
    y, y_test, found = train.labels, test.labels, {}
    for name, (kind, options) in KINDS.items():
        found[name] = of_net(*trained(X, kind, seed, **options), X, Z, y, y_test)
    for name, revive in (("vq-left-alone", 0.0), ("vq-revived", 0.1)):
        made = trained(X, "vq", seed, far=5.0, learn="loss", revive=revive)
        found[name] = of_net(*made, X, Z, y, y_test)
    coded = symbols.kmeans_symbols(X.numpy(), Z.numpy(), V, seed=seed)
    shuffled = np.random.default_rng(seed).permutation(len(Z))
    seen = float(np.square(coded.rebuilt_train[:, 0] - X.numpy()).mean())
    for name, order in (("k-means", np.arange(len(Z))), ("k-means-shuffled", shuffled)):
        error = float(np.square(coded.rebuilt_test[order, 0] - Z.numpy()).mean())
        found[name] = {"error-in-training": seen, "error": error, "leak": error - seen}
        found[name] |= of_codes(coded.train[:, 0], coded.test[order, 0], y, y_test)
    return found


def main() -> None:
    options = arguments(__doc__.splitlines()[0], COMMANDS)
    torch.set_num_threads(1)
    runs = over_seeds(options.seeds, one_seed)
    command = COMMANDS[options.data_set]
    measured = record_all("discrete-symbols", "scenes-P5", runs, UNITS, command)
    if options.record:
        print("written to", record.save("discrete-symbols", measured).name)


if __name__ == "__main__":
    main()
