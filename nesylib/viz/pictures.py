"""Pictures as they are: grids, patches, heat-maps over them, and neurons beside their bits.

These are pieces of HTML, not matplotlib figures: each picture is stored once, in its own pixels,
enlarged by the browser, and the same on the light and the dark page.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from nesylib.viz import style
from nesylib.viz.html import Html, check_alt, css, data_uri, escape

_BITS = """
.nesy .nesy-bits{display:flex;flex-wrap:wrap;gap:.7rem .25rem;margin:.2rem 0 1rem}
.nesy-bits>span{display:flex;flex-direction:column;gap:.25rem;width:var(--w);
font-size:.8em;text-align:center;line-height:1.25}
.nesy-bits b{display:block;font-weight:500;color:var(--ny-muted);overflow-wrap:anywhere;
font-size:.92em}
.nesy-bits i,.nesy-bits u{display:block;height:2rem;line-height:2rem;border-radius:4px;
font-style:normal;text-decoration:none;font-variant-numeric:tabular-nums;overflow:hidden}
.nesy-bits u.on{background:var(--ny-ink);color:var(--ny-paper);font-weight:700;
border:2px solid var(--ny-ink);line-height:calc(2rem - 4px)}
.nesy-bits u.off{color:var(--ny-muted);border:2px dashed var(--ny-muted);
line-height:calc(2rem - 4px);background:repeating-linear-gradient(135deg,transparent 0 5px,
var(--ny-line) 5px 6px)}
.nesy-bits.small i,.nesy-bits.small u{height:1.1rem;border-radius:2px}
.nesy-bits.small u{border-width:1px}
"""


def to_rgb(image: Any) -> np.ndarray:
    """Any usual picture as (H, W, 3) uint8.

    Parameters
    ----------
    image : array, tensor or PIL image
        (H, W), (3 or 1, H, W) or (H, W, 3 or 1); uint8 or bool, or floating point in [0, 1].

    Raises
    ------
    ValueError
        If the shape or the values are not those of a picture.
    """
    if hasattr(image, "detach"):
        image = image.detach().cpu().numpy()
    array = np.asarray(image)
    if array.ndim == 3 and array.shape[0] in (1, 3) and array.shape[2] not in (1, 3):
        array = np.moveaxis(array, 0, 2)
    if array.ndim == 2:
        array = array[..., None]
    if array.ndim != 3 or array.shape[2] not in (1, 3) or 0 in array.shape:
        raise ValueError(
            f"a picture is (H, W), (3, H, W) or (H, W, 3), got shape {np.shape(image)}; "
            "pass one picture, such as ds.images[0], not a batch"
        )
    if array.dtype == bool:
        array = array.astype(np.uint8) * 255
    elif array.dtype != np.uint8:
        if not ((array >= 0) & (array <= 1)).all():
            raise ValueError(
                f"floating-point pictures hold values in [0, 1], got {array.min():.3g} to "
                f"{array.max():.3g}; undo the normalisation, or pass uint8"
            )
        array = np.round(array * 255).astype(np.uint8)
    return np.ascontiguousarray(np.broadcast_to(array, (*array.shape[:2], 3)))


def picture_html(image: Any, alt: str, width: int = 160) -> str:
    """One ``<img>``, about ``width`` CSS pixels wide; small pictures grow by a whole factor.

    Give it a style sheet with ``css("picture")``; :func:`show_pictures` does so.
    """
    from nesylib.viz.png import encode_photo

    rgb = to_rgb(image)
    alt = check_alt(alt, words=1, what="picture")
    height, own = rgb.shape[:2]
    factor = max(1, round(width / own)) if own <= width else width / own
    small = own * factor > own
    return (
        f'<img class="nesy-picture dark-light{" nesy-pixels" if small else ""}" '
        f'alt="{escape(alt)}" width="{round(own * factor)}" height="{round(height * factor)}" '
        f'src="{data_uri(*encode_photo(rgb))}">'
    )


def show_pictures(
    images: Iterable[Any],
    titles: Sequence[str] | None = None,
    alts: Sequence[str] | None = None,
    *,
    width: int = 160,
    alt: str = "",
) -> Html:
    """A grid of pictures that wraps as the page narrows.

    Parameters
    ----------
    images : iterable of pictures
        Each as :func:`to_rgb` takes it; (N, 3, H, W) works.
    titles : sequence of str, optional
        A line under each.
    alts : sequence of str, optional
        What each shows; the titles by default.
    width : int
        Of one picture, in CSS pixels; pictures smaller than that are enlarged without blur.
    alt : str
        What they show together, if that helps.

    Raises
    ------
    ValueError
        If there is no picture, neither titles nor alts, or not one for each picture.
    """
    images = list(images)
    if not images:
        raise ValueError("no picture to show")
    if alts is None and titles is None:
        raise ValueError(
            "pictures need words: pass alts=[...] (what each shows) or titles=[...] (also printed)"
        )
    for name, given in (("titles", titles), ("alts", alts)):
        if given is not None and len(given) != len(images):
            raise ValueError(f"{len(images)} pictures but {len(given)} {name}: give one for each")
    says = [str(text) for text in (titles if alts is None else alts)]
    cells = []
    for number, (image, said) in enumerate(zip(images, says, strict=True)):
        line = f"<figcaption>{escape(titles[number])}</figcaption>" if titles is not None else ""
        img = picture_html(image, said, width)
        limit = f"width:min-content;min-width:{min(width, 120)}px" if line else ""
        cells.append(f'<figure style="display:inline-block;{limit}">{img}{line}</figure>')
    group = f' role="group" aria-label="{escape(alt)}"' if alt else ""
    body = f'<div class="nesy"><div class="nesy-grid"{group}>{"".join(cells)}</div></div>'
    return Html(body, alt or "; ".join(says), css("picture", "grid"))


def patch_grid(
    image: Any,
    patch_size: int,
    alt: str = "",
    *,
    exploded: bool = True,
    highlight: Iterable[int] = (),
    width: int = 288,
) -> Html:
    """A picture under the grid of a Vision Transformer's patches, and the patches taken apart.

    Parameters
    ----------
    image : picture
        As :func:`to_rgb` takes it; its sides must be multiples of ``patch_size``.
    patch_size : int
        Side of a patch in pixels.
    alt : str, optional
        What the picture shows; the numbers of the grid are added.
    exploded : bool
        Also show the patches with gaps between them, in the order in which the network reads them.
    highlight : iterable of int
        Patches (row by row from 0) to frame.
    width : int
        Of each part, in CSS pixels, roughly.

    Raises
    ------
    ValueError
        If the picture does not divide into patches, or a highlighted patch does not exist.
    """
    from nesylib.viz.png import encode_png

    rgb = to_rgb(image)
    height, own = rgb.shape[:2]
    if patch_size < 1 or height % patch_size or own % patch_size:
        raise ValueError(
            f"a picture of {height} x {own} pixels does not divide into patches of {patch_size}: "
            "choose a patch size that divides both sides, or resize the picture"
        )
    rows, columns = height // patch_size, own // patch_size
    highlight = sorted({int(number) for number in highlight})
    if highlight and not (0 <= highlight[0] and highlight[-1] < rows * columns):
        raise ValueError(f"patches are numbered 0 to {rows * columns - 1}, got {highlight}")

    factor = max(1, round(2 * width / own))
    big = rgb.repeat(factor, 0).repeat(factor, 1)
    side = patch_size * factor
    said = f"{alt.strip().rstrip('.')}. " if alt.strip() else ""
    count = f"{rows} by {columns} patches of {patch_size} by {patch_size} pixels"
    marked = f"; framed: patch {', '.join(map(str, highlight))}" if highlight else ""
    parts = [(_ruled(big, side, highlight, columns), f"{said}The picture under a grid of {count}")]
    if exploded:
        parts.append(
            (_apart(big, side, highlight), f"{said}The same {count}, taken apart, row by row")
        )
    figures = []
    for raster, words in parts:
        shown = (round(raster.shape[1] / 2), round(raster.shape[0] / 2))
        figures.append(
            f'<figure><img class="nesy-picture dark-light" alt="{escape(words + marked)}" '
            f'width="{shown[0]}" height="{shown[1]}" src="{data_uri(encode_png(raster))}"></figure>'
        )
    body = f'<div class="nesy"><div class="nesy-grid">{"".join(figures)}</div></div>'
    return Html(body, f"{said}{count}", css("picture", "grid"))


_MARK = np.array([230, 159, 0], np.uint8)


def _ruled(big: np.ndarray, side: int, highlight: list[int], columns: int) -> np.ndarray:
    """White lines with a dark edge, so that they show on any picture."""
    out = big.copy()
    for half, keep in ((2, 0.45), (1, 0.0)):
        for axis in (0, 1):
            view = np.moveaxis(out, axis, 0)
            for at in range(side, len(view), side):
                line = view[at - half : at + half]
                line[...] = line * keep if keep else 255
    for number in highlight:
        row, column = divmod(number, columns)
        _frame(out[row * side : (row + 1) * side, column * side : (column + 1) * side])
    return out


def _apart(big: np.ndarray, side: int, highlight: list[int]) -> np.ndarray:
    """The patches with transparent gaps, (H, W, 4)."""
    gap = max(4, side // 8)
    rows, columns = big.shape[0] // side, big.shape[1] // side
    step = side + gap
    out = np.zeros((rows * step - gap, columns * step - gap, 4), np.uint8)
    for row in range(rows):
        for column in range(columns):
            patch = out[row * step : row * step + side, column * step : column * step + side]
            patch[..., :3] = big[row * side : (row + 1) * side, column * side : (column + 1) * side]
            patch[..., 3] = 255
            if row * columns + column in highlight:
                _frame(patch[..., :3])
    return out


def _frame(view: np.ndarray) -> None:
    thick = max(4, view.shape[0] // 12)
    for edge in (view[:thick], view[-thick:], view[:, :thick], view[:, -thick:]):
        edge[...] = _MARK


def heat_overlay(
    image: Any,
    heat: Any,
    alt: str,
    *,
    label: str = "weight",
    limits: tuple[float, float] | None = None,
    smooth: bool = False,
    strength: float = 0.75,
    beside: bool = True,
    width: int = 224,
) -> Html:
    """A picture and, beside it, the same in grey under a heat-map with its scale.

    Parameters
    ----------
    image : picture
        As :func:`to_rgb` takes it, (H, W).
    heat : (h, w) array
        For instance one value per patch; enlarged to the picture without blur unless ``smooth``.
    alt : str
        What the heat-map shows: where it is high.
    label : str
        What the values are.
    limits : (low, high), optional
        Values at the two ends of the scale; by default the least and the greatest of ``heat``.
        Give the same to all maps that are to be compared.
    smooth : bool
        Enlarge by bilinear interpolation: prettier, and less true to what the network computes.
    strength : float
        How opaque the map is where it is highest, from 0 to 1; it is a third of that where it is
        lowest.
    beside : bool
        False leaves out the plain picture.

    Raises
    ------
    ValueError
        If the map is not two-dimensional or holds values that aren't finite.
    """
    import matplotlib as mpl
    from PIL import Image

    from nesylib.viz.png import encode_photo

    alt = check_alt(alt, what="heat-map")
    rgb = to_rgb(image)
    if hasattr(heat, "detach"):
        heat = heat.detach().cpu().numpy()
    heat = np.asarray(heat, dtype=np.float64)
    if heat.ndim != 2 or 0 in heat.shape or not np.isfinite(heat).all():
        raise ValueError(
            f"a heat-map is a two-dimensional array of finite values, got shape {heat.shape}; "
            "leave out the [CLS] entry and reshape the rest to (rows, columns) of patches"
        )
    low, high = limits or (float(heat.min()), float(heat.max()))
    if not low <= high:
        raise ValueError(f"limits are (low, high), got {limits}")
    unit = np.clip((heat - low) / (high - low), 0, 1) if high > low else np.zeros_like(heat)
    factor = max(1, math.ceil(width / rgb.shape[1]))
    size = (rgb.shape[1] * factor, rgb.shape[0] * factor) if smooth else rgb.shape[1::-1]
    how = Image.Resampling.BILINEAR if smooth else Image.Resampling.NEAREST
    unit = np.asarray(Image.fromarray(unit.astype(np.float32)).resize(size, how))
    base = np.asarray(Image.fromarray(rgb).resize(size, Image.Resampling.NEAREST))
    grey = (base @ np.array([0.299, 0.587, 0.114]))[..., None]
    cover = strength * (1 + 2 * np.clip(unit, 0, 1)[..., None]) / 3
    colours = mpl.colormaps[style.SEQUENTIAL](unit)[..., :3] * 255
    mixed = np.clip(np.round(grey * (1 - cover) + colours * cover), 0, 255).astype(np.uint8)
    if not smooth and mixed.shape[1] < width and mixed.shape[0] * mixed.shape[1] > 128 * 128:
        mixed = mixed.repeat(factor, 0).repeat(factor, 1)

    figures = []
    if beside:
        figures.append(f"<figure>{picture_html(rgb, 'The picture itself', width)}</figure>")
    content, mime = encode_photo(mixed)
    shown = rgb.shape[1] * max(1, round(width / rgb.shape[1])) if rgb.shape[1] <= width else width
    tall = round(shown * rgb.shape[0] / rgb.shape[1])
    stops = ",".join(
        mpl.colors.to_hex(mpl.colormaps[style.SEQUENTIAL](t)) for t in np.linspace(0, 1, 9)
    )
    scale = (
        f'<div class="nesy-scale"><span>{escape(label)}</span><span>{low:.2g}</span>'
        f'<i style="background:linear-gradient(90deg,{stops})"></i><span>{high:.2g}</span></div>'
    )
    figures.append(
        f'<figure><img class="nesy-picture dark-light nesy-pixels" alt="{escape(alt)}" '
        f'width="{shown}" height="{tall}" src="{data_uri(content, mime)}">{scale}</figure>'
    )
    body = f'<div class="nesy"><div class="nesy-grid">{"".join(figures)}</div></div>'
    return Html(body, alt, css("picture", "grid"))


def bits(
    activations: Any,
    names: Sequence[str] | None = None,
    *,
    threshold: float = 0.5,
    alt: str | None = None,
) -> Html:
    """One picture's neurons, each activation above the bit that it becomes.

    The activation's colour runs from dark blue (0) to yellow (1); a bit that is on is solid with a
    1, a bit that is off is dashed, hatched, and has a 0: colour is never alone. Columns wrap on a
    phone.

    Parameters
    ----------
    activations : (D,) array in [0, 1]
    names : sequence of str, optional
        Of the neurons; their numbers by default (up to 32 neurons).
    threshold : float
        An activation of exactly this much counts as 1.
    alt : str, optional
        By default says how many bits are on and which.

    Raises
    ------
    ValueError
        If the activations aren't one row of numbers in [0, 1].
    """
    import matplotlib as mpl

    if hasattr(activations, "detach"):
        activations = activations.detach().cpu().numpy()
    row = np.asarray(activations, dtype=np.float64)
    if row.ndim != 1 or not len(row) or not ((row >= 0) & (row <= 1)).all():
        raise ValueError(
            "bits shows one picture: a row (D,) of activations in [0, 1], "
            f"got shape {row.shape}; pass C[i], after the sigmoid"
        )
    if names is not None and len(names) != len(row):
        raise ValueError(f"{len(row)} activations but {len(names)} names: give one for each")
    small = len(row) > 32
    on = row >= threshold
    labels = [str(name) for name in (range(len(row)) if names is None else names)]
    if alt is None:
        which = [label for label, lit in zip(labels, on, strict=True) if lit]
        some = ", ".join(which[:12]) + (", ..." if len(which) > 12 else "")
        alt = (
            f"{len(row)} activations and their bits at threshold {threshold:g}: "
            f"{int(on.sum())} on" + (f" ({some})" if which else "")
        )
    cmap = mpl.colormaps[style.SEQUENTIAL]
    cells = []
    for label, value, lit in zip(labels, row, on, strict=True):
        fill = mpl.colors.to_hex(cmap(value))
        ink = max(("#000000", "#ffffff"), key=lambda c: style.contrast(c, fill))
        text = "" if small else f"{value:.2f}"
        head = "" if small and names is None else f"<b>{escape(label)}</b>"
        bit = "" if small else str(int(lit))
        cells.append(
            f'<span title="{escape(label)}: {value:.3f}">{head}'
            f'<i style="background:{fill};color:{ink}">{text}</i>'
            f'<u class="{"on" if lit else "off"}">{bit}</u></span>'
        )
    wide = "1.1rem" if small and names is None else f"{max(3.1, _width(labels)):.1f}rem"
    body = (
        f'<div class="nesy"><div class="nesy-bits{" small" if small else ""}" role="img" '
        f'aria-label="{escape(check_alt(alt))}" style="--w:{wide}">{"".join(cells)}</div></div>'
    )
    return Html(body, alt, css(extra=_BITS))


def _width(labels: Sequence[str]) -> float:
    """Room for the longest label in rem, within reason."""
    return min(6.5, 0.55 * max(len(label) for label in labels) + 0.4)
