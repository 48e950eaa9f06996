"""Measure self-distillation: heads that collapse and one that doesn't, and a ViT from nothing."""

from __future__ import annotations

import copy
import math

import numpy as np
import torch
from heads import arguments, over_seeds, record_all

from nesylib import checkpoints, data, record, vit
from nesylib.symbols import (
    Centre,
    MultiCrop,
    ProjectionHead,
    SelfDistillation,
    collapse_signs,
    dino_loss,
    knn_probe,
    self_distil,
)
from nesylib.symbols.collapse import signals
from nesylib.symbols.dino import targets

COMMANDS = {
    "heads": "python experiments/self_distillation.py heads",
    "vit": "python experiments/self_distillation.py vit",
}
UNITS = {
    "knn": ("share", 0.05),
    "knn-shuffled": ("share", 0.06),
    "loss": ("number", 0.3),
    "teacher-entropy": ("number", 0.3),
    "usage-entropy": ("number", 0.3),
    "feature-std": ("number", 0.1),
    "uniform": ("share", 0.35),
    "one-prototype": ("share", 0.35),
    "same-features": ("share", 0.35),
}
PROTOTYPES = 64
WAYS = {
    "sound": {},
    "no-centring": dict(centring=False),
    "no-sharpening": dict(teacher_temperature=0.3),
    "teacher-is-student": dict(momentum=0.0),
    "teacher-is-student-plain": dict(momentum=0.0, centring=False, teacher_temperature=0.1),
    "both-trained": dict(stop_gradient=False, centring=False, teacher_temperature=0.1),
    "both-trained-centred": dict(stop_gradient=False),
}
"""What each run changes; the rest is as in the notebook of the chapter."""


def accuracy(train, y, test, y_test) -> float:
    """Weighted k-NN (k = 20, T = 0.07) on features less their mean."""
    mean = train.mean(0)
    return knn_probe(train - mean, y, test - mean, y_test).top1


class Views:
    """Features of several random views of each picture under a frozen ViT, computed once."""

    def __init__(self, seed: int, pictures: int = 600, views: int = 6):
        self.train = data.load("scenes/P5", "train", n=pictures, seed=seed)
        self.test = data.load("scenes/P5", "test", n=500, seed=seed)
        model = vit.create_backbone("nesy_tiny_conv", weights=checkpoints.path("scenes-backbone"))
        crops = MultiCrop(size=64, locals=0, scale=(0.3, 1.0))
        generator = torch.Generator().manual_seed(seed)
        whole, test = (vit.frozen_features(model, part) for part in (self.train, self.test))
        mean, scale = whole.mean(0), whole.std()
        self.whole, self.held = ((torch.from_numpy((f - mean) / scale)) for f in (whole, test))
        cut = [self._cut(model, crops, generator) for _ in range(views // 2)]
        self.views = (torch.cat(cut) - torch.from_numpy(mean)) / float(scale)

    @torch.inference_mode()
    def _cut(self, model, crops, generator) -> torch.Tensor:
        """Two views of every picture, ``(2, N, E)``."""
        parts = []
        for start in range(0, len(self.train), 100):
            (large,) = crops(torch.from_numpy(self.train.images[start : start + 100]), generator)
            parts.append(vit.pool_tokens(model, large).unflatten(0, (2, -1)))
        return torch.cat(parts, 1)


def distil(
    views: torch.Tensor,
    seed: int,
    *,
    steps: int = 500,
    batch: int = 128,
    momentum: float = 0.99,
    teacher_temperature: float = 0.04,
    centring: bool = True,
    stop_gradient: bool = True,
) -> tuple[torch.nn.Module, list[dict[str, float]]]:
    """A head that was trained by its own moving average on views ``(V, N, E)``; the teacher's."""
    generator = torch.Generator().manual_seed(seed)
    torch.manual_seed(seed)
    student = ProjectionHead(views.shape[2], PROTOTYPES, 128, 32)
    teacher, centre = copy.deepcopy(student), Centre(PROTOTYPES)
    optimizer = torch.optim.AdamW(student.parameters(), lr=2e-3, weight_decay=0.04)
    rows = []
    for _ in range(steps):
        chosen = torch.randint(views.shape[1], (batch,), generator=generator)
        two = torch.randperm(len(views), generator=generator)[:2]
        x = views[two][:, chosen]
        answers = student(x)
        middle = centre.value if centring else 0.0
        if stop_gradient:
            with torch.no_grad():
                said = teacher(x)
            loss = dino_loss(answers, said, middle, teacher_temperature=teacher_temperature)
        else:
            said = answers
            p = ((said - middle) / teacher_temperature).softmax(-1)
            loss = -(p * (answers / 0.1).log_softmax(-1).flip(0)).sum(-1).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        watched = signals(targets(said, middle, teacher_temperature), student.body(x[0]))
        rows.append({"total": loss.item()} | {k: float(v) for k, v in watched.items()})
        centre.update(said.detach())
        with torch.no_grad():
            for slow, fast in zip(teacher.parameters(), student.parameters(), strict=True):
                slow.lerp_(fast, 1 - momentum)
    return (teacher if stop_gradient else student), rows


def measure_heads(seed: int) -> dict[str, dict[str, float]]:
    made = Views(seed)
    y, y_test = made.train.labels, made.test.labels
    shuffled = np.random.default_rng(seed).permutation(y)
    found = {"frozen-features": {"knn": accuracy(made.whole, y, made.held, y_test)}}
    torch.manual_seed(seed)
    head = ProjectionHead(made.whole.shape[1], PROTOTYPES, 128, 32)
    with torch.no_grad():
        own = head.body(made.whole), head.body(made.held)
        found["untrained-head"] = {"knn": accuracy(own[0], y, own[1], y_test)}
    for name, way in WAYS.items():
        head, rows = distil(made.views, seed, **way)
        last = {k: float(np.mean([row[k] for row in rows[-50:]])) for k in rows[0]}
        signs = collapse_signs(last, PROTOTYPES)
        with torch.no_grad():
            own = head.body(made.whole), head.body(made.held)
        found[name] = {
            "loss": last["total"],
            "teacher-entropy": last["teacher_entropy"],
            "usage-entropy": last["usage_entropy"],
            "feature-std": last["feature_std"],
            "knn": accuracy(own[0], y, own[1], y_test),
            "knn-shuffled": accuracy(own[0], shuffled, own[1], y_test),
        } | {f"{s.replace(' ', '-')}": float(s in signs) for s in SIGNS}
        print(seed, name, found[name], flush=True)
    return found


SIGNS = ("uniform", "one prototype", "same features")
SMALL = dict(img_size=32, depth=2, embed_dim=64, num_heads=2, dynamic_img_size=True)


def measure_vit(seed: int, pictures: int = 1600, epochs: int = 12) -> dict[str, dict[str, float]]:
    """A ViT of two blocks on rooms of 32 pixels, from random weights."""
    train = data.load("scenes/P5", "train", n=pictures, size=32, seed=seed)
    test = data.load("scenes/P5", "test", n=600, size=32, seed=seed)
    y, y_test = train.labels, test.labels
    raw = [torch.from_numpy(part.images.reshape(len(part), -1) / 255) for part in (train, test)]
    found = {"pixels": {"knn": accuracy(raw[0].float(), y, raw[1].float(), y_test)}}
    net = SelfDistillation(
        vit.create_backbone("nesy_tiny_conv", seed=seed, **SMALL),
        prototypes=256,
        batch_norm=True,
        seed=seed,
    )

    def judged() -> float:
        own = [torch.from_numpy(net.encode(part)) for part in (train, test)]
        return accuracy(own[0], y, own[1], y_test)

    found["untrained-vit"] = {"knn": judged()}
    crops = MultiCrop(size=32, local_size=16, locals=2)
    options = dict(epochs=epochs, crops=crops, lr=1e-3, progress=False, patience=None, seed=seed)
    last = self_distil(net, train, **options).rows[-1]
    found["self-distilled-vit"] = {
        "knn": judged(),
        "loss": last["total"],
        "teacher-entropy": last["teacher_entropy"],
        "usage-entropy": last["usage_entropy"],
        "feature-std": last["feature_std"],
    }
    print(seed, found, f"ln K = {math.log(256):.3f}", flush=True)
    return found


def main() -> None:
    options = arguments(__doc__, COMMANDS)
    torch.set_num_threads(1)
    measure = measure_heads if options.data_set == "heads" else measure_vit
    runs = over_seeds(options.seeds, measure)
    area = "scenes-P5-heads" if options.data_set == "heads" else "scenes-P5-vit"
    command = COMMANDS[options.data_set]
    made = record_all("self-distillation", area, runs, UNITS, command)
    if options.record:
        record.save(f"self-distillation-{options.data_set}", made)


if __name__ == "__main__":
    main()
