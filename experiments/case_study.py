"""From picture to named program to error analysis: drawn rooms, and real traffic signs."""

from __future__ import annotations

import sys
from dataclasses import replace

import numpy as np
import torch
from codes import HEAD, network, pictures
from heads import arguments, over_seeds, record_all
from sklearn.linear_model import LogisticRegression

from nesylib import concepts, data, joint, meaning, record, runtime, vit
from nesylib.rules import FoldSEM, Program

COMMANDS = {
    "scenes": "python experiments/case_study.py scenes",
    "gtsrb": "python experiments/case_study.py gtsrb --weights FILE",
}
NAMED_FROM, WRONG, SHUFFLES = 1000, 200, 20
KINDS = ("shape", "rim", "fill", "symbol", "family")
LOOKED_AT = ("shape", "rim", "fill", "family")


class Units(dict):
    def __missing__(self, key):
        if key in ("rules", "predicates", "wrong", "named", "read", "kept", "added", "removed"):
            return ("count", 10.0)
        numbers = ("flips", "blame-flips", "blame-other-flips", "match")
        return ("number", 0.5) if key in numbers else ("share", 0.08)


class Signs:
    """GTSRB cut as the other experiments cut it, and all networks at once.

    The pictures at the network's size take gigabytes. They are decoded one part at a time and let
    go as soon as their features are known.
    """

    def __init__(self, seeds, weights):
        parts = [data.load("gtsrb", part, size=8) for part in ("train", "val", "test")]
        small = data.concatenate(*parts)
        small = replace(small, ids=np.arange(len(small)))
        self.train, self.test = small.split(test=0.3, seed=0)
        large = decoded(self.train)
        self.nets = {}
        for seed in seeds:
            self.nets[seed] = network("gtsrb", seed, weights)
            loss = concepts.ConceptLoss()
            concepts.fit(self.nets[seed], large, loss=loss, seed=seed, **HEAD)
        self.backbone = network("gtsrb", 0, weights, 4).backbone
        train = vit.frozen_features(self.backbone, large)
        del large
        self.features = train, vit.frozen_features(self.backbone, decoded(self.test))


def decoded(part):
    """The same pictures at 224 pixels; their ids are places in train, val and test in a row."""
    images = np.empty((len(part), 3, 224, 224), np.uint8)
    start = 0
    for name in ("train", "val", "test"):
        lazy = data.load("gtsrb", name, size=224).images
        rows = np.flatnonzero((part.ids >= start) & (part.ids < start + len(lazy)))
        for some in np.array_split(rows, max(1, len(rows) // 256)):
            images[some] = lazy[part.ids[some] - start]
        start += len(lazy)
    return replace(part, images=images)


class Case:
    """Pictures of one kind with what is known to be in them."""

    def __init__(self, kind: str, seed: int, signs: Signs | None):
        self.kind, self.seed = kind, seed
        self.name = "scenes-P5" if kind == "scenes" else "gtsrb"
        if kind == "scenes":
            self.train, self.test = pictures(self.name, seed)
            self.names = self.train.concept_names
            self.truth = self.train.concepts, self.test.concepts
            self.net = network(self.name, seed, "")
            concepts.fit(self.net, self.train, loss=concepts.ConceptLoss(), seed=seed, **HEAD)
            both = (self.train, self.test)
            self.features = [vit.frozen_features(self.net.backbone, part) for part in both]
        else:
            self.train, self.test, self.net = signs.train, signs.test, signs.nets[seed]
            self.features, self.signs = signs.features, data.sign_concepts()
            self.names = self.signs.names
            self.truth = self.signs.of(self.train.labels), self.signs.of(self.test.labels)
        self.labels = self.train.labels, self.test.labels

    @torch.inference_mode()
    def codes(self) -> list[np.ndarray]:
        return [self.net.concepts(torch.from_numpy(f)).numpy() for f in self.features]

    def mixed(self) -> np.ndarray:
        """The control: the truth of the test part, with all but the classes' share taken away.

        Rooms exchange their objects within their class; signs exchange all their concepts.
        """
        rng = np.random.default_rng(self.seed)
        if self.kind != "scenes":
            other = replace(self.signs, bits=rng.permutation(self.signs.bits))
            return other.of(self.labels[0]), other.of(self.labels[1])
        found = []
        for labels, truth in zip(self.labels, self.truth, strict=True):
            order = np.arange(len(labels))
            for c in np.unique(labels):
                mine = np.flatnonzero(labels == c)
                order[mine] = rng.permutation(mine)
            found.append(truth[order])
        return tuple(found)


def phi(bits: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Correlation of every column of bits with every column of truth; 0 for a constant one."""
    parts = []
    for part in (bits, truth):
        centred = part - part.mean(0)
        length = np.linalg.norm(centred, axis=0)
        parts.append(centred / np.where(length > 0, length, 1))
    return parts[0].T @ parts[1]


def best_names(bits, truth, read, least: float = 0.3) -> dict[int, int]:
    """Neuron -> the concept that its bit goes with best, if it goes with one at all."""
    found = phi(bits[:, read], truth)
    return {n: int(row.argmax()) for n, row in zip(read, found, strict=True) if row.max() >= least}


def match(bits, truth, names: dict[int, int]) -> float:
    """How well bits go with the concepts they are named by, on other pictures."""
    found = phi(bits, truth)
    return float(np.mean([found[n, k] for n, k in names.items()])) if names else 0.0


def on_true_names(program: Program, bits, truth, names: dict[int, int], labels) -> float:
    """Accuracy when every named neuron says the truth about its name."""
    told = bits.copy()
    for neuron, concept in names.items():
        told[:, neuron] = truth[:, concept]
    return float(np.mean(program.predict(told) == labels))


def literals_true(program: Program, truth, names: dict[int, int], labels) -> float:
    """Of the rules' named literals, the share that holds for most pictures of the rule's class."""
    column = {c.name: i for i, c in enumerate(program.columns)}
    held = []
    for rule in program.rules:
        mine = truth[labels == rule.label]
        for literal in rule.body:
            concept = names.get(column[literal.column])
            if concept is not None and len(mine):
                held.append((mine[:, concept].mean() >= 0.5) != literal.negated)
    return float(np.mean(held)) if held else 0.0


def held_against_truth(case: Case, program, bits, names: dict[int, int]) -> dict[str, dict]:
    """Names and rules held against what is known, and the same for names dealt out by lot."""
    labels, truth = case.labels[1], case.truth[1]
    found = {
        "literals-true": literals_true(program, truth, names, labels),
        "on-true-names": on_true_names(program, bits[1], truth, names, labels),
    }
    rng = np.random.default_rng(case.seed)
    dealt = [
        dict(zip(names, rng.permutation(list(names.values())), strict=True))
        for _ in range(SHUFFLES)
    ]
    lot = {
        "literals-true": np.mean([literals_true(program, truth, d, labels) for d in dealt]),
        "on-true-names": np.mean(
            [on_true_names(program, bits[1], truth, d, labels) for d in dealt]
        ),
    }
    return {"names": found, "names-by-lot": lot}


def neurons(case: Case) -> dict[str, dict]:
    """NeSyViT: a program over neurons that are named afterwards."""
    codes = case.codes()
    bits = [concepts.binarize(c) for c in codes]
    program = FoldSEM().fit(bits[0], case.labels[0]).program_
    read = joint.SoftProgram(program, np.unique(case.labels[0])).neurons
    read = [int(n) for n in read]
    stats = program.stats()
    found = {"neurons": {"accuracy": np.mean(program.predict(bits[1]) == case.labels[1])}}
    found["neurons"] |= {key: stats[key] for key in ("rules", "predicates")}
    names = best_names(bits[0], case.truth[0], read)
    found |= held_against_truth(case, program, bits, names)
    found["names"] |= {"read": len(read), "named": len(names)}
    found["names"]["match"] = match(bits[1], case.truth[1], names)
    mixed = case.mixed()
    lot = best_names(bits[0], mixed[0], read)
    found["names-mixed-truth"] = {"match": match(bits[1], mixed[1], lot), "named": len(lot)}
    kinds = [case.names[k] for k in names.values()]
    if case.kind == "gtsrb":
        kinds = [case.signs.kinds[k] for k in names.values()]
        many = case.signs.bits.sum(0)
        found["names"] |= {f"is-{kind}": kinds.count(kind) / len(kinds) for kind in KINDS}
        found["names"]["one-sign"] = np.mean([many[k] == 1 for k in names.values()])
        found |= shared_concepts(case, bits, read)
    else:
        found |= by_heat(case, codes, program, bits, read)
    found |= wrong_pictures(case, program, bits[1], "neurons")
    return found


def shared_concepts(case: Case, bits, read) -> dict[str, dict]:
    """Names by what many signs share (shape, rim, fill), and by tables with exchanged signs."""
    signs, rng = data.sign_concepts(("shape", "rim", "fill")), np.random.default_rng(case.seed)

    def matched(table) -> float:
        truth = [table[labels] for labels in case.labels]
        return match(bits[1], truth[1], best_names(bits[0], truth[0], read, -1.0))

    lots = [matched(rng.permutation(signs.bits)) for _ in range(SHUFFLES)]
    return {
        "shared-names": {"match": matched(signs.bits)},
        "shared-names-mixed-truth": {"match": np.mean(lots)},
    }


def by_heat(case: Case, codes, program, bits, read) -> dict[str, dict]:
    """Names as a reader would give them, by heat-maps on masks, scored like the others."""
    part = case.train.take(slice(0, NAMED_FROM))
    maps = meaning.heat_maps(case.net, part.images, read)
    some = codes[0][:NAMED_FROM]
    labels = meaning.mass_ratio(maps, some, part.masks, case.names, neurons=read)
    column = {name: k for k, name in enumerate(case.names)}
    names = {n: column[name] for n, name in labels.best().items()}
    scored = held_against_truth(case, program, bits, names)
    found = {"mass-ratio": scored["names"], "mass-ratio-by-lot": scored["names-by-lot"]}
    found["mass-ratio"] |= {"named": len(names), "match": match(bits[1], case.truth[1], names)}
    return found


def heads(case: Case) -> dict[str, dict]:
    """One linear detector a concept, and rules over those: named before, not afterwards."""
    mean, scale = case.features[0].mean(0), case.features[0].std(0) + 1e-6
    features = [(f - mean) / scale for f in case.features]
    rows = np.arange(len(case.train))
    if case.kind == "gtsrb":  # the pictures are the same for every seed: leave out other tracks
        tracks = np.unique(case.train.groups)
        rng = np.random.default_rng(case.seed)
        kept = rng.choice(tracks, int(0.8 * len(tracks)), replace=False)
        rows = np.flatnonzero(np.isin(case.train.groups, kept))
    use = [k for k in range(len(case.names)) if not case.names[k].startswith("family")]
    names = [case.names[k] for k in use]
    truth = [part[:, use] for part in case.truth]
    bits = [np.zeros(part.shape, bool) for part in truth]
    for k in range(len(use)):
        if truth[0][rows, k].any() and not truth[0][rows, k].all():
            model = LogisticRegression(C=0.1, max_iter=200).fit(
                features[0][rows], truth[0][rows, k]
            )
            for part in (0, 1):
                bits[part][:, k] = model.predict(features[part])
    labels = case.labels
    found, programs = {}, {}
    for name, table in (("heads", bits[0]), ("heads-true-rules", truth[0])):
        program = FoldSEM().fit(table[rows], labels[0][rows], feature_names=names).program_
        stats, programs[name] = program.stats(), program
        found[name] = {
            "accuracy": np.mean(program.predict(bits[1]) == labels[1]),
            "on-truth": np.mean(program.predict(truth[1]) == labels[1]),
        } | {key: stats[key] for key in ("rules", "predicates")}
        if case.kind == "scenes" or name == "heads":
            found |= wrong_pictures(case, program, bits[1], name, truth[1])
    found["heads"]["bits-right"] = np.mean(bits[1] == truth[1])
    if case.kind == "scenes":
        true = Program.from_text(case.train.rules, columns=program.columns)
        true = replace(true, rules=tuple(as_number(r, case.train.classes) for r in true.rules))
        for name, program in programs.items():
            told = true.difference(program, truth[1])
            found[name] |= {"kept": len(told.kept), "added": len(told.added)}
            found[name] |= {
                "removed": len(told.removed),
                "otherwise": len(told.rows) / len(truth[1]),
            }
    return found


def as_number(rule, classes):
    return replace(rule, label=classes.index(rule.label))


def wrong_pictures(case: Case, program, bits, method: str, truth=None) -> dict[str, dict]:
    """What the error analysis says of the test part."""
    labels = case.labels[1]
    answers = program.predict(bits)
    wrong = np.flatnonzero(answers != labels)
    rng = np.random.default_rng(case.seed)
    some = rng.permutation(wrong)[:WRONG]
    errors = joint.find_errors(
        program, bits[some], labels[some], truth=None if truth is None else truth[some]
    )
    frame = errors.to_frame()
    flips = frame["flips"].dropna().map(len)
    found = {
        "wrong": len(wrong),
        "flips": flips.mean() if len(flips) else 0.0,
        "one-flip": np.mean(flips == 1) if len(flips) else 0.0,
        "worst-three-rules": float(errors.by_rule()["wrong"].head(3).sum() / max(1, len(errors))),
    }
    for kind in joint.errors.KINDS:
        found[kind.replace(" ", "-")] = float(np.mean(frame["kind"] == kind)) if len(frame) else 0.0
    if truth is not None:
        found |= {f"blame-{k.replace(' ', '-')}": v for k, v in errors.blame().items()}
        if case.kind == "scenes":
            other = to_another_class(program, bits[some], errors, rng)
            found["blame-other-class"], found["blame-other-flips"] = other
    if case.kind == "gtsrb":
        said = answers[wrong].astype(int)
        mixed = rng.permutation(said)
        for kind in LOOKED_AT:
            own = data.sign_concepts(kind).bits.argmax(1)
            found[f"same-{kind}"] = np.mean(own[said] == own[labels[wrong]])
            found[f"same-{kind}-by-lot"] = np.mean(own[mixed] == own[labels[wrong]])
    return {f"{method}-errors": found}


def to_another_class(program, bits, errors, rng) -> tuple[float, float]:
    """The control of ``just`` and ``flips``: flips to a class by lot, of 100 wrong pictures."""
    hits, sizes = [], []
    for w in errors.wrong[:100]:
        others = [label for label in program.labels() if label not in (w.answer, w.label)]
        found = program.counterfactual(bits[w.row], others[rng.integers(len(others))])
        if found is not None:
            hits += [name in w.wrong_bits for name in found.changes]
            sizes.append(len(found.changes))
    return (float(np.mean(hits)), float(np.mean(sizes))) if hits else (0.0, 0.0)


def one_seed(kind: str, seed: int, signs: Signs | None) -> dict:
    runtime.seed_everything(seed)
    case = Case(kind, seed, signs)
    return neurons(case) | heads(case)


def main() -> None:
    options = arguments(__doc__, COMMANDS)
    kind = options.data_set
    signs = Signs(options.seeds, options.weights) if kind == "gtsrb" else None
    runs = over_seeds(options.seeds, lambda seed: one_seed(kind, seed, signs))
    name = "scenes-P5" if options.data_set == "scenes" else "gtsrb"
    measured = record_all("case", name, runs, Units(), COMMANDS[options.data_set])
    if options.record:
        saved = record.save(f"case-study-{options.data_set}", measured)
        print("written to", saved.name, file=sys.stderr)


if __name__ == "__main__":
    main()
