"""Tables drawn by whole-number arithmetic, so that every machine and version draws the same."""

import numpy as np
import pandas as pd


def numbers(n, seed):
    """n whole numbers in [0, 2**16), from a linear congruential generator."""
    state, out = seed, []
    for _ in range(n):
        state = (1103515245 * state + 12345) % 2**31
        out.append(state >> 15)
    return np.array(out)


def concepts(n_rows=240, n_columns=12, n_classes=4, seed=1):
    """Bits of rooms: each class owns three concepts; a twentieth of the bits is flipped."""
    y = numbers(n_rows, seed) % n_classes
    X = np.zeros((n_rows, n_columns), bool)
    for c in range(n_classes):
        X[:, 3 * c : 3 * c + 3] = (y == c)[:, None]
    X ^= numbers(X.size, seed + 1).reshape(X.shape) % 20 == 0
    names = [f"c{i}" for i in range(n_columns)]
    return pd.DataFrame(X, columns=names), np.array(["bath", "bed", "dine", "hall"])[y]


def patients(n_rows=200, seed=7):
    """Strings, numbers and missing cells, with a noisy rule that has exceptions."""
    age = (numbers(n_rows, seed) % 60 + 20).astype(float)
    dose = numbers(n_rows, seed + 1) % 50 / 7
    kind = np.array(["a", "b", "1", "c"], object)[numbers(n_rows, seed + 2) % 4]
    site = np.array(["left", "right", None], object)[numbers(n_rows, seed + 3) % 3]
    ill = (age > 45) & (kind != "b") | (dose > 5) & (site == "left") & (age < 70)
    ill ^= numbers(n_rows, seed + 4) % 15 == 0
    age[numbers(n_rows, seed + 5) % 11 == 0] = np.nan
    frame = pd.DataFrame({"age": age, "dose": dose, "kind": kind, "site": site})
    return frame, np.where(ill, "ill", "well")


CASES = {
    "concepts binary": (concepts, {"ratio": 0.5, "tail": 0.005, "positive": "bed"}),
    "concepts repaired": (concepts, {"ratio": 0.8}),
    "concepts published": (concepts, {"ratio": 0.2, "tail": 0.01, "multiclass": "published"}),
    "patients": (patients, {"ratio": 0.5, "tail": 0.01}),
    "patients deep": (patients, {"ratio": 0.8, "tail": 0.0}),
    "patients well": (patients, {"ratio": 0.3, "tail": 0.02, "positive": "well"}),
}
