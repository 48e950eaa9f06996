"""Heat-maps as letters, small enough for a page, and the script that paints them there."""

from __future__ import annotations

import numpy as np

from nesylib.viz import style

#: A heat-map's value in 64 steps, one letter each.
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

# Wants D.alphabet, D.colours (six hex digits a step) and D.grid (rows, columns) around it.
SCRIPT = r"""
var ramp;
function unit(letters){return letters.split("").map(function(c){return D.alphabet.indexOf(c)/63})}
function place(map){var best=0,i;for(i=1;i<map.length;i++)if(map[i]>map[best])best=i;
var r=(Math.floor(best/D.grid[1])+.5)/D.grid[0],c=(best%D.grid[1]+.5)/D.grid[1],
v=r<1/3?"upper":r>2/3?"lower":"middle",h=c<1/3?"left":c>2/3?"right":"middle";
return v===h?"in the middle":v==="middle"?"at the "+h:h==="middle"?"at the "+(v==="upper"?"top":
"bottom"):"at the "+v+" "+h}
function paint(canvas,img,map){var w=img.naturalWidth,h=img.naturalHeight;
if(!w)return false;
canvas.width=w;canvas.height=h;canvas.classList.toggle("nesy-pixels",
img.classList.contains("nesy-pixels"));
if(!ramp){ramp=[];for(var k=0;k<D.colours.length;k+=2)ramp.push(parseInt(D.colours.substr(k,2),16))}
var g=canvas.getContext("2d"),x,y,p,u,grey,cover,at3,row;g.drawImage(img,0,0,w,h);
var pixels=g.getImageData(0,0,w,h),v=pixels.data;
for(y=0;y<h;y++)for(x=0,row=Math.floor(y*D.grid[0]/h)*D.grid[1];x<w;x++){p=4*(y*w+x);
u=map[row+Math.floor(x*D.grid[1]/w)];
grey=.299*v[p]+.587*v[p+1]+.114*v[p+2];cover=.25+.5*u;at3=3*Math.round(63*u);
for(var c=0;c<3;c++)v[p+c]=grey*(1-cover)+cover*ramp[at3+c]}
g.putImageData(pixels,0,0);return true}
"""


def packed(heat: np.ndarray) -> tuple[str, str, str]:
    """A map's letters from its least value to its greatest, and both values as text."""
    low, high = float(heat.min()), float(heat.max())
    half = high / 2 - low / 2  # the whole could be too large for a float
    unit = (heat / 2 - low / 2) / half if half > 0 else np.zeros_like(heat)
    steps = np.round(unit.ravel() * (len(ALPHABET) - 1)).astype(int)
    ends = f"{low:.2g}", f"{high:.2g}"
    if ends[0] == ends[1] and high > low:
        ends = f"{low:.6g}", f"{high:.6g}"
    return "".join(ALPHABET[s] for s in steps), *ends


def colours() -> str:
    """The colour of every letter, six hex digits each."""
    return "".join(hex_colour(t) for t in np.linspace(0, 1, len(ALPHABET)))


def scale() -> str:
    """A bar of all colours, with places for the least and the greatest value; hidden at first."""
    stops = ",".join(f"#{hex_colour(t / 8)}" for t in range(9))
    return (
        '<div class="nesy-scale" style="display:none"><span class="nesy-low"></span>'
        f'<i style="background:linear-gradient(90deg,{stops})"></i>'
        '<span class="nesy-high"></span></div>'
    )


def hex_colour(unit: float) -> str:
    """Six hex digits of the colour map at ``unit``, 0 to 1."""
    import matplotlib as mpl

    return mpl.colors.to_hex(mpl.colormaps[style.SEQUENTIAL](unit))[1:]
