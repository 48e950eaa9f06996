"""A rule explorer for the static page: rules, rows and the truth of every literal, linked.

Choose a row and see which rule decides it, which literals hold and which exceptions block; choose
a rule and see the rows it decides. Everything was computed beforehand: no kernel, no network.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from nesylib.viz.explorer_model import STATES, Model, clean
from nesylib.viz.html import Html, check_alt, css, data_uri, escape

#: Bytes that all pictures of one explorer may take; they are stored smaller until they fit.
BUDGET = 280_000
SIDES = (160, 128, 96, 72, 48)

STYLE = """
.nesy-explorer{margin:0 0 1.2rem;border:1px solid var(--ny-line);border-radius:10px;
padding:.9rem 1rem;background:var(--ny-paper)}
.nesy-explorer button{font:inherit;font-size:.9em;color:var(--ny-ink);background:var(--ny-soft);
border:1px solid var(--ny-line);border-radius:6px;padding:.15rem .6rem;cursor:pointer;margin:0}
.nesy-explorer button:disabled{cursor:default}
.nesy-explorer button[aria-pressed=true]{border-color:var(--ny-accent);color:var(--ny-paper);
background:var(--ny-accent)}
.nesy-explorer button:focus-visible,.nesy-explorer .nesy-row:focus-within{
outline:3px solid var(--ny-accent);outline-offset:2px}
.nesy-explorer .nesy-panes{display:grid;grid-template-columns:minmax(0,17rem) minmax(0,1fr);
gap:.9rem 1.4rem;align-items:start}
.nesy-explorer .nesy-left,.nesy-explorer .nesy-right{min-width:0}
.nesy-explorer .nesy-bar{display:flex;flex-wrap:wrap;gap:.4rem .6rem;align-items:center;
margin:0 0 .6rem;font-size:.92em;color:var(--ny-muted)}
.nesy-explorer .nesy-tray{display:flex;flex-wrap:wrap;gap:.4rem;margin:0 0 .8rem;padding:4px;
max-height:14.5rem;overflow-y:auto;border:0;min-width:0}
.nesy-explorer .nesy-row{position:relative;display:flex;flex-direction:column;align-items:center;
gap:.1rem;padding:.2rem;margin:0;border:2px solid var(--ny-line);border-radius:6px;cursor:pointer;
font-size:.78em;line-height:1.2;max-width:5.2rem;color:var(--ny-ink);background:var(--ny-paper)}
.nesy-explorer .nesy-row.plain{padding:.2rem .6rem;max-width:100%;font-size:.88em}
.nesy-explorer .nesy-row[hidden]{display:none!important}
.nesy-explorer .nesy-row input{position:absolute;opacity:0;width:1px;height:1px;margin:0}
.nesy-explorer .nesy-row.chosen{border-color:var(--ny-accent);background:var(--ny-accent);
color:var(--ny-paper);font-weight:700}
.nesy-explorer .nesy-row img{width:52px;height:52px;object-fit:cover}
.nesy-explorer .nesy-row span{overflow-wrap:anywhere;max-height:2.5em;overflow:hidden}
.nesy-explorer .nesy-row .nesy-wrong{font-weight:700}
.nesy-explorer .nesy-now{margin:0 0 .4rem}
.nesy-explorer .nesy-now img{max-width:100%;height:auto;margin:0 0 .5rem}
.nesy-explorer .nesy-told{margin:0 0 .4rem;overflow-wrap:anywhere}
.nesy-explorer .nesy-told b{font-size:1.1em}
.nesy-explorer .nesy-facts{font-size:.88em;color:var(--ny-muted);margin:0 0 .4rem;
overflow-wrap:anywhere}
.nesy-explorer ol.nesy-clauses{list-style:none;margin:0;padding:0;max-height:36rem;
overflow-y:auto}
.nesy-explorer .nesy-clause{margin:0 0 .5rem;padding:.45rem .6rem .5rem;
border:1px solid var(--ny-line);border-left:5px solid var(--ny-line);border-radius:6px;
color:var(--ny-ink)}
.nesy-explorer .nesy-clause.decides{border-color:var(--ny-accent);background:var(--ny-soft);
border-width:2px 2px 2px 5px}
.nesy-explorer .nesy-clause.blocks{border-left-color:var(--ny-bad);border-left-style:double}
.nesy-explorer .nesy-state{font-size:.88em;color:var(--ny-muted);margin-left:.5rem}
.nesy-explorer .decides .nesy-state{color:var(--ny-accent);font-weight:700}
.nesy-explorer .blocks .nesy-state{color:var(--ny-bad);font-weight:700}
.nesy-explorer code{display:block;background:none;border:0;padding:0;margin:.35rem 0 0;
color:inherit;font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;
font-size:.86em;line-height:1.9;overflow-wrap:anywhere;white-space:normal}
.nesy-explorer code .nesy-head{color:var(--ny-ink);font-weight:600}
.nesy-explorer .nesy-lit{display:inline-block;position:relative;max-width:100%;line-height:1.35;
border:1px solid transparent;border-radius:4px;padding:.12em .35em;vertical-align:middle}
.nesy-explorer .nesy-item{display:inline-block;max-width:100%}
.nesy-explorer .nesy-lit.yes{color:var(--ny-good);border-color:var(--ny-good)}
.nesy-explorer .nesy-lit.no{color:var(--ny-bad);border:1px dashed var(--ny-bad)}
.nesy-explorer .nesy-lit i{font-style:normal;font-weight:700;margin-right:.35em}
.nesy-explorer .nesy-key{font-size:.85em;color:var(--ny-muted);margin:.2rem 0 0}
.nesy-explorer .nesy-key .nesy-lit{margin:0 .2em 0 0}
.nesy-explorer .nesy-all figure{margin:.6rem 0}
@media (max-width:44rem){.nesy-explorer{padding:.7rem .6rem}
.nesy-explorer .nesy-panes{grid-template-columns:minmax(0,1fr)}
.nesy-explorer ol.nesy-clauses{max-height:none}}
"""

# Builds the tray from the fold that serves readers without scripts, then keeps rules, row and
# tray in step. All texts enter as text, none as markup. MORE is where another explorer adds its
# own: it may replace more.row (what is said of a row) and more.shown (called when one is shown).
SCRIPT = r"""
(function(){
document.querySelectorAll('[data-nesy-explorer="KEY"]:not([data-ready])').forEach(function(root){
var many=document.querySelectorAll("[data-nesy-explorer][data-ready]").length;
root.setAttribute("data-ready","");
var D=DATA,rows=D.rows,now=D.start,rule=null,
get=function(q){return root.querySelector(q)},
all=function(q){return Array.prototype.slice.call(root.querySelectorAll(q))},
make=function(tag,kind,text){var e=document.createElement(tag);if(kind)e.className=kind;
if(text!==undefined)e.textContent=text;return e},
tray=get(".nesy-tray"),told=get(".nesy-told"),facts=get(".nesy-facts"),list=get(".nesy-clauses"),
big=get(".nesy-now img"),fold=get("details.nesy-all"),status=get(".nesy-status"),
back=get(".nesy-back"),items=all(".nesy-clause"),labels=[],
more={row:function(i){return rows[i]},shown:function(){}};
all(".nesy-all figure").forEach(function(f,i){
var l=make("label","nesy-row"),r=make("input"),p=f.querySelector("img"),t=rows[i];
r.type="radio";r.name="KEY-"+many;r.value=i;l.appendChild(r);
if(p)l.appendChild(p);
else l.classList.add("plain");
l.appendChild(make("span","",t.n));
if(t.ok===0){var w=make("span","nesy-wrong","\u2717 wrong");l.appendChild(w)}
r.addEventListener("change",function(){choose(i)});
labels.push(l);tray.appendChild(l)});
if(fold)fold.remove();
function mark(e,yes,words){e.classList.toggle("yes",yes);e.classList.toggle("no",!yes);
e.querySelector("i").textContent=yes?"\u2713":"\u2717";
e.querySelector(".nesy-only-read").textContent=(yes?" true":" false")+(words?": "+words:"");
if(words)e.title=words}
function choose(i){now=i;var t=more.row(i);
labels.forEach(function(l,k){l.classList.toggle("chosen",k===i);
l.querySelector("input").checked=k===i});
root.querySelectorAll("[data-lit]").forEach(function(e){var k=+e.getAttribute("data-lit");
mark(e,t.b[k]==="1",t.words?t.words[k]:D.words[t.w[k]])});
root.querySelectorAll("[data-ab]").forEach(function(e){var k=+e.getAttribute("data-ab"),
fires=t.e?t.e[k]:D.fires[k][i]==="1";mark(e,!fires,D.names[k]+(fires?" holds":" does not hold"))});
items.forEach(function(e,k){e.classList.toggle("decides",k===t.d);
e.classList.toggle("blocks",t.s[k]===D.blocks);
if(k===t.d)e.setAttribute("aria-current","true");else e.removeAttribute("aria-current");
e.querySelector(".nesy-state").textContent=D.states[t.s[k]]});
told.textContent="";told.appendChild(make("b","",t.a));
told.appendChild(document.createTextNode(" \u2013 "+t.n+", "+t.y));
facts.textContent=t.f;
if(big){var p=labels[i].querySelector("img");big.src=p.src;big.alt=p.alt;
big.className=p.className;big.setAttribute("width",p.getAttribute("width"))}
more.shown(i,t);
var d=items[t.d];if(d&&list.scrollHeight>list.clientHeight+4){
var top=d.offsetTop-list.offsetTop;if(top<list.scrollTop||
top+d.offsetHeight>list.scrollTop+list.clientHeight)list.scrollTop=Math.max(0,top-40)}}
function filter(k){rule=k===rule?null:k;
items.forEach(function(e,n){e.querySelector("button").setAttribute("aria-pressed",n===rule)});
var mine=rule===null?rows.map(function(_,i){return i}):rows.map(function(_,i){return i})
.filter(function(i){return D.fires[rule]&&D.kind[rule]==="ab"?D.fires[rule][i]==="1":
rows[i].d===rule});
labels.forEach(function(l,i){l.hidden=mine.length>0&&mine.indexOf(i)<0});
back.hidden=rule===null;
status.textContent=rule===null?D.all:D.names[rule]+" "+(D.kind[rule]==="ab"?"holds for ":"decides ")
+mine.length+" of "+rows.length+" "+D.unit+"s"+(mine.length?"":": all are shown");
if(mine.length&&mine.indexOf(now)<0)choose(mine[0])}
items.forEach(function(e,k){var b=e.querySelector("button");b.disabled=false;
b.setAttribute("aria-pressed","false");b.addEventListener("click",function(){filter(k)})});
back.addEventListener("click",function(){var k=rule;filter(rule);
if(k!==null)items[k].querySelector("button").focus()});
root.addEventListener("keydown",function(e){e.stopPropagation()});
all(".nesy-live").forEach(function(e){e.style.display=""});
MORE
choose(now)});
})();
"""


def rule_explorer(
    program: Any,
    rows: Any,
    pictures: Sequence[Any] | None = None,
    *,
    labels: Sequence[Any] | None = None,
    names: Sequence[str] | None = None,
    alts: Sequence[str] | None = None,
    alt: str = "",
    start: int = 0,
) -> Html:
    """Rules, rows and literals that a reader can explore in the static page.

    ::

        viz.rule_explorer(fold.program_, B[:24], ds.images[:24], labels=ds.label_names()[:24])

    Buttons choose a rule (and show the rows it decides), radio buttons choose a row; the keyboard
    moves both. Without scripts there is the program as it stands for the row ``start``, and a fold
    with the reason for every row.

    Parameters
    ----------
    program : nesylib.rules.Program
    rows : (N, D) array, DataFrame or Table
        At most a few dozen, in any form that ``program.predict`` takes.
    pictures : sequence of N pictures, optional
        As :func:`nesylib.viz.show_pictures` takes them; large ones are stored smaller, so that
        all together stay under 300 KB.
    labels : sequence of N labels, optional
        The true classes; rows that are answered otherwise are marked.
    names : sequence of N str, optional
        What to call the rows; "row 0", "row 1", ...
    alts : sequence of N str, optional
        What each picture shows; by default its name and label.
    alt : str, optional
        What the whole explorer shows, for a screen reader.
    start : int
        The row shown first, by number (-1 is the last).

    Returns
    -------
    Html

    Raises
    ------
    ValueError
        No rows, lengths that differ, columns that the program asks for and the rows lack, or a
        ``start`` that is no row.
    """
    model = Model(program, rows, labels, names)
    n = len(model.rows)
    if pictures is not None and len(pictures) != n:
        raise ValueError(f"{n} rows but {len(pictures)} pictures: give one for each row")
    if alts is not None and len(alts) != n:
        raise ValueError(f"{n} rows but {len(alts)} alts: give one for each picture")
    if not -n <= start < n:
        raise ValueError(f"start={start} is no row: there are {n} rows, 0 to {n - 1}")
    start = range(n)[start]
    images = None
    if pictures is not None:
        says = [model.picture_words(i) for i in range(n)] if alts is None else alts
        says = [check_alt(clean(text), words=1, what="picture") for text in says]
        images = pictures_html(pictures, says)
    rules = len(program.rules)
    some = f"{rules} rule{'' if rules == 1 else 's'} and {n} row{'' if n == 1 else 's'}"
    alt = alt or f"Rule explorer: a program of {some} of data"
    alt = check_alt(clean(alt), what="rule explorer")
    return Html(_page(model, images, alt, start), _text(model, alt), css("picture", extra=STYLE))


def pictures_html(pictures: Sequence[Any], says: Sequence[str], budget: int = BUDGET) -> list[str]:
    """An ``<img>`` for each picture, with its words."""
    return [
        f'<img class="nesy-picture dark-light{kind}" alt="{escape(said)}" width="{width}" '
        f'src="{source}">'
        for said, (source, width, kind) in zip(says, stored(pictures, budget), strict=True)
    ]


def stored(pictures: Sequence[Any], budget: int = BUDGET) -> list[tuple[str, int, str]]:
    """Each picture's address, width on the page and style, as large as ``budget`` bytes allow."""
    from io import BytesIO

    from PIL import Image

    from nesylib.viz.pictures import to_rgb
    from nesylib.viz.png import encode_png

    arrays = [to_rgb(picture) for picture in pictures]
    for side, lossless in [(SIDES[0], True), *((side, False) for side in SIDES)]:
        found = []
        for rgb in arrays:
            image, longest = Image.fromarray(rgb), max(rgb.shape[:2])
            if longest > side:
                size = [max(1, round(length * side / longest)) for length in image.size]
                image = image.resize(size, Image.Resampling.LANCZOS)
            factor = max(1, SIDES[0] // max(image.size))
            if lossless:
                source = data_uri(encode_png(np.asarray(image)))
            else:
                stream = BytesIO()
                image.save(stream, "JPEG", quality=82, optimize=True)
                source = data_uri(stream.getvalue(), "image/jpeg")
            found.append((source, image.width * factor, " nesy-pixels" if factor > 1 else ""))
        if sum(len(source) for source, _, _ in found) <= budget:
            break
    return found


def _page(model: Model, images: list[str] | None, alt: str, start: int) -> str:
    now = f'<div class="nesy-now">{images[start]}</div>' if images else ""
    body = (
        f'{bar(model)}<div class="nesy-panes"><div class="nesy-left">{tray(model)}{now}'
        f'{told(model, start)}</div><div class="nesy-right">{clauses(model, start)}</div></div>'
        f"{fold(model, images)}"
    )
    return finish(model, body, alt, start)


def bar(model: Model) -> str:
    """What is shown, and the way back to all of it."""
    return (
        f'<div class="nesy-bar"><span class="nesy-status" role="status">{escape(model.summary())}'
        '</span><button type="button" class="nesy-back nesy-live" style="display:none" hidden>'
        f"Show all {model.unit}s</button></div>"
    )


def tray(model: Model) -> str:
    """The place where the script puts the rows."""
    return (
        '<div class="nesy-tray nesy-live" style="display:none" role="radiogroup" '
        f'aria-label="Choose a {model.unit}"></div>'
    )


def told(model: Model, start: int) -> str:
    """The answer for the chosen row and what the rules find there."""
    row = model.rows[start]
    return (
        f'<p class="nesy-told" aria-live="polite"><b>{escape(row["a"])}</b> – '
        f'{escape(row["n"])}, {escape(row["y"])}</p><p class="nesy-facts">{escape(row["f"])}</p>'
    )


def clauses(model: Model, start: int) -> str:
    """The rules as they stand for the row ``start``, and how to read them."""
    row, counts = model.rows[start], model.counts()
    items = []
    for k, (head, body) in enumerate(model.parts):
        spans = [_literal(model, start, *item) for item in body]
        text = f'<span class="nesy-head">{escape(clean(head))}</span>'
        ends = [*[","] * (len(spans) - 1), "."]
        spans = [f'<span class="nesy-item">{s}{ends[n]}</span>' for n, s in enumerate(spans)]
        text += f" :- {' '.join(spans)}" if spans else "."
        items.append(_item(model, k, counts[k], text, row))
    text = escape(model.default)
    items.append(_item(model, len(model.clauses), counts[-1], text, row))
    key_words = (
        '<p class="nesy-key"><span class="nesy-lit yes"><i aria-hidden="true">✓</i>true</span> '
        '<span class="nesy-lit no"><i aria-hidden="true">✗</i>false</span> of the chosen '
        f"{model.unit}. Rules are tried from the top; <code style='display:inline'>not ab1</code> "
        "is true while the exception ab1 does not hold.</p>"
    )
    return f'<ol class="nesy-clauses" aria-label="Rules">{"".join(items)}</ol>{key_words}'


def fold(model: Model, images: list[str] | None) -> str:
    """Every row with its reason, for readers without scripts."""
    figures = []
    for i, r in enumerate(model.rows):
        words = f"{r['n']}: {r['a']}, {r['y']}. {reason(model, i)}"
        figures.append(f"<figure>{images[i] if images else ''}")
        figures.append(f"<figcaption>{escape(words)}</figcaption></figure>")
    return (
        f'<details class="nesy-all"><summary>All {model.unit}s and why</summary>'
        f"{''.join(figures)}</details>"
    )


def finish(model: Model, body: str, alt: str, start: int, script: str = "", **data: Any) -> str:
    """The whole explorer with its script; ``script`` and ``data`` come on top of the rules'."""
    text = model.data(start, **data)
    key = hashlib.sha256((alt + text + body).encode("utf-8")).hexdigest()[:12]
    code = SCRIPT.replace("MORE", script, 1).replace("KEY", key).replace("DATA", text)
    return (
        f'<div class="nesy nesy-explorer" data-nesy-explorer="{key}" role="group" '
        f'aria-label="{escape(alt)}">{body}</div><script>{code}</script>'
    )


def _item(model: Model, k: int, count: str, text: str, row: dict) -> str:
    state = list(STATES)[row["s"][k]]
    kind = f" {state}" if state in ("decides", "blocks") else ""
    current = ' aria-current="true"' if state == "decides" else ""
    return (
        f'<li class="nesy-clause{kind}"{current}><button type="button" disabled>'
        f"{escape(model.names_of[k])} · {count}</button>"
        f'<span class="nesy-state">{model.states[state]}</span><code>{text}</code></li>'
    )


def _literal(model: Model, row: int, text: str, kind: str, number: int) -> str:
    if kind == "lit":
        yes = model.rows[row]["b"][number] == "1"
        words = list(model.words)[model.rows[row]["w"][number]]
    else:
        fires = bool(model.fires[number][row])
        yes = not fires
        words = f"{model.names_of[number]} {'holds' if fires else 'does not hold'}"
    return (
        f'<span class="nesy-lit {"yes" if yes else "no"}" data-{kind}="{number}" '
        f'title="{escape(words)}"><i aria-hidden="true">{"✓" if yes else "✗"}</i>'
        f'{escape(clean(text))}<span class="nesy-only-read"> '
        f"{'true' if yes else 'false'}: {escape(words)}</span></span>"
    )


def reason(model: Model, i: int) -> str:
    """What the deciding rule found, in words; of the default nothing is left to say."""
    row, words = model.rows[i], list(model.words)
    if row["d"] == len(model.clauses):
        return ""
    clause = model.clauses[row["d"]]
    place = {lit: k for k, lit in enumerate(model.literals)}
    found = [words[row["w"][place[lit]]] for lit in clause.body]
    found += [f"ab{number} does not hold" for number in clause.unless]
    return "; ".join(found) + "." if found else ""


def _text(model: Model, alt: str) -> str:
    lines = [alt]
    for row in model.rows:
        lines.append(f"{row['n']}: {row['a']}, {row['y']}")
    return "\n".join(lines)
