"""Does a symbol hang on the patches that its map names? Take them away and write again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch.nn import functional as F

from nesylib.symbols.maps import token_batches
from nesylib.symbols.student import SymbolStudent

ORDERS = ("most", "random", "least", "other")
REMOVED = ("token", "paint")


@dataclass(frozen=True)
class SymbolRemoval:
    """Which symbols became others while patches went.

    Attributes
    ----------
    shares : (S,) float
        Shares of the patches that were taken away, in rising order.
    changed : dict of (N, L, S) bool
        By the order in which they went: ``"most"``, the highest of the map first; ``"random"``;
        ``"least"``, the lowest first; ``"other"``, the highest of *another* picture's map for the
        same position, the control for maps that say the same of every picture.
    """

    shares: np.ndarray
    changed: dict[str, np.ndarray]

    def rates(self) -> dict[str, np.ndarray]:
        """Share of the symbols that changed, ``(S,)`` for every order."""
        return {order: found.mean((0, 1)) for order, found in self.changed.items()}

    def areas(self) -> dict[str, float]:
        """Area under each curve from nothing taken away to the largest share, over that share.

        For a map that tells nothing the area of ``"most"`` is that of ``"least"`` and that of
        ``"random"`` on average. A map that holds for its own picture has a larger one with
        ``"most"`` than with ``"other"``.
        """
        at = np.concatenate([[0.0], self.shares])
        found = {}
        for order, rate in self.rates().items():
            curve = np.concatenate([[0.0], rate])
            found[order] = float((curve[1:] + curve[:-1]) @ np.diff(at) / 2 / at[-1])
        return found

    def frame(self):
        """One row an order: the rate at each share, and the area."""
        import pandas as pd

        columns = [f"{share:.0%}" for share in self.shares]
        frame = pd.DataFrame.from_dict(self.rates(), orient="index", columns=columns)
        frame["area"] = pd.Series(self.areas())
        frame.index.name = "taken away"
        return frame


def symbol_removal(
    student: SymbolStudent,
    pictures,
    maps: np.ndarray,
    *,
    shares: Sequence[float] = (0.1, 0.25, 0.5, 0.75, 0.9),
    orders: Sequence[str] = ORDERS,
    removed: str = "token",
    batch_size: int = 32,
    seed: int = 0,
) -> SymbolRemoval:
    """Take patches away in the order of each symbol's own map; does *that* symbol change?

    Parameters
    ----------
    pictures
        As :func:`nesylib.symbols.symbol_maps` takes them; ``removed="paint"`` needs images.
    maps
        ``(N, L, gh, gw)``, one map for each picture and symbol; of equal patches the order is
        drawn.
    shares
        Of the patches, above 0 and up to 1; at 1 the decoder sees [CLS] alone.
    removed
        ``"token"``: the decoder is not shown the patch's token. The others were computed with the
        patch in view, and so was [CLS], so this asks what the *decoder* reads. ``"paint"``: the
        patch is painted in the mean colour of its picture and the teacher looks again, which asks
        what the *picture* needs, and shows the teacher pictures of a kind that it never saw.
    batch_size
        Pictures at once; each is looked at once for each of its symbols.
    seed
        Draws random orders, orders of equals, and who is the other picture.

    Raises
    ------
    ValueError
        For maps of another shape or with NaN, shares outside 0..1, an unknown order or way to
        remove, tokens where images are needed, or ``"other"`` with a single picture.
    """
    given = getattr(pictures, "images", pictures)
    down, across = student.teacher.grid
    maps, shape = np.asarray(maps), (len(given), student.length, down, across)
    if maps.shape != shape:
        raise ValueError(
            f"maps have shape {maps.shape}, but {shape[0]} pictures, {shape[1]} symbols and "
            f"{down} x {across} patches ask for {shape}"
        )
    if not np.isfinite(maps).all():
        raise ValueError("maps hold NaN or infinite values, by which patches cannot be ordered")
    _check(given, shares, orders, removed)
    ranks = _orders(maps.reshape(*shape[:2], -1), orders, seed)
    counts = np.unique(np.round(np.asarray(shares, float) * down * across).astype(int))
    counts = counts[counts > 0]
    changed = {order: np.zeros((*shape[:2], len(counts)), bool) for order in orders}
    for start in range(0, len(given), batch_size):
        part = slice(start, start + batch_size)
        left = _Left(student, given[part], removed)
        for order, rank in ranks.items():
            here = torch.from_numpy(rank[part]).to(left.whole.device)
            for step, count in enumerate(counts):
                found = left.symbols(here >= int(count))
                changed[order][part, :, step] = (found != left.whole).cpu().numpy()
    return SymbolRemoval(counts / (down * across), changed)


@torch.inference_mode()
def changed_without_cls(student: SymbolStudent, pictures, *, batch_size: int = 64) -> np.ndarray:
    """Which symbols change when the decoder is not shown [CLS], ``(N, L)`` bool.

    Raises
    ------
    ValueError
        For a student whose queries start from [CLS] (``from_cls=True``): it can't do without.
    """
    if student.decoder.summary is not None:
        raise ValueError(
            "this student starts its queries from [CLS] (from_cls=True): without it there is "
            "nothing to write; take one with from_cls=False"
        )
    rows = [np.zeros((0, student.length), bool)]
    for tokens in token_batches(student, pictures, batch_size):
        whole, left = (_written(student, part) for part in (tokens, tokens[:, 1:]))
        rows.append((whole != left).cpu().numpy())
    return np.concatenate(rows)


class _Left:
    """Symbols of a few pictures of which each symbol's decoder run sees some patches only."""

    def __init__(self, student: SymbolStudent, given, removed: str):
        self.student, self.removed = student, removed
        (self.tokens,) = token_batches(student, given, len(given))
        with torch.inference_mode():
            self.whole = _written(student, self.tokens)
            if removed == "paint":
                pixels = torch.as_tensor(np.asarray(given)).to(self.tokens.device)
                self.pixels = pixels / 255 if pixels.dtype == torch.uint8 else pixels.float()
                self.mean = self.pixels.mean((2, 3), keepdim=True)

    @torch.inference_mode()
    def symbols(self, kept: torch.Tensor) -> torch.Tensor:
        """``(n, L)``: symbol j when only the patches ``kept[:, j]`` are left, ``(n, L, P)``."""
        n, length, _ = kept.shape
        which = torch.arange(n, device=kept.device).repeat_interleave(length)
        kept = kept.flatten(0, 1)  # every row keeps the same number of patches
        if self.removed == "paint":
            seen = self._painted(which, kept)
        else:
            index = 1 + kept.nonzero()[:, 1].reshape(len(kept), -1)
            index = torch.cat([index.new_zeros(len(index), 1), index], 1)
            seen = self.tokens[which[:, None], index]
        found = _written(self.student, seen).unflatten(0, (n, length))
        return found.diagonal(dim1=1, dim2=2)

    def _painted(self, which: torch.Tensor, kept: torch.Tensor) -> torch.Tensor:
        mask = kept.reshape(-1, 1, *self.student.teacher.grid).float()
        mask = F.interpolate(mask, size=self.pixels.shape[2:], mode="nearest").bool()
        images = torch.where(mask, self.pixels[which], self.mean[which])
        tokens = self.student.teacher.tokens_of(images).to(self.tokens.device)
        return self.student.scale(tokens)


def _written(student, tokens: torch.Tensor) -> torch.Tensor:
    return student.decoder(tokens, student.discretizers).found.symbols


def _check(given, shares, orders, removed: str) -> None:
    if not len(shares) or not all(0 < share <= 1 for share in shares):
        raise ValueError(f"shares must lie above 0 and up to 1, got {list(shares)}")
    unknown = [order for order in orders if order not in ORDERS]
    if unknown or not orders:
        raise ValueError(f"unknown orders {unknown}: use some of {', '.join(ORDERS)}")
    if removed not in REMOVED:
        raise ValueError(f"unknown way to remove {removed!r}: use one of {', '.join(REMOVED)}")
    if removed == "paint" and len(given.shape) != 4:
        raise ValueError("removed='paint' paints pictures: give images, not tokens")
    if "other" in orders and len(given) < 2:
        raise ValueError("order 'other' takes another picture's map: give at least two pictures")


def _orders(flat: np.ndarray, orders, seed: int) -> dict[str, np.ndarray]:
    """For every order the place of each patch in it, ``(N, L, P)``, 0 goes first."""
    rng = np.random.default_rng(seed)
    ties, lot, chain = rng.random(flat.shape), rng.random(flat.shape), rng.permutation(len(flat))
    other = np.empty_like(chain)
    other[chain] = np.roll(chain, 1)  # a ring: nobody is its own other
    keys = {"most": -flat, "random": lot, "least": flat, "other": -flat[other]}
    return {o: np.argsort(np.lexsort((ties, keys[o]), axis=-1), axis=-1) for o in orders}
