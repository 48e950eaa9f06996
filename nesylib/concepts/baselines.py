"""What every NeSyViT result is held against: the same ViT with an ordinary head."""

from __future__ import annotations

import numpy as np
import torch
from accelerate import Accelerator
from torch import nn
from torch.nn import functional as F

from nesylib import runtime
from nesylib.concepts import loop
from nesylib.concepts._checks import pictures_of
from nesylib.concepts.augment import Augment
from nesylib.concepts.identity import identity
from nesylib.concepts.training import parameter_groups
from nesylib.vit.backbones import create_backbone
from nesylib.vit.features import in_batches, pool_tokens
from nesylib.vit.partial import Tail, cached_tokens, check_last


class PlainViT(nn.Module):
    """A ViT with a linear classification head on [CLS]: pictures to ``(N, classes)`` logits."""

    def __init__(self, backbone: str | nn.Module, n_classes: int, *, seed: int = 0, **options):
        super().__init__()
        if isinstance(backbone, str):
            backbone = create_backbone(backbone, seed=seed, **options)
        self.backbone = backbone
        with runtime.seeded(seed + 1):
            self.head = nn.Linear(backbone.num_features, n_classes)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.head(pool_tokens(self.backbone, images, "cls"))

    @torch.inference_mode()
    def predict(self, dataset, batch_size: int = 256) -> np.ndarray:
        """Predicted class indices ``(N,)`` of an image set or of pictures ``(N, 3, H, W)``."""
        self.eval()
        images = getattr(dataset, "images", dataset)
        device = next(self.parameters()).device
        rows = in_batches(lambda batch: self(batch).argmax(1), images, device, batch_size)
        return np.concatenate(rows) if rows else np.zeros(0, np.int64)


def fit_classifier(
    net: PlainViT,
    train,
    *,
    trainable: str | int = "all",
    epochs: int = 30,
    batch_size: int = 128,
    lr: float = 1e-3,
    backbone_lr: float | None = None,
    weight_decay: float = 0.05,
    augment: Augment | None = None,
    seed: int = 0,
    **options,
) -> loop.History:
    """Train a :class:`PlainViT` with cross-entropy; other options as :func:`loop.train` takes.

    ``trainable`` is ``"all"``, or a number: the head and the last blocks, on cached tokens, as
    in :func:`nesylib.concepts.fit`. ``backbone_lr`` is ``lr`` if not given.

    Raises
    ------
    ValueError
        When a label has no output in the head (on a GPU it would break the whole session), or
        for settings that contradict each other.
    """
    images, targets = pictures_of(train)
    low, high, outputs = int(targets.min()), int(targets.max()), net.head.out_features
    if low < 0 or high >= outputs:
        raise ValueError(
            f"labels run from {low} to {high} but the head has {outputs} outputs: build "
            f"PlainViT(..., n_classes={high + 1})"
        )

    def parts(logits: torch.Tensor, labels: torch.Tensor, done: float) -> dict[str, torch.Tensor]:
        return {"total": F.cross_entropy(logits.float(), labels)}

    if trainable != "all":
        if type(trainable) is not int:
            raise ValueError(f"trainable must be 'all' or a number of blocks, not {trainable!r}")
        check_last(net.backbone, trainable)
        if augment is not None:
            raise ValueError("what is cached cannot change: augment needs trainable='all'")
    backbone_lr = lr if backbone_lr is None else backbone_lr
    groups = parameter_groups(net.head, lr, weight_decay)
    shared = dict(epochs=epochs, batch_size=batch_size, seed=seed, **options)
    shared["settings"] = dict(options.get("settings") or {})
    if options.get("checkpoint") is not None:
        shared["settings"]["inputs"] = identity(net.backbone, images, trainable)
    if trainable == "all":
        groups += parameter_groups(net.backbone, backbone_lr, weight_decay)
        return loop.train(net, images, targets, parts, groups=groups, prepare=augment, **shared)
    shared["accelerator"] = options.get("accelerator") or Accelerator()
    net.to(shared["accelerator"].device)  # the loop moves only what it trains
    tail = Tail(net.backbone, trainable)
    groups += parameter_groups(tail, backbone_lr, weight_decay)
    tokens = cached_tokens(net.backbone, train, trainable, progress=options.get("progress", True))
    shared["settings"]["trainable"] = trainable
    return loop.train(
        nn.Sequential(tail, net.head), tokens, targets, parts, groups=groups, **shared
    )


def linear_probe(
    train: np.ndarray, labels: np.ndarray, test: np.ndarray, strength: float = 1.0
) -> np.ndarray:
    """Predictions of a logistic regression on standardised features.

    Parameters
    ----------
    train, test
        ``(N, E)`` and ``(M, E)`` features.
    strength
        Inverse of the L2 penalty (scikit-learn's ``C``).

    Returns
    -------
    numpy.ndarray
        ``(M,)`` predicted labels.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    probe = make_pipeline(StandardScaler(), LogisticRegression(C=strength, max_iter=2000))
    return probe.fit(train, labels).predict(test)
