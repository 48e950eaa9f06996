"""FoldSEM: FOLD-SE for two classes and FOLD-SE-M for many, as a scikit-learn classifier."""

from __future__ import annotations

import numbers
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, column_or_1d

from .flat import flatten
from .index import Index
from .learner import Settings, learn_rule_set
from .many import SCHEMES, default_tail, learn_list, with_labels
from .program import Label, Program
from .saving import load_estimator, save_estimator
from .search import Examples
from .stats import literal_counts
from .table import Table, is_missing
from .trace import Trace


class FoldSEM(ClassifierMixin, BaseEstimator):
    """Learn a short logic program with defaults and exceptions from a labelled table.

    Parameters
    ----------
    ratio : float, default 0.8
        A rule stops growing when the negatives it lets in are at most ``ratio`` times its
        positives; its exceptions take care of them. Smaller: longer rules, fewer exceptions.
    tail : float or None, default None
        A rule (or exception) that covers less than this share of the training rows is dropped.
        None: 0.005, or 0.05 divided by the number of classes when that is less.
    multiclass : "repaired" or "published", default "repaired"
        What to do with three or more classes, see :mod:`nesylib.rules.many`. Under "published"
        rows that no rule covers get the answer None.
    positive : label or None, default None
        Learn rules for this class against all others (binary FOLD-SE). With two classes and None
        the more frequent one is positive, the first in order if they are equal. With more classes
        and a ``positive`` the default is the most frequent other class.
    head : str, default "class"
        Predicate of the answer in the printed program.

    Attributes
    ----------
    program_ : Program
        The rules. ``str(program_)`` is one rule a line.
    classes_ : (C,) labels, sorted
    n_features_in_ : int
    feature_names_in_ : (D,) str, when ``X`` had column names
    tail_ : float
        The share that was used.

    Notes
    -----
    Nothing is random: equal tables give equal programs, in any process. Ties go to categorical
    columns before numeric ones, then to the column declared first, then to the smaller value
    (strings: ``"1"`` first, then sorted, then missing).

    There are no sample weights. Admission, ties and the test whether a literal tells anything are
    exact because all counts are whole numbers, kept up to date by subtraction; sums of fractions
    would make them depend on rounding and on the order of the rows. ``tail`` counts rows, too. For
    whole-number weights repeat the rows: ``X[np.repeat(np.arange(len(y)), weights)]``.

    Source: Wang & Gupta, FOLD-SE (arXiv 2208.07912); the authors' code is not public.

    Examples
    --------
    >>> import numpy as np
    >>> X = np.array([[1, 0], [1, 0], [1, 1], [0, 0], [0, 1]], bool)
    >>> fold = FoldSEM(ratio=0.5).fit(X, ["bird", "bird", "fish", "fish", "fish"])
    >>> print(fold.program_)
    class(X,'fish') :- not x0(X).
    class(X,'fish') :- x1(X).
    """

    def __init__(
        self,
        ratio: float = 0.8,
        tail: float | None = None,
        multiclass: str = "repaired",
        positive: Label | None = None,
        head: str = "class",
    ) -> None:
        self.ratio = ratio
        self.tail = tail
        self.multiclass = multiclass
        self.positive = positive
        self.head = head

    def fit(self, X, y, *, feature_names=None, numeric=(), trace: Trace | None = None):
        """Learn the program.

        Parameters
        ----------
        X : (N, D) bool or 0/1 array, numeric array, DataFrame or Table
            See :meth:`nesylib.rules.Table.of` for what becomes of each column.
        y : (N,) labels, strings or whole numbers
        feature_names : sequence of str, optional
            Names for the columns of an array.
        numeric : iterable of str
            Text columns of a DataFrame to parse as numbers, cell by cell.
        trace : Trace, optional
            Records every step of the learning, see :class:`nesylib.rules.Trace`.

        Raises
        ------
        ValueError
            Bad settings, an empty table, infinities, lengths that differ, missing labels.
        """
        self._check_settings()
        table = Table.of(X, names=feature_names, numeric=numeric)
        labels, classes = self._read_labels(y, len(table))
        self.classes_ = labels
        self.n_features_in_ = len(table.columns)
        named = hasattr(X, "columns") or feature_names is not None
        if named:
            self.feature_names_in_ = np.array([c.name for c in table.columns], dtype=object)
        elif hasattr(self, "feature_names_in_"):
            del self.feature_names_in_
        self.tail_ = default_tail(len(labels)) if self.tail is None else float(self.tail)
        if trace is not None:
            trace.begin(labels.tolist())
        self.program_ = self._learn(table, classes, trace).simplify()
        if trace is not None:
            trace.end(self.program_.default)
        return self

    def _learn(self, table: Table, classes: np.ndarray, trace: Trace | None) -> Program:
        names = self.classes_.tolist()
        sizes = np.bincount(classes, minlength=len(names))
        program = Program((), None, table.columns, self.head)
        if len(names) == 1:
            warnings.warn(
                f"only one class in y ({names[0]!r}): the program always answers it",
                UserWarning,
                stacklevel=3,
            )
            return replace(program, default=names[0])
        index = Index(table)
        if self.positive is None and len(names) > 2:
            admit = "odds" if self.multiclass == "repaired" else "accuracy"
            settings = Settings.of(self.ratio, self.tail_, len(table), admit)
            scheme = self.multiclass
            rules, rest = learn_list(index, classes, len(names), settings, scheme, trace)
            default = None if rest is None else names[rest]
            return replace(program, rules=with_labels(rules, names), default=default)
        target = int(np.argmax(sizes)) if self.positive is None else self._position(self.positive)
        settings = Settings.of(self.ratio, self.tail_, len(table))
        pos, neg = np.flatnonzero(classes == target), np.flatnonzero(classes != target)
        examples = Examples(index, pos, neg)
        if trace is not None:
            trace.turn(target, examples)
        rules = learn_rule_set(examples, (), settings, trace)
        sizes[target] = -1
        labelled = with_labels([(target, rule) for rule in rules], names)
        return replace(program, rules=labelled, default=names[int(np.argmax(sizes))])

    def _position(self, label: Label) -> int:
        found = np.flatnonzero(self.classes_ == label)
        if len(found) != 1:
            raise ValueError(
                f"positive={label!r} is no class of y; y has {self.classes_[:10].tolist()}"
            )
        return int(found[0])

    def _check_settings(self) -> None:
        for name, value in (("ratio", self.ratio), ("tail", self.tail)):
            if not isinstance(value, numbers.Real) and not (name == "tail" and value is None):
                raise ValueError(f"{name}={value!r} must be a number, like 0.5")
        if not self.ratio >= 0:
            raise ValueError(f"ratio={self.ratio!r} must be at least 0, like 0.5 or 0.8")
        if self.tail is not None and not 0 <= self.tail < 1:
            raise ValueError(f"tail={self.tail!r} must be None or a share of the rows, like 0.005")
        if self.multiclass not in SCHEMES:
            raise ValueError(f"multiclass={self.multiclass!r}: use one of {SCHEMES}")
        Program((), head=self.head)

    @staticmethod
    def _read_labels(y, n_rows: int) -> tuple[np.ndarray, np.ndarray]:
        if y is None:
            raise ValueError("FoldSEM requires y to be passed, but the target y is None")
        y = plain_labels(column_or_1d(_numpy_labels(y), warn=True))
        if len(y) != n_rows:
            raise ValueError(f"X has {n_rows} rows, but y has {len(y)} labels: give as many")
        if y.dtype.kind in "fcO" and any(is_missing(v) for v in y):
            raise ValueError("Input y contains NaN (a missing label): drop those rows from X and y")
        if y.dtype.kind == "f" and np.isinf(y).any():
            raise ValueError("Input y contains infinity: labels must be strings or whole numbers")
        check_classification_targets(y)
        return np.unique(y, return_inverse=True)

    def _table(self, X) -> Table:
        columns = self.program_.columns
        if isinstance(X, Table):
            return Table.of(X, columns=columns)
        if hasattr(X, "columns"):
            names = [str(c) for c in X.columns]
            if hasattr(self, "feature_names_in_") and names != self.feature_names_in_.tolist():
                raise ValueError(names_differ(names, self.feature_names_in_.tolist()))
        table = X if hasattr(X, "columns") else _as_array(X)
        if table.shape[1] != len(columns):
            raise ValueError(
                f"X has {table.shape[1]} features, but {type(self).__name__} is expecting "
                f"{len(columns)} features as input"
            )
        return Table.of(table, columns=columns)

    def predict(self, X, *, engine: str = "numpy") -> np.ndarray:
        """(N,) labels, in the type of ``y``; None for unanswered rows ("published" only).

        Parameters
        ----------
        X : (N, D), like the table in ``fit``; a string never seen before is just another string
        engine : "numpy" or "clingo", with equal answers
        """
        check_is_fitted(self, "program_")
        answers = self.program_.predict(self._table(X), engine=engine)
        if answers.dtype == object and any(a is None for a in answers):
            return answers
        return answers.astype(self.classes_.dtype)

    def score(self, X, y, sample_weight=None) -> float:
        """Accuracy; an unanswered row counts as wrong."""
        right = np.array([a == b for a, b in zip(self.predict(X), column_or_1d(y), strict=True)])
        return float(np.average(right, weights=sample_weight))

    def explain(self, row):
        """Why one row gets its answer, see :meth:`Program.explain`."""
        check_is_fitted(self, "program_")
        return self.program_.explain(row)

    @property
    def feature_importances_(self) -> np.ndarray:
        """(D,) share of the program's body literals that ask for each column; 0 for no literals."""
        check_is_fitted(self, "program_")
        counts = literal_counts(flatten(self.program_))
        shares = np.array([counts.get(c.name, 0) for c in self.program_.columns], float)
        return shares / max(shares.sum(), 1.0)

    def save(self, path) -> Path:
        """Write the fitted estimator as JSON; :meth:`load` reads it back."""
        check_is_fitted(self, "program_")
        return save_estimator(self, path)

    @classmethod
    def load(cls, path) -> FoldSEM:
        """Read what :meth:`save` wrote. Raises ValueError when the file is something else."""
        return load_estimator(cls, path)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.categorical = True
        tags.input_tags.string = True
        return tags


def _numpy_labels(y):
    """pandas' nullable numbers and truth values in numpy's types, if none is missing."""
    dtype = getattr(getattr(y, "dtype", None), "numpy_dtype", None)
    if isinstance(dtype, np.dtype) and dtype.kind in "biu" and not y.isna().any():
        return y.to_numpy(dtype)
    return y


def plain_labels(y: np.ndarray) -> np.ndarray:
    """Labels that came as objects in a type of their own; ValueError when they are of several."""
    if y.dtype != object:
        return y
    kinds = {bool: bool, np.bool_: bool, int: int, np.str_: str}
    types = {kinds.get(type(v), type(v)) for v in y if not is_missing(v)}
    if len(types) > 1:
        names = sorted(t.__name__ for t in types)
        raise ValueError(f"the labels y mix {' and '.join(names)}: make them all strings")
    if types == {bool} and not any(map(is_missing, y)):
        return y.astype(bool)
    return y


def _as_array(X) -> np.ndarray:
    if hasattr(X, "toarray"):
        raise TypeError("sparse input is not supported: pass X.toarray(), a dense array")
    from .reading import check_shape

    X = np.asarray(X)
    check_shape(X)
    return X


def names_differ(names: list[str], known: list[str]) -> str:
    """The message for a table whose columns are not those of the training table."""
    unseen, gone = sorted(set(names) - set(known)), sorted(set(known) - set(names))
    text = "The feature names should match those that were passed during fit.\n"
    if unseen:
        text += "Feature names unseen at fit time:\n" + "".join(f"- {n}\n" for n in unseen[:5])
    if gone:
        text += "Feature names seen at fit time, yet now missing:\n"
        text += "".join(f"- {n}\n" for n in gone[:5])
    if not unseen and not gone:
        text += "Feature names must be in the same order as they were in fit.\n"
    return text
