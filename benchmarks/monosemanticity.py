"""The monosemanticity score: in one pass, by the matrix of all pairs, by a loop over pairs.

python benchmarks/monosemanticity.py
"""

from __future__ import annotations

import time

import numpy as np

from nesylib import meaning

NEURONS, SIZE, REPEATS, LOOP = 64, 192, 3, 200


def by_matrix(values: np.ndarray, embeddings: np.ndarray) -> np.ndarray:
    """All N x N cosines at once, then one quadratic form for each neuron."""
    unit = embeddings / np.linalg.norm(embeddings, axis=1, keepdims=True)
    cosines = unit @ unit.T
    np.fill_diagonal(cosines, 0.0)
    weight = (values - values.min(0)) / np.ptp(values, axis=0)
    top = ((cosines @ weight) * weight).sum(0)
    return top / (weight.sum(0) ** 2 - (weight**2).sum(0))


def by_loop(values: np.ndarray, embeddings: np.ndarray) -> np.ndarray:
    """The definition, one pair of pictures after the other."""
    unit = embeddings / np.linalg.norm(embeddings, axis=1, keepdims=True)
    weight = (values - values.min(0)) / np.ptp(values, axis=0)
    top, pairs = np.zeros((2, values.shape[1]))
    for n in range(len(unit)):
        for m in range(n):
            both = weight[n] * weight[m]
            top += both * (unit[n] @ unit[m])
            pairs += both
    return top / pairs


def seconds(function, *arguments) -> float:
    """CPU seconds of the quickest of a few calls."""
    took = []
    for _ in range(REPEATS):
        start = time.process_time()
        function(*arguments)
        took.append(time.process_time() - start)
    return min(took)


def main() -> None:
    rng = np.random.default_rng(0)
    print(f"{NEURONS} neurons, embeddings of {SIZE} numbers, CPU seconds")
    print(f"{'pictures':>9} {'one pass':>10} {'matrix':>10} {'times':>7} {'loop':>10} {'times':>7}")
    for n in (LOOP, 1000, 4000):
        values, embeddings = rng.random((n, NEURONS)), rng.normal(size=(n, SIZE))
        ours = meaning.monosemanticity(values, embeddings)
        assert np.allclose(ours, by_matrix(values, embeddings), atol=1e-9)
        one = seconds(meaning.monosemanticity, values, embeddings)
        matrix = seconds(by_matrix, values, embeddings)
        line = f"{n:9} {one:10.4f} {matrix:10.4f} {matrix / one:7.1f}"
        if n == LOOP:
            assert np.allclose(ours, by_loop(values, embeddings), atol=1e-9)
            loop = seconds(by_loop, values, embeddings)
            line += f" {loop:10.4f} {loop / one:7.0f}"
        print(line)


if __name__ == "__main__":
    main()
