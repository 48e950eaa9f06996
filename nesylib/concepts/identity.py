"""What a checkpoint was trained on: a short name of the pictures and of the weights that stay."""

from __future__ import annotations

import hashlib

import numpy as np
from torch import nn

_PICTURES = 256  # enough to tell data sets apart, and cheap where pictures are decoded


def identity(backbone: nn.Module, images, trainable: str | int) -> str:
    """A name made from some of the pictures and from all weights that training leaves alone.

    What is trained is not in it, so that it is the same before and after.

    Parameters
    ----------
    trainable
        As :func:`nesylib.concepts.fit` takes it.
    """
    digest = hashlib.sha256(str(tuple(images.shape)).encode())
    for row in np.unique(np.linspace(0, len(images) - 1, _PICTURES).astype(int)):
        digest.update(np.ascontiguousarray(images[int(row)]).tobytes())
    trained: tuple[str, ...] = ("",)  # every name starts so
    if trainable == "head":
        trained = ()
    elif trainable != "all":
        last = range(len(backbone.blocks) - trainable, len(backbone.blocks))
        trained = ("norm.", *(f"blocks.{i}." for i in last))
    for name, weight in sorted(backbone.state_dict().items()):
        if not name.startswith(trained):
            digest.update(name.encode())
            digest.update(weight.detach().cpu().double().numpy().tobytes())
    return digest.hexdigest()[:16]
