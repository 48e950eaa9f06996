"""NeSyViT's sparse concepts: from a picture to bits.

``model.py``      SparseConceptLayer and ConceptViT
``losses.py``     supervised contrastive, entropy and L1 loss, and their weighted sum
``gather.py``     the global batch of several processes, with gradients
``augment.py``    small random changes to a batch of pictures
``loop.py``       one training loop for all: seeds, schedule, resuming, early stop on NaN
``training.py``   fit the concept layer, alone on frozen features or with the whole ViT
``baselines.py``  the plain ViT with cross-entropy that every result is held against
``encoding.py``   pictures to activations, activations to bits, and what thresholding costs
``saving.py``     a trained ConceptViT on disk, with its configuration and checksum
"""

from nesylib.concepts.augment import Augment
from nesylib.concepts.baselines import PlainViT, fit_classifier, linear_probe
from nesylib.concepts.encoding import binarize, code_summary, encode
from nesylib.concepts.gather import gather_batch
from nesylib.concepts.loop import History, TrainingDiverged
from nesylib.concepts.losses import (
    ConceptLoss,
    LossParts,
    entropy_loss,
    l1_loss,
    lone_anchors,
    supcon_loss,
)
from nesylib.concepts.model import ConceptViT, SparseConceptLayer
from nesylib.concepts.saving import load_model, save_model
from nesylib.concepts.training import fit

__all__ = [
    "Augment",
    "ConceptLoss",
    "ConceptViT",
    "History",
    "LossParts",
    "PlainViT",
    "SparseConceptLayer",
    "TrainingDiverged",
    "binarize",
    "code_summary",
    "encode",
    "entropy_loss",
    "fit",
    "fit_classifier",
    "gather_batch",
    "l1_loss",
    "linear_probe",
    "load_model",
    "lone_anchors",
    "save_model",
    "supcon_loss",
]
