"""A figure drawn once and shown twice: for the light page and for the dark one."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from nesylib.viz import style
from nesylib.viz.html import check_alt, css, data_uri, escape, show


class Figure:
    """See :func:`figure`. After the block: ``pngs``, ``save``, ``repr_html``.

    Attributes
    ----------
    alt : str
    pngs : dict
        ``{"light": bytes, "dark": bytes}``, empty until the block ends.
    size : (float, float)
        Width and height in inches (96 CSS pixels each).
    """

    def __init__(
        self,
        alt: str,
        size: tuple[float, float] = style.SIZE,
        nrows: int = 1,
        ncols: int = 1,
        name: str | None = None,
        *,
        caption: str | None = None,
        description: str | None = None,
        dpi: int = style.DPI,
        display: bool = True,
        layout: str | None = "constrained",
        **subplots_kw: Any,
    ) -> None:
        self.alt = check_alt(alt)
        if len(tuple(size)) != 2 or not all(0 < side <= 40 for side in size):
            raise ValueError(
                f"size is (width, height) in inches, both above 0 and at most 40, got {size!r}"
            )
        if name is not None and not re.fullmatch(r"[A-Za-z][\w-]*", name):
            raise ValueError(
                f"name must be a letter followed by letters, digits, - or _, got {name!r}: "
                "it becomes a file name and an anchor"
            )
        self.size = tuple(size)
        self.name = name
        self.caption = caption
        self.description = description
        self.dpi = dpi
        self.display = display
        self.pngs: dict[str, bytes] = {}
        self._make = {"nrows": nrows, "ncols": ncols, **subplots_kw}
        self._layout = layout

    def __enter__(self) -> tuple[Any, Any]:
        import matplotlib as mpl
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure as Canvas

        self._settings = mpl.rc_context(style.rc())
        self._settings.__enter__()
        try:
            # Not through pyplot: nothing is left behind for the notebook to draw a second time.
            self._figure = Canvas(figsize=self.size, dpi=self.dpi, layout=self._layout)
            FigureCanvasAgg(self._figure)
            return self._figure, self._figure.subplots(**self._make)
        except BaseException:
            self._settings.__exit__(None, None, None)
            raise

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        try:
            if kind is None:
                self.pngs = self._draw()
        finally:
            self._figure.clear()
            del self._figure
            self._settings.__exit__(None, None, None)
        if kind is None and self.display:
            show(self)

    def _draw(self) -> dict[str, bytes]:
        import numpy as np

        from nesylib.viz.png import encode_png
        from nesylib.viz.recolour import dark

        canvas = self._figure.canvas
        exact = any(
            getattr(artist, "get_array", lambda: None)() is not None
            for ax in self._figure.axes
            for artist in [*ax.images, *ax.collections]
        )

        def png() -> bytes:
            canvas.draw()
            return encode_png(np.asarray(canvas.buffer_rgba()).copy(), lossless=exact)

        light = png()
        self._figure.set_layout_engine("none")
        with dark(self._figure):
            return {"light": light, "dark": png()}

    def save(self, folder: str | Path, *, opaque: bool = False) -> list[Path]:
        """Write ``<name>-light.png`` and ``<name>-dark.png`` and return their paths.

        Parameters
        ----------
        opaque : bool
            Put the page's colour behind the picture (for a README or a slide).

        Raises
        ------
        RuntimeError
            If nothing was drawn yet.
        """
        self._drawn()
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        paths = []
        for theme, content in self.pngs.items():
            path = folder / f"{self.name or 'figure'}-{theme}.png"
            path.write_bytes(_on_paper(content, theme) if opaque else content)
            paths.append(path)
        return paths

    def pair(self) -> str:
        """The two ``<img>`` elements, without a frame around them and without a style sheet."""
        self._drawn()
        width, height = (round(side * style.CSS_PX_PER_INCH) for side in self.size)
        shared = f'alt="{escape(self.alt)}" width="{width}" height="{height}"'
        light, dark = (data_uri(self.pngs[theme]) for theme in ("light", "dark"))
        # The theme hides any caption that follows an .only-light picture, hence the <div>;
        # the inline styles serve viewers that drop style sheets (JupyterLab, for a notebook not
        # run yet): the light picture on white. `hidden` serves those that drop styles as well.
        return (
            '<div class="nesy-pair">'
            '<img class="nesy-light only-light" style="background-color:#fff" '
            f'{shared} src="{light}">'
            '<img class="nesy-dark only-dark" hidden style="display:none" '
            f'{shared} src="{dark}"></div>'
        )

    def repr_html(self) -> str:
        """The figure with its style sheet, caption and long description."""
        anchor = f' id="{self.name}"' if self.name else ""
        caption = f"<figcaption>{escape(self.caption)}</figcaption>" if self.caption else ""
        more = ""
        if self.description:
            more = (
                "<details><summary>Long description</summary>"
                f"<p>{escape(self.description)}</p></details>"
            )
        return (
            f'{css("picture")}<figure class="nesy nesy-figure"{anchor}>'
            f"{self.pair()}{caption}{more}</figure>"
        )

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/html": self.repr_html(), "text/plain": self.alt}

    def __repr__(self) -> str:
        return f"Figure: {self.alt}"

    def _drawn(self) -> None:
        if not self.pngs:
            raise RuntimeError(
                "this figure holds no picture yet: draw inside `with viz.figure(...) as (fig, ax):`"
            )


def figure(
    alt: str,
    size: tuple[float, float] = style.SIZE,
    nrows: int = 1,
    ncols: int = 1,
    name: str | None = None,
    **options: Any,
) -> Figure:
    """A figure for the book: ``with viz.figure(alt="...") as (fig, ax): ax.plot(...)``.

    Drawn with plain matplotlib inside the block; when the block ends, one output holds a light
    and a dark picture, of which the page shows one. Colours equal to ``style.INK``, ``MUTED``,
    ``GRID`` or ``PAPER`` (the defaults of text, axes, grid and legend boxes) change with the page;
    all others, and pictures, stay. An exception inside the block propagates and shows nothing.

    Parameters
    ----------
    alt : str
        What the picture shows, at least three words; both pictures carry it.
    size : (float, float)
        Width and height in inches; 6.4 fills the book's column, and a phone shrinks it.
    nrows, ncols : int
        As in ``plt.subplots``; the block receives ``(fig, axes)``.
    name : str, optional
        File name for ``save`` and anchor on the page.
    caption, description : str, optional
        A line under the figure; a long description behind a fold.
    dpi : int
        Pixels per inch of the PNGs (default 144).
    display : bool
        False keeps the figure for ``save`` or ``repr_html`` and shows nothing.
    layout : str or None
        Matplotlib's layout engine, ``"constrained"`` by default.
    **subplots_kw
        Passed to ``Figure.subplots`` (``sharex``, ``width_ratios``, ``subplot_kw``, ...).

    Raises
    ------
    ValueError
        If the alt text is missing or too short, or size or name is not usable.
    """
    return Figure(alt, size, nrows, ncols, name, **options)


def _on_paper(png: bytes, theme: str) -> bytes:
    from io import BytesIO

    import numpy as np
    from PIL import Image

    from nesylib.viz.png import encode_png

    paper = style.PAPER if theme == "light" else style.DARK_OF[style.PAPER]
    picture = Image.open(BytesIO(png)).convert("RGBA")
    ground = Image.new("RGBA", picture.size, paper)
    return encode_png(np.asarray(Image.alpha_composite(ground, picture).convert("RGB")))
