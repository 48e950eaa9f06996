"""Pictures as short sequences of symbols, learned without labels.

A frozen Vision Transformer, the *teacher*, gives tokens; a small decoder, the *student*, reads
them and writes a few symbols from a vocabulary. Here are both, the self-distillation that
trains a teacher from nothing, what turns numbers into symbols, and what symbols are judged by.
"""

from nesylib._lazy import lazy

_WHERE: dict[str, str] = {  # imported when asked for: most of it needs torch
    "Teacher": "teacher",
    "Tokens": "teacher",
}

__getattr__, __dir__, __all__ = lazy(__name__, _WHERE)
