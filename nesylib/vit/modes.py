"""Evaluation mode for a while, whoever else runs the model meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from weakref import WeakKeyDictionary

from torch import nn

_LOCK = threading.Lock()
_INSIDE: WeakKeyDictionary[nn.Module, tuple[int, list]] = WeakKeyDictionary()


@contextmanager
def evaluating(net: nn.Module) -> Iterator[None]:
    """The net in evaluation mode while it lasts; afterwards every module is as it was.

    Of several threads the first one in remembers the modes and the last one out restores them.
    """
    with _LOCK:
        inside, modes = _INSIDE.get(net, (0, None))
        if modes is None:
            modes = [(module, module.training) for module in net.modules()]
        _INSIDE[net] = inside + 1, modes
        net.eval()
    try:
        yield
    finally:
        with _LOCK:
            inside, modes = _INSIDE.pop(net)
            if inside > 1:
                _INSIDE[net] = inside - 1, modes
            else:
                for module, mode in modes:
                    module.training = mode
