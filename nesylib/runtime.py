"""Where code runs: device, seeds, tiers, the cache folder and what was installed."""

from __future__ import annotations

import os
import platform
import random
import tempfile
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace

TIERS = ("fast", "demo", "full")
_REPORTED = ("nesylib", "torch", "timm", "numpy", "scikit-learn", "clingo")


def tier(name: str, **settings: Mapping[str, object]) -> SimpleNamespace:
    """Choose the settings of one tier.

    Parameters
    ----------
    name
        ``"fast"`` (CPU, for checking), ``"demo"`` (CPU, a reader's default) or ``"full"`` (GPU).
    **settings
        One mapping per tier, ``fast=dict(...), demo=dict(...), full=dict(...)``, all with the
        same keys, so that a notebook runs the same cells in every tier.

    Returns
    -------
    SimpleNamespace
        The chosen mapping as attributes, and ``name``.

    Raises
    ------
    ValueError
        For an unknown tier, a missing one, or tiers whose keys differ.

    Warns
    -----
    UserWarning
        When ``"full"`` is chosen where PyTorch sees no GPU: it runs, but for hours.
    """
    if name not in TIERS:
        raise ValueError(f"unknown tier {name!r}: set TIER to one of {', '.join(TIERS)}")
    missing = [t for t in TIERS if t not in settings]
    if missing or len(settings) != len(TIERS):
        raise ValueError(f"give settings for exactly these tiers: {', '.join(TIERS)}")
    keys = {t: set(settings[t]) for t in TIERS}
    if len(set(map(frozenset, keys.values()))) != 1:
        odd = set.union(*keys.values()) - set.intersection(*keys.values())
        raise ValueError(f"every tier needs the same settings; only some have: {sorted(odd)}")
    if name == "full" and not _has_gpu():
        warnings.warn(
            "the tier 'full' is made for a GPU and PyTorch finds none: it will run, but may take "
            "hours. Set TIER = 'demo', or choose a machine with a GPU (in Colab: Runtime, Change "
            "runtime type)",
            stacklevel=2,
        )
    return SimpleNamespace(name=name, **settings[name])


def _has_gpu() -> bool:
    import torch

    mps = getattr(torch.backends, "mps", None)
    return torch.cuda.is_available() or bool(mps is not None and mps.is_available())


def seed_everything(seed: int) -> None:
    """Seed Python, NumPy and PyTorch (all devices), so that a run can be repeated."""
    import numpy as np
    import torch

    random.seed(seed)
    np.random.seed(seed % 2**32)  # noqa: NPY002  (timm and others draw from the global state)
    torch.manual_seed(seed)


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Run a block with its own seed and give the caller's PyTorch random state back after it."""
    import torch

    devices = range(torch.cuda.device_count()) if torch.cuda.is_available() else []
    with torch.random.fork_rng(devices=devices):
        torch.manual_seed(seed)
        yield


def device(name: str | None = None):
    """The torch device to compute on: ``name``, else CUDA, else Apple's MPS, else the CPU.

    Raises
    ------
    RuntimeError
        When a GPU is asked for by name and there is none.
    """
    import torch

    if name is None:
        if torch.cuda.is_available():
            return torch.device("cuda")
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    wanted = torch.device(name)
    there = {"cuda": torch.cuda.is_available, "mps": torch.backends.mps.is_available}
    if wanted.type in there and not there[wanted.type]():
        raise RuntimeError(
            f"device {name!r} was asked for, but this machine has none: use device='cpu', "
            "or on Colab choose Runtime > Change runtime type > GPU"
        )
    return wanted


def device_name() -> str:
    """A short name of the device that :func:`device` picks, as it is recorded beside a number."""
    import torch

    here = device()
    if here.type == "cuda":
        return torch.cuda.get_device_name(here)
    if here.type == "mps":
        return "Apple GPU"
    threads = torch.get_num_threads()
    return f"CPU, {threads} thread{'s' if threads > 1 else ''} ({platform.machine()})"


def cache_dir(*parts: str) -> Path:
    """A folder for what can be made again, created if missing; ``NESYLIB_CACHE`` moves it."""
    from platformdirs import user_cache_dir

    root = os.environ.get("NESYLIB_CACHE") or user_cache_dir("nesylib")
    folder = Path(root, *parts)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OSError(
            f"cannot create the cache folder {folder}: set NESYLIB_CACHE to a folder that is "
            "writable"
        ) from error
    return folder


@contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """Give a temporary path that becomes ``path`` only if the block ends well.

    A run that is interrupted half-way leaves the old file, or none, never half a file.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=path.suffix)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def versions(*packages: str) -> dict[str, str]:
    """Installed versions of ``packages`` (by default those a result depends on), and Python's."""
    found = {"python": platform.python_version()}
    for package in packages or _REPORTED:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            found[package] = "not installed"
    return found
