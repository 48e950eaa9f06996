"""Where pictures come from.

Every source answers with the same type, :class:`ImageSet`: pictures as ``uint8`` arrays, labels,
class names and, where they are known, concept bits, object masks and the true class rules.

- ``image_set``  the ``ImageSet`` type: take, select, split, concatenate
- ``load``       ``load("scenes/P5")``, ``load("digits")``, ``load("places6/P2")``: one door to all
- ``scenes/``    rooms and roads drawn from a known grammar (no download)
- ``digits``     scikit-learn's handwritten digits (real, no download)
- ``packs``      real pictures in ``npz`` packs, decoded when asked for
- ``cifar100``   the official binary archive, for those who have it
- ``folder``     your own pictures, one sub-folder per class
- ``signs``      what GTSRB's traffic signs look like, as bits
- ``sheet``      many small pictures side by side in one array
"""

from .image_set import ImageSet, concatenate
from .load import load, names
from .sheet import contact_sheet
from .signs import SignConcepts, sign_concepts

__all__ = [
    "ImageSet",
    "SignConcepts",
    "concatenate",
    "contact_sheet",
    "load",
    "names",
    "sign_concepts",
]
