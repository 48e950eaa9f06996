"""Training as it happens: the three losses, active bits, undecided bits, and the rules."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable
from typing import Any

from nesylib.viz import style
from nesylib.viz.figure import Figure

LOSSES = {"supcon": "contrastive", "entropy": "entropy", "l1": "L1"}
EVERY = 2.0  # seconds between two drawings in a notebook: each takes a third of one


class TrainingPlot:
    """A plot that grows while a network trains: ``fit(..., on_epoch=viz.TrainingPlot())``.

    In a notebook (Jupyter, Colab, VS Code) it is drawn in place, at most every two seconds, and
    what is left when training ends is a static figure for light and dark pages. In a plain script
    it draws nothing and only remembers. For the rules as well, hand it to a watcher::

        with viz.TrainingPlot() as plot:
            watcher = RuleWatcher(net, train, validation, also=plot)
            concepts.fit(net, train, on_epoch=watcher)

    Parameters
    ----------
    neurons : int, optional
        D, to show the entropy loss as undecided bits a picture (the entropy mass) where no
        watcher measures it.
    every : float
        Least number of seconds between two drawings.

    Attributes
    ----------
    rows : list of dict
        What it was called with.
    """

    def __init__(self, neurons: int | None = None, every: float = EVERY) -> None:
        self.neurons, self.every = neurons, every
        self.rows: list[dict[str, float]] = []
        self._handle: Any = None
        self._last = -math.inf

    def __call__(self, row: dict[str, float]) -> None:
        """Take the row of an epoch."""
        if row.get("epoch") == 1:
            self.rows = []
        self.rows.append(dict(row))
        if time.monotonic() - self._last >= self.every:
            self._show()

    def __enter__(self) -> TrainingPlot:
        return self

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        self.close()

    def close(self) -> None:
        """Draw once more, with all that was seen."""
        if self.rows:
            self._show()

    def _show(self) -> None:
        from nesylib.progress import _in_notebook

        if not _in_notebook():
            return
        from IPython.display import display

        data = training_figure(self.rows, neurons=self.neurons, display=False)._repr_mimebundle_()
        if self._handle is None:
            self._handle = display(data, raw=True, display_id=True)
        else:
            self._handle.update(data, raw=True)
        self._last = time.monotonic()


def training_figure(
    history: Any,
    looks: Any = None,
    *,
    neurons: int | None = None,
    alt: str | None = None,
    size: tuple[float, float] = (9.0, 5.2),
    **options: Any,
) -> Figure:
    """The four panels of a training: losses, active bits, undecided bits, rules.

    Parameters
    ----------
    history : History, DataFrame or list of rows
        What :func:`nesylib.concepts.fit` returned.
    looks : DataFrame, optional
        ``RuleWatcher.frame()``.
    neurons : int, optional
        D, for the third panel where ``looks`` has no ``entropy_mass``.
    alt : str, optional
        Else written from the numbers.
    **options
        As for :func:`nesylib.viz.figure`.

    Returns
    -------
    Figure
        Already shown, unless ``display=False``.

    Raises
    ------
    ValueError
        If there is no epoch to draw.
    """
    rows = _rows(history)
    if not rows:
        raise ValueError("no epoch to draw: train first")
    if looks is not None:
        seen = {row["epoch"]: row for row in _rows(looks)}
        rows = [row | seen.get(row["epoch"], {}) | _losses(row) for row in rows]
    panels = [
        ("losses", {LOSSES[k]: _curve(rows, k) for k in LOSSES}),
        ("bits that are on, per picture", {"active": _curve(rows, "active")}),
        ("undecided bits, per picture", {"entropy mass": _mass(rows, neurons)}),
        ("the program", {k: _curve(rows, k) for k in ("rules", "predicates")}),
    ]
    accuracy = _curve(rows, "accuracy")
    made = Figure(alt or _in_words(panels, accuracy, rows), size, 2, 2, sharex=True, **options)
    with made as (_, axes):
        for ax, (title, curves) in zip(axes.flat, panels, strict=True):
            _draw(ax, title, curves)
        if axes[0, 0].lines:
            axes[0, 0].set_yscale("log")
        if accuracy[0]:
            _accuracy(axes[1, 1], accuracy)
        for ax in axes[1]:
            ax.set_xlabel("epoch")
    return made


def _rows(table: Any) -> list[dict[str, float]]:
    if hasattr(table, "reset_index"):
        return table.reset_index().to_dict("records")
    rows: Iterable[dict[str, float]] = getattr(table, "rows", table)
    return [dict(row) for row in rows]


def _losses(row: dict[str, float]) -> dict[str, float]:
    """What training measured stands before what a look measured under the same name."""
    return {key: row[key] for key in (*LOSSES, "active") if key in row}


def _curve(rows: list[dict], key: str) -> tuple[list[float], list[float]]:
    found = [(r["epoch"], float(r[key])) for r in rows if r.get(key) is not None]
    found = [(x, y) for x, y in found if math.isfinite(y)]
    return [x for x, _ in found], [y for _, y in found]


def _mass(rows: list[dict], neurons: int | None) -> tuple[list[float], list[float]]:
    x, y = _curve(rows, "entropy_mass")
    if x or neurons is None:
        return x, y
    x, y = _curve(rows, "entropy")
    return x, [value / math.log(2) * neurons for value in y]


def _draw(ax: Any, title: str, curves: dict[str, tuple[list, list]]) -> None:
    ax.set_title(title)
    marks = {True: dict(marker="o", markersize=4), False: {}}
    for i, (label, (x, y)) in enumerate(curves.items()):
        if x:
            ax.plot(x, y, color=style.CATEGORIES[i], label=label, **marks[len(x) < 30])
    if not ax.lines:
        ax.text(0.5, 0.5, "not measured", transform=ax.transAxes, ha="center", color=style.MUTED)
        ax.set_yticks([])
    else:
        if len(ax.lines) > 1:
            ax.legend()
        if title != "losses":
            ax.set_ylim(0, 1.1 * max(ax.dataLim.y1, 1e-9))


def _accuracy(ax: Any, curve: tuple[list, list]) -> None:
    right = ax.twinx()
    right.plot(*curve, color=style.INK, ls="--", lw=1.5, label="accuracy (right axis)")
    right.set(ylim=(0, 1))
    lines = [*ax.lines, *right.lines]
    ax.legend(lines, [line.get_label() for line in lines], loc="center right")


def _in_words(panels: list, accuracy: tuple[list, list], rows: list[dict]) -> str:
    told = []
    for _, curves in panels:
        for label, (x, y) in curves.items():
            if x:
                told.append(f"{label} {y[0]:.3g} to {y[-1]:.3g}")
    if accuracy[0]:
        told.append(f"accuracy of the rules {accuracy[1][0]:.3f} to {accuracy[1][-1]:.3f}")
    last = rows[-1]["epoch"]
    return f"Training over {last} epoch{'s' if last != 1 else ''}: {', '.join(told)}."
