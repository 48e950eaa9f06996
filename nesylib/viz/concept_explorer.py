"""A concept explorer for the static page: picture, heat-map, bits, rules and reason, linked.

Choose a picture and see its bits, the rule that decides it and why; choose a neuron and see where
in the picture it looks and which rules ask for it; flip a bit and see what the program would then
say. The rules' half is that of :mod:`nesylib.viz.explorer`; nothing is loaded from anywhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from nesylib.viz import explorer, heat_letters
from nesylib.viz.concept_model import ConceptModel, truths
from nesylib.viz.explorer_model import STATES, clean
from nesylib.viz.html import Html, check_alt, css, escape

#: Bytes of pictures and heat-maps together; the rest of the page takes some tens of thousands.
BUDGET = 260_000

_STYLE = """
.nesy-concepts .nesy-panes{grid-template-columns:minmax(0,21rem) minmax(0,1fr)}
.nesy-concepts .nesy-tray{max-height:12.5rem}
.nesy-concepts .nesy-pair{display:flex;flex-wrap:wrap;gap:.5rem;margin:0 0 .4rem}
.nesy-concepts .nesy-pair>*{flex:0 1 160px;min-width:0;margin:0}
.nesy-concepts .nesy-now img,.nesy-concepts canvas{display:block;width:100%!important;
max-width:160px;height:auto;margin:0;border-radius:4px!important}
.nesy-concepts canvas.nesy-pixels{image-rendering:pixelated}
.nesy-concepts .nesy-words{font-size:.88em;color:var(--ny-muted);margin:.1rem 0 .5rem;
overflow-wrap:anywhere}
.nesy-concepts .nesy-how{font-size:.9em;color:var(--ny-muted);margin:0 0 .6rem;max-width:46rem}
.nesy-concepts .nesy-scale{margin:.1rem 0 .2rem;max-width:20rem}
.nesy-concepts h4{font-size:.95em;font-weight:600;margin:0 0 .35rem;color:var(--ny-ink);
text-transform:none;line-height:1.4}
.nesy-concepts ul.nesy-neurons{list-style:none;margin:0 0 .7rem;padding:3px;max-height:17rem;
overflow-y:auto;border:1px solid var(--ny-line);border-radius:6px;position:relative}
.nesy-concepts .nesy-neuron{display:grid;grid-template-columns:minmax(0,1fr) 3.2rem 2.8rem 4rem;
gap:.1rem .5rem;align-items:center;margin:0;padding:.22rem .4rem;border-left:4px solid transparent;
font-size:.9em;color:var(--ny-ink)}
.nesy-concepts .nesy-neuron.decides{border-left-color:var(--ny-accent)}
.nesy-concepts .nesy-neuron.looked{background:var(--ny-soft);font-weight:700}
.nesy-concepts .nesy-neuron.flipped .nesy-flip{outline:2px dashed var(--ny-bad);outline-offset:1px}
.nesy-concepts .nesy-neuron label{display:flex;gap:.4rem;align-items:center;margin:0;min-width:0;
cursor:pointer;color:var(--ny-ink)}
.nesy-concepts .nesy-neuron label span{overflow-wrap:anywhere;min-width:0}
.nesy-concepts .nesy-neuron input{flex:none;margin:0;width:1.05rem;height:1.05rem;
accent-color:var(--ny-accent)}
.nesy-concepts .nesy-meter{height:.6rem;border:1px solid var(--ny-muted);border-radius:3px;
background:linear-gradient(90deg,var(--ny-accent) var(--v),transparent var(--v))}
.nesy-concepts .nesy-value{font-variant-numeric:tabular-nums;text-align:right}
.nesy-concepts .nesy-note{grid-column:1/-1;font-size:.88em;font-weight:400;
color:var(--ny-muted);overflow-wrap:anywhere;padding-left:1.45rem;margin:-.1rem 0 .1rem}
.nesy-concepts .nesy-lit{cursor:pointer}
.nesy-concepts .nesy-lit.looked{outline:2px solid var(--ny-accent);outline-offset:1px}
.nesy-concepts .nesy-order{font-size:.95em;color:var(--ny-muted);margin:0;display:inline-flex;
gap:.4rem;align-items:center}
.nesy-concepts .nesy-order select{font:inherit;color:var(--ny-ink);background:var(--ny-soft);
border:1px solid var(--ny-line);border-radius:6px;padding:.1rem .3rem;max-width:12rem}
.nesy-concepts ol.nesy-clauses{max-height:26rem}
@media (max-width:44rem){.nesy-concepts .nesy-panes{grid-template-columns:minmax(0,1fr)}
.nesy-concepts .nesy-pair>*{flex-basis:42%}
.nesy-concepts .nesy-tray{max-height:11rem}
.nesy-concepts ol.nesy-clauses{max-height:none}}
"""

# Added to the rules' script. The chosen picture's bits may be flipped, so what is said of it is
# worked out here: literals, bodies, exceptions, the first rule that fires.
_SCRIPT = r"""
var at=-1,bits=null,look=D.look,heat=get(".nesy-heat"),canvas=heat&&heat.querySelector("canvas"),
words=get(".nesy-words"),scale=get(".nesy-scale"),undo=get(".nesy-undo"),truth=get(".nesy-truth"),
order=get(".nesy-order select"),neurons=all(".nesy-neuron[data-bit]"),still=get(".nesy-still"),
radios=all(".nesy-look input");
if(still)still.remove();
function flipped(){return D.bits.map(function(_,k){return k}).filter(function(k){
return bits[k]!==D.own[at][k]})}
function is(k,on){return D.bits[k]+(on?" present":" absent")}
function join(parts){return parts.length<2?parts.join(""):
parts.slice(0,-1).join(", ")+" and "+parts[parts.length-1]}
more.row=function(i){if(i!==at){at=i;bits=D.own[i].split("")}
var lit=D.lits.map(function(l){return (bits[l[0]]==="1")!==(l[1]===1)}),
body=D.bodies.map(function(b){return b.every(function(k){return lit[k]})}),
n=D.bodies.length,fires=[],blocks={},ask=[],k,d=0;
function holds(k){if(fires[k]===undefined)fires[k]=body[k]&&D.unless[k].every(function(a){
return !holds(a)});return fires[k]}
for(k=0;k<n;k++)holds(k);
while(d<D.rules&&!fires[d])d++;
for(k=0;k<Math.min(d+1,D.rules);k++)ask.push(k);
if(d===D.rules)d=n;
while(ask.length){k=ask.pop();if(body[k])D.unless[k].forEach(function(a){ask.push(a);
if(fires[a])blocks[a]=true})}
var S=D.state,states=D.bodies.map(function(_,k){if(k>=D.rules)return fires[k]?
blocks[k]?S.blocks:S.holds:S.idle;return k===d?S.decides:k>d?fires[k]?S.late:S.unasked:
body[k]?S.blocked:S["false"]});
states.push(d===n?S.decides:S.unused);
var say=D.lits.map(function(l){return D.bits[l[0]]+" is "+(bits[l[0]]==="1"?"present":"absent")}),
answer=d===n?D.other:D.says[d],changed=flipped(),name=rows[i].n;
if(changed.length)name+=" if "+join(changed.map(function(k){
return D.bits[k]+" were "+(bits[k]==="1"?"present":"absent")}));
var by="by "+D.names[d];
if(d===n)by=D.other===D.silent?"no rule fires":by+": no rule fires";
if("t" in rows[i])by+=answer===rows[i].t?" \u2013 right":" \u2013 wrong, it is "+rows[i].t;
var why=d===n?[]:D.bodies[d].map(function(k){return say[k]}).concat(D.unless[d].map(function(a){
return D.names[a]+" does not hold"}));
return {n:name,a:answer,y:by,d:d,f:why.length?why.join("; ")+".":"",s:states,e:fires,words:say,
b:lit.map(function(v){return v?"1":"0"}).join("")}};
more.shown=function(i,t){var asked={};
if(t.d<D.bodies.length)[t.d].concat(D.unless[t.d]).forEach(function(c){
D.bodies[c].forEach(function(k){asked[D.lits[k][0]]=true})});
neurons.forEach(function(e,k){var on=bits[k]==="1",v=D.values[i][k],c=e.querySelector(".nesy-flip");
c.querySelector("input").checked=on;c.querySelector("span").textContent=on?"on":"off";
e.querySelector(".nesy-value").textContent=v.toFixed(2);
e.querySelector(".nesy-meter").style.setProperty("--v",Math.max(0,Math.min(100,100*v))+"%");
e.classList.toggle("flipped",bits[k]!==D.own[i][k]);e.classList.toggle("decides",!!asked[k])});
undo.hidden=!flipped().length;
if(truth){truth.textContent=D.truth[i];truth.hidden=!D.truth[i]}
draw(i)};
HEAT
function draw(i){if(!canvas)return;
var map=look===null?null:D.maps[look],name=look===null?"":D.bits[look],
img=labels[i].querySelector("img");
heat.style.display=map?"":"none";scale.style.display=map?"":"none";
if(!map){words.textContent=look===null?"Choose a neuron to see where it looks.":
"There is no heat-map of "+name+".";return}
var own=map[i][0],flat=map[i][1]===map[i][2],
said=flat?"the same everywhere":"highest "+place(unit(own));
words.textContent="Heat-map of "+name+": "+said+".";
canvas.setAttribute("aria-label","Heat-map of "+name+" over "+rows[i].n+": "+said);
scale.querySelector(".nesy-low").textContent=map[i][1];
scale.querySelector(".nesy-high").textContent=map[i][2];
if(!paint(canvas,img,unit(own)))img.addEventListener("load",function(){
if(at===i)draw(i)},{once:true})}
function sort(){var by=order.value,mine=labels.map(function(_,i){return i});
if(by==="strong"&&look!==null)mine.sort(function(a,b){
return D.values[b][look]-D.values[a][look]||a-b});
if(by==="wrong")mine.sort(function(a,b){return rows[a].ok-rows[b].ok||a-b});
mine.forEach(function(i){tray.appendChild(labels[i])})}
function see(k){look=k;radios.forEach(function(r){r.checked=r.value===(k===null?"":String(k))});
neurons.forEach(function(e,n){e.classList.toggle("looked",n===k)});
all("[data-lit]").forEach(function(e){
e.classList.toggle("looked",D.lits[+e.getAttribute("data-lit")][0]===k)});
labels.forEach(function(l,i){var s=l.querySelector(".nesy-strength");
if(!s){s=make("span","nesy-strength");l.appendChild(s)}
s.textContent=k===null?"":D.values[i][k].toFixed(2)});
if(order.value==="strong")sort();
if(k!==null){var e=neurons[k],box=e.parentNode,low=e.offsetTop+e.offsetHeight-box.clientHeight;
if(e.offsetTop<box.scrollTop||low>box.scrollTop)box.scrollTop=Math.max(0,e.offsetTop-60)}
if(at>=0)draw(at)}
radios.forEach(function(r){r.disabled=false;r.name="KEY-look-"+many;
r.addEventListener("change",function(){see(r.value===""?null:+r.value)})});
neurons.forEach(function(e,k){var c=e.querySelector(".nesy-flip input");c.disabled=false;
c.addEventListener("change",function(){bits[k]=c.checked?"1":"0";choose(at)})});
all("[data-lit]").forEach(function(e){e.addEventListener("click",function(){
see(D.lits[+e.getAttribute("data-lit")][0])})});
undo.addEventListener("click",function(){var k=flipped()[0];bits=D.own[at].split("");choose(at);
if(k!==undefined)neurons[k].querySelector(".nesy-flip input").focus()});
order.addEventListener("change",sort);
see(look);
""".replace("HEAT", heat_letters.SCRIPT.strip())


def concept_explorer(
    images: Any,
    codes: Any,
    program: Any,
    maps: Any = None,
    neurons: Sequence[int] = (),
    *,
    labels: Sequence[Any] | None = None,
    classes: Sequence[str] | None = None,
    names: Mapping[int | str, str] | None = None,
    truth: Sequence[Any] | None = None,
    titles: Sequence[str] | None = None,
    threshold: float = 0.5,
    alt: str = "",
    start: int = 0,
) -> Html:
    """Pictures, heat-maps, bits, rules and reasons that a reader can explore in the static page.

    ::

        maps = meaning.heat_maps(net, ds.images[:24], neurons)
        viz.concept_explorer(ds.images[:24], C[:24], program, maps, neurons,
                             labels=ds.labels[:24], classes=ds.classes, names={7: "bed"})

    Every change is made by mouse or keyboard: which picture, which neuron's heat-map, which rule,
    and every bit, which can be flipped to see what the program would then say. Without scripts
    there are the pictures, the program as it stands for the picture ``start``, and all reasons.

    Parameters
    ----------
    images : (N, 3, H, W) uint8, or N pictures
        As :func:`nesylib.viz.show_pictures` takes them; large ones are stored smaller.
    codes : (N, D) array
        Activations, in the order of the program's columns. A bit is ``codes >= threshold``.
    program : nesylib.rules.Program
        Over bits; answers are class names, or numbers of ``classes``.
    maps : (N, n, h, w) array, optional
        Heat-maps of ``neurons``; every map is coloured from its least value to its greatest, and
        both are printed.
    neurons : n column numbers, optional
    labels : N labels, optional
        True classes, names or numbers of ``classes``; pictures answered otherwise are marked.
    classes : sequence of str, optional
        Names of the classes that numbers stand for.
    names : dict, optional
        What to call a neuron, by its column number or its column's name; the column's name
        otherwise. Neurons of one name are numbered.
    truth : N texts or N sequences of texts, optional
        What is really in each picture.
    titles : N texts, optional
        What to call the pictures; "picture 0", "picture 1", ...
    threshold : float
    alt : str, optional
        What the whole explorer shows, for a screen reader.
    start : int
        The picture shown first.

    Returns
    -------
    Html
        Under 350 kB.

    Raises
    ------
    ValueError
        Lengths that differ, activations or maps that aren't finite numbers, a program that asks
        for anything but bits, a neuron that is no column, or maps that take too much room.
    """
    model = ConceptModel(
        program, codes, threshold, labels=labels, classes=classes, names=names, titles=titles
    )
    n = len(model.rules.rows)
    if len(images) != n:
        raise ValueError(f"{n} rows of codes but {len(images)} pictures: give one for each row")
    if truth is not None and len(truth) != n:
        raise ValueError(f"{n} pictures but truth of {len(truth)}: give one for each picture")
    if not -n <= start < n:
        raise ValueError(f"start={start} is no picture: there are {n}, 0 to {n - 1}")
    start = range(n)[start]
    model.show(neurons, maps)
    if model.room > BUDGET * 0.8:
        raise ValueError(
            f"the heat-maps of {len(model.maps)} neurons take {model.room} bytes, more than the "
            f"page should hold: give fewer neurons or pictures, or coarser maps"
        )
    says = [check_alt(model.rules.picture_words(i), words=1, what="picture") for i in range(n)]
    pictures = explorer.pictures_html(list(images), says, BUDGET - model.room)
    alt = alt or (
        f"Concept explorer: {model.rules.count(n)}, their heat-maps and bits, and a program of "
        f"{len(program.rules)} rule{'' if len(program.rules) == 1 else 's'}"
    )
    alt = check_alt(clean(alt), what="concept explorer")
    told = truths(truth)
    for i, row in enumerate(model.rules.rows):
        row["f"] = explorer.reason(model.rules, i)
    body = _body(model, pictures, told, start)
    state = {name: number for number, name in enumerate(STATES)}
    more = {"look": model.first_look(start), "state": state, "truth": told, **model.data()}
    more |= {"colours": heat_letters.colours(), "alphabet": heat_letters.ALPHABET}
    page = explorer.finish(model.rules, body, alt, start, _SCRIPT, **more)
    page = page.replace("nesy nesy-explorer", "nesy nesy-explorer nesy-concepts", 1)
    lines = [alt, *(f"{r['n']}: {r['a']}, {r['y']}" for r in model.rules.rows)]
    return Html(page, "\n".join(lines), css("picture", "grid", extra=explorer.STYLE + _STYLE))


def _body(model: ConceptModel, pictures: list[str], told: list[str] | None, start: int) -> str:
    rules = model.rules
    orders = [("given", "as given")]
    if model.maps or model.shown:
        orders.append(("strong", "strongest first"))
    if "ok" in rules.rows[start]:
        orders.append(("wrong", "wrong ones first"))
    options = "".join(f'<option value="{value}">{words}</option>' for value, words in orders)
    how = ["Choose a picture."]
    if model.maps:
        how.append(
            "Choose a neuron to see where in the picture it looks: each heat-map is coloured from "
            "its own least value to its greatest, and the number under each picture is the "
            "neuron's activation."
        )
    if model.shown:
        how.append("Switch a bit on or off to see what the program would then say.")
    how.append("Press a rule's name to see only its pictures.")
    how = f'<p class="nesy-how nesy-live" style="display:none">{" ".join(how)}</p>'
    order = (
        '<label class="nesy-order nesy-live" style="display:none"><span>Order</span>'
        f"<select>{options}</select></label>"
    )
    heat = words = ""
    if model.maps:
        heat = (
            '<div class="nesy-heat" style="display:none"><canvas role="img" '
            'aria-label="Heat-map"></canvas></div>'
        )
        words = f'{heat_letters.scale()}<p class="nesy-words" aria-live="polite"></p>'
    truth = ""
    if told is not None:
        hidden = "" if told[start] else " hidden"
        truth = f'<p class="nesy-truth nesy-words"{hidden}>{escape(told[start])}</p>'
    undo = '<button type="button" class="nesy-undo" hidden>Back to the picture\'s own bits</button>'
    left = (
        f'{order}{explorer.tray(rules)}<div class="nesy-pair">'
        f'<div class="nesy-now">{pictures[start]}</div>{heat}</div>{words}'
        f"{explorer.told(rules, start)}{truth}{undo}"
    )
    still = (
        '<p class="nesy-still nesy-words">Heat-maps and switches need scripts, which do not run '
        "here.</p>"
    )
    right = f"{still}{_neurons(model, start)}<h4>Rules</h4>{explorer.clauses(rules, start)}"
    return (
        f'{explorer.bar(rules)}{how}<div class="nesy-panes"><div class="nesy-left">{left}</div>'
        f'<div class="nesy-right">{right}</div></div>{explorer.fold(rules, pictures)}'
    )


def _neurons(model: ConceptModel, start: int) -> str:
    if not model.shown:
        return '<p class="nesy-words">The rules ask for no neuron.</p>'
    items = []
    if model.maps:
        items.append(
            '<li class="nesy-neuron"><label class="nesy-look"><input type="radio" value="" '
            "disabled><span>the picture alone</span></label></li>"
        )
    for k, column in enumerate(model.shown):
        value, on = model.codes[start, column], model.bits[start, column]
        name = escape(model.texts[column])
        note = f'<span class="nesy-note">{escape(model.note(k))}</span>' if model.note(k) else ""
        percent = f"{100 * min(max(value, 0), 1):.0f}%"
        items.append(
            f'<li class="nesy-neuron" data-bit="{k}"><label class="nesy-look">'
            f'<input type="radio" value="{k}" disabled><span>{name}</span></label>'
            f'<span class="nesy-meter" style="--v:{percent}" aria-hidden="true"></span>'
            f'<span class="nesy-value">{value:.2f}</span><label class="nesy-flip">'
            f'<input type="checkbox" role="switch" aria-label="bit of {name}" disabled'
            f"{' checked' if on else ''}><span>{'on' if on else 'off'}</span></label>{note}</li>"
        )
    key = (
        '<p class="nesy-how">Activation and bit in this picture (on from '
        f'{model.threshold:g}).<span class="nesy-live" style="display:none"> A bar at the left '
        "edge: the rule that decides asks for it.</span></p>"
    )
    listed = f'<ul class="nesy-neurons" aria-label="Neurons">{"".join(items)}</ul>'
    return f"<h4>Neurons</h4>{key}{listed}"
