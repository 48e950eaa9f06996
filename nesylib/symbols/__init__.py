"""Pictures as short sequences of symbols, learned without labels.

A frozen Vision Transformer, the *teacher*, gives tokens; a small decoder, the *student*, reads
them and writes a few symbols from a vocabulary. Here are both, the self-distillation that
trains a teacher from nothing, what turns numbers into symbols, and what symbols are judged by.
"""

from nesylib._lazy import lazy

_WHERE: dict[str, str] = {  # imported when asked for: most of it needs torch
    "Centre": "dino",
    "Collapsed": "collapse",
    "MultiCrop": "multi_crop",
    "ProjectionHead": "head",
    "SelfDistillation": "self_distillation",
    "collapse_signs": "collapse",
    "dino_loss": "dino",
    "self_distil": "self_distillation",
    "teacher_momentum": "dino",
    "warmed_up": "dino",
    "AnchorTarget": "targets",
    "Coded": "baselines",
    "DISCRETIZERS": "discretizers",
    "Discrete": "discretizers",
    "Emission": "decoder",
    "FeatureTarget": "targets",
    "FiniteScalarQuantizer": "discretizers",
    "GumbelDiscretizer": "discretizers",
    "NeighbourInformation": "neighbours",
    "PrefixLoss": "losses",
    "Probe": "probing",
    "ProjectorTarget": "targets",
    "SoftmaxDiscretizer": "discretizers",
    "SymbolDecoder": "decoder",
    "SymbolStudent": "student",
    "TARGETS": "targets",
    "Target": "targets",
    "VectorQuantizer": "discretizers",
    "bits_spent": "baselines",
    "fit_student": "training",
    "kmeans_symbols": "baselines",
    "knn_probe": "probing",
    "linear_probe": "probing",
    "majority": "baselines",
    "nearest": "neighbours",
    "one_hot": "probing",
    "probe_symbols": "probing",
    "product_symbols": "baselines",
    "random_symbols": "baselines",
    "residual_kmeans_symbols": "baselines",
    "symbol_collapse": "training",
    "Teacher": "teacher",
    "Tokens": "teacher",
    "SYMBOL_MAPS": "maps",
    "SymbolRemoval": "removal",
    "attended": "regions",
    "changed_without_cls": "removal",
    "class_spread": "regions",
    "consistency": "regions",
    "on_objects": "regions",
    "symbol_agreement": "regions",
    "symbol_maps": "maps",
    "symbol_objects": "regions",
    "symbol_removal": "removal",
}

__getattr__, __dir__, __all__ = lazy(__name__, _WHERE)
