"""A record of what the learner did, to be replayed step by step.

Ask for it with ``FoldSEM().fit(X, y, trace=trace)``; without one the learner records nothing and
does no extra work. The rules of the record are those that were learned; ``program_`` holds them
simplified.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from .literals import Literal
from .program import Label, Rule


@dataclass(frozen=True)
class Candidate:
    """A literal that was considered, on the rows alive at that moment.

    A literal and its complement have one score; this is the one of the two that is admissible.

    Attributes
    ----------
    literal : Literal
    tp, fn : int
        Positives on which it is true, and false.
    fp, tn : int
        Negatives on which it is true, and false.
    score : float
        Its Magic Gini, at most 0.
    status : "open", "used" or "useless"
        Used: it or its complement stands in this rule or around it. Useless: it tells nothing.
    """

    literal: Literal
    tp: int
    fn: int
    fp: int
    tn: int
    score: float
    status: str

    def __str__(self) -> str:
        return literal_text(self.literal)


@dataclass(frozen=True)
class Step:
    """One thing the learner did.

    Attributes
    ----------
    kind : str
        ============ ==================================================================
        ``class``    a class takes its turn: ``label`` against all others
        ``look``     every literal was scored; ``best`` joins the body (None: none may)
        ``close``    few enough negatives are left: the body is complete
        ``enter``    exceptions are sought: what was positive is negative now
        ``keep``     the rule is kept; the rows it ``covered`` leave
        ``drop``     the rule covers too little and is dropped; this set of rules ends
        ``retire``   as ``drop``, for a class of many: the next class takes its turn
        ``default``  the end: ``label`` is the answer where no rule fires (None: none)
        ============ ==================================================================
    depth : int
        0 in a rule, 1 in its exceptions, 2 in theirs.
    label : label or None
        The class of the rule (of the outermost rule, inside exceptions).
    body : tuple of Literal
        The body so far, before ``best``.
    pos, neg : (P,), (N,) int arrays
        Row numbers of the positives and negatives alive, at this moment and depth; in ``keep``
        those before ``covered`` leaves.
    candidates : tuple of Candidate
        In the order in which ties are broken; only ``look`` has them.
    best : Candidate or None
    rule : Rule or None
        The whole rule with its exceptions, in ``keep``, ``drop`` and ``retire``.
    covered : (M,) int array or None
        Rows on which the rule fires (in ``keep`` at depth 0 of many classes, rows of any class).
    """

    kind: str
    depth: int
    label: Label | None
    body: tuple[Literal, ...]
    pos: np.ndarray
    neg: np.ndarray
    candidates: tuple[Candidate, ...] = ()
    best: Candidate | None = None
    rule: Rule | None = None
    covered: np.ndarray | None = None

    def __str__(self) -> str:
        return "    " * self.depth + _SAY[self.kind](self)

    def to_frame(self):
        """The candidates of a ``look``, one row each: literal, tp, fn, fp, tn, score, status."""
        import pandas as pd

        names = ["literal", "tp", "fn", "fp", "tn", "score", "status"]
        rows = [[str(c), c.tp, c.fn, c.fp, c.tn, c.score, c.status] for c in self.candidates]
        return pd.DataFrame(rows, columns=names)


@dataclass
class Trace:
    """The steps of one ``fit``, in order; iterate over it, index it, or print it.

    Examples
    --------
    >>> import numpy as np
    >>> from nesylib.rules import FoldSEM, Trace
    >>> X = np.array([[1, 0], [1, 0], [1, 0], [1, 1], [0, 0], [0, 1]], bool)
    >>> y = ["flies", "flies", "flies", "stays", "stays", "stays"]
    >>> trace = Trace()
    >>> names = ["bird", "penguin"]
    >>> fold = FoldSEM(positive="flies").fit(X, y, feature_names=names, trace=trace)
    >>> print(trace)
    rules for flies: 3 rows against 3
    look: bird(X) keeps 3 of 3 positives, 1 of 3 negatives (score -1.732)
    close: 3 positives, 1 negative left
        exceptions: 1 row to except from 3
        look: penguin(X) keeps 1 of 1 positive, 0 of 3 negatives (score 0.000)
        close: 1 positive, 0 negatives left
        keep: penguin(X) covers 1 row
    keep: bird(X), unless penguin(X) covers 3 rows
    default: stays
    >>> trace[1].best.tp, [str(c) for c in trace[1].candidates]
    (3, ['bird(X)', 'not penguin(X)'])
    """

    steps: list[Step] = field(default_factory=list)
    depth: int = 0
    label: Label | None = None
    labels: list[Label] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.steps)

    def __iter__(self) -> Iterator[Step]:
        return iter(self.steps)

    def __getitem__(self, index):
        return self.steps[index]

    def __str__(self) -> str:
        return "\n".join(map(str, self.steps))

    # -- what the learner calls ----------------------------------------------------------------

    def begin(self, labels: list[Label]) -> None:
        """A new ``fit``: forget what was recorded."""
        self.steps.clear()
        self.depth, self.label, self.labels = 0, None, labels

    def turn(self, target: int, examples) -> None:
        self.label = self.labels[target]
        self._add("class", (), examples)

    def look(self, body, examples, used, admit: str, best: Literal | None) -> None:
        candidates = tuple(examples.candidates((*used, *body), admit))
        chosen = next((c for c in candidates if c.literal == best), None)
        self._add("look", body, examples, candidates=candidates, best=chosen)

    def close(self, body, examples) -> None:
        self._add("close", body, examples)

    def enter(self, body, examples) -> None:
        self.depth += 1
        self._add("enter", body, examples)

    def leave(self) -> None:
        self.depth -= 1

    def judge(self, kind: str, rule: Rule, examples, covered: np.ndarray) -> None:
        self._add(kind, rule.body, examples, rule=rule, covered=covered)

    def end(self, default: Label | None) -> None:
        none = np.zeros(0, np.intp)
        self.steps.append(Step("default", 0, default, (), none, none))

    def _add(self, kind: str, body, examples, **more) -> None:
        pos, neg = examples.rows()
        self.steps.append(Step(kind, self.depth, self.label, tuple(body), pos, neg, **more))


def literal_text(literal: Literal) -> str:
    """One literal as it is printed: ``not bed(X)``, ``age(X,N1), N1=<7.0``."""
    from .printing import Writer

    return ", ".join(Writer("class", "display", False).literal(literal, set()))


def rule_text(rule: Rule) -> str:
    """A rule's body and its exceptions in one line."""
    body = ", ".join(map(literal_text, rule.body)) or "(no literal)"
    return body + "".join(
        f", unless {f'({rule_text(e)})' if len(e.body) > 1 or e.exceptions else rule_text(e)}"
        for e in rule.exceptions
    )


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"


def _look(step: Step) -> str:
    if step.best is None:
        return "look: no literal may be asked"
    best, kept = step.best, _count(len(step.pos), "positive")
    return (
        f"look: {best} keeps {best.tp} of {kept}, {best.fp} of "
        f"{_count(len(step.neg), 'negative')} (score {best.score + 0.0:.3f})"
    )


def _rule(step: Step) -> str:
    return f"{step.kind}: {rule_text(step.rule)} covers {_count(len(step.covered), 'row')}"


_SAY = {
    "class": lambda s: f"rules for {s.label}: {_count(len(s.pos), 'row')} against {len(s.neg)}",
    "look": _look,
    "close": lambda s: (
        f"close: {_count(len(s.pos), 'positive')}, {_count(len(s.neg), 'negative')} left"
    ),
    "enter": lambda s: f"exceptions: {_count(len(s.pos), 'row')} to except from {len(s.neg)}",
    "keep": _rule,
    "drop": _rule,
    "retire": _rule,
    "default": lambda s: f"default: {'none' if s.label is None else s.label}",
}
