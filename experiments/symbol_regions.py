"""What maps of symbols are worth: what a symbol hangs on, whether it keeps its place, its object.

    python experiments/symbol_regions.py scenes --record                  # drawn rooms, masks known
    python experiments/symbol_regions.py cifar10 --weights FILE --record  # photographs, ten classes

Both train a student a seed, smaller than the shipped one: the questions are about maps. ``cifar10``
trains two, by the paper's recipe as far as it is known and by ours, and asks of each class
whether its maps are the more alike the more alike its pictures are.
"""

from __future__ import annotations

import numpy as np
import torch
from heads import arguments, over_seeds, record_all
from scipy.stats import spearmanr

from nesylib import data, meaning, record, runtime, symbols
from nesylib.meaning.inside_class import shuffled_within
from nesylib.symbols import AnchorTarget, PrefixLoss, ProjectorTarget, SymbolStudent

COMMANDS = {
    "scenes": "python experiments/symbol_regions.py scenes --record",
    "cifar10": "python experiments/symbol_regions.py cifar10 --weights FILE --record",
}
OURS = dict(discretizer="gumbel", straight_through=True, end=0.5, shared=False)
SIZES = dict(decoding="parallel", width=64, decoder_layers=1, encoder_layers=1)
TRAINING = dict(batch_size=128, lr=2e-3, keep_tokens=0.5, progress=False)
SHARES, PAINTED = (0.25, 0.5, 0.75, 0.9), 40
REMOVED = {"scenes": 100, "cifar10": 60}
UNITS = {name: ("count", 3.0) for name in ("patches", "symbols")}


class Units(dict):
    """Correlations, AUCs and differences of shares are numbers, the rest are shares."""

    def __missing__(self, key):
        number = key.startswith(("alike", "gain", "spread", "rho", "auc", "others", "surplus"))
        return ("number", 0.1) if number else ("share", 0.05)


def mean_of(frame, column: str) -> float:
    """Mean over symbols, each as often as it occurs; rows without a pair are left out."""
    frame = frame[np.isfinite(frame[column])]
    return float(np.average(frame[column], weights=frame["pictures"])) if len(frame) else 0.0


def of_attention(maps) -> dict[str, float]:
    """How much goes to patches, over how many of them, and whether positions have own maps."""
    flat = maps.reshape(*maps.shape[:2], -1)
    on_patches = flat.sum(-1)
    p = flat / on_patches[..., None]
    spread = np.exp(-(p * np.log(p + 1e-12)).sum(-1))
    positions = np.mean([np.corrcoef(each) for each in p], axis=0)  # of one picture
    others = (positions.sum() - len(positions)) / (len(positions) * (len(positions) - 1))
    return {
        "on-cls": float(1 - on_patches.mean()),
        "patches": float(spread.mean()),
        "alike-positions": float(others),
    }


def of_removal(student, tokens, maps: dict, seed: int, prefix: str = ""):
    """By recipe: symbols that change when the decoder is not shown tokens, in four orders."""
    found = {}
    for method, each in maps.items():
        left = symbols.symbol_removal(student, tokens, each, shares=SHARES, seed=seed)
        areas, rates = left.areas(), left.rates()
        made = {f"area-{order}": areas[order] for order in ("most", "other", "random", "least")}
        for order in ("most", "random", "least"):
            made[f"half-{order}"] = float(rates[order][SHARES.index(0.5)])
            made[f"nearly-all-{order}"] = float(rates[order][-1])
        found[prefix + method] = made
    return found


def of_painting(student, images, maps: dict, seed: int) -> dict[str, dict[str, float]]:
    """The same when half of the patches are painted over and the teacher looks again."""
    found = {}
    for method, each in maps.items():
        few = each[: len(images)]
        left = symbols.symbol_removal(
            student, images, few, shares=(0.5,), removed="paint", seed=seed
        )
        found[method] = {f"painted-{order}": float(r[0]) for order, r in left.rates().items()}
    return found


def of_consistency(maps, coded, labels, tokens) -> dict[str, float]:
    """Are maps of one symbol more alike than maps of different symbols, and within classes?"""
    found = {}
    seen = symbols.attended(tokens, maps.clip(min=0))
    for name, values in (("maps", maps), ("content", seen - seen.mean(0))):
        everywhere = symbols.consistency(values, coded)
        found[f"alike-{name}"] = mean_of(everywhere, "within")
        found[f"gain-{name}"] = mean_of(everywhere, "gain")
        inside = symbols.consistency(values, coded, inside=labels)
        found[f"gain-{name}-in-class"] = mean_of(inside, "gain")
    return found


def of_objects(maps, coded, test, seed: int) -> dict[str, float]:
    """Does a symbol look at one thing, more than other symbols in the same kind of room?"""
    labels, names = test.label_names(), test.concept_names
    rng = np.random.default_rng(seed)
    shuffled = coded[shuffled_within(test.labels, rng)]
    found = {}
    for name, each in (("", coded), ("-shuffled", shuffled)):
        frame = symbols.symbol_objects(each, maps, test.masks, labels, names)
        frame = frame[np.isfinite(frame["others"])]
        found[f"surplus{name}"] = mean_of(frame, "surplus")
        found[f"others{name}"] = mean_of(frame, "others")
        beyond = frame["surplus"] - frame["others"] > 0.05
        found[f"clear{name}"] = float(np.average(beyond, weights=frame["pictures"]))
    return found


def of_presence(coded, vocabulary: int, test, maps: dict) -> dict[str, float]:
    """Is an object there where a symbol is, within classes too, and is it what the maps favour?"""
    there = symbols.one_hot(coded, vocabulary, "positions") > 0
    used = np.flatnonzero(there.sum(0) >= 20)
    there = there[:, used].astype(float)
    everywhere = meaning.concept_auc(there, test.concepts)
    inside = meaning.within_class_auc(there, test.concepts, test.labels, shuffles=3)
    follows = (inside["auc"] >= 0.7).to_numpy()
    followed = inside["concept"].to_numpy()[follows]
    made = {}
    for name, each in maps.items():  # objects that the maps of these symbols favour
        frame = symbols.symbol_objects(coded, each, test.masks, test.labels, test.concept_names)
        rows = frame.set_index(["position", "symbol"])["object"]
        objects = [rows[u // vocabulary, u % vocabulary] for u in used[follows]]
        seen = np.array([test.concept_names.index(o) for o in objects])
        made[f"look-at-it-{name}"] = float((seen == followed).mean())
        made[f"look-at-it-{name}-by-chance"] = float((seen[:, None] == followed).mean())
    inside = inside.dropna(subset="auc")
    return made | {
        "symbols": there.shape[1],
        "auc-anywhere": float(np.nanmean(np.nanmax(everywhere, 1))),
        "auc-in-class": float(inside["auc"].mean()),
        "auc-by-chance": float(inside["by_chance"].mean()),
        "follow-an-object": float((inside["auc"] >= 0.7).mean()),
    }


def scenes(seed: int) -> dict[str, dict[str, float]]:
    from train_student import teacher_of_scenes

    teacher = teacher_of_scenes()
    train = data.load("scenes/P10", "train", n=2000, seed=seed)
    test = data.load("scenes/P10", "test", n=1000, seed=seed)
    student = SymbolStudent(teacher, 64, 8, seed=seed, **SIZES, **OURS)
    with runtime.seeded(seed + 1000):
        target = AnchorTarget(SIZES["width"], teacher.num_features)
    loss = PrefixLoss(neighbours=1.0)
    symbols.fit_student(
        student, teacher.tokens(train), target=target, loss=loss, epochs=8, seed=seed, **TRAINING
    )
    tokens = teacher.tokens(test)[:]
    coded, few = student.encode(tokens), tokens[: REMOVED["scenes"]]
    attention = symbols.symbol_maps(student, tokens)
    maps = {m: symbols.symbol_maps(student, few, method=m, seed=seed) for m in symbols.SYMBOL_MAPS}
    found = of_removal(student, few, maps, seed)
    painted = {m: maps[m] for m in ("attention", "gradient", "occlusion")}
    for method, made in of_painting(student, test.images[:PAINTED], painted, seed).items():
        found[method] |= made
    found["attention"] |= of_attention(attention)
    found["attention"] |= of_consistency(attention, coded, test.labels, tokens)
    slopes = symbols.symbol_maps(student, tokens, method="gradient").clip(min=0)
    found["gradient"] |= of_consistency(slopes, coded, test.labels, tokens)
    found["attention"] |= of_objects(attention, coded, test, seed)
    found["gradient"] |= of_objects(slopes, coded, test, seed)
    changed = symbols.changed_without_cls(student, few).mean()
    return found | {
        "student": {"changed-without-cls": float(changed)}
        | of_presence(coded, 64, test, {"attention": attention, "gradient": slopes})
    }


RECIPES = {
    "paper": (dict(discretizer="softmax"), "projector", PrefixLoss()),
    "ours": (OURS, "anchors", PrefixLoss(neighbours=1.0)),
}


def of_classes(maps, coded, train, test) -> dict[str, np.ndarray]:
    """Numbers of each class: how mixed it is for the teacher, and how steady symbols are in it."""
    labels, seen = test.labels, symbols.attended(test.tokens, maps)
    by_class = symbols.consistency(maps, labels).groupby("group")["gain"].mean()
    content = symbols.consistency(seen - seen.mean(0), labels).groupby("group")["gain"].mean()
    same = [
        mean_of(symbols.consistency(maps[labels == c], coded[labels == c]), "within")
        for c in range(len(test.classes))
    ]
    return {
        "spread": symbols.class_spread(test.cls, labels),
        "agreement": symbols.symbol_agreement(coded, labels).mean(1),
        "gain-class-maps": by_class.to_numpy(),
        "gain-class-content": content.to_numpy(),
        "alike-same-symbol": np.array(same),
    }


def one_recipe(name: str, seed: int, train, test) -> dict[str, dict[str, float]]:
    from symbols import Features

    options, kind, loss = RECIPES[name]
    student = SymbolStudent(Features(), 128, 8, seed=seed, **SIZES, **options)
    with runtime.seeded(seed + 1000):
        width, features = SIZES["width"], Features.num_features
        target = (
            AnchorTarget(width, features)
            if kind == "anchors"
            else ProjectorTarget(width, features, prototypes=1024)
        )
    symbols.fit_student(
        student, train.tokens, target=target, loss=loss, epochs=8, seed=seed, **TRAINING
    )
    coded, maps = student.encode(test.tokens), symbols.symbol_maps(student, test.tokens)
    few = test.tokens[: REMOVED["cifar10"]]
    by_method = {
        m: symbols.symbol_maps(student, few, method=m, seed=seed) for m in symbols.SYMBOL_MAPS
    }
    found = of_removal(student, few, by_method, seed, f"{name}-")
    changed = symbols.changed_without_cls(student, few).mean()
    found[name] = of_attention(maps) | {"changed-without-cls": float(changed)}
    found[name] |= of_consistency(maps, coded, test.labels, test.tokens)
    each = of_classes(maps, coded, train, test)
    for what, values in each.items():
        if what != "spread":
            found[name][f"rho-{what}"] = float(spearmanr(each["spread"], values)[0])
        for c, value in zip(test.classes, values, strict=True):
            found.setdefault(f"{name}-{c}", {})[what] = float(value)
    return found


def cifar10(seed: int, train, test) -> dict[str, dict[str, float]]:
    return {k: v for name in RECIPES for k, v in one_recipe(name, seed, train, test).items()}


def main() -> None:
    options = arguments(__doc__.splitlines()[0], COMMANDS)
    torch.set_num_threads(1)
    measure = scenes
    if options.data_set == "cifar10":
        from symbols_tokens import load

        if options.weights is None:
            raise SystemExit("cifar10 needs --weights: a file with the weights of a ViT-Ti")
        parts = load("train", 3000, options.weights), load("test", 2000, options.weights)
        measure = lambda seed: cifar10(seed, *parts)
    runs = over_seeds(options.seeds, measure)
    name = {"scenes": "scenes-P10", "cifar10": "cifar10"}[options.data_set]
    measured = record_all("symbol-maps", name, runs, Units(UNITS), COMMANDS[options.data_set])
    if options.record:
        print("written to", record.save(f"symbol-maps-{options.data_set}", measured).name)


if __name__ == "__main__":
    main()
