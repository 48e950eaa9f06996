"""From a picture to a logic program, one small module per idea.

==============  ===============================================================
``data``        where pictures come from: drawn scenes, digits, packs, folders
``vit``         Vision Transformers (timm's and small ones), features, attention
``concepts``    the sparse concept layer of NeSyViT: model, losses, training, bits
``rules``       FOLD-SE-M, logic programs, clingo, explanations
``joint``       where both meet: early stopping on rules, diagnosis, refining
``meaning``     what neurons mean: heat-maps, names, purity
``bias``        cues that should not count: found and repaired
``symbols``     pictures as short sequences of symbols
``viz``         figures for light and dark pages, sliders that need no kernel
``learn``       exercises with checks, hints and solutions
``checkpoints`` small weights trained by this project, each with a card
``runtime``     device, seeds, tiers, cache
``record``      measured numbers: spread, seeds, device, tier, versions
==============  ===============================================================

Importing ``nesylib`` loads none of them: each is loaded when it is first used.
"""

from nesylib._lazy import lazy

__version__ = "0.1.0"

_PARTS = (
    "bias",
    "checkpoints",
    "concepts",
    "data",
    "joint",
    "learn",
    "meaning",
    "record",
    "rules",
    "runtime",
    "symbols",
    "viz",
    "vit",
)
__getattr__, _names, __all__ = lazy(__name__, dict.fromkeys(_PARTS, ""))


def __dir__() -> list[str]:
    return [*_names(), "__version__"]
