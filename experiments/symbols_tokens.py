"""Tokens of photographs under a frozen ViT-Ti, computed once for every experiment with symbols.

Each picture is enlarged to 224 pixels. Of its 14 x 14 patch tokens each square of four is averaged,
which leaves 7 x 7; [CLS] comes first. Chunks of 500 pictures are kept in the cache folder, so
that a run that was interrupted goes on where it stopped, and a larger set begins with a smaller.
"""

from __future__ import annotations

import argparse
import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F

from nesylib import data, runtime, vit
from nesylib.progress import track

VIT_TI = "vit_tiny_patch16_224.augreg_in21k_ft_in1k"
CHUNK, GRID = 500, 7


@dataclass(frozen=True)
class Tokens:
    """``tokens`` (N, 50, 192) float16, [CLS] first; ``labels`` (N,)."""

    tokens: np.ndarray
    labels: np.ndarray
    classes: tuple[str, ...]

    @property
    def cls(self) -> np.ndarray:
        return self.tokens[:, 0].astype(np.float32)

    def __len__(self) -> int:
        return len(self.labels)


def load(split: str, n: int, weights: Path, size: int = 224, *, name: str = "cifar10") -> Tokens:
    """The first ``n`` pictures of a part, in one random order, as tokens."""
    whole = data.load(name, split, size=size)
    chosen = np.random.default_rng(0).permutation(len(whole))[:n]
    if n > len(whole) or n % CHUNK:
        raise SystemExit(
            f"{name} ({split}) has {len(whole)} pictures; take a multiple of {CHUNK} of them"
        )
    pictures = whole.take(chosen)
    digest = hashlib.sha256(Path(weights).read_bytes() + str((size, GRID)).encode()).hexdigest()
    folder = runtime.cache_dir("symbols", f"{name.replace('/', '-')}-{split}-{digest[:12]}")
    model, rows = None, []
    for start in track(range(0, n, CHUNK), split):
        path = folder / f"{start:06d}.npy"
        if not path.exists():
            model = model or vit.create_backbone(VIT_TI, weights=weights, img_size=size)
            found = _tokens(model, pictures.images[start : start + CHUNK])
            with runtime.atomic_write(path) as temporary, open(temporary, "wb") as file:
                np.save(file, found)
        rows.append(np.load(path))
    return Tokens(np.concatenate(rows), pictures.labels, whole.classes)


@torch.inference_mode()
def _tokens(model, images: np.ndarray, batch: int = 25) -> np.ndarray:
    device = runtime.device()
    model.to(device)
    rows = []
    for start in range(0, len(images), batch):
        pixels = vit.to_input(model, torch.from_numpy(images[start : start + batch]))
        with torch.autocast(device.type, torch.bfloat16):
            tokens = model.forward_features(pixels).float()
        patches = tokens[:, 1:].transpose(1, 2).unflatten(2, model.patch_embed.grid_size)
        pooled = F.adaptive_avg_pool2d(patches, GRID).flatten(2).transpose(1, 2)
        rows.append(torch.cat([tokens[:, :1], pooled], 1).half().cpu().numpy())
    return np.concatenate(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("split", choices=("train", "val", "test"))
    parser.add_argument("n", type=int)
    parser.add_argument("--weights", type=Path, required=True, help="of a ViT-Ti (safetensors)")
    parser.add_argument("--name", default="cifar10", help="of the set, such as places6/P5")
    options = parser.parse_args()
    found = load(options.split, options.n, options.weights, name=options.name)
    print(found.tokens.shape, np.bincount(found.labels))


if __name__ == "__main__":
    main()
