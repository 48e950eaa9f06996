"""The student: a picture's tokens to a sequence of symbols, and the sequence to a vector again.

Source: arXiv 2503.04900. A decoder looks at the frozen teacher's tokens and writes symbols; an
encoder reads nothing but the symbols; a projector compares what it understood with the
teacher's view of the picture. No size of the paper's networks is known to us: all are settings.
"""

from __future__ import annotations

import json
import operator
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
    TypeError
        For a size that is no whole number, or something that is no teacher.
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
        vocabulary, length = _whole("vocabulary", vocabulary), _whole("length", length)
        if encoder_layers < 1:
            raise ValueError(f"encoder_layers must be at least 1, got {encoder_layers}")
        self._teacher = [as_teacher(teacher)]  # in a list, so that it is no submodule
        config = dict(
            vocabulary=vocabulary,
            length=length,
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
        self.config = json.loads(json.dumps(config, default=_plain))  # as it will be read again
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
        self.vocabulary, self.length = vocabulary, length

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
        _at_least_one(batch_size)
        symbols = as_tensor(symbols)
        if symbols.numel() and (symbols.is_floating_point() or symbols.dtype == torch.bool):
            raise ValueError(f"symbols must be whole numbers, got {symbols.dtype}")
        symbols = symbols.long()
        if symbols.numel() and not 0 <= int(symbols.min()) <= int(symbols.max()) < self.vocabulary:
            raise ValueError(f"symbols must lie between 0 and {self.vocabulary - 1}")
        device = next(self.parameters()).device
        rows = [
            self.encoder(self.embed(part.to(device))).float().cpu().numpy()
            for part in symbols.split(batch_size)
        ]
        return np.concatenate(rows)

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
        given = _given(images)
        if size is None:
            size = (down, across) if given.ndim == 3 else given.shape[2:]
        size = (size, size) if isinstance(size, int) else tuple(size)
        if len(size) != 2 or min(size) < 1:
            raise ValueError(f"size is the height and width of a map in pixels, got {size}")

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
        given, rows = _given(images), []
        _at_least_one(batch_size)
        for start in range(0, len(given), batch_size):
            part = as_tensor(given[start : start + batch_size]).to(device)
            tokens = part if given.ndim == 3 else self.teacher.tokens_of(part).to(device)
            self._check(tokens)
            if not torch.isfinite(tokens).all():
                raise ValueError("a token holds NaN or infinite values: compute the tokens again")
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
                + (", and give one picture as picture[None]" if len(tokens) == 3 else "")
            )

    def save(self, path: str | Path, *, half: bool = False, **about) -> Path:
        """Write weights (safetensors) with the configuration, and ``about``, in the same file.

        ``half`` stores float16, half the size; not the scale of the tokens, whose large numbers
        need all their digits.

        Raises
        ------
        ValueError
            With ``half``, for a weight that is too large for it.
        """
        from safetensors.torch import save_file

        path = Path(path)
        state = {
            k: (v.half() if half and v.is_floating_point() and k not in _WHOLE else v)
            for k, v in self.state_dict().items()
        }
        state = {k: v.detach().cpu().contiguous() for k, v in state.items()}
        if half and not all(torch.isfinite(v).all() for v in state.values()):
            raise ValueError("a weight is too large for half precision: save with half=False")
        about = json.dumps(about, default=_plain)
        meta = {"student": json.dumps(self.config), "about": about}
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
            spread = part.float().std(0, correction=0)
            self.std[row] = spread.where(spread > 1e-6, 1.0)  # one that never moves stays as it is

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


_WHOLE = ("scale.mean", "scale.std")


def as_tensor(rows) -> torch.Tensor:
    """Numbers of any kind, order and place in memory as a tensor."""
    if isinstance(rows, torch.Tensor):
        return rows.detach()
    rows = np.asarray(rows)
    if rows.dtype.kind not in "fiub":
        raise TypeError(f"pictures, tokens and symbols must be numbers, not {rows.dtype}")
    return torch.from_numpy(np.require(rows, rows.dtype.newbyteorder("="), ("C", "W")))


class _Shaped:
    """Something with ``shape`` and rows, and the number of its axes."""

    def __init__(self, rows):
        self.rows, self.shape, self.ndim = rows, tuple(rows.shape), len(rows.shape)

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: slice):
        return self.rows[rows]


def _given(images) -> _Shaped:
    """Pictures ``(N, 3, H, W)`` or tokens ``(N, 1 + P, E)``, in an image set or not."""
    given = getattr(images, "images", images)
    given = given if hasattr(given, "shape") else np.asarray(given)
    if len(given.shape) not in (3, 4):
        raise ValueError(
            "give pictures (N, 3, H, W) or tokens (N, 1 + P, E) of the teacher, not "
            f"{type(images).__name__} of shape {tuple(given.shape)}"
        )
    return _Shaped(given)


def _plain(value):
    """What JSON can hold instead of a number or an array of NumPy's."""
    if isinstance(value, (np.generic, np.ndarray)):
        return value.tolist()
    raise TypeError(f"a {type(value).__name__} cannot be kept in a file: give numbers or text")


def _whole(name: str, value) -> int:
    try:
        return operator.index(value)
    except TypeError:
        raise TypeError(f"{name} must be a whole number, got {value!r}") from None


def _at_least_one(batch_size: int) -> None:
    if batch_size < 1:
        raise ValueError(f"batch_size must be at least 1, got {batch_size}")
