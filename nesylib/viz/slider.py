"""A slider over frames drawn beforehand: it moves in a static page, with no kernel."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from typing import Any

from nesylib.viz import style
from nesylib.viz.figure import Figure
from nesylib.viz.html import check_alt, css, escape, show

_STYLE = """
.nesy-slider{margin:0 0 1rem}
.nesy-slider .nesy-controls{display:flex;align-items:center;gap:.9rem;
margin:0 0 .6rem;padding:.55rem .9rem;border:1px solid var(--ny-line);border-radius:8px;
background:var(--ny-soft);max-width:40rem}
.nesy-slider figure[hidden]{display:none!important}
.nesy-slider label{display:flex;flex:1 1 14rem;flex-wrap:wrap;align-items:center;gap:.1rem .9rem;
margin:0;min-width:0;font-weight:600;font-size:.92em}
.nesy-slider input[type=range]{flex:1 1 11rem;min-width:4rem;margin:0;height:1.75rem;
accent-color:var(--ny-accent);cursor:pointer}
.nesy-slider output{min-width:4ch;text-align:right;font-variant-numeric:tabular-nums;
font-size:1.05em;font-weight:600;color:var(--ny-accent)}
.nesy-slider figure{margin:0}
.nesy-slider .nesy-told{color:var(--ny-muted);font-size:.9em;margin:.35rem 0 0;min-height:1.5em}
"""

# Moves the frames out of the fold that serves readers without scripts, then shows one of them.
_SCRIPT = """
(function(){
document.querySelectorAll('[data-nesy-slider="KEY"]:not([data-ready])').forEach(function(root){
root.setAttribute("data-ready","");
var steps=STEPS,get=function(q){return root.querySelector(q)},
input=get("input"),output=get("output"),told=get(".nesy-told"),stage=get(".nesy-stage"),
fold=get("details.nesy-all");
if(fold){Array.prototype.forEach.call(fold.querySelectorAll("figure"),function(f){
f.hidden=true;stage.appendChild(f)});fold.remove()}
var frames={};stage.querySelectorAll("figure").forEach(function(f){
frames[f.getAttribute("data-frame")]=f;var c=f.querySelector("figcaption");if(c)c.remove()});
function move(){var step=steps[+input.value];
Object.keys(frames).forEach(function(k){frames[k].hidden=k!==String(step[0])});
frames[step[0]].querySelectorAll("img").forEach(function(i){i.alt=step[2]});
output.textContent=step[1];input.setAttribute("aria-valuetext",step[1]);
told.textContent=step[3]||step[2]}
input.addEventListener("input",move);
input.addEventListener("keydown",function(e){e.stopPropagation()});
if(!told.hasAttribute("data-captions"))told.classList.add("nesy-only-read");
get(".nesy-controls").style.display="";input.value=input.getAttribute("value");
var step=steps[+input.value];output.textContent=step[1];
input.setAttribute("aria-valuetext",step[1]);
});
})();
"""


class Slider:
    """See :func:`slider`. ``len(s)`` is the number of steps; ``repr_html`` gives the page's part.

    Attributes
    ----------
    steps : list of (value, Figure, caption)
    """

    def __init__(
        self,
        label: str,
        alt: str,
        size: tuple[float, float] = style.SIZE,
        *,
        start: int | str = 0,
        display: bool = True,
        **options: Any,
    ) -> None:
        if not isinstance(label, str) or not label.strip():
            raise ValueError("a slider needs a label: name the quantity that it moves")
        self.label = label.strip()
        self.alt = check_alt(alt, what="slider")
        self.size = size
        self.start = start
        self.display = display
        self.options = options
        self.steps: list[tuple[str, Figure, str | None]] = []

    def __enter__(self) -> Slider:
        return self

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        if kind is not None:
            return
        self._check()
        if self.display:
            show(self)

    def __len__(self) -> int:
        return len(self.steps)

    def frame(self, value: object, alt: str, caption: str | None = None, **options: Any) -> Figure:
        """The next step: ``with s.frame("0.50", alt="...") as (fig, ax): ...``.

        Parameters
        ----------
        value : str
            What the slider says at this step; each must differ from the others.
        alt : str
            What this frame shows.
        caption : str, optional
            A line under the picture, read aloud when the slider moves (else the alt text is).
        **options
            As for :func:`nesylib.viz.figure`.
        """
        made = _Frame(alt, **{"size": self.size, **self.options, **options, "display": False})
        made.done = lambda: self.add(value, made, caption)
        return made

    def add(self, value: object, figure: Figure, caption: str | None = None) -> None:
        """Append a finished figure as the next step.

        Raises
        ------
        ValueError
            If the value is blank or there already.
        """
        value = str(value).strip()
        if not value or value in [step[0] for step in self.steps]:
            raise ValueError(
                f"each frame of the slider {self.label!r} needs its own value, got {value!r} "
                f"after {[step[0] for step in self.steps]}"
            )
        figure._drawn()
        self.steps.append((value, figure, caption))

    def repr_html(self) -> str:
        """The slider with its style sheet, frames and script."""
        first = self._check()
        unique: dict[tuple[bytes, bytes], int] = {}
        steps, figures = [], {}
        for value, made, caption in self.steps:
            number = unique.setdefault((made.pngs["light"], made.pngs["dark"]), len(unique))
            steps.append([number, value, made.alt, caption or ""])
            figures.setdefault(number, []).append((value, made, caption))
        shown = steps[first][0]

        def frame(number: int, caption: bool) -> str:
            values = ", ".join(value for value, _, _ in figures[number])
            made = self.steps[first][1] if number == shown else figures[number][0][1]
            words = ""
            if caption:
                said = figures[number][0][2]
                words = f"{self.label} {values}" + (f": {said}" if said else "")
                words = f"<figcaption>{escape(words)}</figcaption>"
            return f'<figure data-frame="{number}">{made.pair()}{words}</figure>'

        others = "".join(frame(n, True) for n in figures if n != shown)
        if others:
            others = (
                f'<details class="nesy-all"><summary>All other frames ({escape(self.label)})'
                f"</summary>{others}</details>"
            )
        key = hashlib.sha256(repr((self.label, self.alt, steps, list(unique))).encode())
        key = key.hexdigest()[:12]
        data = json.dumps(steps).replace("<", "\\u003c").replace("&", "\\u0026")
        script = _SCRIPT.replace("KEY", key).replace("STEPS", data)
        value, made, caption = self.steps[first]
        captions = any(step[2] for step in self.steps)
        return (
            f"{css('picture', extra=_STYLE)}"
            f'<div class="nesy nesy-slider" data-nesy-slider="{key}" role="group" '
            f'aria-label="{escape(self.alt)}">'
            f'<div class="nesy-controls" style="display:none"><label>'
            f"<span>{escape(self.label)}</span>"
            f'<input type="range" min="0" max="{len(steps) - 1}" step="1" value="{first}" '
            f'aria-valuetext="{escape(value)}"></label>'
            f'<output aria-hidden="true">{escape(value)}</output></div>'
            f'<div class="nesy-stage">{frame(shown, False)}</div>'
            f'<p class="nesy-told" aria-live="polite"{" data-captions" if captions else ""}>'
            f"{escape(caption or f'{self.label} {value}')}</p>"
            f"{others}</div><script>{script}</script>"
        )

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/html": self.repr_html(), "text/plain": repr(self)}

    def __repr__(self) -> str:
        values = ", ".join(step[0] for step in self.steps)
        return f"{self.alt} (slider over {self.label}: {values})"

    def _check(self) -> int:
        """The number of the first step to show."""
        if len(self.steps) < 2:
            raise ValueError(
                f"the slider {self.label!r} has {len(self.steps)} frame(s): add at least two "
                "with `with s.frame(value, alt=...) as (fig, ax):`"
            )
        if isinstance(self.start, str):
            values = [step[0] for step in self.steps]
            if self.start not in values:
                raise ValueError(f"start={self.start!r} is no frame; the frames are {values}")
            return values.index(self.start)
        return range(len(self.steps))[self.start]


class _Frame(Figure):
    """A figure that tells its slider when it is drawn."""

    done: Any = None

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        super().__exit__(kind, error, trace)
        if kind is None:
            self.done()


def slider(label: str, alt: str, size: tuple[float, float] = style.SIZE, **options: Any) -> Slider:
    """A row of frames with a range input, for the static page and the notebook alike.

    ::

        with viz.slider(label="threshold", alt="Bits of one picture at rising thresholds") as s:
            for t in thresholds:
                with s.frame(f"{t:.2f}", alt=f"At {t:.2f}, {n} bits are on") as (fig, ax):
                    ax.bar(...)

    Nothing moves by itself. Without scripts the first frame stands and the others are in a fold.
    Frames with the same picture are stored once.

    Parameters
    ----------
    label : str
        The quantity that the slider moves.
    alt : str
        What the whole slider shows.
    size : (float, float)
        Of every frame, in inches.
    start : int or str
        The step shown first, by number (-1 is the last) or by value.
    display : bool
        False keeps it for ``repr_html``.
    **options
        Shared by all frames, as for :func:`nesylib.viz.figure`.

    Raises
    ------
    ValueError
        If the label or the alt text is missing, fewer than two frames were drawn, or two frames
        have one value.
    """
    return Slider(label, alt, size, **options)


def frames(
    draw: Callable[[Any, Any], str], values: Sequence[Any], *, label: str, alt: str, **options: Any
) -> Slider:
    """A slider from a function: ``draw(axes, value)`` draws one frame and returns its alt text.

    Parameters
    ----------
    draw : callable
        ``draw(axes, value) -> str``.
    values : sequence
    label, alt : str
        As for :func:`slider`, whose other options it takes too.
    """
    made = Slider(label, alt, **options)
    with made:
        for value in values:
            frame = made.frame(value, alt="set by the function")
            with frame as (_, axes):
                frame.alt = check_alt(draw(axes, value))
    return made
