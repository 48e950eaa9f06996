"""What a concept explorer knows: bits of every picture, names of neurons, packed heat-maps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from nesylib.viz.explorer_model import Model, clean
from nesylib.viz.heat_letters import packed

#: Letters of a neuron's name; the page repeats it many times.
LONGEST = 200


class ConceptModel:
    """Bits, names and heat-maps beside the rules' own :class:`Model`.

    Attributes
    ----------
    rules : Model
        Of the program with neurons and classes called by their names.
    texts : list of str
        What each of the D columns is called.
    shown : list of int
        Columns to show: those the rules ask for in their order, then those with heat-maps.
    maps : dict
        Column -> for each picture (letters, least value, greatest value).
    """

    def __init__(self, program, codes, threshold, *, labels, classes, names, titles) -> None:
        import pandas as pd

        from nesylib.rules import Column

        codes = numbers(codes)
        if codes.ndim != 2 or not len(codes):
            raise ValueError(f"codes must be (N, D) with at least one picture, got {codes.shape}")
        if not np.isfinite(codes).all():
            raise ValueError("codes hold values that are not finite: look at the network first")
        width = codes.shape[1]
        if program.columns and len(program.columns) != width:
            raise ValueError(
                f"codes have {width} columns but the program reads {len(program.columns)}: give "
                "the activations of all neurons, in the order in which the program learned them"
            )
        literals = program.literals()
        other = [lit.column for lit in literals if lit.value is not True]
        if other:
            raise ValueError(f"a concept explorer shows programs over bits, {other[:3]} are none")
        if np.ndim(threshold) or not np.isfinite(threshold):
            raise ValueError(f"threshold must be one number, got {threshold}")
        self.codes, self.bits, self.threshold = codes, codes >= threshold, threshold
        if not program.columns:
            columns = tuple(Column(f"x{i}", "boolean") for i in range(width))
            program = replace(program, columns=columns)
        known = [c.name for c in program.columns]
        self.texts = _called(known, names or {})
        place = {name: i for i, name in enumerate(known)}
        called = program.rename(dict(zip(known, self.texts, strict=True)))
        called = _answering(called, classes)
        told = None if labels is None else [label_text(label, classes) for label in labels]
        if labels is not None and classes is None:
            _same_kind(program, labels)
        self.default = called.default
        rows = pd.DataFrame({text: self.bits[:, i] for i, text in enumerate(self.texts)})
        asked = list(dict.fromkeys(place[lit.column] for lit in literals))
        self.rules = Model(
            called,
            rows,
            told,
            titles,
            unit="picture",
        )
        self.shown, self.asked = asked, set(asked)
        self.maps: dict[int, list[tuple[str, str, str]]] = {}
        self.grid = (1, 1)

    @property
    def room(self) -> int:
        """Bytes that the heat-maps take."""
        return sum(len(letters) + 20 for each in self.maps.values() for letters, _, _ in each)

    def show(self, neurons: Sequence[int], maps: Any) -> None:
        """Add heat-maps of ``neurons``."""
        if not np.iterable(neurons):
            raise ValueError(f"neurons must be a list of column numbers, got {neurons!r}")
        odd = [k for k in neurons if isinstance(k, (bool, np.bool_)) or not hasattr(k, "__index__")]
        if odd:
            raise ValueError(
                f"neurons must be column numbers, got {odd[:5]}: of a bool mask, "
                "np.flatnonzero(mask)"
            )
        neurons = [int(k) for k in neurons]
        n, width = self.codes.shape
        unknown = [k for k in neurons if not 0 <= k < width]
        if unknown or len(set(neurons)) < len(neurons):
            raise ValueError(
                f"neurons must be different columns, 0 to {width - 1}, got {unknown or neurons}"
            )
        if maps is None:
            maps = np.zeros((n, 0, 1, 1))
            neurons_with = []
        else:
            neurons_with = neurons
        maps = numbers(maps)
        if maps.ndim != 4 or maps.shape[:2] != (n, len(neurons_with)) or 0 in maps.shape[2:]:
            raise ValueError(
                f"maps must be ({n}, {len(neurons_with)}, h, w), one for each picture and each of "
                f"`neurons`, got {maps.shape}"
            )
        if not np.isfinite(maps).all():
            raise ValueError("heat-maps hold values that are not finite")
        self.grid = maps.shape[2:]
        self.maps = {k: [packed(m) for m in maps[:, j]] for j, k in enumerate(neurons_with)}
        self.shown += [k for k in neurons if k not in self.asked]

    def first_look(self, start: int) -> int | None:
        """The strongest neuron of the first picture that has a heat-map, by its place."""
        able = [k for k, column in enumerate(self.shown) if column in self.maps]
        if not able:
            return None
        return max(able, key=lambda k: (self.shown[k] in self.asked, self.value(start, k)))

    def value(self, i: int, k: int) -> float:
        return float(self.codes[i, self.shown[k]])

    def note(self, k: int) -> str:
        """Which rules ask for a neuron, and whether it says anything here."""
        column, parts = self.shown[k], []
        mine = [j for j, lit in enumerate(self.rules.literals) if self._column(lit) == column]
        asking = [
            name
            for name, (_, body) in zip(self.rules.names_of, self.rules.parts, strict=False)
            if any(kind == "lit" and number in mine for _, kind, number in body)
        ]
        if asking:
            parts.append("in " + ", ".join(asking[:6]) + (" ..." if len(asking) > 6 else ""))
        on = self.bits[:, column]
        if not on.any():
            parts.append("off in all of these pictures")
        elif on.all():
            parts.append("on in all of these pictures")
        return "; ".join(parts)

    def _column(self, literal) -> int:
        return self.texts.index(literal.column)

    def data(self) -> dict:
        """What the script needs beside the rules' own data."""
        rules = self.rules
        at = {c.number: k for k, c in enumerate(rules.clauses) if c.label is None}
        place = {lit: i for i, lit in enumerate(rules.literals)}
        seat = {column: k for k, column in enumerate(self.shown)}
        silent = "no answer"
        return {
            "bits": [clean(self.texts[c]) for c in self.shown],
            "own": ["".join("01"[int(b)] for b in row) for row in self.bits[:, self.shown]],
            "values": np.round(self.codes[:, self.shown], 4).tolist(),
            "lits": [[seat[self._column(lit)], int(lit.negated)] for lit in rules.literals],
            "bodies": [[place[lit] for lit in c.body] for c in rules.clauses],
            "unless": [[at[number] for number in c.unless] for c in rules.clauses],
            "rules": rules.n_rules,
            "says": [clean(c.label) for c in rules.clauses[: rules.n_rules]],
            "other": silent if self.default is None else clean(self.default),
            "silent": silent if self.default is None else "",
            "maps": {seat[column]: maps for column, maps in self.maps.items()},
            "grid": list(self.grid),
        }


def _called(known: list[str], names: Mapping[int | str, str]) -> list[str]:
    """What each column is called; names that two columns would share are numbered."""
    if not isinstance(names, Mapping):
        raise TypeError(
            f"names must be a dictionary, not a {type(names).__name__}: of Labels, "
            "labels.written('readable')"
        )
    unknown = [k for k in names if k not in known and not _is_place(k, len(known))]
    if unknown:
        raise ValueError(
            f"names for {unknown[:5]}, which are no columns: use numbers 0 to {len(known) - 1} "
            "or names of the program's columns"
        )
    wanted = []
    for i, name in enumerate(known):
        given = names.get(i, names.get(name))
        text = "" if given is None else " ".join(str(given).split())
        text = text or name
        wanted.append(text if len(text) <= LONGEST else f"{text[: LONGEST - 3]}...")
    times, taken = Counter(wanted), set(wanted)
    numbered: Counter = Counter()
    for i, text in enumerate(wanted):
        if times[text] == 1:
            continue
        while True:
            numbered[text] += 1
            new = f"{text} {numbered[text]}"
            if new not in taken:
                break
        taken.add(new)
        wanted[i] = new
    return wanted


def numbers(values: Any) -> np.ndarray:
    """Numbers as float64, of an array or of a tensor of any precision, wherever it is."""
    if hasattr(values, "detach"):
        values = values.detach().cpu().double()
    return np.asarray(values, np.float64)


def _same_kind(program, labels: Sequence[Any]) -> None:
    """Without class names, names never agree with numbers."""
    answers = [*program.labels(), program.default]
    kinds = [
        {isinstance(value, str) for value in values if value is not None}
        for values in (answers, labels)
    ]
    if kinds in ([{True}, {False}], [{False}, {True}]):
        raise ValueError(
            "the program answers in names and labels are numbers, or the other way round: give "
            "the classes=(...) that the numbers stand for"
        )


def _is_place(key: object, width: int) -> bool:
    return isinstance(key, (int, np.integer)) and not isinstance(key, bool) and 0 <= key < width


def label_text(label: Any, classes: Sequence[str] | None) -> str:
    """A class as text: numbers are looked up in ``classes``."""
    label = label.item() if isinstance(label, np.generic) else label
    if hasattr(label, "item"):  # of a tensor
        label = label.item()
    if isinstance(label, float) and label.is_integer():
        label = int(label)  # class 1.0 is class 1
    if classes is None or isinstance(label, str):
        return str(label)
    if not hasattr(label, "__index__"):
        raise ValueError(f"label {label} is neither a name nor the number of a class")
    if not 0 <= label < len(classes):
        raise ValueError(f"label {label} is none of the {len(classes)} classes")
    return str(classes[label])


def _answering(program, classes: Sequence[str] | None):
    """The program with class names as answers."""
    rules = tuple(replace(rule, label=label_text(rule.label, classes)) for rule in program.rules)
    default = None if program.default is None else label_text(program.default, classes)
    return replace(program, rules=rules, default=default)


def truths(truth: Sequence[Any] | None) -> list[str] | None:
    """What is really in each picture, as a sentence."""
    if truth is None:
        return None
    texts = [t if isinstance(t, str) else ", ".join(map(str, t)) for t in truth]
    return [f"Really there: {clean(t)}." if t else "" for t in texts]
