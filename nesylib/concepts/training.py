"""Fit a ConceptViT: the whole network, or its concept layer on frozen features."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import torch
from accelerate import Accelerator

from nesylib.concepts import loop
from nesylib.concepts.augment import Augment
from nesylib.concepts.losses import ConceptLoss
from nesylib.concepts.model import ConceptViT
from nesylib.vit.features import frozen_features


def fit(
    net: ConceptViT,
    train,
    *,
    loss: ConceptLoss | None = None,
    trainable: str = "all",
    epochs: int = 30,
    batch_size: int = 128,
    lr: float = 1e-3,
    backbone_lr: float | None = None,
    weight_decay: float = 0.05,
    ramp: tuple[float, float] | None = None,
    augment: Augment | None = None,
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
        cheaper, and ``augment`` is not possible.
    lr, backbone_lr
        Peak learning rates of AdamW for the concept layer and the backbone (the same if the
        latter is not given). The paper's are not known; 1e-3 suits small ViTs from scratch,
        1e-5 a pretrained backbone.
    ramp
        Between which shares of training the entropy and L1 losses rise from nothing to their
        full weight. In a network that starts at random they can win before there are any
        clusters: every picture then gets the same code, and the contrastive loss stays at
        ln(batch size - 1). So the default is (0.3, 1) for ``trainable="all"`` and full weight
        from the first step, (0, 0), on frozen features, which are clustered already. A choice
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
        For fewer than two classes or settings that contradict each other.
    TrainingDiverged
        When the loss is no longer finite.
    """
    loss = loss or ConceptLoss()
    if len(set(map(int, train.labels))) < 2:
        raise ValueError(
            "all pictures have one label: the contrastive loss needs at least two classes"
        )

    low, high = ramp or ((0.0, 0.0) if trainable == "head" else (0.3, 1.0))
    if not 0 <= low <= high <= 1:
        raise ValueError(f"ramp must be two rising shares between 0 and 1, got {ramp}")

    def parts(activations: torch.Tensor, labels: torch.Tensor, done: float):
        strength = float(done >= high) if low == high else (done - low) / (high - low)
        strength = min(1.0, max(0.0, strength))
        measured = loss(activations, labels, strength)._asdict()
        with torch.no_grad():
            on = (activations >= 0.5).float().sum(1).mean()
            unsure = ((activations >= 0.4) & (activations <= 0.6)).float().mean()
        return measured | {"active": on, "unsure": unsure}

    if batch_size < 2:
        raise ValueError(f"batch_size must be at least 2, for there to be pairs; got {batch_size}")
    accelerator = accelerator or Accelerator()
    shared = dict(
        epochs=epochs,
        batch_size=batch_size,
        seed=seed,
        checkpoint=checkpoint,
        accelerator=accelerator,
        progress=progress,
        on_epoch=on_epoch,
        settings=dict(
            loss=loop.in_words(loss), ramp=[low, high], pooling=net.pooling, trainable=trainable
        ),
    )
    if trainable == "head":
        if augment is not None:
            raise ValueError("features are cached: augment needs trainable='all'")
        net.to(accelerator.device)  # the loop moves only what it trains
        features = frozen_features(net.backbone, train, net.pooling, progress=progress)
        groups = parameter_groups(net.concepts, lr, weight_decay)
        return loop.train(net.concepts, features, train.labels, parts, groups=groups, **shared)
    if trainable != "all":
        raise ValueError(f"trainable must be 'all' or 'head', not {trainable!r}")
    groups = parameter_groups(net.concepts, lr, weight_decay)
    groups += parameter_groups(
        net.backbone, lr if backbone_lr is None else backbone_lr, weight_decay
    )
    return loop.train(
        net, train.images, train.labels, parts, groups=groups, prepare=augment, **shared
    )


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
