"""Exercises by name: one module per chapter in ``nesylib/learn/exercises``."""

from __future__ import annotations

import copy
import difflib
import functools
import importlib
import pkgutil

from nesylib.learn.exercise import Exercise


def exercise(name: str) -> Exercise:
    """A fresh copy of the exercise ``"<chapter>.<exercise>"``, its hints not yet taken.

    Raises
    ------
    ValueError
        If there is none of that name; the text says which names are near.
    """
    known = _all()
    if name not in known:
        near = difflib.get_close_matches(str(name), known, n=3, cutoff=0.4)
        hint = f"did you mean {' or '.join(map(repr, near))}?" if near else f"there are {names()}"
        raise ValueError(f"no exercise is called {name!r}; {hint}")
    return copy.copy(known[name])


def names(chapter: str | None = None) -> list[str]:
    """The names of all exercises, or of one chapter's."""
    return [name for name in _all() if chapter is None or name.split(".")[0] == chapter]


@functools.cache
def _all() -> dict[str, Exercise]:
    from nesylib.learn import exercises

    found: dict[str, Exercise] = {}
    for module in sorted(info.name for info in pkgutil.iter_modules(exercises.__path__)):
        for item in importlib.import_module(f"{exercises.__name__}.{module}").EXERCISES:
            if item.name.split(".")[0] != module or item.name in found:
                raise ValueError(
                    f"exercise {item.name!r} of {module}.py must be called '{module}.<its name>', "
                    "once"
                )
            found[item.name] = item
    return found
