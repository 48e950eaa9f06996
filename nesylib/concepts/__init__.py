"""NeSyViT's sparse concepts: from a picture to bits.

``layer.py``       SparseConceptLayer: linear map and sigmoid
``model.py``       ConceptViT: a ViT whose head is a concept layer
``topk.py``        a layer of which only the k strongest neurons may be on
``whitening.py``   neurons that are uncorrelated by construction
``autoencoder.py`` a layer trained to rebuild the features, with or without classes
``losses.py``      supervised contrastive, entropy and L1 loss, and their weighted sum
``decorrelation.py``  a loss against neurons that say the same
``gather.py``      the global batch of several processes, with gradients
``augment.py``     small random changes to a batch of pictures
``loop.py``        one training loop for all: seeds, schedule, resuming, early stop on NaN
``batches.py``     which examples stand together in a batch, class-balanced or not
``identity.py``    which pictures and frozen weights a checkpoint belongs to
``memory.py``      what to do when a batch does not fit into memory
``training.py``    fit the concept layer, alone on frozen features or with the whole ViT
``baselines.py``   the plain ViT with cross-entropy that every result is held against
``encoding.py``    pictures to activations, activations to bits, and what thresholding costs
``binarization.py``  what is lost by thresholding; sweeps over thresholds
``thresholds.py``  a threshold for each neuron
``information.py`` how much bits and codes tell, in bits
``readers.py``     simple classifiers that read a code: linear, k-NN, nearest class mean
``agreement.py``   fidelity of rules to each definition of the network's answer
``stability.py``   the same neurons under another seed?
``saving.py``      a trained ConceptViT on disk, with its configuration and checksum
"""

from nesylib.concepts.agreement import fidelity, network_answers, pairwise_agreement
from nesylib.concepts.augment import Augment
from nesylib.concepts.autoencoder import fit_autoencoder
from nesylib.concepts.baselines import PlainViT, fit_classifier, linear_probe
from nesylib.concepts.binarization import (
    activation_histogram,
    binarization_loss,
    threshold_sweep,
    unsure_share,
)
from nesylib.concepts.decorrelation import DecorrelatedLoss, decorrelation_loss
from nesylib.concepts.encoding import binarize, code_summary, encode
from nesylib.concepts.gather import gather_batch
from nesylib.concepts.information import code_information, neuron_information
from nesylib.concepts.layer import SparseConceptLayer
from nesylib.concepts.loop import History, TrainingDiverged
from nesylib.concepts.losses import (
    ConceptLoss,
    LossParts,
    entropy_loss,
    l1_loss,
    lone_anchors,
    supcon_loss,
)
from nesylib.concepts.memory import OutOfMemory
from nesylib.concepts.model import ConceptViT
from nesylib.concepts.readers import READERS, knn_answers, linear_answers, mean_answers
from nesylib.concepts.saving import load_model, save_model
from nesylib.concepts.stability import Matching, Stability, match_neurons, seed_stability
from nesylib.concepts.thresholds import neuron_thresholds
from nesylib.concepts.topk import TopKConceptLayer
from nesylib.concepts.training import fit
from nesylib.concepts.whitening import settle, whiten

__all__ = [
    "READERS",
    "Augment",
    "ConceptLoss",
    "ConceptViT",
    "DecorrelatedLoss",
    "History",
    "LossParts",
    "Matching",
    "OutOfMemory",
    "PlainViT",
    "SparseConceptLayer",
    "Stability",
    "TopKConceptLayer",
    "TrainingDiverged",
    "activation_histogram",
    "binarization_loss",
    "binarize",
    "code_information",
    "code_summary",
    "decorrelation_loss",
    "encode",
    "entropy_loss",
    "fidelity",
    "fit",
    "fit_autoencoder",
    "fit_classifier",
    "gather_batch",
    "knn_answers",
    "l1_loss",
    "linear_answers",
    "linear_probe",
    "load_model",
    "lone_anchors",
    "match_neurons",
    "mean_answers",
    "network_answers",
    "neuron_information",
    "neuron_thresholds",
    "pairwise_agreement",
    "save_model",
    "seed_stability",
    "settle",
    "supcon_loss",
    "threshold_sweep",
    "unsure_share",
    "whiten",
]
