"""Tables of the pages on symbols: which rows and columns, from what has been recorded.

A method that has not been recorded has no row; the lists here are the only place that names them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from book_learners import show, table_html

from nesylib import record

LENGTHS = (1, 2, 4, 8)

STUDENTS = {
    "base": "the paper's recipe (softmax)",
    "base-autoregressive": "the same, one symbol after the other",
    "gumbel": "Gumbel, straight through",
    "vq": "vector quantization",
    "entropy": "with entropy encouragement",
    "information": "with information maximisation",
    "base-cls": "starts from [CLS]",
    "fixed-projector": "fixed projector",
    "feature": "target: the feature",
    "anchors": "target: anchors",
    "anchors-vq": "anchors, own tables, VQ",
    "anchors-gumbel": "anchors, own tables, Gumbel",
    "anchors-vq-cls": "anchors, VQ, from [CLS]",
    "anchors-gumbel-cls": "anchors, Gumbel, from [CLS]",
    "anchors-fsq": "anchors, FSQ",
    "anchors-residual": "anchors, residual tables",
    "anchors-nested": "anchors, nested prefixes",
    "anchors-apart": "anchors, decorrelated positions",
    "anchors-walk": "anchors, two steps",
}
BASELINES = {
    "k-means": "k-means",
    "k-means-scaled": "k-means, scaled features",
    "residual": "residual k-means",
    "residual-scaled": "residual k-means, scaled features",
    "product": "product quantization",
    "product-scaled": "product quantization, scaled features",
    "voting": "k-means eight times",
    "voting-scaled": "k-means eight times, scaled features",
    "random": "random projections",
}
TRANSFER = {
    "student-cifar10": "student, of CIFAR-10",
    "student-itself": "student, of the set itself",
    "k-means-cifar10": "k-means, of CIFAR-10",
    "k-means-itself": "k-means, of the set itself",
    "residual-cifar10": "residual k-means, of CIFAR-10",
    "residual-itself": "residual k-means, of the set itself",
    "product-cifar10": "product quantization, of CIFAR-10",
    "product-itself": "product quantization, of the set itself",
    "random": "random projections",
}


def recorded(name: str) -> dict[str, record.Measurement]:
    """What a file of results holds, by key; nothing if it has not been written."""
    if name not in record.chapters():
        return {}
    return {m.key: m for m in record.load(name)}


def rows_of(
    found: Mapping[str, record.Measurement],
    area: str,
    methods: Mapping[str, str],
    measures: Sequence[str],
) -> list[list[str]]:
    """A row for each method that has one of these measures."""
    rows = []
    for method, name in methods.items():
        cells = [found.get(f"{area}/{method}/{measure}") for measure in measures]
        if any(cell is not None for cell in cells):
            rows.append([name, *("" if cell is None else str(cell) for cell in cells)])
    return rows


def show_lengths(
    name: str,
    area: str,
    methods: Mapping[str, str],
    reading: str,
    more: Mapping[str, str] | None = None,
) -> None:
    """k-NN after 1, 2, 4 and 8 symbols in one reading, and ``more`` measures by title."""
    more = more or {}
    measures = [*(f"knn-{reading}-{n}" for n in LENGTHS), *more]
    rows = rows_of(recorded(name), area, methods, measures)
    show(table_html(["", *map(str, LENGTHS), *more.values()], rows))


def show_measures(
    name: str, area: str, methods: Mapping[str, str], measures: Mapping[str, str]
) -> None:
    """Some measures, by title."""
    rows = rows_of(recorded(name), area, methods, list(measures))
    show(table_html(["", *measures.values()], rows))
