"""Sliders that call Python while a kernel runs, with static frames to fall back on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from nesylib.viz.html import show


def slider(
    function: Callable[[Any], Any],
    values: Sequence[Any],
    *,
    label: str,
    start: int = 0,
) -> Any:
    """``function(value)`` for the value that the reader picks, computed when it is picked.

    For a reader at work in JupyterLab or Colab. A page without a kernel can't call Python: use
    :func:`nesylib.viz.slider` or :func:`nesylib.viz.frames` for what the book shows.

    Parameters
    ----------
    function : callable
        Takes a value and returns something to display, or displays it itself.
    values : sequence
        At least two values.
    label : str
        The quantity.
    start : int
        Number of the first value.

    Returns
    -------
    ipywidgets.VBox, or what ``function`` returned for ``values[start]`` if there are no widgets
    """
    values = list(values)
    if len(values) < 2:
        raise ValueError(f"a slider needs at least two values, got {values}")
    try:
        import ipywidgets
    except ImportError:
        return function(values[start])

    pick = ipywidgets.SelectionSlider(
        options=[(str(value), value) for value in values],
        value=values[start],
        description=label,
        continuous_update=False,
        style={"description_width": "initial"},
    )
    out = ipywidgets.Output()

    def draw(_: Any = None) -> None:
        with out:
            out.clear_output(wait=True)
            made = function(pick.value)
            if made is not None:
                show(made)

    pick.observe(draw, names="value")
    draw()
    return ipywidgets.VBox([pick, out])
