"""What an explorer knows: which rule decides which row, and the truth of every literal."""

from __future__ import annotations

import json

import numpy as np

#: What is said of a rule, an exception or the default on the chosen row.
STATES = {
    "decides": "decides this {unit}",
    "false": "a literal is false",
    "blocked": "an exception holds",
    "late": "would fire, but an earlier rule decides",
    "unasked": "not asked: an earlier rule decides",
    "blocks": "holds, and blocks",
    "holds": "holds, but nothing asks",
    "idle": "does not hold",
    "unused": "not needed",
}
_NUMBER = {name: number for number, name in enumerate(STATES)}


class Model:
    """Everything that the page needs to know, as plain lists.

    ``unit`` is what the page calls a row: ``"row"``, ``"picture"``.
    """

    def __init__(self, program, rows, labels, names, unit: str = "row") -> None:
        from nesylib.rules.explain import in_words
        from nesylib.rules.flat import flatten
        from nesylib.rules.printing import Writer, default_clause

        table = program.table(rows)
        n = len(table)
        self.unit = unit
        self.states = {name: text.format(unit=unit) for name, text in STATES.items()}
        for what, given in (("labels", labels), ("names", names)):
            if given is not None and len(given) != n:
                raise ValueError(f"{n} rows but {len(given)} {what}: give one for each row")
        self.clauses = flatten(program)
        self.n_rules = len(program.rules)
        self.literals = program.literals()
        truth = [table.truth(lit) for lit in self.literals]
        place = {lit: i for i, lit in enumerate(self.literals)}
        valued = any(lit.value is not True for lit in self.literals)
        self.writer = Writer(program.head, "exact", valued)
        self.fires = self._fires(truth, place, n)
        decided = np.asarray(program.decide(table))
        decided[decided < 0] = len(self.clauses)  # the default is the last item
        answers = [clean(a) for a in _labels_of(program, decided)]
        default = "no answer"
        if program.default is not None:
            default = default_clause(program, self.writer)
        self.default = clean(default)
        self.names_of = [c.name for c in self.clauses]
        self.names_of.append("the default" if program.default is not None else "no rule")
        self.parts = [self._parts(c, place) for c in self.clauses]
        self.words: dict[str, int] = {}
        self.rows = []
        columns = [c.name for c in table.columns if any(b.column == c.name for b in self.literals)]
        for i in range(n):
            cells = {name: table[name].cell(i) for name in columns}
            said = [
                clean(in_words(lit, cells[lit.column], bool(truth[k][i])))
                for k, lit in enumerate(self.literals)
            ]
            row = {
                "n": clean(f"{unit} {i}" if names is None else names[i]),
                "a": answers[i],
                "d": int(decided[i]),
                "b": "".join("01"[int(t[i])] for t in truth),
                "w": [self.words.setdefault(word, len(self.words)) for word in said],
                "f": _facts(cells),
            }
            row["y"] = f"by {self.names_of[row['d']]}"
            if row["d"] == len(self.clauses):
                row["y"] = (
                    f"{row['y']}: no rule fires" if default != "no answer" else "no rule fires"
                )
            if labels is not None:
                true = _plain(labels[i])
                right = true == _answer(program, row["d"], self.n_rules)
                row["ok"], row["t"] = int(right), clean(true)
                row["y"] += " – right" if right else f" – wrong, it is {clean(true)}"
            row["s"] = self._states(i, row["d"], truth, place)
            self.rows.append(row)

    def _fires(self, truth, place, n: int) -> list[np.ndarray]:
        """(N,) bool for each clause; an exception only asks for exceptions before it."""
        by_number: dict[int, np.ndarray] = {}
        fires: dict[int, np.ndarray] = {}
        order = sorted(range(len(self.clauses)), key=lambda k: self.clauses[k].label is not None)
        for k in order:
            clause = self.clauses[k]
            held = np.ones(n, bool)
            for literal in clause.body:
                held &= truth[place[literal]]
            for number in clause.unless:
                held &= ~by_number[number]
            fires[k] = held
            if clause.label is None:
                by_number[clause.number] = held
        return [fires[k] for k in range(len(self.clauses))]

    def _parts(self, clause, place) -> tuple[str, list[tuple[str, str, int]]]:
        """The head, and each item of the body as text, kind and number."""
        writer = self.writer
        answer = clause.label is not None
        head = writer.answer(clause.label) if answer else writer.exception(clause.number)
        opened: set[str] = set()
        body = [
            (", ".join(writer.literal(literal, opened)), "lit", place[literal])
            for literal in clause.body
        ]
        at = {c.number: k for k, c in enumerate(self.clauses) if c.label is None}
        body += [(f"not {writer.exception(n)}", "ab", at[n]) for n in clause.unless]
        return head, body

    def _states(self, row: int, decided: int, truth, place) -> list[int]:
        states, blocking = [], self._blocking(row, decided, truth, place)
        for k, clause in enumerate(self.clauses):
            fires = bool(self.fires[k][row])
            body = all(truth[place[lit]][row] for lit in clause.body)
            if clause.label is None:
                state = "idle" if not fires else "blocks" if k in blocking else "holds"
            elif k == decided:
                state = "decides"
            elif k > decided:
                state = "late" if fires else "unasked"
            else:
                state = "blocked" if body else "false"
            states.append(_NUMBER[state])
        states.append(_NUMBER["decides" if decided == len(self.clauses) else "unused"])
        return states

    def _blocking(self, row: int, decided: int, truth, place) -> set[int]:
        """Exceptions that hold and keep a rule that was tried (or its exception) from firing."""
        at = {c.number: k for k, c in enumerate(self.clauses) if c.label is None}
        found: set[int] = set()
        ask = list(range(min(decided + 1, self.n_rules)))
        while ask:
            clause = self.clauses[ask.pop()]
            if all(truth[place[lit]][row] for lit in clause.body):
                ask += [at[n] for n in clause.unless]
                found |= {at[n] for n in clause.unless if self.fires[at[n]][row]}
        return found

    def picture_words(self, i: int) -> str:
        row = self.rows[i]
        return f"{row['n']}: {row['t']}" if "t" in row else f"picture of {row['n']}"

    def counts(self) -> list[str]:
        """What each button says beside its name."""
        decided = np.bincount([r["d"] for r in self.rows], minlength=len(self.clauses) + 1)
        found = []
        for k, clause in enumerate(self.clauses):
            number = int(self.fires[k].sum()) if clause.label is None else int(decided[k])
            found.append(self.count(number))
        return [*found, self.count(int(decided[-1]))]

    def count(self, number: int) -> str:
        """``1 row``, ``3 rows``."""
        return f"{number} {self.unit}{'' if number == 1 else 's'}"

    def summary(self) -> str:
        text = self.count(len(self.rows))
        if "ok" in self.rows[0]:
            text += f", {sum(r['ok'] for r in self.rows)} answered right"
        return text

    def data(self, start: int, **more: object) -> str:
        """All of it as JSON that may stand in a script, with ``more`` beside it."""
        kinds = ["ab" if c.label is None else "rule" for c in self.clauses]
        data = {
            "rows": self.rows,
            "words": list(self.words),
            "fires": ["".join("01"[int(f)] for f in fires) for fires in self.fires],
            "kind": [*kinds, "default"],
            "names": self.names_of,
            "states": list(self.states.values()),
            "blocks": _NUMBER["blocks"],
            "start": start,
            "all": self.summary(),
            "unit": self.unit,
            **more,
        }
        text = json.dumps(data, separators=(",", ":"))
        return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _labels_of(program, decided: np.ndarray) -> list[str]:
    return [
        "no answer" if answer is None else str(answer)
        for answer in (_answer(program, int(d), len(program.rules)) for d in decided)
    ]


def _answer(program, decided: int, n_rules: int):
    return program.rules[decided].label if decided < n_rules else program.default


def _plain(value):
    return value.item() if isinstance(value, np.generic) else value


def clean(text: object) -> str:
    """Text that any page can hold: what is not printable is written out."""
    from nesylib.rules.names import printable

    return printable(text)


def _facts(cells: dict) -> str:
    present = [name for name, cell in cells.items() if cell is True]
    valued = [
        f"{name} {'missing' if cell is None else f'{cell:g}' if isinstance(cell, float) else cell}"
        for name, cell in cells.items()
        if not isinstance(cell, bool)
    ]
    return clean("It has: " + (", ".join([*present, *valued]) or "nothing the rules ask for"))
