"""Signs that a self-distilled network has found the easy way out.

A student that answers the same for every picture agrees with a teacher that does. There are two
such answers: all prototypes alike, and one prototype for all. The loss tells neither from
success on its own.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from torch.nn import functional as F


class Collapsed(RuntimeError):
    """Training was stopped because every picture gets the same answer."""


@torch.no_grad()
def signals(probabilities: torch.Tensor, features: torch.Tensor) -> dict[str, torch.Tensor]:
    """Three numbers to watch, as scalars.

    Parameters
    ----------
    probabilities
        ``(..., K)``: the teacher's distributions.
    features
        ``(N, E)``: the student's features of N pictures.

    Returns
    -------
    dict
        ``teacher_entropy``: mean entropy of a single answer, from 0 (certain) to ln K (uniform).
        ``usage_entropy``: entropy of the mean answer, from 0 (one prototype for all) to ln K (all
        prototypes used alike). ``feature_std``: standard deviation over pictures of features of
        length 1, times the root of E: 0 when all are the same, about 1 when they point everywhere
        (Chen and He 2021).
    """
    p = probabilities.flatten(0, -2)
    unit = F.normalize(features.float(), dim=1)
    spread = unit.std(0, unbiased=False).mean() * math.sqrt(unit.shape[1])
    return {
        "teacher_entropy": torch.special.entr(p).sum(-1).mean(),
        "usage_entropy": torch.special.entr(p.mean(0)).sum(),
        "feature_std": spread,
    }


def collapse_signs(row: Mapping[str, float], prototypes: int) -> dict[str, str]:
    """What one epoch's numbers say, by name of the failure; empty when nothing is wrong.

    Parameters
    ----------
    row
        With ``total`` (the loss), ``teacher_entropy``, ``usage_entropy`` and ``feature_std``; what
        is missing is not looked at.
    prototypes
        K.

    Returns
    -------
    dict
        ``"uniform"``: all prototypes alike for every picture. ``"one prototype"``: the same
        few for every picture. ``"same features"``: the features themselves no longer differ.
        Each with what was seen and what to turn.
    """
    top, found = math.log(prototypes), {}
    entropy, usage = row.get("teacher_entropy", 0.0), row.get("usage_entropy", top)
    if entropy > 0.98 * top and row.get("total", top) > 0.98 * top:
        found["uniform"] = (
            f"the teacher's entropy is {entropy:.3f} and the loss {row.get('total', top):.3f} of "
            f"ln {prototypes} = {top:.3f}: every answer is uniform. Sharpen: lower the teacher's "
            "temperature, to half the student's or less"
        )
    if usage < 0.2 * top:
        found["one prototype"] = (
            f"the mean answer has an entropy of {usage:.3f} of at most {top:.3f}: one prototype "
            "or very few win for every picture. Centre the teacher's outputs, with a momentum of "
            "0.9 or so"
        )
    if row.get("feature_std", 1.0) < 0.05:
        found["same features"] = (
            f"features of length 1 vary by {row['feature_std']:.3f} of about 1: all pictures have "
            "nearly the same. Keep the teacher apart (momentum 0.99 or more, no gradient), and "
            "lower the learning rate"
        )
    return found
