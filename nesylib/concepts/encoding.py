"""From pictures to activations, from activations to bits."""

from __future__ import annotations

import numpy as np
import torch

from nesylib.concepts.model import ConceptViT
from nesylib.vit.features import frozen_features, in_batches


@torch.inference_mode()
def encode(
    net: ConceptViT,
    dataset,
    *,
    batch_size: int = 256,
    cache_features: bool = False,
    progress: bool = False,
) -> np.ndarray:
    """Concept activations of every picture, ``(N, D)`` float32 in (0, 1).

    Parameters
    ----------
    dataset
        An :class:`nesylib.data.ImageSet`, or an array of pictures ``(N, 3, H, W)`` uint8.
    cache_features
        Keep the backbone's features on disk: worth it when the backbone is frozen and large.
    """
    net.eval()
    device = next(net.parameters()).device
    if cache_features:
        features = frozen_features(net.backbone, dataset, net.pooling, progress=progress)
        return net.concepts(torch.from_numpy(features).to(device)).float().cpu().numpy()
    images = getattr(dataset, "images", dataset)
    rows = in_batches(
        lambda batch: net(batch).float(), images, device, batch_size, "encode", progress
    )
    return np.concatenate(rows) if rows else np.zeros((0, net.n_concepts), np.float32)


def binarize(activations: np.ndarray, threshold: float | np.ndarray = 0.5) -> np.ndarray:
    """Bits of the activations: 1 where ``activation >= threshold`` (arXiv 2505.06745: 0.5).

    ``threshold`` is one number, or one for each neuron ``(D,)``, such as
    :func:`nesylib.concepts.neuron_thresholds` finds.

    Raises
    ------
    ValueError
        For NaN (a diverged network), a threshold outside (0, 1), or another number of
        thresholds than of neurons.
    """
    activations = np.asarray(activations)
    if activations.dtype.kind not in "biuf":
        raise ValueError(f"activations must be numbers, not {activations.dtype}")
    if np.isnan(activations).any():
        raise ValueError("activations hold NaN: the network has diverged; train it again")
    threshold = np.asarray(threshold, dtype=np.float64) if np.ndim(threshold) else float(threshold)
    if np.ndim(threshold) and threshold.shape != activations.shape[-1:]:
        raise ValueError(
            f"thresholds have shape {threshold.shape}, activations {activations.shape}: give one "
            "number, or one for each neuron"
        )
    if not np.all(np.greater(threshold, 0) & np.less(threshold, 1)):
        raise ValueError(f"threshold must lie between 0 and 1, got {threshold}")
    return activations >= threshold


def code_summary(activations: np.ndarray, threshold: float = 0.5) -> dict[str, float]:
    """What a set of codes looks like at a glance.

    Returns
    -------
    dict
        ``active``: mean number of neurons on per picture. ``dead`` and ``always``: neurons that
        are never and always on. ``unsure``: share of activations in [0.4, 0.6], where a small
        change flips the bit. ``codes``: number of different bit vectors.
    """
    activations = np.asarray(activations)
    if activations.ndim != 2 or 0 in activations.shape:
        raise ValueError(
            f"a summary needs activations (N, D) of some pictures, got {activations.shape}"
        )
    bits = binarize(activations, threshold)
    return {
        "active": float(bits.sum(1).mean()),
        "dead": int((~bits.any(0)).sum()),
        "always": int(bits.all(0).sum()),
        "unsure": float(((activations >= 0.4) & (activations <= 0.6)).mean()),
        "codes": len(np.unique(np.packbits(bits, axis=1), axis=0)),
    }
