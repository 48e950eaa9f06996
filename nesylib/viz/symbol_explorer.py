"""A symbol explorer for the static page: picture, symbols, heat-maps and pictures alike, linked.

Choose a picture and see the symbols that were written for it, where the decoder looked for each,
and which other pictures begin with the same ones; choose how many symbols to read, and the groups
become smaller; choose a symbol and see every picture that has it. Nothing is loaded from anywhere.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from nesylib.viz import explorer, heat_letters
from nesylib.viz.concept_model import truths
from nesylib.viz.explorer_model import clean
from nesylib.viz.html import Html, check_alt, css, escape
from nesylib.viz.symbol_model import SymbolModel, ordinal, pictures

#: Bytes of pictures and heat-maps together; the rest of the page takes some tens of thousands.
BUDGET = 280_000

_STYLE = """
.nesy-symbols .nesy-panes{grid-template-columns:minmax(0,17rem) minmax(0,1fr)}
.nesy-symbols .nesy-tray{max-height:17.5rem;position:relative}
.nesy-symbols .nesy-row{max-width:6.3rem;min-width:4.4rem;font-size:.74em;text-align:center}
.nesy-symbols .nesy-row.same:not(.chosen){border:2px dashed var(--ny-accent)}
.nesy-symbols .nesy-pair{display:flex;flex-wrap:wrap;gap:.5rem;margin:0 0 .4rem}
.nesy-symbols .nesy-pair>*{flex:0 1 46%;min-width:0;margin:0}
.nesy-symbols .nesy-now img,.nesy-symbols .nesy-heat canvas{display:block;width:100%!important;
max-width:160px;height:auto;margin:0;border-radius:4px!important}
.nesy-symbols canvas.nesy-pixels{image-rendering:pixelated}
.nesy-symbols .nesy-words{font-size:.88em;color:var(--ny-muted);margin:.1rem 0 .5rem;
overflow-wrap:anywhere}
.nesy-symbols .nesy-how{font-size:.9em;color:var(--ny-muted);margin:0 0 .6rem;max-width:46rem}
.nesy-symbols .nesy-scale{margin:.1rem 0 .2rem;max-width:20rem}
.nesy-symbols h4{font-family:inherit;font-size:.95em;font-weight:600;margin:.2rem 0 .35rem;
color:var(--ny-ink);
text-transform:none;line-height:1.4}
.nesy-symbols fieldset{display:flex;flex-wrap:wrap;gap:.35rem .5rem;align-items:stretch;border:0;
margin:0 0 .7rem;padding:0;min-width:0}
.nesy-symbols legend{float:left;width:auto;font-size:.95em;font-weight:600;padding:.3rem 0 0;
margin:0;color:var(--ny-ink)}
.nesy-symbols .nesy-length{position:relative;display:flex;flex-direction:column;margin:0;
align-items:center;min-width:4.6rem;padding:.1rem .5rem;border:1px solid var(--ny-line);
border-radius:6px;background:var(--ny-soft);color:var(--ny-ink);cursor:pointer;line-height:1.3}
.nesy-symbols .nesy-length input,.nesy-symbols .nesy-look input{position:absolute;opacity:0;
width:1px;height:1px;margin:0}
.nesy-symbols .nesy-length small{font-size:.78em;font-variant-numeric:tabular-nums}
.nesy-symbols .nesy-length.chosen{background:var(--ny-accent);border-color:var(--ny-accent);
color:var(--ny-paper)}
.nesy-symbols .nesy-length:focus-within,.nesy-symbols .nesy-look:focus-within{
outline:3px solid var(--ny-accent);outline-offset:2px}
.nesy-symbols ol.nesy-sequence,.nesy-symbols ul.nesy-mates{list-style:none;display:grid;
gap:.5rem;margin:0 0 .5rem;padding:3px;grid-template-columns:repeat(auto-fill,minmax(5.1rem,1fr))}
.nesy-symbols .nesy-spot{display:flex;flex-direction:column;gap:.3rem;margin:0;padding:.3rem;
border:2px dashed var(--ny-line);border-radius:8px;min-width:0;color:var(--ny-ink)}
.nesy-symbols .nesy-spot.in{border:2px solid var(--ny-ink)}
.nesy-symbols .nesy-spot.looked{background:var(--ny-soft)}
.nesy-symbols .nesy-look{position:relative;display:flex;flex-direction:column;gap:.15rem;
flex:1 1 auto;margin:0;min-width:0;border-radius:4px;color:var(--ny-ink)}
.nesy-symbols label.nesy-look{cursor:pointer}
.nesy-symbols .nesy-head{display:flex;justify-content:space-between;align-items:baseline;gap:.3rem}
.nesy-symbols .nesy-place{font-size:.8em;color:var(--ny-muted)}
.nesy-symbols .nesy-spot.looked .nesy-place{color:var(--ny-ink);font-weight:700}
.nesy-symbols .nesy-symbol{font-size:1.15em;font-variant-numeric:tabular-nums;
overflow-wrap:anywhere}
.nesy-symbols .nesy-name{font-size:.82em;line-height:1.25;overflow-wrap:anywhere}
.nesy-symbols .nesy-look canvas,.nesy-symbols .nesy-mates canvas,.nesy-symbols .nesy-mates img{
display:block;width:100%!important;max-width:88px;height:auto!important;margin:0;
border-radius:4px!important}
.nesy-symbols .nesy-spot.looked canvas{outline:2px solid var(--ny-accent);outline-offset:1px}
.nesy-symbols .nesy-have{font-size:.8em!important;padding:.1rem .2rem!important}
.nesy-symbols ul.nesy-mates{grid-template-columns:repeat(auto-fill,minmax(5.1rem,1fr));
max-height:18rem;overflow-y:auto}
.nesy-symbols .nesy-mates[hidden]{display:none!important}
.nesy-symbols .nesy-mates li{margin:0;min-width:0}
.nesy-symbols .nesy-mates button{display:flex;flex-direction:column;align-items:center;gap:.1rem;
width:100%;padding:.25rem;font-size:.8em;line-height:1.25}
.nesy-symbols .nesy-mates span{overflow-wrap:anywhere;max-width:100%}
.nesy-symbols .nesy-mates .other{font-weight:700}
.nesy-symbols .nesy-order{font-size:.95em;color:var(--ny-muted);margin:0 0 .3rem;
display:inline-flex;gap:.4rem;align-items:center}
.nesy-symbols .nesy-order select{font:inherit;color:var(--ny-ink);background:var(--ny-soft);
border:1px solid var(--ny-line);border-radius:6px;padding:.1rem .3rem;max-width:12rem}
@media (max-width:44rem){.nesy-symbols .nesy-panes{grid-template-columns:minmax(0,1fr)}
.nesy-symbols .nesy-pair>*{flex-basis:42%}
.nesy-symbols ol.nesy-sequence{grid-template-columns:repeat(auto-fill,minmax(4.7rem,1fr))}
.nesy-symbols .nesy-tray{max-height:11rem}}
"""

# Builds the tray from the fold that serves readers without scripts, then keeps picture, symbols,
# maps and pictures alike in step. All texts enter as text, none as markup.
_SCRIPT = r"""
(function(){
document.querySelectorAll('[data-nesy-symbols="KEY"]:not([data-ready])').forEach(function(root){
var many=document.querySelectorAll("[data-nesy-symbols][data-ready]").length;
root.setAttribute("data-ready","");
var D=DATA,S=D.symbols,L=D.places.length,now=D.start,n=D.prefix,look=0,only=null,
get=function(q){return root.querySelector(q)},
all=function(q){return Array.prototype.slice.call(root.querySelectorAll(q))},
make=function(tag,kind,text){var e=document.createElement(tag);if(kind)e.className=kind;
if(text!==undefined)e.textContent=text;return e},
write=function(e,text){text.split("_").forEach(function(part,k){
if(k){e.appendChild(document.createTextNode("_"));e.appendChild(make("wbr"))}
e.appendChild(document.createTextNode(part))});return e},
tray=get(".nesy-tray"),told=get(".nesy-told"),same=get(".nesy-same"),big=get(".nesy-now img"),
mates=get(".nesy-near"),rest=get(".nesy-far"),restTitle=get(".nesy-rest"),heat=get(".nesy-heat"),
canvas=heat&&heat.querySelector("canvas"),words=get(".nesy-looked"),scale=get(".nesy-scale"),
truth=get(".nesy-truth"),order=get(".nesy-order select"),status=get(".nesy-status"),
back=get(".nesy-back"),fold=get("details.nesy-all"),still=get(".nesy-still"),
cards=all(".nesy-spot"),lengths=all(".nesy-length"),labels=[],others=[];
if(still)still.remove();
HEAT
function plural(k){return k+(k===1?" picture":" pictures")}
function shared(a,b){var k=0;while(k<L&&S[a][k]===S[b][k])k++;return k}
function agree(a,b){return S[a].filter(function(s,k){return s===S[b][k]}).length}
function name(k,s){return D.names[k][s]||""}
function like(k){return S.map(function(_,i){return i}).filter(function(i){
return shared(now,i)>=k})}
function having(k){return S.map(function(_,i){return i}).filter(function(i){
return S[i][k]===S[now][k]})}
function classes(ids){if(!D.labels)return "";var found={};ids.forEach(function(i){
var t=D.labels[i];found["$"+t]=(found["$"+t]||0)+1});
return " \u2013 "+D.order.filter(function(t){return found["$"+t]}).sort(function(a,b){
return found["$"+b]-found["$"+a]||D.order.indexOf(a)-D.order.indexOf(b)}).map(function(t){
return t+" "+found["$"+t]}).join(", ")}
function called(i){return D.labels?D.titles[i]+": "+D.labels[i]:D.titles[i]}
all(".nesy-all figure").forEach(function(f,i){
var l=make("label","nesy-row"),r=make("input"),p=f.querySelector("img");
r.type="radio";r.name="KEY-"+many;r.value=i;l.appendChild(r);l.appendChild(p);
l.appendChild(write(make("span"),D.labels?D.labels[i]:D.titles[i]));
l.appendChild(make("span","nesy-common"));l.title=D.titles[i];
r.setAttribute("aria-label",called(i));
r.addEventListener("change",function(){choose(i)});labels.push(l);tray.appendChild(l)});
fold.remove();
function img(i){return labels[i].querySelector("img")}
function draw(){if(!D.maps)return;
var map=D.maps[now][look],flat=map[1]===map[2],letters=unit(map[0]),
said=flat?"the same everywhere":"highest "+place(letters);
words.textContent="Where the decoder looked when it wrote the "+D.places[look]+" symbol, "+
S[now][look]+": "+said+".";
canvas.setAttribute("aria-label","Heat-map of the "+D.places[look]+" symbol, "+S[now][look]+
", over "+D.titles[now]+": "+said);
scale.querySelector(".nesy-low").textContent=map[1];
scale.querySelector(".nesy-high").textContent=map[2];
paint(canvas,img(now),letters);
cards.forEach(function(e,k){paint(e.querySelector("canvas"),img(now),unit(D.maps[now][k][0]))});
others.forEach(function(o){paint(o[1],img(o[0]),unit(D.maps[o[0]][look][0]))})}
function mate(i){var li=make("li"),b=make("button"),p,k=agree(now,i),
a=k+" of "+L+" agree";b.type="button";
if(D.maps){p=make("canvas");p.setAttribute("aria-hidden","true");others.push([i,p])}
else{p=img(i).cloneNode();p.alt=""}
b.appendChild(p);
var t=make("span",D.labels&&D.labels[i]!==D.labels[now]?"other":"");
b.appendChild(write(t,D.labels?D.labels[i]:D.titles[i]));b.appendChild(make("span","",a));
b.title=D.titles[i];
b.setAttribute("aria-label",called(i)+", "+a+"; show it");
b.addEventListener("click",function(){choose(i);
var e=labels[i].querySelector("input");e.focus({preventScroll:true})});
li.appendChild(b);return li}
function nearest(ids){return ids.slice().sort(function(a,b){
return Math.min(n,shared(now,b))-Math.min(n,shared(now,a))||agree(now,b)-agree(now,a)||a-b})}
function around(){var ones=like(n),start="Beginning with "+S[now].slice(0,n).join(" ")+": ",
near=nearest(ones.filter(function(i){return i!==now})),
far=nearest(S.map(function(_,i){return i}).filter(function(i){return ones.indexOf(i)<0})),
most=far.length?shared(now,far[0]):0;
same.textContent=start+(ones.length===1?"this picture alone.":
ones.length+" of "+plural(S.length)+classes(ones)+".");
others=[];mates.textContent="";rest.textContent="";
near.slice(0,12).forEach(function(i){mates.appendChild(mate(i))});
mates.hidden=!near.length;
if(near.length>12)same.textContent+=" The 12 nearest are shown.";
far=far.slice(0,4);
far.forEach(function(i){rest.appendChild(mate(i))});
restTitle.hidden=rest.hidden=!far.length;
restTitle.textContent="Nearest of the others: "+(most?"the first "+
(most===1?"symbol":most+" symbols")+" in common":"no first symbol in common");
lengths.forEach(function(e){var k=+e.querySelector("input").value;
e.classList.toggle("chosen",k===n);e.querySelector("input").checked=k===n;
e.querySelector("small").textContent=plural(like(k).length)});
labels.forEach(function(l,i){var k=shared(now,i);l.classList.toggle("same",i!==now&&k>=n);
l.querySelector(".nesy-common").textContent=i===now?"chosen":"shares "+k});
cards.forEach(function(e,k){e.classList.toggle("in",k<n);
e.querySelector(".nesy-only-read").textContent=k<n?" read":" not read"})}
function say(){if(only){var ids=S.map(function(_,i){return i}).filter(function(i){
return S[i][only[0]]===only[1]}),t=name(only[0],only[1]);
status.textContent=D.places[only[0]]+" symbol "+only[1]+(t?", "+t:"")+": "+ids.length+" of "+
plural(S.length)+classes(ids)}
else{var seen={};S.forEach(function(s){seen[s.slice(0,n).join(" ")]=1});
var g=Object.keys(seen).length;
status.textContent=plural(S.length)+", "+g+" different beginning"+(g===1?"":"s")+" of "+n+
" symbol"+(n===1?"":"s")}
labels.forEach(function(l,i){l.hidden=!!only&&S[i][only[0]]!==only[1]});
cards.forEach(function(e,k){e.querySelector(".nesy-have").setAttribute("aria-pressed",
!!only&&only[0]===k)});
back.hidden=!only}
function choose(i){now=i;
if(only&&S[i][only[0]]!==only[1])only=null;
labels.forEach(function(l,k){l.classList.toggle("chosen",k===i);
l.querySelector("input").checked=k===i});
var p=img(i);big.src=p.src;big.alt=p.alt;big.className=p.className;
big.setAttribute("width",p.getAttribute("width"));
told.textContent="";told.appendChild(make("b","",D.labels?D.labels[i]:D.titles[i]));
told.appendChild(document.createTextNode((D.labels?" \u2013 "+D.titles[i]:"")+": "+
S[i].join(" ")));
if(truth){truth.textContent=D.truth[i];truth.hidden=!D.truth[i]}
cards.forEach(function(e,k){var s=S[i][k],h=having(k).length,b=e.querySelector(".nesy-have");
e.querySelector(".nesy-symbol").textContent=s;e.querySelector(".nesy-name").textContent=name(k,s);
b.textContent=plural(h);
b.setAttribute("aria-label",plural(h)+" with "+s+" as the "+D.places[k]+" symbol")});
around();say();draw();
var l=labels[i],low=l.offsetTop+l.offsetHeight-tray.clientHeight;
if(l.offsetTop<tray.scrollTop||low>tray.scrollTop)tray.scrollTop=Math.max(0,l.offsetTop-30)}
function see(k){look=k;cards.forEach(function(e,j){e.classList.toggle("looked",j===k);
e.querySelector(".nesy-look input").checked=j===k});draw()}
function sort(){var by=order.value,mine=S.map(function(_,i){return i});
function before(a,b){var k=shared(a,b);return k<L?S[a][k]-S[b][k]:0}
if(by==="symbols")mine.sort(function(a,b){return before(a,b)||a-b});
if(by==="class")mine.sort(function(a,b){
return D.order.indexOf(D.labels[a])-D.order.indexOf(D.labels[b])||a-b});
mine.forEach(function(i){tray.appendChild(labels[i])})}
lengths.forEach(function(e){var r=e.querySelector("input");r.name="KEY-length-"+many;
r.addEventListener("change",function(){n=+r.value;around();say();draw()})});
cards.forEach(function(e,k){var r=e.querySelector(".nesy-look input"),b=e.querySelector(
".nesy-have");b.disabled=false;b.addEventListener("click",function(){
only=only&&only[0]===k?null:[k,S[now][k]];say()});
if(r){r.disabled=false;r.name="KEY-look-"+many;r.addEventListener("change",function(){see(k)})}});
back.addEventListener("click",function(){var k=only[0];only=null;say();
cards[k].querySelector(".nesy-have").focus()});
order.addEventListener("change",sort);
root.addEventListener("keydown",function(e){e.stopPropagation()});
all(".nesy-live,.nesy-look canvas,.nesy-heat,.nesy-scale").forEach(function(e){
e.style.display=""});
choose(now);
if(D.maps){see(0);
var late=labels.map(function(l){return l.querySelector("img")}).filter(function(p){
return !p.naturalWidth}),left=late.length;
late.forEach(function(p){p.addEventListener("load",function(){left--;if(!left)draw()},
{once:true})})}
})})();
""".replace("HEAT", heat_letters.SCRIPT.strip())


def symbol_explorer(
    images: Any,
    symbols: Any,
    maps: Any = None,
    *,
    labels: Sequence[Any] | None = None,
    classes: Sequence[str] | None = None,
    names: Mapping[tuple[int, int] | int, str] | None = None,
    prefixes: Sequence[int] = (1, 2, 4, 8),
    truth: Sequence[Any] | None = None,
    titles: Sequence[str] | None = None,
    alt: str = "",
    start: int = 0,
) -> Html:
    """Pictures, their symbols, heat-maps and the pictures alike, to explore in the static page.

    ::

        symbols, maps = student.encode(ds), student.maps(ds, size=student.teacher.grid)
        viz.symbol_explorer(ds.images, symbols, maps, labels=ds.labels, classes=ds.classes)

    By mouse or keyboard the reader chooses a picture, how many of its first symbols to read, whose
    heat-map to see, and a symbol whose pictures are to be shown. Pictures alike are those that
    begin with the same symbols, the ones first that agree in most places; a few others come after
    them, those with the longest beginning in common first. Without scripts there are the picture
    ``start`` with its symbols, and all pictures with theirs.

    Parameters
    ----------
    images : (N, 3, H, W) uint8, or N pictures
        As :func:`nesylib.viz.show_pictures` takes them, 24 to 48 or so; large ones are stored
        smaller.
    symbols : (N, L) whole numbers
        As ``SymbolStudent.encode`` gives them.
    maps : (N, L, h, w) array, optional
        One map a symbol, on the grid of patches. Every map is coloured from its least value to its
        greatest, and both are printed.
    labels : N labels, optional
        Classes, names or numbers of ``classes``.
    classes : sequence of str, optional
        Names of the classes that numbers stand for.
    names : dict, optional
        What a symbol stands for: ``{symbol: text}`` where all positions share one table, or
        ``{(position, symbol): text}`` with positions from 0.
    prefixes : sequence of int
        Lengths to choose from; those longer than the sequences are left out.
    truth : N texts or N sequences of texts, optional
        What is really in each picture.
    titles : N texts, optional
        What to call the pictures; "picture 0", "picture 1", ...
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
        Lengths that differ, symbols that are no whole numbers, maps that are not finite or take
        too much room, a name of a position that does not exist, or no prefix that is short enough.
    TypeError
        If ``names`` is no dictionary.
    """
    model = SymbolModel(
        symbols,
        maps,
        labels=labels,
        classes=classes,
        names=names,
        prefixes=prefixes,
        titles=titles,
    )
    n = len(model)
    if len(images) != n:
        raise ValueError(f"{n} rows of symbols but {len(images)} pictures: give one for each row")
    if truth is not None and len(truth) != n:
        raise ValueError(f"{n} pictures but truth of {len(truth)}: give one for each picture")
    if not -n <= start < n:
        raise ValueError(f"start={start} is no picture: there are {n}, 0 to {n - 1}")
    start = range(n)[start]
    if model.room > BUDGET * 0.8:
        down, across = model.grid
        raise ValueError(
            f"heat-maps of {down} x {across} for {n} x {model.length} symbols take {model.room} "
            "bytes, more than the page should hold: give them on the grid of patches, "
            "student.maps(images, size=student.teacher.grid), or fewer pictures"
        )
    says = [check_alt(model.picture_words(i), words=1, what="picture") for i in range(n)]
    shown = explorer.pictures_html(list(images), says, BUDGET - model.room)
    alt = alt or (
        f"Symbol explorer: {pictures(n)}, {model.length} symbol{'' if model.length == 1 else 's'} "
        "for each, and the pictures that begin with the same ones"
    )
    alt = check_alt(clean(alt), what="symbol explorer")
    told, prefix = truths(truth), model.first_prefix(start)
    body = _body(model, shown, told, start, prefix)
    text = model.data(start, prefix, truth=told)
    key = hashlib.sha256((alt + text + body).encode("utf-8")).hexdigest()[:12]
    code = _SCRIPT.replace("KEY", key).replace("DATA", text, 1)
    page = (
        f'<div class="nesy nesy-explorer nesy-symbols" data-nesy-symbols="{key}" role="group" '
        f'aria-label="{escape(alt)}">{body}</div><script>{code}</script>'
    )
    lines = [alt, *(f"{model.picture_words(i)}: {model.written(i)}" for i in range(n))]
    return Html(page, "\n".join(lines), css("picture", "grid", extra=explorer.STYLE + _STYLE))


_HIDDEN = ' style="display:none"'


def _body(
    model: SymbolModel, shown: list[str], told: list[str] | None, start: int, prefix: int
) -> str:
    heat = looked = ""
    if model.maps is not None:
        heat = (
            f'<div class="nesy-heat"{_HIDDEN}><canvas role="img" aria-label="Heat-map"></canvas>'
            "</div>"
        )
        looked = f'{heat_letters.scale()}<p class="nesy-words nesy-looked" aria-live="polite"></p>'
    truth = ""
    if told is not None:
        hidden = "" if told[start] else " hidden"
        truth = f'<p class="nesy-truth nesy-words"{hidden}>{escape(told[start])}</p>'
    title = escape(model.titles[start])
    name = f"<b>{title}</b>"
    if model.labels is not None:
        name = f"<b>{escape(model.labels[start])}</b> – {title}"
    left = (
        f'{_order(model)}<div class="nesy-tray nesy-live"{_HIDDEN} role="radiogroup" '
        f'aria-label="Choose a picture"></div><p class="nesy-told" aria-live="polite">{name}: '
        f'{model.written(start)}</p><div class="nesy-pair"><div class="nesy-now">{shown[start]}'
        f"</div>{heat}</div>{looked}{truth}"
    )
    right = (
        f"<h4>Symbols</h4>{_cards(model, start, prefix)}"
        f'<h4>Pictures that begin the same</h4><p class="nesy-words nesy-same" aria-live="polite">'
        f"{escape(model.told(start, prefix))}</p>"
        '<ul class="nesy-mates nesy-near" aria-label="Pictures that begin the same" hidden></ul>'
        '<h4 class="nesy-rest" hidden></h4>'
        '<ul class="nesy-mates nesy-far" aria-label="Nearest of the others" hidden></ul>'
    )
    bar = (
        '<div class="nesy-bar"><span class="nesy-status" role="status">'
        f'{escape(model.summary(prefix))}</span><button type="button" '
        f'class="nesy-back nesy-live"{_HIDDEN} hidden>Show all pictures</button></div>'
    )
    return (
        f'{bar}{_how(model)}{_lengths(model, start, prefix)}<div class="nesy-panes">'
        f'<div class="nesy-left">{left}</div><div class="nesy-right">{right}</div></div>'
        f"{_fold(model, shown, told)}"
    )


def _how(model: SymbolModel) -> str:
    how = ["Choose a picture, and how many of its symbols to read."]
    if model.maps is not None:
        how.append(
            "Choose a symbol to see where the decoder looked when it wrote it: each heat-map is "
            "coloured from its own least value to its greatest."
        )
    how.append("Press the number of pictures below a symbol to see only those that have it there.")
    if model.labels is not None:
        how.append("Among the pictures alike, those of another class have their class in bold.")
    need = "Choices need" if model.maps is None else "Heat-maps and choices need"
    still = f'<p class="nesy-still nesy-words">{need} scripts, which do not run here.</p>'
    return f'<p class="nesy-how nesy-live"{_HIDDEN}>{" ".join(how)}</p>{still}'


def _order(model: SymbolModel) -> str:
    orders = [("given", "as given"), ("symbols", "by symbols")]
    if model.labels is not None:
        orders.append(("class", "by class"))
    options = "".join(f'<option value="{value}">{words}</option>' for value, words in orders)
    return (
        f'<label class="nesy-order nesy-live"{_HIDDEN}><span>Order</span>'
        f"<select>{options}</select></label>"
    )


def _lengths(model: SymbolModel, start: int, prefix: int) -> str:
    items = []
    for n in model.prefixes:
        on = " checked" if n == prefix else ""
        items.append(
            f'<label class="nesy-length"><input type="radio" value="{n}"{on}><b>{n}</b>'
            f"<small>{pictures(len(model.like(start, n)))}</small></label>"
        )
    return (
        f'<fieldset class="nesy-live"{_HIDDEN}><legend>Symbols to read</legend>{"".join(items)}'
        "</fieldset>"
    )


def _cards(model: SymbolModel, start: int, prefix: int) -> str:
    items = []
    for j, symbol in enumerate(model.symbols[start]):
        inner = (
            f'<span class="nesy-head"><span class="nesy-place">{ordinal(j)}</span>'
            f'<b class="nesy-symbol">{symbol}</b></span>'
        )
        name = f'<span class="nesy-name">{escape(model.name(j, symbol))}</span>'
        read = f'<span class="nesy-only-read">{" read" if j < prefix else " not read"}</span>'
        if model.maps is None:
            look = f'<div class="nesy-look">{inner}{name}{read}</div>'
        else:
            look = (
                f'<label class="nesy-look"><input type="radio" value="{j}" disabled>{inner}'
                f'<canvas aria-hidden="true"{_HIDDEN}></canvas>{name}{read}</label>'
            )
        kind = "nesy-spot in" if j < prefix else "nesy-spot"
        items.append(
            f'<li class="{kind}">{look}<button type="button" class="nesy-have" disabled>'
            f"{pictures(model.having(start, j))}</button></li>"
        )
    key = (
        '<p class="nesy-words">In the order in which they were written; the number says which '
        "symbol of the vocabulary it is. A solid frame: it is read; dashed: it is not.</p>"
    )
    return f'<ol class="nesy-sequence" aria-label="Symbols">{"".join(items)}</ol>{key}'


def _fold(model: SymbolModel, shown: list[str], told: list[str] | None) -> str:
    figures = []
    for i, image in enumerate(shown):
        title = model.titles[i] if model.labels is None else model.picture_words(i)
        words = f"{title}. Symbols {model.written(i)}."
        words = f"{words} {told[i]}".strip() if told is not None else words
        figures.append(f"<figure>{image}<figcaption>{escape(words)}</figcaption></figure>")
    return (
        '<details class="nesy-all"><summary>All pictures and their symbols</summary>'
        f"{''.join(figures)}</details>"
    )
