"""Fit a ConceptViT: the whole network, or its concept layer on frozen features."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from accelerate import Accelerator

from nesylib.concepts import loop
from nesylib.concepts._checks import pictures_of
from nesylib.concepts.augment import Augment
from nesylib.concepts.identity import identity
from nesylib.concepts.losses import ConceptLoss
from nesylib.concepts.model import ConceptViT
from nesylib.vit.features import frozen_features
from nesylib.vit.partial import Tail, cached_tokens, check_last


def fit(
    net: ConceptViT,
    train,
    *,
    loss: ConceptLoss | None = None,
    trainable: str | int = "all",
    epochs: int = 30,
    batch_size: int = 128,
    lr: float = 1e-3,
    backbone_lr: float | None = None,
    weight_decay: float = 0.05,
    ramp: tuple[float, float] | None = None,
    augment: Augment | None = None,
    views: int = 1,
    balanced: bool = False,
    standardize: bool = False,
    seed: int = 0,
    checkpoint: str | Path | None = None,
    accelerator: Accelerator | None = None,
    progress: bool = True,
    on_epoch: Callable[[dict[str, float]], None] | None = None,
) -> loop.History:
    """Train ``net`` in place with the three losses of NeSyViT.

    Parameters
    ----------
    train
        An :class:`nesylib.data.ImageSet`.
    loss
        :class:`ConceptLoss`; the paper's weights for Places if not given.
    trainable
        ``"all"``: the whole network. ``"head"``: the concept layer only; features of the frozen
        backbone are computed once and cached, which makes an epoch about a thousand times
        cheaper. A number k: the concept layer and the last k blocks, on cached tokens of the
        blocks before them (:func:`nesylib.vit.cached_tokens`); an epoch costs about k blocks.
        ``augment`` and ``views`` need ``"all"``: what is cached is the picture as it is.
    lr, backbone_lr
        Peak learning rates of AdamW for the concept layer and the backbone (the same if the
        latter is not given). The paper's are not known; 1e-3 suits small ViTs from scratch,
        1e-5 a pretrained backbone.
    augment, views
        How each picture is changed anew whenever it is drawn, and how many changed copies of it
        stand in a batch; copies are positives of one another, as in supervised contrastive
        learning. The paper's number of views is not known to us.
    balanced
        Every batch holds as many pictures of each class, rare ones drawn more often.
    standardize
        The concept layer reads features less their mean and over their deviation, both measured
        once on ``train`` under the backbone as it is before training. Worth it on features of a
        pretrained backbone, whose scales differ; not with ``trainable="all"``.
    ramp
        Between which shares of training the entropy and L1 losses rise from nothing to their
        full weight. In a network that starts at random they can win before there are any
        clusters: every picture then gets the same code, and the contrastive loss stays at
        ln(batch size - 1). So the default is (0.3, 1) for ``trainable="all"`` and full weight
        from the first step, (0, 0), on a frozen or mostly frozen backbone, whose features are
        clustered already. A choice
        of ours; the paper's schedule is not known.
    checkpoint
        A file to go on from after an interruption; it holds the last whole epoch.

    Returns
    -------
    History
        Per epoch the total and the three parts, the mean number of active neurons a picture,
        and the share of activations between 0.4 and 0.6.

    Raises
    ------
    ValueError
        For no pictures, fewer than two classes, labels that are not whole numbers, a
        checkpoint of another run, or settings that contradict each other.
    TypeError
        For something that has no ``images`` and ``labels``.
    TrainingDiverged
        When the loss is no longer finite.
    """
    loss = loss or ConceptLoss()
    images, labels = pictures_of(train)
    if len(set(labels.tolist())) < 2:
        raise ValueError(
            "all pictures have one label: the contrastive loss needs at least two classes"
        )

    if trainable not in ("all", "head") and not isinstance(trainable, int):
        raise ValueError(
            f"trainable must be 'all', 'head' or a number of blocks, not {trainable!r}"
        )
    if trainable not in ("all", "head"):
        check_last(net.backbone, trainable)
    if trainable != "all" and (augment is not None or views != 1):
        raise ValueError("what is cached cannot change: augment and views need trainable='all'")
    if views < 1 or (views > 1 and augment is None):
        raise ValueError(
            f"views={views}: use 1, or more together with augment, or the copies are all the same"
        )
    if standardize and trainable == "all":
        raise ValueError(
            "features of a backbone in training have no lasting mean: standardize needs "
            "trainable='head' or a number of blocks"
        )
    if ramp is not None and np.shape(ramp) != (2,):
        raise ValueError(f"ramp must be two shares, such as (0.3, 1), got {ramp!r}")
    low, high = ramp or ((0.3, 1.0) if trainable == "all" else (0.0, 0.0))
    if not 0 <= low <= high <= 1:
        raise ValueError(f"ramp must be two rising shares between 0 and 1, got {ramp}")

    def parts(activations: torch.Tensor, labels: torch.Tensor, done: float):
        strength = float(done >= high) if low == high else (done - low) / (high - low)
        strength = min(1.0, max(0.0, strength))
        labels = labels.repeat(views)
        measured = loss(activations, labels, strength)._asdict()
        with torch.no_grad():
            on = (activations >= 0.5).float().sum(1).mean()
            unsure = ((activations >= 0.4) & (activations <= 0.6)).float().mean()
        return measured | {"active": on, "unsure": unsure}

    if batch_size < 2:
        raise ValueError(f"batch_size must be at least 2, for there to be pairs; got {batch_size}")
    if balanced and batch_size < 2 * (k := len(set(labels.tolist()))):
        raise ValueError(
            f"batch_size={batch_size} holds fewer than two pictures of each of {k} classes, so "
            f"no picture would have a positive: use batch_size={2 * k} or more, or balanced=False"
        )
    accelerator = accelerator or Accelerator()
    shared = dict(
        epochs=epochs,
        batch_size=batch_size,
        balanced=balanced,
        classes=getattr(train, "classes", None),
        seed=seed,
        checkpoint=checkpoint,
        accelerator=accelerator,
        progress=progress,
        on_epoch=on_epoch,
        settings=dict(
            loss=loop.in_words(loss),
            ramp=[low, high],
            pooling=net.pooling,
            trainable=trainable,
            views=views,
            standardize=standardize,
        ),
    )
    if checkpoint is not None:
        shared["settings"]["inputs"] = identity(net.backbone, images, trainable)
    groups = parameter_groups(net.concepts, lr, weight_decay)
    if trainable != "all":
        net.to(accelerator.device)  # the loop moves only what it trains
    if trainable == "head" or standardize:
        features = frozen_features(net.backbone, train, net.pooling, progress=progress)
    if standardize:
        net.concepts.standardize(features)
    if trainable == "head":
        return loop.train(net.concepts, features, labels, parts, groups=groups, **shared)
    backbone_lr = lr if backbone_lr is None else backbone_lr
    if trainable != "all":
        tail = Tail(net.backbone, trainable, net.pooling)
        tokens = cached_tokens(net.backbone, train, trainable, progress=progress)
        groups += parameter_groups(tail, backbone_lr, weight_decay)
        module = torch.nn.Sequential(tail, net.concepts)
        return loop.train(module, tokens, labels, parts, groups=groups, **shared)
    groups += parameter_groups(net.backbone, backbone_lr, weight_decay)
    prepare = _Views(augment, views) if views > 1 else augment
    return loop.train(net, images, labels, parts, groups=groups, prepare=prepare, **shared)


class _Views:
    """Several augmented copies of a batch, one after the other."""

    def __init__(self, augment: Augment, views: int):
        self.augment, self.views = augment, views

    def __call__(self, images: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        return torch.cat([self.augment(images, generator) for _ in range(self.views)])

    def __repr__(self) -> str:
        return f"{self.views} views of {self.augment!r}"


def parameter_groups(module: torch.nn.Module, lr: float, weight_decay: float) -> list[dict]:
    """Two groups for AdamW: matrices decay; biases, norms, tokens and positions do not."""
    decayed, free = [], []
    for name, p in module.named_parameters():
        if p.requires_grad:
            matrix = p.ndim >= 2 and not name.endswith(("pos_embed", "cls_token", "reg_token"))
            (decayed if matrix else free).append(p)
    return [
        dict(params=decayed, lr=lr, weight_decay=weight_decay),
        dict(params=free, lr=lr, weight_decay=0.0),
    ]
