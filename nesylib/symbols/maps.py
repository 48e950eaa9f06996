"""Which patches does a symbol come from? The decoder's attention, and two recipes beside it.

A map has one number for each patch, symbol and picture. Attention is what the decoder did; whether
it is also what the symbol hangs on is a question, and :func:`nesylib.symbols.symbol_removal` asks
it of every recipe alike.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch

from nesylib.symbols.student import SymbolStudent

SYMBOL_MAPS = ("attention", "gradient", "occlusion", "random")
"""Recipes for maps of symbols; the last one is the control."""


def symbol_maps(
    student: SymbolStudent,
    pictures,
    *,
    method: str = "attention",
    batch_size: int = 64,
    seed: int = 0,
) -> np.ndarray:
    """One number for each patch and symbol, ``(N, L, gh, gw)`` float32; larger matters more.

    Parameters
    ----------
    pictures
        An :class:`nesylib.data.ImageSet`, images ``(N, 3, H, W)``, or tokens ``(N, 1 + P, E)``.
    method
        ``"attention"``: the weights of the decoder's attention to the tokens when it wrote the
        symbol, mean over layers and heads. ``[CLS]`` is left out, so a map sums to less than 1;
        what is missing went there. ``"gradient"``: what was read from a patch (the values of the
        attention) times the gradient of the symbol's *lead*, to first order by how much the lead
        would fall if nothing was read there. ``"occlusion"``: by how much the lead does fall when
        the token of the patch is left out. ``"random"``: a random number.
        The lead is the symbol's score less the best other score: below 0, another symbol would be
        written. Gradient and occlusion may be negative.
    seed
        Draws the random maps.

    Raises
    ------
    ValueError
        For an unknown method, or pictures of another size than the teacher takes.

    Examples
    --------
    >>> from nesylib.symbols import SymbolStudent, Teacher
    >>> student = SymbolStudent(Teacher.create("nesy_tiny_conv"), vocabulary=16, length=4)
    >>> symbol_maps(student, np.zeros((2, 3, 64, 64), np.uint8), method="gradient").shape
    (2, 4, 8, 8)
    """
    if method not in SYMBOL_MAPS:
        raise ValueError(f"unknown method {method!r}: use one of {', '.join(SYMBOL_MAPS)}")
    if batch_size < 1:
        raise ValueError(f"batch_size must be at least 1, got {batch_size}")
    grid, rng = tuple(student.teacher.grid), np.random.default_rng(seed)
    make = {"attention": _attention, "gradient": _gradient, "occlusion": _occlusion}.get(method)
    rows = []
    for tokens in token_batches(student, pictures, batch_size):
        if make is None:
            found = rng.random((len(tokens), student.length, grid[0] * grid[1]))
        else:
            found = make(student, tokens).float().cpu().numpy()
        rows.append(found.reshape(len(tokens), student.length, *grid).astype(np.float32))
    return np.concatenate(rows) if rows else np.zeros((0, student.length, *grid), np.float32)


def token_batches(student: SymbolStudent, pictures, batch_size: int) -> Iterator[torch.Tensor]:
    """Tokens as the decoder takes them, checked, a batch at a time and where the student is."""
    student.eval()
    device = next(student.parameters()).device
    given = getattr(pictures, "images", pictures)
    for start in range(0, len(given), batch_size):
        part = torch.as_tensor(np.asarray(given[start : start + batch_size])).to(device)
        tokens = part if part.ndim == 3 else student.teacher.tokens_of(part).to(device)
        student._check(tokens)
        yield student.scale(tokens)


def lead(logits: torch.Tensor, symbols: torch.Tensor) -> torch.Tensor:
    """Score of each symbol less the best other score; logits ``(..., V)``, symbols ``(...)``."""
    place = symbols[..., None]
    others = logits.scatter(-1, place, float("-inf")).amax(-1)
    return logits.gather(-1, place)[..., 0] - others


@torch.no_grad()
def _attention(student, tokens) -> torch.Tensor:
    return student.decoder(tokens, student.discretizers, maps=True).maps[:, :, 1:]


@torch.no_grad()
def _occlusion(student, tokens) -> torch.Tensor:
    found = student.decoder(tokens, student.discretizers).found
    whole, fallen = lead(found.logits, found.symbols), []
    for patch in range(1, tokens.shape[1]):
        left = torch.cat([tokens[:, :patch], tokens[:, patch + 1 :]], 1)
        logits = student.decoder(left, student.discretizers).found.logits
        fallen.append(whole - lead(logits, found.symbols))
    return torch.stack(fallen, -1)


def _gradient(student, tokens) -> torch.Tensor:
    read = []

    def keep(_module, _inputs, output):
        read.append(output.detach().requires_grad_())  # keys and values of all tokens
        return read[-1]

    with torch.inference_mode(False), torch.enable_grad():
        hooks = [b.cross.kv.register_forward_hook(keep) for b in student.decoder.blocks]
        try:
            found = student.decoder(tokens, student.discretizers).found
        finally:
            for hook in hooks:
                hook.remove()
        leads = lead(found.logits, found.symbols).sum(0)
        maps = []
        for j, each in enumerate(leads):
            asked = torch.autograd.grad(each, read, retain_graph=j + 1 < len(leads))
            pairs = [
                (r.chunk(2, -1)[1], g.chunk(2, -1)[1]) for r, g in zip(read, asked, strict=True)
            ]
            maps.append(sum((value * grad).sum(-1) for value, grad in pairs)[:, 1:])
        return torch.stack(maps, 1).detach()
