"""From text to clauses: a small reader for the notation in which programs are printed."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .names import unquote

TOKEN = re.compile(
    r"""(?P<space>\s+|%[^\n]*)
      | (?P<string>'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*")
      | (?P<number>-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)
      | (?P<word>[a-z]\w*)
      | (?P<variable>[A-Z_]\w*)
      | (?P<mark>:-|=<|<=|[<>(),.])""",
    re.VERBOSE | re.DOTALL | re.ASCII,
)


@dataclass(frozen=True)
class Variable:
    name: str


@dataclass(frozen=True)
class Atom:
    """``name(arguments)``; ``quoted`` when the name stood in quotation marks.

    An argument is a Variable, a str, an int, a float, or an Atom (a constant has no arguments).
    """

    name: str
    arguments: tuple = ()
    quoted: bool = False


@dataclass(frozen=True)
class Comparison:
    """``variable op number``."""

    variable: str
    op: str
    number: float


@dataclass(frozen=True)
class Item:
    """One thing in a body: an atom or a comparison, perhaps under ``not``."""

    what: Atom | Comparison
    negated: bool = False


@dataclass(frozen=True)
class Statement:
    head: Atom
    body: tuple[Item, ...]
    line: int


class Reader:
    """Recursive descent over the tokens of a program."""

    def __init__(self, text: str) -> None:
        self.tokens: list[tuple[str, str, int]] = []
        position, line = 0, 1
        while position < len(text):
            match = TOKEN.match(text, position)
            if match is None:
                raise ValueError(
                    f"line {line}: cannot read {text[position : position + 20]!r}; "
                    "write rules like class(X,'bedroom') :- bed(X), not sink(X), not ab1(X)."
                )
            if match.lastgroup != "space":
                self.tokens.append((match.lastgroup, match[0], line))
            line += match[0].count("\n")
            position = match.end()
        self.at = 0
        self.end = ("end", "the end of the text", line)

    def peek(self) -> tuple[str, str, int]:
        return self.tokens[self.at] if self.at < len(self.tokens) else self.end

    def take(self, text: str | None = None) -> str:
        kind, found, line = self.peek()
        if text is not None and (found != text or kind == "string"):
            raise ValueError(f"line {line}: expected {text!r}, found {found!r}")
        self.at += 1
        return found

    def accept(self, text: str) -> bool:
        kind, found, _ = self.peek()
        if found == text and kind != "string":
            self.at += 1
            return True
        return False

    def statements(self) -> list[Statement]:
        statements = []
        while self.peek()[0] != "end":
            line = self.peek()[2]
            head = self.atom()
            body = []
            if self.accept(":-"):
                body.append(self.item())
                while self.accept(","):
                    body.append(self.item())
            self.take(".")
            statements.append(Statement(head, tuple(body), line))
        return statements

    def item(self) -> Item:
        if self.accept("not"):
            if self.accept("("):
                comparison = self.comparison()
                self.take(")")
                return Item(comparison, negated=True)
            return Item(self.atom(), negated=True)
        if self.peek()[0] == "variable":
            return Item(self.comparison())
        return Item(self.atom())

    def comparison(self) -> Comparison:
        kind, variable, line = self.peek()
        self.take()
        op = self.take()
        op = "=<" if op == "<=" else op
        if kind != "variable" or op not in ("=<", ">", "<"):
            raise ValueError(f"line {line}: compare as N=<3.5 or N>3.5, not {variable} {op}")
        if self.peek()[0] == "variable":  # I<J between the numbers of rules
            self.take()
            return Comparison(variable, op, float("nan"))
        if self.peek()[0] != "number" or op == "<":
            raise ValueError(f"line {line}: compare {variable} with a number, by =< or >")
        return Comparison(variable, op, float(self.take()) + 0.0)

    def atom(self) -> Atom:
        kind, name, line = self.peek()
        if kind not in ("word", "string"):
            raise ValueError(f"line {line}: expected a predicate, found {name!r}")
        self.take()
        quoted = kind == "string"
        arguments = []
        if self.accept("("):
            arguments.append(self.argument())
            while self.accept(","):
                arguments.append(self.argument())
            self.take(")")
        return Atom(string_value(name) if quoted else name, tuple(arguments), quoted)

    def argument(self):
        kind, text, line = self.peek()
        if kind == "variable":
            return Variable(self.take())
        if kind == "string":
            return string_value(self.take())
        if kind == "number":
            text = self.take()
            return int(text) if re.fullmatch(r"-?\d+", text) else float(text)
        if kind == "word":
            return self.atom()
        raise ValueError(f"line {line}: expected a value, found {text!r}")


def string_value(token: str) -> str:
    """The string a quoted token stands for; clingo's own escapes wrap ours in double quotes."""
    text = unquote(token)
    return unquote(f'"{text}"') if token[0] == '"' else text
