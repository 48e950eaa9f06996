"""Pictures as short sequences of symbols, learned without labels.

A frozen Vision Transformer, the *teacher*, gives tokens; a small decoder, the *student*, reads
them and writes a few symbols from a vocabulary. Here are both, the self-distillation that
trains a teacher from nothing, what turns numbers into symbols, and what symbols are judged by.
"""

from importlib import import_module

_WHERE: dict[str, str] = {  # imported when asked for: most of it needs torch
    "Teacher": "teacher",
    "Tokens": "teacher",
}

__all__ = sorted(_WHERE)


def __getattr__(name: str):
    if name in _WHERE:
        return getattr(import_module(f"nesylib.symbols.{_WHERE[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
