"""Measure a planted cue before and after each repair: accuracy, reliance, size of the program."""

from __future__ import annotations

import copy
import sys
from dataclasses import dataclass, replace

import numpy as np
from heads import VIT_TI, arguments, over_seeds, record_all

from nesylib import bias, checkpoints, concepts, data, record
from nesylib.bias.forbid import blocked_at_random
from nesylib.rules import FoldSEM, Program

COMMANDS = {
    "scenes": "python experiments/bias.py scenes",
    "places": "python experiments/bias.py places --weights FILE",
}
NEURONS, STRENGTH, WEIGHT = 64, 0.95, 1000.0
SHARE, COUNT = ("share", 0.06), ("count", 15.0)
UNITS = dict.fromkeys(
    ("biased", "random", "without", "own", "counter", "reliance", "pulled"), SHARE
) | dict.fromkeys(("rules", "size", "tied", "read", "blocked", "rounds"), COUNT)


@dataclass
class Case:
    """Pictures with a cue, and the classes by name."""

    sets: bias.Planted
    pooling: str
    backbone: str
    options: dict

    @property
    def classes(self) -> np.ndarray:
        return np.array(self.sets.train.classes)

    def layer(self, pictures, seed: int):
        """A concept layer trained on ``pictures`` over the frozen backbone."""
        net = concepts.ConceptViT(self.backbone, NEURONS, self.pooling, seed=seed, **self.options)
        concepts.fit(net, pictures, trainable="head", epochs=30, lr=3e-3, standardize=True,
                     seed=seed, progress=False)  # fmt: skip
        return net

    def bits(self, net, pictures) -> np.ndarray:
        return concepts.binarize(concepts.encode(net, pictures, cache_features=True))

    def judge(self, program: Program, tests: dict, tied=None) -> dict[str, float]:
        """Accuracy on every held-out set, reliance, and the size of the program."""
        return judged(program, tests, self.sets, tied)


def judged(program: Program, tests: dict, sets: bias.Planted, tied=None) -> dict[str, float]:
    names = np.array(sets.train.classes)
    told = {name: program.predict(bits) for name, bits in tests.items()}
    found = {name: float(np.mean(told[name] == getattr(sets, name).label_names())) for name in told}
    by_cue = bias.reliance(told["own"], told["counter"], names[sets.counter.cue])
    found |= {"reliance": by_cue.flips, "pulled": by_cue.pulled}
    found |= {key: program.stats()[key] for key in ("rules", "size")}
    if tied is not None:
        found |= {"tied": len(tied.neurons()), "read": len(bias.cue_literals(program, tied))}
    return found


def edits(program: Program, bits, labels, tied, rng) -> dict[str, Program]:
    """What a person may do who trusts the table of ties, and the same on random neurons."""
    used = sorted(set(bias.cue_literals(program, tied).neuron))
    if not used:
        return {"drop": program, "swap": program, "drop-random": program}
    number = {c.name: i for i, c in enumerate(program.columns)}
    reads = sorted({number[lit.column] for lit in program.literals()})
    exchange = {
        n: int(bias.stand_ins(bits, labels, n, barred=tied.neurons()).index[0]) for n in used
    }
    return {
        "drop": bias.drop_literals(program, used),
        "swap": bias.swap(program, exchange),
        "drop-random": bias.drop_literals(program, rng.permutation(reads)[: len(used)].tolist()),
    }


def forbid(bits, labels, tied, seed: int):
    """The rules relearned under the constraint; and with as many random neurons blocked."""
    found = bias.relearn(bits, labels, tied.follows(), tied.names)
    steps = np.diff([row["blocked"] for row in found.rounds])
    return found, blocked_at_random(bits, labels, steps, seed=seed)


def with_neurons(case: Case, seed: int) -> dict[str, dict[str, float]]:
    sets, rng = case.sets, np.random.default_rng(seed)
    labels, found = sets.train.label_names(), {}

    def of(name: str, net, pictures=sets.train, program=None):
        """Judge a network by the rules of its own bits."""
        bits = case.bits(net, pictures)
        tests = {key: case.bits(net, part) for key, part in sets.tests().items()}
        tied = bias.ties(case.bits(net, sets.probe), sets.probe.cue, sets.probe.labels)
        program = FoldSEM().fit(bits, pictures.label_names()).program_
        found[name] = case.judge(program, tests, tied)
        return bits, tests, tied, program

    net = case.layer(sets.train, seed)
    bits, tests, tied, program = of("before", net)
    blind = bias.ties(bits, sets.train.cue, sets.train.labels)
    found["before"]["blocked"] = 0
    found["ties-from-training"] = {"tied": len(blind.neurons())}
    for name, edited in edits(program, bits, labels, tied, rng).items():
        found[name] = case.judge(edited, tests, tied)
    repaired, control = forbid(bits, labels, tied, seed)
    for name, one in (("forbid", repaired), ("forbid-random", control)):
        found[name] = case.judge(one.program, tests, tied) | {"blocked": len(one.blocked)}
        found[name]["rounds"] = len(one.rounds)
    dealt = replace(sets.probe, cue=rng.permutation(sets.probe.cue))
    for name, probe in (("retrain", sets.probe), ("retrain-dealt", dealt)):
        again = copy.deepcopy(net)
        bias.retrain(again, sets.train, probe=probe, weight=WEIGHT, seed=seed, progress=False)
        bits, tests, tied, _ = of(name, again)
        if name == "retrain":
            try:
                both = forbid(bits, labels, tied, seed)[0]
            except ValueError:  # every neuron that tells a class follows the cue
                print(f"seed {seed}: nothing left to learn from", file=sys.stderr)
                continue
            found["retrain-forbid"] = case.judge(both.program, tests, tied)
            found["retrain-forbid"] |= {"blocked": len(both.blocked), "rounds": len(both.rounds)}
    of("probe-only", case.layer(sets.probe, seed), sets.probe)
    of("fair", case.layer(sets.fair, seed), sets.fair)
    return found


def scenes(seed: int, sets: bias.Planted) -> dict:
    backbone = "nesy_tiny_conv", dict(weights=checkpoints.path("scenes-backbone"))
    found = with_neurons(Case(sets, "mean", *backbone), seed)
    case = Case(sets, "cls", *backbone)  # the same backbone, read at its [CLS] token
    net = case.layer(sets.train, seed)
    program = FoldSEM().fit(case.bits(net, sets.train), sets.train.label_names()).program_
    tests = {key: case.bits(net, part) for key, part in sets.tests().items()}
    return found | {"cls": case.judge(program, tests)}


def known(seed: int, sets: bias.Planted) -> dict:
    """Bits that are what their names say: objects with one bit in ten wrong, and the wall."""
    names = [*sets.train.concept_names, *(f"wall_{c}" for c in sets.train.classes)]

    def table(pictures, stream: int) -> np.ndarray:
        wrong = np.random.default_rng([seed, stream]).random(pictures.concepts.shape) < 0.1
        walls = pictures.cue[:, None] == np.arange(len(pictures.classes))
        return np.concatenate([pictures.concepts ^ wrong, walls], 1)

    def learned(pictures, bits):
        return FoldSEM().fit(bits, pictures.label_names(), feature_names=names).program_

    train, labels = table(sets.train, 0), sets.train.label_names()
    tests = {key: table(part, 1) for key, part in sets.tests().items()}
    tied = bias.ties(table(sets.probe, 2), sets.probe.cue, sets.probe.labels)
    program = learned(sets.train, train)
    found = {"before": judged(program, tests, sets, tied)}
    rng = np.random.default_rng(seed)
    for name, edited in edits(program, train, labels, tied, rng).items():
        found[name] = judged(edited, tests, sets, tied)
    for name, one in zip(
        ("forbid", "forbid-random"), forbid(train, labels, tied, seed), strict=True
    ):
        plain = one.program.rename(
            dict(zip((c.name for c in one.program.columns), names, strict=True))
        )
        found[name] = judged(plain, tests, sets, tied) | {"blocked": len(one.blocked)}
    return found | {"fair": judged(learned(sets.fair, table(sets.fair, 0)), tests, sets, tied)}


_PLACES: dict = {}


def places(seed: int, weights) -> dict:
    """Photographs with a half transparent band; pictures and bands are the same for all seeds."""
    if weights is None:
        raise SystemExit("places needs --weights: a file with the weights of a ViT-Ti")
    if not _PLACES:
        parts = {
            name: data.load("places6/P3.1", split, n=n, size=112).in_memory()
            for name, split, n in (
                ("train", "train", 600), ("probe", "val", 210), ("test", "test", 210),
            )
        }  # fmt: skip
        how = {"biased": (0.95, "aligned"), "random": (1 / 3, "aligned"), "without": (0, "none"),
               "own": (1, "aligned"), "counter": (1, "conflicting")}  # fmt: skip

        def band(part: str, strength: float, mode: str = "aligned"):
            return bias.plant(parts[part], kind="band", strength=strength, mode=mode)

        _PLACES["sets"] = bias.Planted(
            train=band("train", STRENGTH),
            fair=band("train", 1 / 3),
            probe=band("probe", 1 / 3),
            **{name: band("test", *one) for name, one in how.items()},
        )
    options = dict(weights=weights, img_size=112)
    return with_neurons(Case(_PLACES["sets"], "mean", VIT_TI, options), seed)


def measure(data_set: str, seed: int, weights) -> dict[str, dict]:
    """Per name of the pictures: method -> measure -> value."""
    if data_set == "places":
        return {"places6-P3.1": places(seed, weights)}
    sets = bias.planted_scenes(
        "P3.1", strength=STRENGTH, n=1200, held_out=400, probe=400, seed=seed
    )
    return {"known-P3.1": known(seed, sets), "scenes-P3.1": scenes(seed, sets)}


def main() -> None:
    options = arguments(__doc__, COMMANDS)
    kind, measured = options.data_set, []
    runs = over_seeds(options.seeds, lambda seed: measure(kind, seed, options.weights))
    for name in runs[options.seeds[0]]:
        mine = {seed: run[name] for seed, run in runs.items()}
        everywhere = set.intersection(*(set(run) for run in mine.values()))
        mine = {s: {m: run[m] for m in run if m in everywhere} for s, run in mine.items()}
        measured += record_all("bias", name, mine, UNITS, COMMANDS[kind])
    if options.record:
        print("written to", record.save("bias", measured).name)


if __name__ == "__main__":
    main()
