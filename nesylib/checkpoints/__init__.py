"""Small weights trained by this project, shipped with the library.

Each checkpoint is two files: ``NAME.safetensors`` and ``NAME.json``, its card, which tells the
configuration, SHA-256, data, classes, seed, figures, and the command that trains it again.

>>> net = nesylib.checkpoints.load("scenes-P3.1")        # doctest: +SKIP
>>> print(nesylib.checkpoints.card("scenes-P3.1"))       # doctest: +SKIP
"""

from __future__ import annotations

import difflib
import json
from pathlib import Path

FOLDER = Path(__file__).parent

__all__ = ["card", "load", "names", "path"]


def names() -> list[str]:
    """Names of the shipped checkpoints."""
    return sorted(p.name.removesuffix(".json") for p in FOLDER.glob("*.json"))


def load(name: str):
    """A trained :class:`nesylib.concepts.ConceptViT`; its card is ``net.about``.

    Of a student of symbols, a :class:`nesylib.symbols.SymbolStudent` with its teacher.

    Raises
    ------
    ValueError
        For an unknown name, or a file that is cut off or changed.
    """
    about = json.loads((FOLDER / f"{_known(name)}.json").read_text("utf-8"))
    if about.get("kind") == "student":
        return _student(name, about)
    from nesylib.concepts.saving import load_model

    return load_model(FOLDER / f"{name}.safetensors")


def _student(name: str, about: dict):
    from nesylib.symbols import SymbolStudent, Teacher

    seen = json.loads((FOLDER / f"{about['teacher']}.json").read_text("utf-8"))["config"]
    teacher = Teacher.create(
        seen["backbone"], weights=path(about["teacher"]), img_size=seen["img_size"]
    )
    student = SymbolStudent.load(path(name), teacher)
    student.about = about
    return student


def path(name: str) -> Path:
    """The weights file of a checkpoint, for ``weights=`` of a backbone; its checksum is checked.

    Raises
    ------
    ValueError
        For an unknown name, or a file that is cut off or changed.
    """
    from nesylib.concepts.saving import checked

    return checked(FOLDER / f"{_known(name)}.safetensors")


def card(name: str) -> str:
    """What a checkpoint is and how it was made, as a few lines of text."""
    about = json.loads((FOLDER / f"{_known(name)}.json").read_text("utf-8"))
    return "\n".join(f"{key:10} {_in_words(value)}" for key, value in about.items())


def _in_words(value) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{k} = {v}" for k, v in value.items())
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _known(name: str) -> str:
    if name not in names():
        near = difflib.get_close_matches(str(name), names(), n=2)
        raise ValueError(
            f"no checkpoint {name!r} is shipped: there are {', '.join(names()) or 'none'}"
            + (f"; did you mean {near[0]!r}?" if near else "")
        )
    return name
