"""Measured numbers: each with its spread, seeds, device, tier and versions.

An experiment calls :func:`measure` and :func:`save`; a page of the book calls :func:`glue` and
pastes the numbers by key, so that no result is ever typed by hand. Keys read
``area/data/method/measure``, for instance ``nesyvit/P2/rules/accuracy``.
"""

from __future__ import annotations

import json
import math
import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from nesylib import runtime

_KEY = re.compile(r"[A-Za-z0-9_.+-]+(/[A-Za-z0-9_.+-]+){3}")


@dataclass(frozen=True)
class Measurement:
    """One number of the book.

    Attributes
    ----------
    key
        ``area/data/method/measure``.
    value, spread
        Mean and sample standard deviation over the seeds (``spread`` is 0.0 for one seed).
    values
        The value of each seed, in the order of ``seeds``.
    unit
        ``"share"`` (0 to 1, printed in per cent), ``"count"``, ``"s"``, ``"1/s"``, ``"MB"``,
        ``"ratio"``, ``"number"``.
    tolerance
        By how much a run on another machine may differ and still count as the same result.
    """

    key: str
    value: float
    spread: float
    values: tuple[float, ...]
    seeds: tuple[int, ...]
    unit: str
    tolerance: float
    device: str
    tier: str
    command: str
    versions: dict[str, str] = field(default_factory=dict)

    @property
    def n_seeds(self) -> int:
        return len(self.values)

    def __str__(self) -> str:
        scale, digits, unit = {
            "share": (100.0, 1, " %"),
            "count": (1.0, 1, ""),
            "s": (1.0, 2, " s"),
            "1/s": (1.0, 0, " /s"),
            "MB": (1.0, 1, " MB"),
            "ratio": (1.0, 2, "×"),
            "number": (1.0, 2, ""),
        }[self.unit]
        if self.unit == "s" and abs(self.value) < 0.1:
            scale, digits, unit = 1000.0, 1, " ms"
        if self.unit == "count" and all(float(v).is_integer() for v in self.values):
            digits = 0 if len(set(self.values)) == 1 else 1
        text = f"{self.value * scale:,.{digits}f}"
        if self.n_seeds > 1:
            text += f" ± {self.spread * scale:.{digits}f}"
        return text + unit


UNITS = ("share", "count", "s", "1/s", "MB", "ratio", "number")


def measure(
    key: str,
    values: float | Sequence[float],
    *,
    unit: str,
    tolerance: float,
    tier: str,
    command: str,
    seeds: Iterable[int] = (0,),
    device: str | None = None,
) -> Measurement:
    """Build a :class:`Measurement` from one value per seed.

    Raises
    ------
    ValueError
        For a key that is not ``area/data/method/measure``, an unknown unit or tier, NaN or
        infinite values, or a number of values that differs from the number of seeds.
    """
    if not _KEY.fullmatch(key):
        raise ValueError(
            f"key {key!r} must read area/data/method/measure, e.g. nesyvit/P2/rules/accuracy"
        )
    if unit not in UNITS:
        raise ValueError(f"unknown unit {unit!r}: use one of {', '.join(UNITS)}")
    if tier not in runtime.TIERS:
        raise ValueError(f"unknown tier {tier!r}: use one of {', '.join(runtime.TIERS)}")
    several = getattr(values, "shape", (1,) if isinstance(values, Sequence) else ()) != ()
    numbers = tuple(float(v) for v in (values if several else [values]))
    seeds = tuple(int(s) for s in seeds)
    if len(numbers) != len(seeds) or not numbers:
        raise ValueError(f"{key}: {len(numbers)} values for {len(seeds)} seeds; give one each")
    if not all(map(math.isfinite, numbers)):
        raise ValueError(f"{key}: a recorded value must be finite, got {numbers}")
    mean = math.fsum(numbers) / len(numbers)
    spread = 0.0
    if len(numbers) > 1:
        spread = math.sqrt(math.fsum((v - mean) ** 2 for v in numbers) / (len(numbers) - 1))
    return Measurement(
        key=key,
        value=mean,
        spread=spread,
        values=numbers,
        seeds=seeds,
        unit=unit,
        tolerance=float(tolerance),
        device=device or runtime.device_name(),
        tier=tier,
        command=command,
        versions=runtime.versions(),
    )


def results_dir() -> Path:
    """Where records live: ``NESYLIB_RESULTS``, else ``book/results`` of the checkout.

    Raises
    ------
    FileNotFoundError
        When nesylib was installed without the book.
    """
    if folder := os.environ.get("NESYLIB_RESULTS"):
        return Path(folder)
    folder = Path(__file__).resolve().parents[1] / "book" / "results"
    if not folder.is_dir():
        raise FileNotFoundError(
            "the recorded results belong to the book's repository: run from a clone of it, or "
            "set NESYLIB_RESULTS to a folder of results"
        )
    return folder


def save(chapter: str, measurements: Iterable[Measurement]) -> Path:
    """Write ``measurements`` to ``<results>/<chapter>.json``; keys already there are replaced."""
    path = results_dir() / f"{chapter}.json"
    merged = {m.key: m for m in (load(chapter) if path.exists() else [])}
    new = list(measurements)
    if len({m.key for m in new}) != len(new):
        raise ValueError("the same key was measured twice in one call of save")
    merged.update({m.key: m for m in new})
    rows = [asdict(merged[key]) | {"n_seeds": merged[key].n_seeds} for key in sorted(merged)]
    with runtime.atomic_write(path) as temporary:
        temporary.write_text(json.dumps(rows, indent=1, ensure_ascii=False) + "\n", "utf-8")
    return path


def load(chapter: str) -> list[Measurement]:
    """Read the measurements of a chapter.

    Raises
    ------
    FileNotFoundError
        Naming the chapters that have records.
    """
    path = results_dir() / f"{chapter}.json"
    if not path.exists():
        raise FileNotFoundError(
            f"no results recorded for {chapter!r}; there are: {', '.join(chapters()) or 'none'}"
        )
    rows = json.loads(path.read_text("utf-8"))
    listed = ("values", "seeds")
    return [
        Measurement(**{k: tuple(v) if k in listed else v for k, v in row.items() if k != "n_seeds"})
        for row in rows
    ]


def chapters() -> list[str]:
    """Chapters with recorded results."""
    return sorted(p.stem for p in results_dir().glob("*.json"))


def get(chapter: str, key: str) -> Measurement:
    """One measurement; an unknown key raises a :class:`KeyError` that names the nearest ones."""
    import difflib

    found = {m.key: m for m in load(chapter)}
    if key not in found:
        near = difflib.get_close_matches(key, found, n=3, cutoff=0.4)
        raise KeyError(f"{chapter} has no result {key!r}; nearest: {near or sorted(found)[:5]}")
    return found[key]


def to_frame(chapter: str):
    """The measurements of a chapter as a table, one row each (:class:`pandas.DataFrame`)."""
    import pandas as pd

    rows = [
        {
            "result": m.key,
            "value": str(m),
            "seeds": m.n_seeds,
            "tier": m.tier,
            "device": m.device,
            "measured with": m.command,
        }
        for m in load(chapter)
    ]
    return pd.DataFrame(rows)


def glue(chapter: str) -> None:
    """Make every result of a chapter available to ``glue:text`` on the calling page, by key."""
    from myst_nb import glue as paste

    for m in load(chapter):
        paste(m.key, Text(str(m)), display=False)


class Text(str):
    """A string whose notebook display has no quotes."""

    def _repr_html_(self) -> str:
        return str(self)

    def __repr__(self) -> str:
        return str(self)
