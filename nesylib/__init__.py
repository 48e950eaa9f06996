"""From a picture to a logic program, one small module per idea.

==============  ===============================================================
``data``        where pictures come from: drawn scenes, digits, packs, folders
``vit``         Vision Transformers (timm's and small ones), features, attention
``concepts``    the sparse concept layer of NeSyViT: model, losses, training, bits
``rules``       FOLD-SE-M, logic programs, clingo, explanations
``viz``         figures for light and dark pages, sliders that need no kernel
``learn``       exercises with checks, hints and solutions
``checkpoints`` small weights trained by this project, each with a card
``runtime``     device, seeds, tiers, cache
``record``      measured numbers: spread, seeds, device, tier, versions
==============  ===============================================================

Importing ``nesylib`` loads none of them: each is loaded when it is first used.
"""

from importlib import import_module

__version__ = "0.1.0"

_PARTS = (
    "checkpoints",
    "concepts",
    "data",
    "learn",
    "record",
    "rules",
    "runtime",
    "viz",
    "vit",
)


def __getattr__(name: str):
    if name in _PARTS:
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module 'nesylib' has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*_PARTS, "__version__"]
