"""Names from masks by NeSyFOLD's mass ratio: how much of a neuron's heat lies on each concept.

Source: the public code of NeSyFOLD (Padalkar, Wang and Gupta, AAAI 2024), whose numbers are the
defaults here: the top 10 pictures, bicubic enlargement, the lower half of the pixels set to 0,
at most 10 names, a margin of 0.05. There the heat is a kernel's feature map; a ViT has none, so
here it is any heat-map.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np

from nesylib.meaning.enlarge import enlarge
from nesylib.meaning.labels import Labels
from nesylib.meaning.masks import Masks
from nesylib.meaning.top import codes_of, top_pictures, whole_numbers

NEGATIVE = ("clip", "shift")
CHUNK = 1 << 20  # numbers of enlarged heat at once: more do not fit into a processor's cache


def mass_ratio(
    maps: np.ndarray | Callable[[np.ndarray, int], np.ndarray],
    codes,
    masks,
    concepts: Sequence[str],
    *,
    neurons: Iterable[int] | None = None,
    k: int = 10,
    quantile: float = 0.5,
    keep: int = 10,
    margin: float = 0.05,
    fires: float = 0.5,
    negative: str = "clip",
    size=None,
) -> Labels:
    """Name neurons by the share of their heat that lies on each concept's mask.

    For each neuron: take its ``k`` top pictures; enlarge the heat-map of each to the mask and set
    everything below its ``quantile`` to 0; for each concept, take the share of the heat inside
    its mask; add the shares of the ``k`` pictures; keep the ``keep`` best concepts, make their
    scores sum to 1, and name the neuron by those within ``margin`` of the best.

    Parameters
    ----------
    maps
        Heat-maps ``(N, n, gh, gw)`` of the ``n`` ``neurons``, or a function that is given row
        numbers of pictures and a neuron and returns ``(rows, gh, gw)``: only the top pictures
        are asked for.
    codes
        Activations ``(N, D)`` of the same pictures.
    masks
        ``(N, H, W)``, 0 is background and ``k + 1`` is concept ``k``. Any size: heat is enlarged
        to the masks.
    concepts
        Names of the K concepts.
    neurons
        Which columns of the codes; all by default.
    fires
        A neuron whose activation never reaches this on any picture stays without a name.
    negative
        What heat below 0 means: ``"clip"`` takes it as none, ``"shift"`` measures heat from the
        lowest patch. NeSyFOLD's maps have none below 0.
    size
        Compare at this size instead: masks are brought to it by their nearest pixels. NeSyFOLD
        takes 224.

    Returns
    -------
    Labels
        Scores are shares that sum to 1 over the ``keep`` best concepts.

    Raises
    ------
    ValueError
        If counts or shapes don't fit together, or a setting makes no sense.
    """
    marked = Masks.of(masks, concepts, size)
    codes, neurons, heat = checked(maps, codes, marked, neurons)
    if keep < 1 or not margin >= 0 or np.isnan(fires):
        raise ValueError(
            f"keep must be at least 1, margin at least 0 and fires a number, got {keep}, {margin} "
            f"and {fires}"
        )
    top = top_pictures(codes, k)
    names, missing = {}, {}
    for place, neuron in enumerate(neurons):
        if codes[:, neuron].max() < fires:
            missing[neuron] = f"it fires on none of the {len(codes)} pictures"
            continue
        rows = top[neuron]
        shares = mass_shares(
            heat(rows, place)[:, None], marked.take(rows), quantile=quantile, negative=negative
        )[:, 0]
        if np.isnan(shares).all():
            missing[neuron] = "its heat-maps are empty"
        elif not np.nansum(shares):
            missing[neuron] = "no concept is marked where it looks"
        else:
            names[neuron] = within_margin(np.nansum(shares, axis=0), marked.names, keep, margin)
    return Labels(names, missing, "mass ratio")


def mass_shares(maps, masks: Masks, *, quantile: float = 0.5, negative: str = "clip") -> np.ndarray:
    """Of every heat-map, the share that lies on each concept, after the lower part is set to 0.

    One matrix product a picture gives the heat of all its neurons on all concepts.

    Parameters
    ----------
    maps
        ``(N, n, gh, gw)``: ``n`` maps of each picture.
    masks
        :class:`Masks` of the same N pictures.
    quantile, negative
        As :func:`mass_ratio` takes them.

    Returns
    -------
    numpy.ndarray
        ``(N, n, K)`` float64, NaN where a map holds no heat. A row sums to less than 1 when
        heat lies on the background.
    """
    maps = np.asarray(maps, dtype=np.float32)
    _check_settings(quantile, negative)
    if maps.ndim != 4 or len(maps) != len(masks):
        raise ValueError(f"maps must be ({len(masks)}, n, gh, gw), got shape {maps.shape}")
    if not np.isfinite(maps).all():
        raise ValueError("heat-maps hold NaN or infinity: has the network diverged?")
    if negative == "shift":
        maps = maps - maps.min(axis=(2, 3), keepdims=True)
    n, pixels = maps.shape[1], masks.values[0].size
    shares = np.empty((len(maps), n, len(masks.names)))
    step = max(1, CHUNK // max(1, n * pixels))
    for start in range(0, len(maps), step):
        part = slice(start, start + step)
        heat = enlarge(maps[part], masks.values.shape[1:]).reshape(*maps[part].shape[:2], pixels)
        cut = np.quantile(heat, quantile, axis=-1, keepdims=True)
        heat = np.where(heat >= cut, heat, 0).clip(min=0)
        whole = heat.sum(-1, dtype=np.float64)[..., None]
        inside = heat @ masks.bits(part)
        with np.errstate(invalid="ignore", divide="ignore"):
            shares[part] = np.where(whole > 0, inside / whole, np.nan)
    return shares


def within_margin(
    scores: np.ndarray, names: Sequence[str], keep: int, margin: float
) -> list[tuple[str, float]]:
    """The ``keep`` best names, scores made to sum to 1, cut at ``margin`` below the best."""
    best = np.argsort(-scores, kind="stable")[:keep]
    best = best[scores[best] > 0]
    share = scores[best] / scores[best].sum()
    return [
        (names[c], float(s)) for c, s in zip(best, share, strict=True) if s >= share[0] - margin
    ]


def _check_settings(quantile: float, negative: str) -> None:
    if not 0 <= quantile < 1:
        raise ValueError(f"quantile is a share of the pixels, 0 <= quantile < 1, got {quantile}")
    if negative not in NEGATIVE:
        raise ValueError(f"unknown negative {negative!r}: use one of {', '.join(NEGATIVE)}")


def checked(maps, codes, masks: Masks, neurons):
    """Codes, a list of neurons, and ``heat(rows, place)`` whatever ``maps`` was."""
    codes = codes_of(codes)
    if len(codes) != len(masks):
        raise ValueError(
            f"{len(codes)} rows of codes but {len(masks)} masks: one of each a picture"
        )
    wanted = range(codes.shape[1]) if neurons is None else neurons
    neurons = whole_numbers(wanted).tolist()
    beyond = [n for n in neurons if not 0 <= n < codes.shape[1]]
    if beyond or len(set(neurons)) < len(neurons):
        raise ValueError(
            f"neurons must be different columns, 0..{codes.shape[1] - 1}, got {neurons}"
        )
    if callable(maps):

        def heat(rows: np.ndarray, place: int) -> np.ndarray:
            found = np.asarray(maps(rows, neurons[place]), dtype=np.float32)
            if found.ndim != 3 or len(found) != len(rows):
                raise ValueError(
                    f"the function of maps must return ({len(rows)}, gh, gw), got {found.shape}"
                )
            return found

    else:
        maps = np.asarray(maps)
        if maps.ndim != 4 or maps.shape[:2] != (len(codes), len(neurons)):
            raise ValueError(
                f"maps must be ({len(codes)}, {len(neurons)}, gh, gw), one for each picture and "
                f"neuron, got shape {maps.shape}"
            )

        def heat(rows: np.ndarray, place: int) -> np.ndarray:
            return maps[rows, place]

    return codes, neurons, heat
