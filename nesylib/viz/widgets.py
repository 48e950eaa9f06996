"""Sliders that call Python while a kernel runs, with static frames to fall back on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from nesylib.viz.html import check_alt, show
from nesylib.viz.slider import Slider


def slider(
    function: Callable[[Any], Any],
    values: Sequence[Any],
    *,
    label: str,
    start: int = 0,
) -> Any:
    """``function(value)`` for the value that the reader picks, computed when it is picked.

    For a reader at work in JupyterLab or Colab. A page without a kernel can't call Python: use
    :func:`nesylib.viz.slider` for what the book shows.

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


def frames(
    draw: Callable[[Any, Any], str], values: Sequence[Any], *, label: str, alt: str, **options: Any
) -> Slider:
    """A static slider from a function: ``draw(ax, value)`` draws one frame and returns its alt.

    Parameters
    ----------
    draw : callable
        ``draw(axes, value) -> str``.
    values : sequence
    label, alt : str
        As for :func:`nesylib.viz.slider`, which takes the other options too.
    """
    made = Slider(label, alt, **options)
    with made:
        for value in values:
            frame = made.frame(value, alt="set by the function")
            with frame as (_, axes):
                frame.alt = check_alt(draw(axes, value))
    return made
