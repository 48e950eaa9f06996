"""Words of a classification head: which of its scores stand out in a neuron's top pictures?

The head of an ImageNet ViT knows a thousand words. A neuron is named by the words whose scores
are high in its top pictures and low elsewhere. Where the neuron looks is not used.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from nesylib.meaning.labellers.choosing import best_words, check_limits
from nesylib.meaning.labellers.evidence import Evidence
from nesylib.meaning.labels import Labels


class HeadWords:
    """Names neurons by the words of a head.

    A word's score at a neuron is its mean over the neuron's top pictures less its mean over the
    others, in standard deviations over all pictures.

    Parameters
    ----------
    scores : (N, W)
        Scores (logits) of the pictures of the evidence, in its order.
    words : W names
    labels : (N,), optional
        Classes of the pictures. With them a word must stand out among pictures of the *same
        class*: what tells the classes apart is taken away first.
    least
        How far a word must stand out, in deviations. With ten pictures and a thousand words,
        chance alone reaches about one.
    margin, at_most
        Words within ``margin`` deviations of the best are kept too, up to ``at_most``.
    """

    def __init__(
        self,
        scores: np.ndarray,
        words: Sequence[str],
        *,
        labels: np.ndarray | None = None,
        least: float = 1.0,
        margin: float = 0.1,
        at_most: int = 3,
    ):
        check_limits(least, margin, at_most)
        scores = np.array(scores, dtype=np.float64)  # a copy: it is changed below
        if scores.ndim != 2 or scores.shape[1] != len(words) or not len(words):
            raise ValueError(
                f"{len(words)} words need scores (N, {len(words)}), got {scores.shape}"
            )
        if not np.isfinite(scores).all():
            raise ValueError("the scores of the head hold NaN or infinite values")
        if labels is not None:
            labels = np.asarray(labels)
            if labels.shape != (len(scores),):
                raise ValueError(f"{len(scores)} pictures need as many labels, got {labels.shape}")
            for label in np.unique(labels):
                scores[labels == label] -= scores[labels == label].mean(0)
        spread = scores.std(0)
        self.scores = (scores - scores.mean(0)) / np.where(spread > 1e-9, spread, np.inf)
        self.words = tuple(str(word) for word in words)
        self.least, self.margin, self.at_most = least, margin, at_most
        self.method = "head words" if labels is None else "head words, within class"

    def label(self, evidence: Evidence) -> Labels:
        if len(evidence.images) != len(self.scores):
            raise ValueError(
                f"the head scored {len(self.scores)} pictures, the evidence has "
                f"{len(evidence.images)}: score the same pictures"
            )
        names, missing = {}, evidence.silent()
        total, count = self.scores.sum(0), len(self.scores)
        for i, neuron in evidence.heard():
            top = np.unique(evidence.top[i])
            inside = self.scores[top].sum(0)
            rest = (total - inside) / max(count - len(top), 1)
            stands_out = inside / max(len(top), 1) - rest
            best = stands_out.max()
            if best < self.least:
                word = self.words[int(stands_out.argmax())]
                missing[neuron] = f"no word stands out: the best, {word}, by {best:.2f} deviations"
                continue
            names[neuron] = best_words(
                stands_out, self.words, self.least, self.margin, self.at_most
            )
        return Labels(names, missing, self.method)


def imagenet_scores(
    images, weights: str | Path, *, backbone: str, progress: bool = False
) -> tuple[np.ndarray, tuple[str, ...]]:
    """Scores ``(N, 1000)`` of the head in a ViT's weights file, and its words.

    Parameters
    ----------
    images
        As :func:`nesylib.vit.frozen_features` takes them; features are kept on disk.
    weights
        A safetensors file in timm's layout that still has its ImageNet-1k head.
    backbone
        The ViT's name in timm.

    Raises
    ------
    ValueError
        If the file has no head of a thousand classes.
    """
    from timm.data import ImageNetInfo

    from nesylib import vit
    from nesylib.vit.backbones import read_safetensors

    state = read_safetensors(weights)
    head = {name: state.get(f"head.{name}") for name in ("weight", "bias")}
    if any(part is None or len(part) != 1000 for part in head.values()):
        raise ValueError(
            f"{Path(weights).name} has no head of ImageNet's 1,000 classes (head.weight and "
            "head.bias): give the weights of a ViT that was trained on ImageNet-1k"
        )
    model = vit.create_backbone(backbone, weights=weights)
    features = vit.frozen_features(model, images, "cls", progress=progress)
    scores = features @ head["weight"].float().numpy().T + head["bias"].float().numpy()
    info = ImageNetInfo()
    return scores, tuple(info.index_to_description(i).split(",")[0] for i in range(1000))


def object_scores(features: np.ndarray, concepts: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Scores ``(M, K)`` of ``others`` by a head that is trained here to tell K concepts.

    One logistic regression a concept on ``features (N, E)`` with bits ``concepts (N, K)``. For
    pictures that ImageNet's words do not fit, such as drawn ones, it plays the part of a head
    that someone trained. It needs bits, so it is not free. A concept that is never or always
    there gets scores of 0.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler

    scale = StandardScaler().fit(features)
    features, others = scale.transform(features), scale.transform(others)
    scores = np.zeros((len(others), concepts.shape[1]))
    for k, bits in enumerate(np.asarray(concepts, dtype=bool).T):
        if 0 < bits.sum() < len(bits):
            head = LogisticRegression(C=0.1, max_iter=300).fit(features, bits)
            scores[:, k] = head.decision_function(others)
    return scores
