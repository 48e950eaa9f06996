"""Names and values as quoted text, and back: any string, one line, nothing can break out."""

from __future__ import annotations

import re

IDENTIFIER = re.compile(r"[a-z][A-Za-z0-9_]*\Z", re.ASCII)
KEYWORDS = frozenset(
    "not missing true false row holds is at_most above rule earlier int float".split()
)
ESCAPE = re.compile(r"\\(u[0-9a-f]{4}|U[0-9a-f]{8}|.)", re.DOTALL)


def quote(text: str, mark: str) -> str:
    """``text`` between quotation marks; what is not printable becomes ``\\uXXXX``."""
    return mark + "".join(_escape(c, mark) for c in text) + mark


def _escape(char: str, mark: str) -> str:
    if char in ("\\", mark):
        return "\\" + char
    if char.isprintable():
        return char
    return f"\\u{ord(char):04x}" if ord(char) < 0x10000 else f"\\U{ord(char):08x}"


def unquote(quoted: str) -> str:
    """The string that :func:`quote` was given."""
    return ESCAPE.sub(lambda m: chr(int(m[1][1:], 16)) if len(m[1]) > 1 else m[1], quoted[1:-1])


def printable(text: object) -> str:
    """Text for a page or a terminal: what is not printable (a newline too) is written out."""
    return "".join(c if c.isprintable() else _escape(c, "") for c in str(text))


def is_reserved(name: str) -> bool:
    """Does a name mean something of its own in our programs?"""
    return name in KEYWORDS or re.fullmatch(r"ab\d*", name) is not None


def is_plain(name: str, head: str) -> bool:
    """May a column stand as a predicate without quotes, or would it be read as something else?"""
    return bool(IDENTIFIER.match(name)) and name != head and not is_reserved(name)
