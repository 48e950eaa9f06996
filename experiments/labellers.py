"""Compare what names neurons: masks, words of a head, known bits, random words, your own model.

    python experiments/labellers.py scenes --record                  # drawn rooms, truth known
    python experiments/labellers.py places --weights FILE --record   # photographs, ImageNet's words

A language model joins in on drawn rooms when an endpoint is given; its key is read from the
environment variable named by --key-variable:

    python experiments/labellers.py scenes --endpoint https://HOST/v1 --model NAME --requests 500
"""

from __future__ import annotations

import argparse
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from heads import VIT_TI, Rooms, over_seeds, record_all
from naming import UNITS, Judge, K, object_layer
from scipy.stats import rankdata

from nesylib import concepts, data, meaning, record
from nesylib.concepts import ConceptLoss
from nesylib.meaning.labellers import (
    Budget,
    ChatWords,
    Endpoint,
    Evidence,
    HeadWords,
    KnownConcepts,
    MaskNames,
    RandomWords,
    gather,
    imagenet_scores,
    object_scores,
)

COMMANDS = {
    "scenes": "python experiments/labellers.py scenes --record",
    "places": "python experiments/labellers.py places --weights FILE --record",
}
MAPS = ("gradient-attention", "direction", "random")
PLACES_UNITS = {"predicts": ("number", 0.05), "predicts-within": ("number", 0.05)}
PLACES_UNITS |= {"named": ("share", 0.1), "words": ("count", 5.0)}


@dataclass
class Pictures:
    """Pictures to name neurons with, pictures to judge names on, and a head that knows words."""

    named: data.ImageSet
    held_out: data.ImageSet
    head: np.ndarray

    @classmethod
    def of(cls, rooms: Rooms, seed: int) -> Pictures:
        named = data.load("scenes/P5", "val", n=1000, seed=seed)
        held_out = data.load("scenes/P5", "test", n=2000, seed=seed)
        # words that a head was trained for: what ImageNet's head is for photographs
        features = rooms.features(rooms.train), rooms.train.concepts, rooms.features(named)
        return cls(named, held_out, object_scores(*features))


def compared(net, pictures: Pictures, neurons, seed: int, chat) -> dict:
    """Labels of every labeller for the same neurons."""
    named, words = pictures.named, pictures.named.concept_names
    about = dict(codes=concepts.encode(net, named), seed=seed)
    seen = {m: gather(net, named, neurons, k=K, method=m, **about) for m in MAPS}
    lots = np.random.default_rng(seed).integers(len(named), size=(len(neurons), K))
    other = gather(net, named, neurons, method="direction", top=lots, **about)
    shown = seen["gradient-attention"]
    masks, head = MaskNames(named.masks, words), HeadWords(pictures.head, words)
    found = {f"masks-{m}": masks.label(evidence) for m, evidence in seen.items()}
    found["masks-other-pictures"] = masks.label(other)
    found["head"] = head.label(shown)
    found["head-within"] = HeadWords(pictures.head, words, labels=named.labels).label(shown)
    found["head-other-pictures"] = HeadWords(pictures.head, words, least=0.0).label(other)
    found["known"] = KnownConcepts(named.concepts, words).label(shown)
    found["known-within"] = KnownConcepts(named.concepts, words, labels=named.labels).label(shown)
    found["random-words"] = RandomWords(words, seed).label(shown)
    if chat is not None:
        labeller = chat(words)
        found["model"] = labeller.label(shown)
        print(found["model"].frame().to_string())
        print(labeller.spent())
    return found


def scenes(seed: int, chat=None) -> dict[str, dict[str, float]]:
    rooms = Rooms("scenes", seed)
    pictures = Pictures.of(rooms, seed)
    nets = {
        "nesyvit": rooms.fit(ConceptLoss()).eval(),
        "objects": object_layer(rooms, rooms.train.concepts, seed),
    }
    found = {}
    for kind, net in nets.items():
        held_out = pictures.held_out
        codes = concepts.encode(net, held_out)
        judge = Judge(codes, held_out.concepts, held_out.labels, held_out.concept_names)
        on = concepts.binarize(concepts.encode(net, pictures.named)).any(0)
        neurons = np.flatnonzero(on).tolist()
        for name, labels in compared(net, pictures, neurons, seed, chat).items():
            scores = judge.of_names(labels, kind == "objects")
            found[f"{kind}-{name}"] = scores | {"names": _or_zero(scores["names"])}
    return found


def places(seed: int, weights: Path) -> dict[str, dict[str, float]]:
    """Do ImageNet's words, found on some photographs, foretell the neurons on others?

    ``predicts`` is the area under the ROC curve by which a word's score tells where the neuron
    is on, over the named neurons; ``predicts-within`` compares pictures of one class only.
    """
    rooms = Rooms("places", seed, weights)
    net = rooms.fit(ConceptLoss()).eval()
    codes, held_out = rooms.codes(net, rooms.train), rooms.codes(net)
    both = [imagenet_scores(part, weights, backbone=VIT_TI) for part in (rooms.train, rooms.test)]
    (scores, words), (test_scores, _) = both
    bits = concepts.binarize(held_out)
    neurons = np.flatnonzero(concepts.binarize(codes).any(0))
    top = meaning.top_pictures(codes, K)[neurons]
    # the words of a head look at whole pictures: flat maps stand for "everywhere"
    flat = np.ones((*top.shape, 1, 1), np.float32)
    shown = Evidence(rooms.train.images, codes, neurons, top, flat)
    lots = np.random.default_rng(seed).integers(len(codes), size=top.shape)
    other = Evidence(rooms.train.images, codes, neurons, lots, flat)
    labels = {
        "head": HeadWords(scores, words).label(shown),
        "head-within": HeadWords(scores, words, labels=rooms.train.labels).label(shown),
        "head-other-pictures": HeadWords(scores, words, least=0.0).label(other),
        "head-all-pictures": KnownConcepts(scores, words, least=0.0, at_most=1).label(shown),
        "random-words": RandomWords(words, seed).label(shown),
    }
    column = {}
    for w, word in enumerate(words):
        column.setdefault(word, w)
    ranks = rankdata(test_scores, axis=0) / len(test_scores)
    plain = meaning.concept_auc(ranks, bits)
    inside = meaning.concept_auc(ranks, bits, rooms.test.labels)
    found = {}
    for name, these in labels.items():
        at = [(column[word], n) for n, word in these.best().items()]
        found[name] = {
            "predicts": _mean(plain[w, n] for w, n in at),
            "predicts-within": _mean(inside[w, n] for w, n in at),
            "named": len(at) / len(neurons),
            "words": len({w for w, _ in at}),
        }
        if name == "head":
            print(these.frame().to_string())
    return found


def _mean(values) -> float:
    kept = [v for v in values if not math.isnan(v)]
    return float(np.mean(kept)) if kept else math.nan


def _or_zero(value: float) -> float:
    return 0.0 if math.isnan(value) else value


def without_gaps(runs: dict) -> dict:
    """Without measures that some seed could not give: the precision of no names at all."""
    kept = {}
    for seed, methods in runs.items():
        kept[seed] = {
            method: {
                what: value
                for what, value in measures.items()
                if not any(math.isnan(run[method][what]) for run in runs.values())
            }
            for method, measures in methods.items()
        }
    return kept


def model_of(options):
    """``words -> ChatWords`` for the endpoint given, or ``None``."""
    if options.endpoint is None:
        return None
    endpoint = Endpoint(options.endpoint, options.model or "", options.key_variable or None)
    budget = Budget(requests=options.requests)
    return lambda words: ChatWords(endpoint, words, budget=budget, progress=True)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data_set", choices=tuple(COMMANDS))
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--record", action="store_true", help="write to book/results")
    parser.add_argument("--weights", type=Path, help="ViT-Ti weights (safetensors), for places")
    parser.add_argument("--endpoint", help="an OpenAI-compatible address, up to /v1")
    parser.add_argument("--model", help="the model's name there")
    parser.add_argument(
        "--key-variable", default="OPENAI_API_KEY", help="holds the key; '' where none is wanted"
    )
    parser.add_argument("--requests", type=int, default=500, help="at most so many, all in all")
    options = parser.parse_args()
    if options.data_set == "places":
        runs = over_seeds(options.seeds, lambda seed: places(seed, options.weights))
        name, units = "places6-P5", PLACES_UNITS
    else:
        chat = model_of(options)
        runs = over_seeds(options.seeds, lambda seed: scenes(seed, chat))
        name, units = "scenes-P5", UNITS
    command = COMMANDS[options.data_set]
    if options.endpoint is not None:
        command += f" --endpoint URL --model {options.model}"
    measured = record_all("labellers", name, without_gaps(runs), units, command)
    if options.record:
        chapter = f"labellers-{options.data_set}"
        print("written to", record.save(chapter, measured).name)


if __name__ == "__main__":
    main()
