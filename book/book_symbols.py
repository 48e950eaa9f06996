"""Tables of the pages on symbols: which rows and columns, from what has been recorded.

A method that has not been recorded has no row, and the lists here are the only place with names.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from book_learners import show, table_html

from nesylib import record

LENGTHS = (1, 2, 4, 8)

STUDENTS = {
    "base": "the paper's recipe, softmax",
    "base-autoregressive": "… one symbol after the other",
    "gumbel": "… Gumbel, straight through",
    "vq": "… vector quantization",
    "entropy": "… entropy encouragement",
    "information": "… information maximisation",
    "fixed-projector": "… a fixed projector",
    "feature": "target: the feature",
    "anchors": "target: anchors",
    "anchors-cls": "anchors, own tables, from [CLS]",
    "anchors-vq-cls": "… vector quantization",
    "anchors-residual-cls": "… residual tables",
    "neighbours": "neighbours",
    "neighbours-cls": "neighbours, from [CLS]",
    "neighbours-nested-cls": "… nested prefixes",
    "neighbours-apart-cls": "… decorrelated positions",
    "neighbours-feature-cls": "… target: the feature",
    "neighbours-projector-cls": "… target: a projector that follows",
    "neighbours-long-cls": "… twice as many steps",
}
VOCABULARIES = {
    "near-gumbel-16-cls": "Gumbel, 16",
    "near-gumbel-64-cls": "Gumbel, 64",
    "neighbours-cls": "Gumbel, 128",
    "near-gumbel-256-cls": "Gumbel, 256",
    "near-vq-64-cls": "vector quantization, 64",
    "near-vq-128-cls": "vector quantization, 128",
    "near-vq-256-cls": "vector quantization, 256",
    "near-softmax-64-cls": "softmax, straight through, 64",
    "near-softmax-128-cls": "softmax, straight through, 128",
    "near-softmax-256-cls": "softmax, straight through, 256",
    "near-fsq-64-cls": "finite scalar quantization, 64",
    "near-fsq-128-cls": "finite scalar quantization, 128",
    "near-fsq-256-cls": "finite scalar quantization, 256",
}
CODERS = {
    "k-means": "k-means",
    "residual": "residual k-means",
    "product": "product quantization",
    "voting": "k-means eight times",
    "random": "random projections",
}
SCALES = {"": "", "-scaled": ", scaled features", "-unit": ", scaled, of length 1"}
BASELINES = {
    f"{coder}{scale}": f"{name}{words}"
    for coder, name in CODERS.items()
    for scale, words in SCALES.items()
}
TRANSFER = {
    "student-cifar10": "student, of CIFAR-10",
    "student-moved": "student, of CIFAR-10, features moved",
    "k-means-cifar10": "k-means, of CIFAR-10",
    "k-means-moved": "k-means, of CIFAR-10, features moved",
    "k-means-itself": "k-means, of the set itself",
    "product-cifar10": "product quantization, of CIFAR-10",
    "product-moved": "product quantization, of CIFAR-10, features moved",
    "product-itself": "product quantization, of the set itself",
    "random": "random projections",
}


def recorded(name: str) -> dict[str, record.Measurement]:
    """What a file of results holds, by key; nothing if it has not been written."""
    if name not in record.chapters():
        return {}
    return {m.key: m for m in record.load(name)}


def students(name: str = "symbols-cifar10") -> dict[str, str]:
    """Names of students by method: those above, and what else has been recorded."""
    methods = dict.fromkeys(key.split("/")[2] for key in recorded(name))
    known = {*STUDENTS, *VOCABULARIES, *BASELINES, *(f"teacher{scale}" for scale in SCALES)}
    return STUDENTS | {method: method for method in methods if method not in known}


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
            rows.append([name, *map(written, cells)])
    return rows


def written(cell: record.Measurement | None) -> str:
    """What stands in a cell; a number that is the same for every seed without a spread."""
    if cell is None:
        return ""
    same = cell.unit == "number" and cell.spread == 0
    return f"{cell.value:g}" if same else str(cell)


def show_lengths(
    name: str,
    area: str,
    methods: Mapping[str, str],
    reading: str,
    more: Mapping[str, str] | None = None,
    lead: str = "",
) -> None:
    """k-NN after 1, 2, 4 and 8 symbols in one reading, and ``more`` measures by title.

    ``lead`` is a line above it. Nothing is shown where nothing has been recorded.
    """
    more = more or {}
    measures = [*(f"knn-{reading}-{n}" for n in LENGTHS), *more]
    rows = rows_of(recorded(name), area, methods, measures)
    rows = [row for row in rows if any(row[1 : 1 + len(LENGTHS)])]
    if rows:
        show(lead + table_html(["", *map(str, LENGTHS), *more.values()], rows, compact=True))


def show_measures(
    name: str, area: str, methods: Mapping[str, str], measures: Mapping[str, str]
) -> None:
    """Some measures, by title."""
    rows = rows_of(recorded(name), area, methods, list(measures))
    if rows:
        show(table_html(["", *measures.values()], rows, compact=True))
