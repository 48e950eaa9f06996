"""What do the neurons mean?

A neuron that a program reads is a name without a meaning. Everything here looks for one, and
measures how far to believe it: where in a picture a neuron looks, which word fits it, and
whether one word is enough.
"""

from nesylib._lazy import lazy

_WHERE: dict[str, str] = {  # imported when asked for: most of it needs torch
    "CoActivation": "coactive",
    "HEAT_MAPS": "maps",
    "Labels": "labels",
    "Masks": "masks",
    "REMOVALS": "removal",
    "RemovalCurves": "faithfulness",
    "centre_map": "pointing",
    "class_purity": "purity",
    "coactivation": "coactive",
    "concept_auc": "inside_class",
    "concept_purity": "purity",
    "heat_maps": "maps",
    "mass_in_mask": "pointing",
    "mass_ratio": "mass",
    "mass_shares": "mass",
    "mean_similarity": "alike",
    "measures_summary": "polysemanticity",
    "monosemanticity": "alike",
    "named": "names",
    "neuron_measures": "polysemanticity",
    "overlap": "iou",
    "overlaps": "iou",
    "pointing_game": "pointing",
    "rank_in_mask": "pointing",
    "removal_curves": "faithfulness",
    "score_names": "scores",
    "shuffled_names": "scores",
    "top_pictures": "top",
    "top_shares": "purity",
    "true_names": "scores",
    "unnamed": "names",
    "upsample": "maps",
    "within_class_auc": "inside_class",
}

__getattr__, __dir__, __all__ = lazy(__name__, _WHERE)
