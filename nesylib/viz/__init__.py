"""Pictures for the book: right in light and dark, on a phone, in a screen reader, with no network.

``figure`` draws with matplotlib and shows a light and a dark picture with an alt text; ``slider``
makes frames that move in the static page; ``show_pictures``, ``patch_grid``, ``heat_overlay`` and
``bits`` show pictures and what a network makes of them; ``show_program`` and ``show_explanation``
show rules, ``rule_explorer`` lets a reader explore them, ``concept_explorer`` with heat-maps and
bits that can be flipped, ``symbol_explorer`` sequences of symbols and the pictures that begin
alike; ``TrainingPlot`` grows while a network trains; ``table``, ``rule_box`` and ``side_by_side``
are plain HTML; ``widgets`` needs a kernel.
Matplotlib is imported when something is drawn, not before.
"""

from nesylib.viz import style, widgets
from nesylib.viz.concept_explorer import concept_explorer
from nesylib.viz.explorer import rule_explorer
from nesylib.viz.figure import Figure, figure
from nesylib.viz.html import Html, escape, rule_box, show, side_by_side, table
from nesylib.viz.pictures import bits, heat_overlay, patch_grid, show_pictures
from nesylib.viz.program import show_explanation, show_program
from nesylib.viz.slider import Slider, frames, slider
from nesylib.viz.style import CATEGORIES, DIVERGING, GRID, INK, MUTED, PAPER, SEQUENTIAL
from nesylib.viz.symbol_explorer import symbol_explorer
from nesylib.viz.training import TrainingPlot, training_figure

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
    "TrainingPlot",
    "bits",
    "concept_explorer",
    "escape",
    "figure",
    "frames",
    "heat_overlay",
    "patch_grid",
    "rule_box",
    "rule_explorer",
    "show",
    "show_explanation",
    "show_pictures",
    "show_program",
    "side_by_side",
    "slider",
    "style",
    "symbol_explorer",
    "table",
    "training_figure",
    "widgets",
]
