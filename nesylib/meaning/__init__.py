"""What do the neurons mean?

A neuron that a program reads is a name without a meaning. Everything here looks for one, and
measures how far to believe it: where in a picture a neuron looks, which word fits it, and
whether one word is enough.
"""

from importlib import import_module

_WHERE: dict[str, str] = {  # imported when asked for: most of it needs torch
    "CoActivation": "coactive",
    "HEAT_MAPS": "maps",
    "Labels": "labels",
    "class_purity": "purity",
    "coactivation": "coactive",
    "concept_auc": "inside_class",
    "concept_purity": "purity",
    "heat_maps": "maps",
    "mean_similarity": "alike",
    "measures_summary": "polysemanticity",
    "monosemanticity": "alike",
    "neuron_measures": "polysemanticity",
    "top_shares": "purity",
    "upsample": "maps",
    "within_class_auc": "inside_class",
}

__all__ = sorted(_WHERE)


def __getattr__(name: str):
    if name in _WHERE:
        return getattr(import_module(f"nesylib.meaning.{_WHERE[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
