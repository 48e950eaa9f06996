"""Finding and repairing bias: does a program lean on something that it should not?

A *cue* is anything that goes along with a class in the training pictures and has no part in what
the class means: the colour of a wall, a watermark. Here a cue is planted or annotated, found in
the rules, measured, and taken out in three ways.

``planting.py``     plant: a watermark in any pictures; planted_scenes: drawn rooms with a cue
``correlation.py``  ties: which neurons go along with the cue, beyond class and chance
``find.py``         cue_literals: where the rules read such neurons
``relying.py``      reliance: what happens to the answers when only the cue changes
``edit.py``         repair 1: a person takes literals or rules out, or puts another neuron in
``forbid.py``       repair 2: the concept is forbidden by a constraint, and the rules learned again
``retraining.py``   repair 3: the neurons are trained again under a penalty on the cue's direction
"""

from nesylib._lazy import lazy

_WHERE: dict[str, str] = {  # imported when asked for: only retraining needs torch
    "Planted": "planting",
    "Relearned": "forbid",
    "Reliance": "relying",
    "Ties": "correlation",
    "Verdict": "forbid",
    "alignment": "retraining",
    "blocked_at_random": "forbid",
    "check": "forbid",
    "concept_vectors": "retraining",
    "cue_literals": "find",
    "drop_literals": "edit",
    "drop_rules": "edit",
    "plant": "planting",
    "planted_scenes": "planting",
    "program_facts": "forbid",
    "relearn": "forbid",
    "reliance": "relying",
    "retrain": "retraining",
    "stand_ins": "edit",
    "swap": "edit",
    "ties": "correlation",
}

__getattr__, __dir__, __all__ = lazy(__name__, _WHERE)
