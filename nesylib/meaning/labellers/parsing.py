"""A language model's answer, read strictly: names that are words, counts that can be."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Sequence

from nesylib.rules.names import printable

LONGEST = 40  # characters of a free name
_FENCE = re.compile(r"\A```(?:json)?\s*\n(.*)\n\s*```\Z", re.DOTALL | re.IGNORECASE)


class AnswerError(ValueError):
    """Why an answer cannot be used, in words for whoever reads what is missing."""


def parse_names(
    text: str, pictures: int, *, words: Sequence[str] | None = None, at_most: int = 3
) -> list[tuple[str, float]]:
    """Names with the share of pictures that show them, best first; an empty list is an answer.

    The text must be ``{"names": [{"name": "bed", "pictures": 9}, ...]}`` and nothing else; a code
    fence around it is allowed.

    Parameters
    ----------
    pictures
        How many were shown; a count beyond it is a lie.
    words
        A closed list. Names count as on it regardless of case, blanks and underscores, and are
        given back as they stand there. ``None``: any name of letters, digits, blanks, hyphens and
        apostrophes, up to 40 characters.

    Raises
    ------
    AnswerError
        For anything else, or if no name is on the list.
    """
    names = _names(_json(text))
    found: dict[str, float] = {}
    refused = []
    for entry in names:
        name, count = _entry(entry, pictures)
        known = _on_list(name, words) if words is not None else _word(name)
        if known is None:
            refused.append(name)
        elif count:
            found[known] = max(found.get(known, 0.0), count / pictures)
    if refused and not found:
        what = "is not on the list" if words is not None else "is not a word"
        raise AnswerError(f"{printable(refused[0])[:LONGEST]!r} {what}")
    return sorted(found.items(), key=lambda pair: -pair[1])[:at_most]


def _json(text: str):
    text = text.strip()
    if fenced := _FENCE.match(text):
        text = fenced[1]
    try:
        return json.loads(text, object_pairs_hook=_no_double, parse_constant=_no_constant)
    except AnswerError:
        raise
    except (ValueError, RecursionError):
        raise AnswerError("the answer is not JSON") from None


def _no_double(pairs: list) -> dict:
    if len(dict(pairs)) < len(pairs):
        raise AnswerError("the answer has a field twice")
    return dict(pairs)


def _no_constant(name: str):
    raise AnswerError(f"the answer holds {name}")


def _names(data) -> list:
    if not isinstance(data, dict) or set(data) != {"names"} or not isinstance(data["names"], list):
        raise AnswerError('the answer is not {"names": [...]}')
    if len(data["names"]) > 20:
        raise AnswerError(f"the answer has {len(data['names'])} names")
    return data["names"]


def _entry(entry, pictures: int) -> tuple[str, int]:
    if not isinstance(entry, dict) or set(entry) != {"name", "pictures"}:
        raise AnswerError('a name is not {"name": ..., "pictures": ...}')
    name, count = entry["name"], entry["pictures"]
    if not isinstance(name, str) or isinstance(count, bool) or not isinstance(count, int):
        raise AnswerError("a name is no text, or its pictures no whole number")
    if not 0 <= count <= pictures:
        raise AnswerError(f"a count of pictures that is not from 0 to {pictures}")
    return name, count


def _same(name: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", name).casefold().replace("_", " ").split())


def _on_list(name: str, words: Sequence[str]) -> str | None:
    return next((word for word in words if _same(word) == _same(name)), None)


def _word(name: str) -> str | None:
    name = " ".join(unicodedata.normalize("NFC", name).split())
    fine = all(c in " -'" or unicodedata.category(c)[0] in "LMN" for c in name)
    return name if fine and 0 < len(name) <= LONGEST and any(map(str.isalpha, name)) else None
