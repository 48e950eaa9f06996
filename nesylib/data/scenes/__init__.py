"""Rooms and roads drawn from a known grammar, with everything about them known.

- ``names``     class sets (P2 ... P10), concept names, how much must be visible
- ``rules``     the true class rules, as a logic program and as ``true_labels(concepts)``
- ``indoor``, ``outdoor``  the grammar: which things stand where, and how likely
- ``sleep_sit``, ``bath_cook``, ``live_work``, ``decor``, ``outdoor_parts``  how a thing is drawn
- ``room``, ``view``, ``pen``, ``palette``, ``look``  perspective, parts, colours
- ``render``    index images to pictures: palette, light, texture, for a whole batch
- ``generate``, ``workers``  many pictures, the same whatever their number and the processes
- ``bias``      a planted spurious cue
"""

from .bias import Bias
from .load_scenes import draw_set
from .names import CLASS_SETS, INDOOR, OUTDOOR, VISIBLE, concept_names
from .rules import rules_text, true_labels

__all__ = [
    "CLASS_SETS",
    "INDOOR",
    "OUTDOOR",
    "VISIBLE",
    "Bias",
    "concept_names",
    "draw_set",
    "rules_text",
    "true_labels",
]
