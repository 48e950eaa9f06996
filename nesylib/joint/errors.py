"""Error analysis: of every wrong picture the rule that fired, what was missing, the wrong bit.

A wrong answer of a program over bits has one of two causes, and only knowledge of the true bits
can tell them apart: the network saw something that is not there (or missed something that is), or
the rules are wrong even about what is really there. Without such knowledge there is still the
smallest set of bits whose flip would make the program right. It is a hypothesis: most bits could
have been flipped, and the smallest set need not be the one that is wrong.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from nesylib.rules.counterfactual import counterfactual
from nesylib.rules.explain import same_label, why_not
from nesylib.rules.literals import Literal

KINDS = {
    "no rule for it": "no rule says the true class, nor does the default",
    "too late": "a rule for the true class fires, but an earlier rule decides",
    "another rule": "no rule for the true class fires, another one does",
    "no rule fired": "no rule fires at all: the default, or no answer",
}


@dataclass(frozen=True)
class WrongPicture:
    """One wrong answer and what is known of it.

    Attributes
    ----------
    row : int
    label, answer : label
        The true class, and what the program says (None: nothing).
    by : str
        ``"rule 3"`` or ``"the default"`` or ``"no rule"``.
    kind : str
        One of the keys of ``nesylib.joint.errors.KINDS``.
    nearest : str or None
        The rule for the true class that misses least.
    missing : tuple of str
        What that rule misses, in words: literals that fail, or the exception that holds.
    flips : tuple of str or None
        The fewest bits that would have to be different for the true class; None when no flip of
        bits gives it, or when they were not looked for.
    wrong_bits : tuple of str or None
        The bits the program asks for that are not so in the picture; None without truth.
    fault : "bits", "rules" or None
        Bits: with the true bits the program is right. Rules: it is wrong even then.
    """

    row: int
    label: object
    answer: object
    by: str
    kind: str
    nearest: str | None
    missing: tuple[str, ...]
    flips: tuple[str, ...] | None
    wrong_bits: tuple[str, ...] | None
    fault: str | None

    def __str__(self) -> str:
        lines = [f"picture {self.row}: {self.answer} by {self.by}, it is {self.label}"]
        if self.nearest:
            lines.append(f"  nearest rule for {self.label}: {self.nearest}")
            lines += [f"    but {words}" for words in self.missing]
        else:
            lines.append(f"  {KINDS[self.kind]}")
        if self.flips is not None:
            lines.append(f"  right if flipped: {', '.join(self.flips) or 'nothing'}")
        if self.wrong_bits is not None:
            lines.append(f"  not so in the picture: {', '.join(self.wrong_bits) or 'nothing'}")
            lines.append(f"  at fault: the {self.fault}")
        return "\n".join(lines)


class Errors:
    """What :func:`find_errors` found; ``len`` is the number of wrong pictures.

    Attributes
    ----------
    wrong : tuple of WrongPicture
    pictures : int
        How many were looked at, right ones included.
    """

    def __init__(self, program, wrong, decided, bits, off) -> None:
        self.program = program
        self.wrong: tuple[WrongPicture, ...] = tuple(wrong)
        self.pictures = len(decided)
        self._decided = decided
        self._off = off  # column -> (N,) bool, the bits that are not so; None without truth
        self._bits = bits

    def __len__(self) -> int:
        return len(self.wrong)

    def __iter__(self):
        return iter(self.wrong)

    def __getitem__(self, index):
        return self.wrong[index]

    def __str__(self) -> str:
        lines = [f"{len(self)} of {self.pictures} pictures are answered wrong"]
        kinds = Counter(w.kind for w in self.wrong)
        lines += [f"  {kinds[kind]} {kind}: {text}" for kind, text in KINDS.items() if kinds[kind]]
        faults = Counter(w.fault for w in self.wrong if w.fault)
        lines += [f"  {number} at fault: the {fault}" for fault, number in faults.most_common()]
        return "\n".join(lines)

    __repr__ = __str__

    def to_frame(self):
        """One row a wrong picture (:class:`pandas.DataFrame`)."""
        import pandas as pd

        names = [name for name in WrongPicture.__dataclass_fields__]
        rows = [[getattr(w, name) for name in names] for w in self.wrong]
        return pd.DataFrame(rows, columns=names)

    def by_rule(self):
        """One row for each rule that decides wrongly: how often, for which classes, what misses.

        ``decides`` counts all pictures that the rule decides, ``wrong`` those it gets wrong,
        ``really`` their true classes, ``missing`` what the nearest rule misses most often.
        """
        import pandas as pd

        from nesylib.rules.printing import Writer

        rules = self.program.rules
        writer = Writer(self.program.head, "display", False)
        rows = []
        for number in [*range(len(rules)), -1]:
            name = self._name(number)
            mine = [w for w in self.wrong if w.by == name]
            if not mine:
                continue
            says = rules[number].label if number >= 0 else self.program.default
            body = ""
            if number >= 0:
                opened: set[str] = set()
                parts = [p for lit in rules[number].body for p in writer.literal(lit, opened)]
                parts += ["..."] if rules[number].exceptions else []
                body = ", ".join(parts)
            really = Counter(str(w.label) for w in mine).most_common()
            missing = Counter(words for w in mine for words in w.missing).most_common(1)
            rows.append(
                {
                    "by": name,
                    "says": "no answer" if says is None else says,
                    "if": body,
                    "decides": int((self._decided == number).sum()),
                    "wrong": len(mine),
                    "really": ", ".join(f"{label} {count}" for label, count in really),
                    "missing": f"{missing[0][0]} ({missing[0][1]})" if missing else "",
                }
            )
        columns = ["by", "says", "if", "decides", "wrong", "really", "missing"]
        return pd.DataFrame(rows, columns=columns).sort_values(
            "wrong", ascending=False, kind="stable", ignore_index=True
        )

    def bits(self):
        """One row for each bit that would have to flip: how often, which way, and how often justly.

        ``on`` counts pictures where it should be on and is off, ``off`` the others; with truth,
        ``really`` counts those where the bit is not so in the picture.
        """
        import pandas as pd

        rows: dict[str, dict] = {}
        for w in self.wrong:
            for name in w.flips or ():
                row = rows.setdefault(name, {"bit": name, "pictures": 0, "on": 0, "off": 0})
                row["pictures"] += 1
                row["off" if self._bits[name][w.row] else "on"] += 1
                if self._off is not None:
                    row["really"] = row.get("really", 0) + (name in w.wrong_bits)
        columns = ["bit", "pictures", "on", "off"] + ["really"] * (self._off is not None)
        return pd.DataFrame(list(rows.values()), columns=columns).sort_values(
            "pictures", ascending=False, kind="stable", ignore_index=True
        )

    def blame(self) -> dict[str, float]:
        """How far the smallest flip points at the bits that are really wrong.

        Over the wrong pictures that can be mended by a flip: ``bits``, the share in which the
        bits are at fault; ``flips``, how many bits are flipped on average; ``just``, of the bits
        flipped, the share that is not so in the picture; ``by chance``, the same share of all the
        bits that the program asks for; ``hit``, the share of pictures in which all flipped bits
        are really wrong. NaN where there is nothing to count.

        Raises
        ------
        ValueError
            Without truth.
        """
        if self._off is None:
            raise ValueError("no truth was given: find_errors(..., truth={'bed': ...}) tells")
        known = set(self._off)
        mended = [w for w in self.wrong if w.flips and set(w.flips) <= known]
        flips = [name in w.wrong_bits for w in mended for name in w.flips]
        chance = [len(w.wrong_bits) / len(known) for w in mended for _ in w.flips]
        hits = [set(w.flips) <= set(w.wrong_bits) for w in mended]
        return {
            "bits": _mean([w.fault == "bits" for w in self.wrong]),
            "flips": _mean([len(w.flips) for w in mended]),
            "just": _mean(flips),
            "by chance": _mean(chance),
            "hit": _mean(hits),
        }

    def _name(self, number: int) -> str:
        return decided_by(self.program, number)


def decided_by(program, number: int) -> str:
    """What decides: ``rule 1``, the default, or nothing."""
    if number >= 0:
        return f"rule {number + 1}"
    return "no rule" if program.default is None else "the default"


def find_errors(program, bits, labels, *, truth=None, flips: bool = True) -> Errors:
    """Look at every picture that a program answers wrong.

    Parameters
    ----------
    program : nesylib.rules.Program
        Over bits.
    bits : (N, D) bool, or a DataFrame
        As ``program.predict`` takes them.
    labels : (N,)
        The true classes, as the program says them.
    truth : dict, DataFrame or (N, D) bool, optional
        What is really in the pictures, under the program's columns: for some of the columns as a
        dictionary, column name -> (N,) bool, or for all. Then the wrong bits are told, and
        whether bits or rules are at fault; only columns with a truth are corrected.
    flips : bool
        Look for the smallest flip of each wrong picture: exact, and the slow part.

    Returns
    -------
    Errors

    Raises
    ------
    ValueError
        For labels or truth of another length, labels of another kind than the program's answers,
        a program that asks for anything but bits, or truth about columns that do not exist.

    Notes
    -----
    The smallest flip is that of ``program.counterfactual``. The nearest rule is the first,
    among those for the true class, with the fewest literals that fail; an exception that holds
    counts as one.
    """
    asked = list(dict.fromkeys(lit.column for lit in program.literals()))
    other = [lit.column for lit in program.literals() if lit.value is not True]
    if other:
        raise ValueError(f"error analysis is for programs over bits, {other[:3]} are none")
    table = program.table(bits)
    labels = np.asarray(labels)
    if labels.shape != (len(table),):
        raise ValueError(f"{len(table)} rows of bits but labels of shape {labels.shape}")
    _check_kind(program, labels)
    cells = {name: np.asarray(table.truth(Literal(name, "==", True))) for name in asked}
    off = None if truth is None else _off(program, truth, cells, len(table))
    decided = np.asarray(program.decide(table))
    answers = program.predict(table)
    # a class 1.0 is the program's class 1
    said = {label: label for label in map(_plain, program.labels())}
    found, memory = [], {}
    for row in range(len(table)):
        label, answer = _plain(labels[row]), _plain(answers[row])
        label = said.get(label, label)
        if same_label(label, answer):
            continue
        pattern = tuple(bool(cells[name][row]) for name in asked)
        key = (pattern, label)
        if key not in memory:
            now = dict(zip(asked, pattern, strict=True))
            memory[key] = _reasons(program, now, label, flips)
        kind, nearest, missing, flip = memory[key]
        wrong, fault = None, None
        if off is not None:
            wrong = tuple(name for name in asked if name in off and off[name][row])
            mended = {n: b != (n in wrong) for n, b in zip(asked, pattern, strict=True)}
            fault = "bits" if same_label(_answer(program, mended), label) else "rules"
        by = decided_by(program, int(decided[row]))
        found.append(
            WrongPicture(row, label, answer, by, kind, nearest, missing, flip, wrong, fault)
        )
    return Errors(program, found, decided, cells, off)


def _reasons(program, now: dict, label, flips: bool):
    """Kind, nearest rule, what it misses, and the smallest flip, of one pattern of bits."""
    if not any(same_label(known, label) for known in program.labels()):
        return "no rule for it", None, (), None
    told = why_not(program, now or [{}], label) if now else None
    rules = told.rules if told else ()
    flip = None
    if flips and now:
        changed = counterfactual(program, now, label)
        flip = None if changed is None else tuple(changed.changes)
    if not rules:
        kind = "another rule" if told and told.first else "no rule fired"
        return kind, None, (), flip
    if any(rule.fires for rule in rules):
        rule = next(rule for rule in rules if rule.fires)
        return "too late", rule.name, (f"{told.first} comes first",), flip
    nearest = min(rules, key=lambda rule: len(_misses(rule)))
    kind = "no rule fired" if told.first is None else "another rule"
    return kind, nearest.name, _misses(nearest), flip


def _misses(rule) -> tuple[str, ...]:
    failing = tuple(lit.words for lit in rule.literals if not lit.holds)
    if failing:
        return failing
    return tuple(f"{e.name} holds ({e.reason})" for e in rule.exceptions if e.fires)


def _answer(program, cells: dict):
    if not cells:
        return program.default
    return _plain(program.predict([cells])[0])


def _off(program, truth, cells: Mapping[str, np.ndarray], n: int) -> dict[str, np.ndarray]:
    """Column -> where its bit is not so in the picture, for the columns asked for."""
    names = [c.name for c in program.columns]
    if hasattr(truth, "columns"):
        truth = {name: truth[name].to_numpy() for name in truth.columns}
    if not isinstance(truth, Mapping):
        array = np.asarray(truth)
        if array.shape != (n, len(names)):
            raise ValueError(
                f"truth must be ({n}, {len(names)}), a column for each of the program's, or a "
                f"dictionary of columns; got {array.shape}"
            )
        truth = dict(zip(names, array.T, strict=True))
    unknown = [name for name in truth if name not in names]
    if unknown:
        raise ValueError(f"truth about {unknown[:5]}, which are no columns of the program")
    for name, values in truth.items():
        values = np.asarray(values)
        if values.shape != (n,) or not np.isin(values, (0, 1)).all():
            raise ValueError(f"truth of {name!r} must be {n} times 0 or 1, got {values.shape}")
    return {name: np.asarray(truth[name], bool) != cells[name] for name in cells if name in truth}


def _check_kind(program, labels: np.ndarray) -> None:
    """A program that answers in names never agrees with numbers."""
    says = {isinstance(label, str) for label in program.labels()}
    if says and len(labels) and {isinstance(_plain(label), str) for label in labels} != says:
        raise ValueError(
            "the program answers in names and labels are numbers, or the other way round: give "
            "labels as the program has them (label_names() or labels)"
        )


def _plain(value):
    return value.item() if isinstance(value, np.generic) else value


def _mean(values) -> float:
    return float(np.mean(values)) if len(values) else float("nan")
