"""Symbols that were learned on CIFAR-10, written about traffic signs and rooms.

    python experiments/symbols_transfer.py gtsrb --weights FILE --record
    python experiments/symbols_transfer.py places6/P5 --weights FILE --record

The student and what it is compared with write symbols for pictures of another set, and a k-NN
probe reads them with that set's labels. Beside each: the same on features that were given the means
and deviations of CIFAR-10's, and codes that were fitted on the set itself.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
from pathlib import Path

import numpy as np
import torch
from heads import record_all
from symbols import LENGTHS, OWN_GUMBEL, SIZES, Features, L, V, anchors, kept
from symbols_tokens import Tokens, load

from nesylib import record, runtime, symbols

COMMAND = "python experiments/symbols_transfer.py {} --weights FILE --record"
SETS = {  # pictures to probe with, to test
    "gtsrb": (4000, 2000),
    "places6/P5": (4000, 1000),
    "cifar100": (4000, 2000),
    "cifar100/coarse": (4000, 2000),
}
# anchors to match, and symbols that a picture shares with its neighbours
STUDENT = SIZES | OWN_GUMBEL | dict(decoding="parallel", from_cls=True)
TRAINING = dict(epochs=15, batch_size=256, lr=2e-3, keep_tokens=0.25)
CODERS = {
    "k-means": symbols.kmeans_symbols,
    "product": symbols.product_symbols,
}


class Units(dict):
    def __missing__(self, key):
        return "share", 0.04


def trained(tokens: Tokens, seed: int, file: Path) -> symbols.SymbolStudent:
    """A student of these tokens; one that was cut off goes on."""
    student = symbols.SymbolStudent(Features(), V, L, seed=seed, **STUDENT)
    with runtime.seeded(seed + 1000):
        target = anchors()()
    symbols.fit_student(
        student,
        tokens.tokens,
        target=target,
        loss=symbols.PrefixLoss(neighbours=1.0),
        seed=seed,
        checkpoint=file,
        progress=sys.stderr.isatty(),
        **TRAINING,
    )
    return student


def knn(train, y, test, y_test) -> float:
    return symbols.knn_probe(train, y, test, y_test).top1


def of_symbols(S, S_test, train: Tokens, test: Tokens) -> dict[str, float]:
    """What is read from symbols as symbols, for each prefix, and how many are in use."""
    made = {}
    for n in (n for n in LENGTHS if n <= S.shape[1]):
        parts = [symbols.one_hot(s[:, :n], V) for s in (S, S_test)]
        made[f"knn-positions-{n}"] = knn(parts[0], train.labels, parts[1], test.labels)
    shares = [np.bincount(column, minlength=V) / len(S_test) for column in S_test.T]
    entropies = [-(p[p > 0] * np.log(p[p > 0])).sum() for p in shares]
    return made | {"perplexity": float(np.exp(entropies).mean())}


def of_student(student, train: Tokens, test: Tokens) -> dict[str, float]:
    S, S_test = (student.encode(part.tokens, batch_size=500) for part in (train, test))
    made = of_symbols(S, S_test, train, test)
    read = student.read(S), student.read(S_test)
    for n in LENGTHS:
        parts = read[0][:, n - 1], train.labels, read[1][:, n - 1], test.labels
        made[f"knn-encoder-{n}"] = knn(*parts)
    return made


def of_coder(coder, source: np.ndarray, train: Tokens, test: Tokens, seed: int):
    """Centres of ``source``, symbols and rebuilt features of the set."""
    both = np.concatenate([train.cls, test.cls])
    coded = coder(source, both, V, seed=100 * seed)
    cut = len(train)
    made = of_symbols(coded.test[:cut], coded.test[cut:], train, test)
    for n in (n for n in LENGTHS if n <= coded.test.shape[1]):
        rebuilt = coded.rebuilt_test[:, n - 1]
        made[f"knn-rebuilt-{n}"] = knn(rebuilt[:cut], train.labels, rebuilt[cut:], test.labels)
    return made


def of_teacher(train: Tokens, test: Tokens) -> dict[str, float]:
    mean, spread = train.cls.mean(0), train.cls.std(0)
    scaled = [(part.cls - mean) / spread for part in (train, test)]
    return {
        "majority": symbols.majority(train.labels, test.labels),
        "knn-cls": knn(train.cls, train.labels, test.cls, test.labels),
        "knn-cls-scaled": knn(scaled[0], train.labels, scaled[1], test.labels),
    }


def of_random(train: Tokens, test: Tokens, seed: int) -> dict[str, float]:
    both = np.concatenate([train.cls, test.cls])
    S = symbols.random_symbols(train.cls, both, V, L, seed=100 * seed).test
    return of_symbols(S[: len(train)], S[len(train) :], train, test)


def moved(part: Tokens, train: Tokens, source: Tokens) -> Tokens:
    """Tokens with the means and deviations of the source's, [CLS] apart from patches.

    It needs pictures of the new set, and no label.
    """
    tokens = part.tokens.astype(np.float32)
    for rows in (np.s_[:, :1], np.s_[:, 1:]):
        here, there = (
            t.tokens[rows].reshape(-1, tokens.shape[2]).astype(np.float32) for t in (train, source)
        )
        scaled = (tokens[rows] - here.mean(0)) / here.std(0)
        tokens[rows] = scaled * there.std(0) + there.mean(0)
    return Tokens(tokens.astype(np.float16), part.labels, part.classes)


def of_seed(seed: int, source: Tokens, train: Tokens, test: Tokens, folder: Path):
    """Everything under one seed. What was measured before is read; students are kept."""
    made = {
        "teacher": kept(folder / "teacher.json", lambda: of_teacher(train, test)),
        "random": kept(folder / f"random-{seed}.json", lambda: of_random(train, test, seed)),
    }
    near = [moved(part, train, source) for part in (train, test)]
    for origin, tokens, pictures in (
        ("cifar10", source, (train, test)),
        ("moved", source, near),
        ("itself", train, (train, test)),
    ):
        for name, coder in CODERS.items():
            file = folder / f"{name}-{origin}-{seed}.json"
            measure = lambda t=tokens, c=coder, p=pictures: of_coder(c, t.cls, *p, seed)
            made[f"{name}-{origin}"] = kept(file, measure)
    weights = folder.parent / f"{recipe()}-{seed}.safetensors"
    for origin, pictures in (("cifar10", (train, test)), ("moved", near)):
        measure = lambda p=pictures: of_student(trained(source, seed, weights), *p)
        made[f"student-{origin}"] = kept(folder / f"{recipe()}-{origin}-{seed}.json", measure)
    return made


def recipe() -> str:
    """A name for what a student's numbers depend on."""
    told = str((sorted(STUDENT.items()), TRAINING, V, L))
    return "student-" + hashlib.sha256(told.encode()).hexdigest()[:8]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data_set", choices=tuple(SETS))
    parser.add_argument("--weights", type=Path, required=True, help="of a ViT-Ti (safetensors)")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--source", type=int, default=4_000, help="pictures of CIFAR-10")
    parser.add_argument("--record", action="store_true", help="write to book/results")
    options = parser.parse_args()
    torch.set_num_threads(1)
    name = options.data_set
    source = load("train", options.source, options.weights)
    train, test = (
        load(split, n, options.weights, name=name)
        for split, n in zip(("train", "test"), SETS[name], strict=True)
    )
    plain = name.replace("/", "-")
    folder = runtime.cache_dir("symbols", f"transfer-{options.source}", plain)
    runs = {s: of_seed(s, source, train, test, folder) for s in options.seeds}
    units, command = Units(perplexity=("number", 20.0)), COMMAND.format(name)
    measured = record_all("symbols-transfer", plain, runs, units, command)
    if options.record:
        record.save(f"symbols-transfer-{plain}", measured)


if __name__ == "__main__":
    main()
