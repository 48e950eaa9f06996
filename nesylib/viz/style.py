"""Colours, fonts and sizes that every picture of the book shares, in light and in dark.

Four *role* colours (ink, muted ink, grid, paper) have a light and a dark value; a figure is drawn
with the light values and recoloured for the dark page. All other colours stay as they are, so a
heat-map means the same on both pages.
"""

from __future__ import annotations

INK = "#222832"
MUTED = "#5b6472"
GRID = "#d5dae0"
PAPER = "#fefefe"

#: Role colours, light value -> dark value. White and black are left alone on purpose: they are
#: what one writes on top of a picture.
DARK_OF = {INK: "#e3e7ec", MUTED: "#a3acb8", GRID: "#3a424d", PAPER: "#16191e"}

#: Okabe and Ito's colours for categories; the first four keep a contrast of 3:1 on white and on
#: the dark page, the others want an outline in ``INK`` when they carry meaning alone.
CATEGORIES = (
    "#0072b2",  # blue
    "#d55e00",  # vermilion
    "#009e73",  # bluish green
    "#cc79a7",  # reddish purple
    "#e69f00",  # orange
    "#56b4e9",  # sky blue
    INK,
    "#f0e442",  # yellow
)
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")

SEQUENTIAL = "cividis"
DIVERGING = "PuOr_r"

SIZE = (6.4, 3.6)
DPI = 144
CSS_PX_PER_INCH = 96


def rc() -> dict[str, object]:
    """Matplotlib settings for a calm figure, drawn with the light role colours.

    The background is transparent: the page shows through.
    """
    from cycler import cycler

    return {
        "font.family": ["DejaVu Sans"],
        "font.size": 10,
        "text.color": INK,
        "text.usetex": False,
        "svg.hashsalt": "nesylib",
        "figure.facecolor": "none",
        "figure.edgecolor": "none",
        "figure.titlesize": 12,
        "savefig.facecolor": "none",
        "savefig.edgecolor": "none",
        "savefig.bbox": None,
        "axes.facecolor": "none",
        "axes.edgecolor": MUTED,
        "axes.labelcolor": INK,
        "axes.labelpad": 6,
        "axes.linewidth": 0.9,
        "axes.titlecolor": INK,
        "axes.titlelocation": "left",
        "axes.titlepad": 9,
        "axes.titlesize": 11,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.axisbelow": True,
        "axes.grid": False,
        "axes.prop_cycle": cycler(color=CATEGORIES),
        "grid.color": GRID,
        "grid.linewidth": 0.8,
        "xtick.color": MUTED,
        "ytick.color": MUTED,
        "xtick.labelcolor": INK,
        "ytick.labelcolor": INK,
        "xtick.labelsize": 9,
        "ytick.labelsize": 9,
        "lines.linewidth": 2,
        "lines.markersize": 6,
        "patch.edgecolor": INK,
        "hatch.color": INK,
        "boxplot.boxprops.color": INK,
        "boxplot.capprops.color": INK,
        "boxplot.flierprops.color": INK,
        "boxplot.flierprops.markeredgecolor": INK,
        "boxplot.whiskerprops.color": INK,
        "legend.frameon": False,
        "legend.facecolor": PAPER,
        "legend.edgecolor": GRID,
        "legend.fontsize": 9,
        "image.cmap": SEQUENTIAL,
        "image.interpolation": "nearest",
    }


def contrast(one: str, other: str) -> float:
    """The WCAG contrast ratio of two hex colours, from 1 (equal) to 21 (black on white)."""
    bright, dim = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (bright + 0.05) / (dim + 0.05)


def _luminance(colour: str) -> float:
    values = [int(colour.lstrip("#")[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    linear = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in values]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
