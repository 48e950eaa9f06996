"""Vision Transformers: what the readings of a ViT keep, and which attention maps can be believed.

    python experiments/vit.py scenes --record          # drawn rooms, the shipped backbone
    python experiments/vit.py digits --record          # small ViTs trained through each reading
    python experiments/vit.py places --weights FILE --record    # photographs, a real ViT-Ti

All three write to book/results/vit.json. ``scenes`` and ``places`` keep the network frozen and
train linear probes: on [CLS], on the patches weighted by the last block's attention, on their mean
and on one patch; then patches are removed in the order of a map, highest or lowest first.
``digits`` trains the whole network, once through each reading.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
from measures import collect
from torch import nn
from torch.nn import functional as F

from nesylib import checkpoints, concepts, data, record, runtime, vit
from nesylib.concepts import loop
from nesylib.concepts.training import parameter_groups

COMMANDS = {
    "scenes": "python experiments/vit.py scenes --record",
    "digits": "python experiments/vit.py digits --record",
    "places": "python experiments/vit.py places --weights FILE --record",
}
DIGITS = dict(img_size=8, patch_size=2, embed_dim=64, depth=2, num_heads=4)
VIT_TI = "vit_tiny_patch16_224"
REMOVED = 0.5
"""Share of the patches that a deletion takes away."""


class Frozen:
    """A frozen ViT taken apart, so that tokens can be changed between embedding and blocks."""

    def __init__(self, net: nn.Module, batch_size: int = 100):
        self.net, self.batch_size = net, batch_size

    @torch.inference_mode()
    def tokens(self, images) -> torch.Tensor:
        """Tokens with their positions, [CLS] in front: (N, T, E)."""
        parts = []
        for start in range(0, len(images), self.batch_size):
            batch = torch.from_numpy(np.ascontiguousarray(images[start : start + self.batch_size]))
            x = self.net.patch_embed(vit.to_input(self.net, batch))
            parts.append(self.net.norm_pre(self.net._pos_embed(x)))
        return torch.cat(parts)

    @torch.inference_mode()
    def read(self, tokens: torch.Tensor) -> dict[str, np.ndarray]:
        """Readings after the last block, [CLS] after each block, and the maps of [CLS]."""
        parts = []
        for z in tokens.split(self.batch_size):
            with vit.attention.record_attention(self.net, range(len(self.net.blocks))) as maps:
                row = [z[:, 0]]
                for block in self.net.blocks:
                    z = block(z)
                    row.append(z[:, 0])
                z = self.net.norm(z)
            looks = torch.stack([maps[b].mean(1)[:, 1:] for b in sorted(maps)], 1)
            last = looks[:, -1] / looks[:, -1].sum(1, keepdim=True)
            parts.append(
                {
                    "cls": z[:, 0],
                    "attn": torch.einsum("np,npe->ne", last, z[:, 1:]),
                    "mean": z[:, 1:].mean(1),
                    "patch": z[:, 1 + (z.shape[1] - 1) * 9 // 16],
                    "blocks": torch.stack(row, 1),
                    "looks": looks,
                }
            )
        return {key: torch.cat([p[key] for p in parts]).numpy() for key in parts[0]}

    @torch.inference_mode()
    def cls(self, tokens: torch.Tensor) -> np.ndarray:
        rows = [self.net.norm(self.net.blocks(z))[:, 0] for z in tokens.split(self.batch_size)]
        return torch.cat(rows).numpy()


def keep(tokens: torch.Tensor, order: np.ndarray) -> torch.Tensor:
    """[CLS] and the patches of ``order`` (N, K), nothing else."""
    index = torch.from_numpy(np.ascontiguousarray(order))[..., None]
    patches = torch.gather(tokens[:, 1:], 1, index.expand(-1, -1, tokens.shape[2]))
    return torch.cat([tokens[:, :1], patches], dim=1)


def rankings(frozen: Frozen, images, looks: np.ndarray, seed: int) -> dict[str, np.ndarray]:
    """A score for each patch of each picture by several maps; high is said to matter."""
    n, _, patches = looks.shape
    rng = np.random.default_rng(seed)
    return {
        "random": rng.random((n, patches)),
        "last-block": looks[:, -1],
        "first-block": looks[:, 0],
        "all-blocks": looks.mean(1),
        "rollout": rollout(frozen, images),
    }


def rollout(frozen: Frozen, images) -> np.ndarray:
    """Attention rollout, the patches of the row of [CLS]: (N, patches)."""
    rows = []
    for start in range(0, len(images), 25):
        batch = torch.from_numpy(np.ascontiguousarray(images[start : start + 25]))
        rows.append(vit.attention_rollout(frozen.net, batch)[:, 1:])
    return torch.cat(rows).numpy()


def probe(train, labels, test, truth, strength: float = 0.1) -> dict[str, float]:
    guess = concepts.linear_probe(train, labels, test, strength)
    return {"accuracy": float(np.mean(guess == truth))}


def deletion(frozen, tokens, scores, fit, labels, truth) -> dict[str, dict[str, float]]:
    """Accuracy of the probe of whole pictures when patches of high or of low score are gone."""
    found, count = {}, round(tokens.shape[1] * REMOVED)
    for name, score in scores.items():
        order = np.argsort(-score, axis=1, kind="stable")
        sides = {"high": order[:, count:], "low": order[:, : order.shape[1] - count]}
        if name == "random":
            sides = {"order": order[:, count:]}
        for side, kept in sides.items():
            found[f"without-{name}-{side}"] = probe(
                fit, labels, frozen.cls(keep(tokens, kept)), truth
            )
    return found


def scenes(seed: int, options) -> dict:
    train = data.load("scenes/P5", "train", n=1500, seed=seed)
    test = data.load("scenes/P5", "test", n=600, seed=seed)
    found = {"majority": {"accuracy": float(np.bincount(test.labels).max() / len(test))}}
    nets = {
        "": vit.create_backbone("nesy_tiny_conv", weights=checkpoints.path("scenes-backbone")),
        "untrained-": vit.create_backbone("nesy_tiny_conv", seed=seed),
    }
    for prefix, net in nets.items():
        frozen = Frozen(net)
        tokens = frozen.tokens(test.images)
        fit, read = frozen.read(frozen.tokens(train.images)), frozen.read(tokens)
        for name in ("cls", "attn", "mean", "patch"):
            found[prefix + name] = probe(fit[name], train.labels, read[name], test.labels)
        if prefix:
            continue
        for b in range(1, len(net.blocks)):
            row = (fit["blocks"][:, b], train.labels, read["blocks"][:, b], test.labels)
            found[f"cls-after-block-{b}"] = probe(*row)
        order = np.random.default_rng(seed).permutation(tokens.shape[1] - 1) + 1
        places = net.pos_embed.detach()
        moved = torch.cat([tokens[:, :1], (tokens - places)[:, order] + places[:, 1:]], 1)
        for name, changed in {"shuffled": moved, "no-positions": tokens - places}.items():
            found[f"cls-{name}"] = probe(fit["cls"], train.labels, frozen.cls(changed), test.labels)
        bare = frozen.cls(frozen.tokens(train.images) - places)
        found["cls-no-positions-new-probe"] = probe(
            bare, train.labels, frozen.cls(tokens - places), test.labels
        )
        scores = rankings(frozen, test.images, read["looks"], seed)
        found |= deletion(frozen, tokens, scores, fit["cls"], train.labels, test.labels)
    return found


class Reader(nn.Module):
    """A small ViT with a linear head on one of the three readings."""

    def __init__(self, pooling: str, seed: int):
        super().__init__()
        self.backbone = vit.create_backbone("nesy_tiny", seed=seed, **DIGITS)
        with runtime.seeded(seed + 1):
            self.head = nn.Linear(self.backbone.num_features, 10)
        self.pooling = pooling

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.head(vit.pool_tokens(self.backbone, images, self.pooling))


def cross_entropy(logits, labels, done) -> dict[str, torch.Tensor]:
    return {"total": F.cross_entropy(logits.float(), labels)}


def digits(seed: int, options) -> dict:
    """Train through each reading; then probe each network through all of them."""
    train, test = data.load("digits", "train"), data.load("digits", "test")
    found = {}
    for pooling in ("cls", "attn", "mean"):
        net = Reader(pooling, seed)
        groups = parameter_groups(net, 3e-3, 0.05)
        loop.train(net, train.images, train.labels, cross_entropy, groups=groups, epochs=30,
                   batch_size=64, seed=seed, progress=options.progress)  # fmt: skip
        net.eval()
        with torch.inference_mode():
            guess = net(torch.from_numpy(test.images)).argmax(1).numpy()
        found[f"trained-{pooling}"] = {"accuracy": float(np.mean(guess == test.labels))}
        for other in ("cls", "attn", "mean"):
            pair = [vit.frozen_features(net.backbone, d, other, cache=False) for d in (train, test)]
            row = probe(pair[0], train.labels, pair[1], test.labels)
            found[f"trained-{pooling}-read-{other}"] = row
    return found


def places(seed: int, options) -> dict:
    whole = options.whole
    frozen, read = whole["frozen"], whole["read"]
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(whole["labels"]))
    test, train = order[: options.test], order[options.test :]
    labels, truth = whole["labels"][train], whole["labels"][test]
    found = {"majority": {"accuracy": float(np.bincount(truth).max() / len(truth))}}
    for name in ("cls", "attn", "mean", "patch"):
        found[name] = probe(read[name][train], labels, read[name][test], truth, 0.01)
    tokens = frozen.tokens(whole["images"][test])
    scores = rankings(frozen, whole["images"][test], read["looks"][test], seed)
    found |= deletion(frozen, tokens, scores, read["cls"][train], labels, truth)
    return found


def read_places(options) -> dict:
    """Every picture of the five rooms through the ViT once; seeds cut it anew."""
    net = vit.create_backbone(VIT_TI, weights=options.weights)
    part = data.load("places6/P5", "train", n=options.pictures, size=224, root=options.data)
    images, frozen = np.asarray(part.images[:]), Frozen(net, 50)
    reads = [frozen.read(frozen.tokens(images[i : i + 50])) for i in range(0, len(images), 50)]
    read = {key: np.concatenate([r[key] for r in reads]) for key in reads[0]}
    return {"images": images, "labels": part.labels, "frozen": frozen, "read": read}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data_set", choices=("scenes", "digits", "places"))
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--weights", type=Path, help="ViT-Ti weights (safetensors); else the hub")
    parser.add_argument("--data", type=Path, help="folder of packs; else NESYLIB_DATA")
    parser.add_argument("--pictures", type=int, default=900, help="photographs in all")
    parser.add_argument("--test", type=int, default=120, help="of them held out in each seed")
    parser.add_argument("--record", action="store_true", help="write to book/results")
    parser.add_argument("--quiet", dest="progress", action="store_false")
    options = parser.parse_args()
    if options.data_set == "places":
        options.weights = options.weights or "hub"
        options.whole = read_places(options)
    runs = {}
    for seed in options.seeds:
        runtime.seed_everything(seed)
        runs[seed] = globals()[options.data_set](seed, options)
    name = {"scenes": "scenes-P5", "digits": "digits", "places": "P5"}[options.data_set]
    command = COMMANDS[options.data_set]
    measured = collect("vit", name, runs, tier="demo", command=command)
    for m in measured:
        print(f"{m.key:50} {m}")
    if options.record:
        print("written to", record.save("vit", measured).name)


if __name__ == "__main__":
    main()
