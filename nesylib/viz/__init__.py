"""Pictures for the book: right in light and dark, on a phone, in a screen reader, with no network.

``figure`` draws with matplotlib and shows a light and a dark picture with an alt text; ``slider``
makes frames that move in the static page; ``style`` holds colours and sizes; ``html`` has tables,
rule boxes and things side by side. Matplotlib is imported when something is drawn, not before.
"""

from nesylib.viz import style
from nesylib.viz.figure import Figure, figure
from nesylib.viz.html import Html, escape, rule_box, show, side_by_side, table
from nesylib.viz.slider import Slider, slider
from nesylib.viz.style import CATEGORIES, DIVERGING, GRID, INK, MUTED, PAPER, SEQUENTIAL

__all__ = [
    "CATEGORIES",
    "DIVERGING",
    "GRID",
    "INK",
    "MUTED",
    "PAPER",
    "SEQUENTIAL",
    "Figure",
    "Html",
    "Slider",
    "escape",
    "figure",
    "rule_box",
    "show",
    "side_by_side",
    "slider",
    "style",
    "table",
]
