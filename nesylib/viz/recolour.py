"""Turn a figure drawn for the light page into one for the dark page, and back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from nesylib.viz import style

# In this order: a marker colour left on "auto" follows the line's, so the line comes first.
PROPERTIES = (
    "color",
    "facecolor",
    "edgecolor",
    "markerfacecolor",
    "markeredgecolor",
    "markerfacecoloralt",
    "gapcolor",
    "hatchcolor",
)


@contextmanager
def dark(figure: Any) -> Iterator[None]:
    """Inside the block every artist whose colour is a role colour wears its dark value.

    Pictures (``imshow``) and whatever takes its colours from a colour map are left alone.
    """
    undo: list[Callable[[], None]] = []
    try:
        for artist in _artists(figure):
            if getattr(artist, "get_array", lambda: None)() is None:
                for name in PROPERTIES:
                    _recolour(artist, name, undo)
            _recolour_strokes(artist, undo)
        yield
    finally:
        for back in reversed(undo):
            back()


def _artists(figure: Any) -> list[Any]:
    """All artists of the figure, with those that ``findobj`` doesn't reach."""
    found: dict[int, Any] = {}
    for artist in figure.findobj():
        found[id(artist)] = artist
        for hidden in ("_bbox_patch", "arrow_patch"):
            extra = getattr(artist, hidden, None)
            if extra is not None:
                found[id(extra)] = extra
    return list(found.values())


def _recolour(artist: Any, name: str, undo: list) -> None:
    getter = getattr(artist, f"get_{name}", None)
    setter = getattr(artist, f"set_{name}", None)
    if getter is None or setter is None:
        return
    before = getter()
    after = _dark_of(before)
    if after is not None:
        setter(after)
        undo.append(lambda: setter(before))


def _recolour_strokes(artist: Any, undo: list) -> None:
    for effect in artist.get_path_effects() or ():
        settings = getattr(effect, "_gc", None)
        if isinstance(settings, dict) and "foreground" in settings:
            before = settings["foreground"]
            after = _dark_of(before)
            if after is not None:
                settings["foreground"] = after
                undo.append(lambda s=settings, b=before: s.__setitem__("foreground", b))


def _dark_of(colour: Any) -> Any:
    """The dark value of a role colour (or of those in an array of colours), else None."""
    from matplotlib.colors import to_rgba_array

    if colour is None or (isinstance(colour, str) and colour in ("auto", "none", "edge", "face")):
        return None
    try:
        rgba = to_rgba_array(colour)
    except (ValueError, TypeError):
        return None
    keys = np.round(rgba[:, :3] * 255).astype(int)
    changed = False
    for light, night in _roles():
        same = (keys == light).all(1) & (rgba[:, 3] > 0)
        if same.any():
            rgba[same, :3] = night
            changed = True
    if not changed:
        return None
    single = isinstance(colour, str) or (np.ndim(colour) == 1 and not isinstance(colour[0], str))
    return tuple(rgba[0]) if single and len(rgba) == 1 else rgba


def _roles() -> list[tuple[np.ndarray, np.ndarray]]:
    from matplotlib.colors import to_rgb

    return [
        (np.round(np.array(to_rgb(light)) * 255).astype(int), np.array(to_rgb(night)))
        for light, night in style.DARK_OF.items()
    ]
