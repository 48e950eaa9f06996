"""Names of the objects whose masks lie under a neuron's heat-maps: NeSyFOLD's mass ratio."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nesylib import meaning
from nesylib.meaning.labellers.evidence import Evidence
from nesylib.meaning.labels import Labels


class MaskNames:
    """Names neurons by :func:`nesylib.meaning.mass_ratio` on the evidence's pictures and maps.

    Parameters
    ----------
    masks : (N, H, W)
        Of the pictures of the evidence: 0 is background, ``k + 1`` is concept ``k``.
    words : K names of concepts
    **settings
        ``quantile``, ``keep``, ``margin`` and ``negative`` of :func:`nesylib.meaning.mass_ratio`.
    """

    def __init__(self, masks: np.ndarray, words: Sequence[str], **settings):
        self.masks = np.asarray(masks)
        self.words = tuple(str(word) for word in words)
        self.settings = settings
        self.method = "mass ratio"

    def label(self, evidence: Evidence) -> Labels:
        if len(self.masks) != len(evidence.images):
            raise ValueError(
                f"{len(self.masks)} masks, but the evidence has {len(evidence.images)} pictures: "
                "give one for each"
            )
        names, missing = {}, evidence.silent()
        for i, neuron in evidence.heard():
            rows = evidence.top[i]
            if not np.isfinite(evidence.maps[i]).all():
                missing[neuron] = "its heat-maps hold NaN or infinite values"
                continue
            found = meaning.mass_ratio(
                evidence.maps[i][:, None],
                np.ones((len(rows), 1)),  # all of them are its top pictures
                self.masks[rows],
                self.words,
                k=len(rows),
                **self.settings,
            )
            names[neuron] = found.names[0]
            if found.missing:
                missing[neuron] = found.missing[0]
        return Labels(names, missing, self.method)
