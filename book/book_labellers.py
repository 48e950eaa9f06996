"""The sheet that a language model is shown of one neuron, for the page on labellers."""

from __future__ import annotations

from nesylib import checkpoints, concepts, data, viz
from nesylib.meaning.labellers import gather, montage


def sheet_of_a_neuron(n: int = 300, k: int = 6) -> None:
    """Show the sheet of one neuron of the shipped network, one that is on in many pictures."""
    net = checkpoints.load("scenes-P3.1")
    pictures = data.load("scenes/P3.1", "test", n=n)
    codes = concepts.encode(net, pictures)
    share = concepts.binarize(codes).mean(0)
    neuron = int((share * (share < 0.5)).argmax())
    seen = gather(net, pictures, [neuron], k=k, codes=codes)
    sheet = montage(seen.images[seen.top[0]], seen.maps[0], side=96)
    alt = (
        f"Neuron {neuron} of the shipped network: its {k} top pictures, each beside itself lit "
        "where the neuron looks and dark elsewhere"
    )
    shown = viz.show_pictures(
        [sheet], [f"What a model is shown of neuron {neuron}"], [alt], width=sheet.shape[1]
    )
    viz.show(shown)
