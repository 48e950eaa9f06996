"""The student: a picture's tokens to a sequence of symbols, and the sequence to a vector again.

Source: arXiv 2503.04900. A decoder looks at the frozen teacher's tokens and writes symbols; an
encoder reads nothing but the symbols; a projector compares what it understood with the
teacher's view of the picture. No size of the paper's networks is known to us: all are settings.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from nesylib import runtime
from nesylib.symbols.decoder import CausalAttention, Emission, SymbolDecoder
from nesylib.symbols.discretizers import make_discretizer


@dataclass(frozen=True)
class StudentOutput:
    """``emission`` (symbols and maps) and ``read`` ``(N, L, width)``: the encoder's output after
    each prefix, ``read[:, n - 1]`` after the first n symbols."""

    emission: Emission
    read: torch.Tensor


class SymbolStudent(nn.Module):
    """Pictures as sequences of symbols.

    Parameters
    ----------
    teacher
        A :class:`Teacher`, a timm ViT, or anything that has ``num_features``, ``grid`` and
        ``tokens_of(images)``. It stays frozen and is no part of the student's weights.
    vocabulary, length
        Symbols to choose from, V, and symbols a picture, L.
    discretizer
        A name of ``DISCRETIZERS``.
    decoding, from_cls
        ``"autoregressive"``, ``"parallel"`` or ``"residual"``, and whether queries start from
        [CLS]; see :class:`SymbolDecoder`.
    shared
        Whether all positions use one table of symbols, so that symbol 17 is the same wherever it
        stands. ``"residual"`` needs a table for each position.
    width, decoder_layers, encoder_layers, heads
        Sizes of both transformers.
    seed
        Draws the random weights.
    **options
        For the discretizer, such as ``end=0.2``.

    Notes
    -----
    The encoder is causal: its output at position n depends on the first n symbols only, so that
    one pass reads all prefixes. The paper reads each prefix on its own.

    Raises
    ------
    ValueError
        For a vocabulary below 2, a length below 1, an unknown discretizer or decoding, or a teacher
        that has no patch tokens.
    """

    def __init__(
        self,
        teacher,
        vocabulary: int = 128,
        length: int = 8,
        discretizer: str = "softmax",
        *,
        decoding: str = "autoregressive",
        from_cls: bool = False,
        shared: bool | None = None,
        width: int = 128,
        decoder_layers: int = 2,
        encoder_layers: int = 2,
        heads: int = 4,
        seed: int = 0,
        **options,
    ):
        super().__init__()
        shared = decoding != "residual" if shared is None else shared
        if shared and decoding == "residual":
            raise ValueError(
                "what is left over after a round is of another size than what came in: "
                "decoding='residual' needs a table for each position, shared=False"
            )
        self._teacher = [as_teacher(teacher)]  # in a list, so that it is no submodule
        self.config = dict(
            vocabulary=int(vocabulary),
            length=int(length),
            discretizer=discretizer,
            decoding=decoding,
            from_cls=bool(from_cls),
            shared=bool(shared),
            width=width,
            decoder_layers=decoder_layers,
            encoder_layers=encoder_layers,
            heads=heads,
            seed=seed,
            **options,
        )
        self.scale = TokenScale(self.teacher.num_features)
        with runtime.seeded(seed):
            self.decoder = SymbolDecoder(
                self.teacher.num_features,
                width=width,
                layers=decoder_layers,
                heads=heads,
                length=length,
                decoding=decoding,
                from_cls=from_cls,
            )
            self.tables = nn.ModuleList(
                make_discretizer(discretizer, width, vocabulary, **options)
                for _ in range(1 if shared else length)
            )
            self.encoder = SymbolEncoder(width, length, encoder_layers, heads)
        self.vocabulary, self.length = int(vocabulary), int(length)

    @property
    def teacher(self):
        """Where tokens come from."""
        return self._teacher[0]

    @property
    def discretizers(self) -> list[nn.Module]:
        """One for each position."""
        return [self.tables[j % len(self.tables)] for j in range(self.length)]

    def forward(self, tokens: torch.Tensor, done: float = 1.0, **options) -> StudentOutput:
        """Tokens ``(N, 1 + P, E)`` to symbols and what the encoder understands of them."""
        emission = self.decoder(self.scale(tokens), self.discretizers, done, **options)
        if self.training:
            self._learn_tables(emission)
        return StudentOutput(emission, self.encoder(emission.found.vectors))

    def _learn_tables(self, emission: Emission) -> None:
        hidden, symbols = emission.hidden.detach(), emission.found.symbols
        if len(self.tables) == 1:
            self.tables[0].update(hidden, symbols)
            return
        for j, table in enumerate(self.tables):
            table.update(hidden[:, j], symbols[:, j])

    def embed(self, symbols: torch.Tensor) -> torch.Tensor:
        """Rows of the table ``(N, L', width)`` of symbols ``(N, L')``, L' at most L."""
        if symbols.ndim != 2 or not 1 <= symbols.shape[1] <= self.length:
            raise ValueError(
                f"symbols must be (N, 1..{self.length}) whole numbers, got {tuple(symbols.shape)}"
            )
        rows = [d.embed(s) for d, s in zip(self.discretizers, symbols.unbind(1), strict=False)]
        return torch.stack(rows, 1)

    @torch.inference_mode()
    def read(self, symbols, *, batch_size: int = 1024) -> np.ndarray:
        """What the encoder understands of each prefix, ``(N, L', width)`` float32.

        The picture is not looked at: all that comes out went through the symbols.
        """
        self.eval()
        symbols = torch.as_tensor(np.asarray(symbols, dtype=np.int64))
        if symbols.numel() and not 0 <= int(symbols.min()) <= int(symbols.max()) < self.vocabulary:
            raise ValueError(f"symbols must lie between 0 and {self.vocabulary - 1}")
        device = next(self.parameters()).device
        rows = [
            self.encoder(self.embed(part.to(device))).float().cpu().numpy()
            for part in symbols.split(batch_size)
        ]
        return np.concatenate(rows) if rows else np.zeros((0, self.length, self.encoder.width))

    def encode(self, images, *, batch_size: int = 64) -> np.ndarray:
        """Symbols ``(N, L)`` int64 of pictures, or of tokens ``(N, 1 + P, E)``."""
        rows = self._in_batches(images, batch_size, lambda e: e.found.symbols)
        return np.concatenate(rows) if rows else np.zeros((0, self.length), np.int64)

    def maps(self, images, *, size: tuple[int, int] | None = None, batch_size: int = 64):
        """Where the decoder looked when it wrote each symbol, ``(N, L, H, W)`` float32.

        One number a patch, mean over layers and heads, up-sampled to ``size``; by default the
        size of the pictures, or of the grid of patches when tokens are given. Attention to the
        first token, [CLS], has no place and is left out, so a map sums to less than 1 over patches.
        """
        down, across = self.teacher.grid
        of_tokens = _is_tokens(images)
        if size is None:
            pictures = getattr(images, "images", images)
            size = (down, across) if of_tokens else tuple(pictures.shape[2:])

        def drawn(emission: Emission) -> torch.Tensor:
            maps = emission.maps[:, :, 1:].unflatten(2, (down, across)).float()
            if size == (down, across):
                return maps
            return F.interpolate(maps, size, mode="bicubic", align_corners=False).clamp(min=0)

        rows = self._in_batches(images, batch_size, drawn, maps=True)
        return np.concatenate(rows) if rows else np.zeros((0, self.length, *size), np.float32)

    @torch.inference_mode()
    def _in_batches(self, images, batch_size: int, keep, **options) -> list[np.ndarray]:
        self.eval()
        device = next(self.parameters()).device
        given = getattr(images, "images", images)
        rows = []
        for start in range(0, len(given), batch_size):
            part = torch.as_tensor(np.asarray(given[start : start + batch_size])).to(device)
            tokens = part if _is_tokens(images) else self.teacher.tokens_of(part).to(device)
            self._check(tokens)
            emission = self.decoder(self.scale(tokens), self.discretizers, **options)
            rows.append(keep(emission).cpu().numpy())
        return rows

    def _check(self, tokens: torch.Tensor) -> None:
        down, across = self.teacher.grid
        expected = (1 + down * across, self.teacher.num_features)
        if tuple(tokens.shape[1:]) != expected:
            raise ValueError(
                f"tokens of a picture must be {expected}, [CLS] and {down} x {across} patches, got "
                f"{tuple(tokens.shape[1:])}: take them from this student's teacher"
            )

    def save(self, path: str | Path, *, half: bool = False, **about) -> Path:
        """Write weights (safetensors) with the configuration, and ``about``, in the same file.

        ``half`` stores float16, half the size.
        """
        from safetensors.torch import save_file

        path = Path(path)
        state = {
            k: (v.half() if half and v.is_floating_point() else v).detach().cpu().contiguous()
            for k, v in self.state_dict().items()
        }
        meta = {"student": json.dumps(self.config), "about": json.dumps(about)}
        with runtime.atomic_write(path) as temporary:
            save_file(state, temporary, metadata=meta)
        return path

    @classmethod
    def load(cls, path: str | Path, teacher) -> SymbolStudent:
        """Read what :meth:`save` wrote; the teacher must be the one it was trained with."""
        from safetensors import safe_open

        from nesylib.vit.backbones import read_safetensors

        state = read_safetensors(path)
        with safe_open(path, "pt") as handle:
            meta = handle.metadata() or {}
        if "student" not in meta:
            raise ValueError(f"{path} holds no student: name a file that SymbolStudent.save wrote")
        student = cls(teacher, **json.loads(meta["student"]))
        try:
            student.load_state_dict(state)
        except RuntimeError as error:
            raise ValueError(
                f"{path} was trained with another teacher (this one's tokens have "
                f"{student.teacher.num_features} numbers)"
            ) from error
        student.about = json.loads(meta.get("about", "{}"))
        return student.eval()


class TokenScale(nn.Module):
    """Each of a token's numbers centred and divided by its deviation, [CLS] apart from patches.

    A Vision Transformer's tokens share a few large numbers that say nothing about the picture, and
    the normalisation inside a decoder keeps them. Until :meth:`look` was called, tokens pass as
    they are.
    """

    def __init__(self, features: int):
        super().__init__()
        self.register_buffer("mean", torch.zeros(2, features))
        self.register_buffer("std", torch.ones(2, features))

    @torch.no_grad()
    def look(self, tokens: torch.Tensor) -> None:
        """Measure tokens ``(N, 1 + P, E)`` of some training pictures."""
        for row, part in enumerate((tokens[:, 0], tokens[:, 1:].flatten(0, 1))):
            self.mean[row] = part.float().mean(0)
            self.std[row] = part.float().std(0, correction=0).clamp(min=1e-6)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        if tokens.is_inference() and not torch.is_inference_mode_enabled():
            tokens = tokens.clone()  # a teacher's answer may not be used in training as it is
        first, patches = tokens[:, :1].float(), tokens[:, 1:].float()
        scaled = [(t - self.mean[i]) / self.std[i] for i, t in enumerate((first, patches))]
        return torch.cat(scaled, 1)


class SymbolEncoder(nn.Module):
    """Causal transformer over symbols: output n is what the first n of them say."""

    def __init__(self, width: int, length: int, layers: int = 2, heads: int = 4):
        super().__init__()
        self.width = width
        self.positions = nn.Parameter(torch.randn(length, width) * 0.5)
        self.attention = nn.ModuleList(CausalAttention(width, heads) for _ in range(layers))
        self.mlps = nn.ModuleList(
            nn.Sequential(
                nn.LayerNorm(width),
                nn.Linear(width, 2 * width),
                nn.GELU(),
                nn.Linear(2 * width, width),
            )
            for _ in range(layers)
        )
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(layers))
        self.norm = nn.LayerNorm(width)

    def forward(self, vectors: torch.Tensor) -> torch.Tensor:
        x = vectors + self.positions[: vectors.shape[1]]
        for norm, attention, mlp in zip(self.norms, self.attention, self.mlps, strict=True):
            x = x + attention(norm(x))[0]
            x = x + mlp(x)
        return self.norm(x)


def as_teacher(teacher):
    """A teacher as it is, or a timm ViT as one."""
    if all(hasattr(teacher, name) for name in ("num_features", "grid", "tokens_of")):
        return teacher
    from nesylib.symbols.teacher import Teacher

    if isinstance(teacher, nn.Module):
        return Teacher(teacher)
    raise TypeError(
        f"a {type(teacher).__name__} is no teacher: give nesylib.symbols.Teacher.create(...), a "
        "ViT of timm, or an object with num_features, grid and tokens_of"
    )


def _is_tokens(images) -> bool:
    shape = getattr(getattr(images, "images", images), "shape", ())
    return len(shape) == 3
