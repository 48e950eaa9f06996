"""Programs and estimators as JSON: readable, exact, and nothing in it is ever executed."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from .literals import Literal
from .program import Program, Rule
from .table import Column

FORMAT = "nesylib.program"


def program_to_json(program: Program) -> str:
    return json.dumps(program_to_dict(program), indent=1)


def program_to_dict(program: Program) -> dict:
    return {
        "format": FORMAT,
        "version": 1,
        "head": program.head,
        "default": program.default,
        "columns": [[c.name, c.kind] for c in program.columns],
        "rules": [_rule_to_dict(rule) for rule in program.rules],
    }


def _rule_to_dict(rule: Rule) -> dict:
    data = {} if rule.label is None else {"then": rule.label}
    data["if"] = [[lit.column, lit.op, lit.value] for lit in rule.body]
    if rule.exceptions:
        data["unless"] = [_rule_to_dict(e) for e in rule.exceptions]
    return data


def program_from_json(text: str) -> Program:
    """Raises ValueError when the text is no saved program."""
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        raise ValueError(f"this is no saved program: {error}") from None
    return program_from_dict(data)


def program_from_dict(data: dict) -> Program:
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise ValueError(f"this is no saved program: its 'format' must be {FORMAT!r}")
    if data.get("version") != 1:
        raise ValueError(
            f"saved by a newer nesylib (version {data.get('version')}): update nesylib"
        )
    try:
        return Program(
            rules=tuple(_rule_from_dict(rule) for rule in data["rules"]),
            default=data["default"],
            columns=tuple(Column(name, kind) for name, kind in data["columns"]),
            head=data["head"],
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"the saved program is damaged: {error!r}; save it again") from None


def _rule_from_dict(data: dict) -> Rule:
    return Rule(
        body=tuple(Literal(column, op, value) for column, op, value in data["if"]),
        exceptions=tuple(_rule_from_dict(e) for e in data.get("unless", ())),
        label=data.get("then"),
    )


def save_estimator(fold, path) -> Path:
    """Write a fitted FoldSEM, see :meth:`FoldSEM.save`."""
    data = {
        "format": "nesylib.FoldSEM",
        "settings": fold.get_params(),
        "tail": fold.tail_,
        "classes": fold.classes_.tolist(),
        "classes_dtype": fold.classes_.dtype.str,
        "named": hasattr(fold, "feature_names_in_"),
        "program": program_to_dict(fold.program_),
    }
    path = Path(path)
    path.write_text(json.dumps(data, indent=1, default=_plain), encoding="utf-8")
    return path


def load_estimator(cls, path):
    """Read a fitted FoldSEM, see :meth:`FoldSEM.load`."""
    try:
        data = json.loads(Path(path).read_text(encoding="utf-8"))
        if data["format"] != "nesylib.FoldSEM":
            raise ValueError("its 'format' is another")
        fold = cls(**data["settings"])
        fold.program_ = program_from_dict(data["program"])
        dtype = data["classes_dtype"]
        fold.classes_ = np.array(data["classes"], dtype=object if "O" in dtype else dtype)
        fold.tail_ = data["tail"]
        named = data["named"]
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path} holds no saved FoldSEM: {error}") from None
    fold.n_features_in_ = len(fold.program_.columns)
    if named:
        names = [c.name for c in fold.program_.columns]
        fold.feature_names_in_ = np.array(names, dtype=object)
    return fold


def _plain(value):
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"{value!r} cannot be saved as JSON")
