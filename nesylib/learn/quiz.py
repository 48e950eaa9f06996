"""A question with answers to choose from, each with its feedback, in the static page too."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from nesylib.learn.words import inline
from nesylib.viz.html import Html, css

STYLE = """
.nesy form.nesy-quiz{border:1px solid var(--ny-line);border-radius:10px;padding:1rem 1.2rem;
margin:0 0 1rem;background:var(--ny-paper);max-width:46rem}
.nesy .nesy-card form.nesy-quiz{border:0;padding:0;background:none}
.nesy-quiz fieldset{border:0;margin:0;padding:0;min-width:0}
.nesy-quiz legend{float:none;width:auto;font-size:1em;font-weight:600;margin:0 0 .6rem;padding:0;
color:var(--ny-ink)}
.nesy-quiz .nesy-option{display:flex;gap:.7rem;align-items:baseline;margin:0 0 .4rem;
padding:.5rem .8rem;border:1px solid var(--ny-line);border-radius:7px;cursor:pointer;
font-weight:400;overflow-wrap:anywhere}
.nesy-quiz .nesy-option:hover{background:var(--ny-soft)}
.nesy-quiz .nesy-option:focus-within{outline:2px solid var(--ny-accent);outline-offset:1px}
.nesy-quiz .nesy-option input{margin:0;flex:none;accent-color:var(--ny-accent)}
.nesy-quiz button{font:inherit;font-size:.92em;font-weight:600;margin:.35rem 0 0;
padding:.4rem 1.1rem;border:1px solid var(--ny-accent);border-radius:7px;cursor:pointer;
background:var(--ny-accent);color:var(--ny-paper)}
.nesy-quiz button:focus-visible{outline:2px solid var(--ny-ink);outline-offset:2px}
.nesy-quiz button[hidden]{display:none}
.nesy .nesy-quiz .nesy-feedback{margin:.7rem 0 0;min-height:1.5em}
.nesy-quiz .nesy-feedback strong{color:var(--ny-bad)}
.nesy-quiz .nesy-feedback.right strong{color:var(--ny-good)}
.nesy-quiz .nesy-option.right{border-color:var(--ny-good);border-width:2px}
.nesy-quiz .nesy-option.wrong{border-color:var(--ny-bad);border-style:dashed;border-width:2px}
.nesy .nesy-quiz details{font-size:.92em;color:var(--ny-ink);margin:.7rem 0 0}
.nesy-quiz code{font-size:.9em;padding:.08em .3em;border:0;border-radius:4px;
background:var(--ny-soft);color:inherit;overflow-wrap:anywhere}
.nesy .nesy-quiz dt{font-weight:600;margin:.4rem 0 0}
.nesy .nesy-quiz dd{margin:0 0 .4rem 1rem}
"""

# Nothing is judged while the arrow keys walk over the choices, only when the reader asks.
_SCRIPT = """
(function(){
document.querySelectorAll('[data-nesy-quiz="KEY"]:not([data-ready])').forEach(function(form){
form.setAttribute("data-ready","");
var fold=form.querySelector("details.nesy-answers"),told=form.querySelector(".nesy-feedback"),
words=fold.querySelectorAll("dd"),
options=form.querySelectorAll(".nesy-option"),button=form.querySelector("button");
fold.remove();button.hidden=false;
form.addEventListener("keydown",function(e){e.stopPropagation()});
form.addEventListener("submit",function(e){
e.preventDefault();
options.forEach(function(o){o.classList.remove("right","wrong")});
told.textContent="";told.classList.remove("right");
var strong=document.createElement("strong"),text="Choose an answer first.";
var at=Array.prototype.findIndex.call(options,function(o){return o.querySelector("input").checked});
if(at<0){told.append(text);return}
var right=options[at].hasAttribute("data-right");
options[at].classList.add(right?"right":"wrong");
told.classList.toggle("right",right);
strong.textContent=right?"\\u2713 Right. ":"\\u2192 Not quite. ";
told.append(strong);
words[at].childNodes.forEach(function(n){told.append(n.cloneNode(true))});
});
});
})();
"""


@dataclass(frozen=True)
class Option:
    """An answer to choose: its text, what to say to those who choose it, whether it is right."""

    text: str
    feedback: str
    right: bool = False


def quiz(question: str, options: Sequence[Option]) -> Html:
    """A multiple-choice question that answers back without a kernel.

    The reader chooses by mouse or arrow keys and presses *Check*; the feedback is read aloud.
    Without scripts the feedback of every answer is in a fold.

    Parameters
    ----------
    question : str
    options : sequence of Option
        At least two, exactly one of them right, each with feedback.

    Raises
    ------
    ValueError
        If that isn't so.
    """
    body, script = quiz_parts(question, options)
    text = question + "".join(f"\n  ({letter(n)}) {o.text}" for n, o in enumerate(options))
    return Html(f'<div class="nesy">{body}</div>{script}', text, css("picture", extra=STYLE))


def quiz_parts(question: str, options: Sequence[Option]) -> tuple[str, str]:
    """The form and its script, for a card that holds them."""
    check_options(question, options)
    key = hashlib.sha256(repr((question, tuple(options))).encode()).hexdigest()[:12]
    rows, answers = [], []
    for number, option in enumerate(options):
        right = " data-right" if option.right else ""
        rows.append(
            f'<label class="nesy-option"{right}><input type="radio" name="nesy-{key}" '
            f'value="{letter(number)}"><span>({letter(number)}) {inline(option.text)}</span>'
            "</label>"
        )
        verdict = "right" if option.right else "not quite"
        answers.append(f"<dt>({letter(number)}): {verdict}</dt><dd>{inline(option.feedback)}</dd>")
    body = (
        f'<form class="nesy-quiz" data-nesy-quiz="{key}"><fieldset>'
        f"<legend>{inline(question)}</legend>{''.join(rows)}</fieldset>"
        '<button type="submit" hidden>Check</button>'
        '<p class="nesy-feedback" role="status" aria-live="polite"></p>'
        '<details class="nesy-answers"><summary>Answers</summary>'
        f"<dl>{''.join(answers)}</dl></details></form>"
    )
    return body, f"<script>{_SCRIPT.replace('KEY', key)}</script>"


def check_options(question: str, options: Sequence[Option]) -> None:
    """Raise ValueError unless this is a question with one right answer and feedback for all."""
    if not question.strip():
        raise ValueError("a quiz needs a question")
    if len(options) < 2 or sum(option.right for option in options) != 1:
        raise ValueError(
            f"a quiz needs two or more options, exactly one of them right; {question!r} has "
            f"{len(options)}, {sum(option.right for option in options)} right"
        )
    if not all(option.text.strip() and option.feedback.strip() for option in options):
        raise ValueError(f"every option of {question!r} needs a text and feedback")


def letter(number: int) -> str:
    """a, b, c, ..."""
    return "abcdefghijklmnopqrstuvwxyz"[number]
