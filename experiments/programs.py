"""Running and explaining programs: missing facts, random programs, speed, wrong bits.

    python experiments/programs.py logic --record      # writes book/results/logic.json
    python experiments/programs.py running --record    # writes book/results/running.json

``logic``: programs of 3 to 8 random rules over six atoms, and the drawn rooms' own rules when
facts go missing. ``running``: a program learned from the true concepts of P10, run by numpy, by
clingo in one ``Control`` and by clingo in one ``Control`` a row; its explanations when bits are
wrong; its counterfactuals.
"""

from __future__ import annotations

import argparse
import time

import clingo
import numpy as np

from nesylib import data, record
from nesylib.rules import FoldSEM, Program
from nesylib.rules.asp import fact_lines, literal_truth, to_asp

ATOMS = list("abcdef")


def random_program(rng) -> str:
    """One rule a line, each with up to one positive and two negated atoms in its body."""
    lines = []
    for _ in range(rng.integers(3, 9)):
        body = list(rng.choice(ATOMS, rng.integers(0, 2), replace=False))
        body += [f"not {a}" for a in rng.choice(ATOMS, rng.integers(0, 3), replace=False)]
        head = rng.choice(ATOMS)
        lines.append(f"{head} :- {', '.join(body)}." if body else f"{head}.")
    return "\n".join(lines)


def count_answer_sets(text: str) -> int:
    control = clingo.Control(["--models=0", "--warn=none"])
    control.add("base", [], text)
    control.ground([("base", [])])
    found = []
    control.solve(on_model=lambda model: found.append(model.number))
    return len(found)


def logic(seed: int) -> dict[str, tuple[float, str]]:
    rng = np.random.default_rng(seed)
    counts = np.array([count_answer_sets(random_program(rng)) for _ in range(2000)])
    found = {
        "logic/random-programs/no-answer-set/share": (np.mean(counts == 0), "share"),
        "logic/random-programs/one-answer-set/share": (np.mean(counts == 1), "share"),
        "logic/random-programs/several-answer-sets/share": (np.mean(counts > 1), "share"),
    }
    rooms = data.load("scenes/P10", "test", n=1000, seed=seed)
    columns, labels = list(rooms.concept_names), rooms.label_names()
    program = Program.from_text(rooms.rules)
    for lost in (5, 10, 20):
        kept = rooms.concepts & (rng.random(rooms.concepts.shape) >= lost / 100)
        answers = program.predict(as_rows(kept, columns))
        none = np.array([answer is None for answer in answers])
        key = f"logic/scenes-P10/lost-{lost:02}"
        found[f"{key}/no-answer"] = (np.mean(none), "share")
        found[f"{key}/wrong-answer"] = (np.mean(~none & (answers != labels)), "share")
    return found


def as_rows(bits, columns):
    import pandas as pd

    return pd.DataFrame(bits, columns=columns)


def seconds(function, *args) -> float:
    start = time.perf_counter()
    function(*args)
    return time.perf_counter() - start


def one_control_per_row(program, X) -> list[str]:
    """What not to do."""
    truth, atoms = literal_truth(program, X)
    text, answers = to_asp(program), []
    for held in truth:
        control = clingo.Control(["--warn=none"])
        control.add("base", [], text + fact_lines(held[None], atoms) + "#show class/2.")
        control.ground([("base", [])])
        control.solve(on_model=lambda model: answers.append(str(model)))
    return answers


def running(seed: int) -> dict[str, tuple[float, str]]:
    train = data.load("scenes/P10", "train", n=2000, seed=seed)
    test = data.load("scenes/P10", "test", n=1000, seed=seed)
    columns, labels = list(test.concept_names), test.label_names()
    fold = FoldSEM(tail=0.001).fit(train.concepts, train.label_names(), feature_names=columns)
    program, stats = fold.program_, fold.program_.stats()
    accuracy = np.mean(fold.predict(test.concepts) == labels)
    found = {
        "running/scenes-P10/rules/accuracy": (accuracy, "share"),
        "running/scenes-P10/rules/rules": (stats["rules"], "count"),
        "running/scenes-P10/rules/exceptions": (stats["exceptions"], "count"),
    }
    rng = np.random.default_rng(seed)
    rows = rng.random((20000, len(columns))) < 0.2
    by_numpy = min(seconds(program.predict, rows) for _ in range(3)) / len(rows)
    at_once = lambda: program.predict(rows, engine="clingo")
    by_clingo = min(seconds(at_once) for _ in range(3)) / len(rows)
    each = min(seconds(one_control_per_row, program, rows[:100]) for _ in range(3)) / 100
    found["running/random-rows/numpy/rows-per-second"] = (1 / by_numpy, "1/s")
    found["running/random-rows/clingo-at-once/times-numpy"] = (by_clingo / by_numpy, "ratio")
    found["running/random-rows/clingo-per-row/times-numpy"] = (each / by_numpy, "ratio")
    found["running/random-rows/clingo-per-row/times-at-once"] = (each / by_clingo, "ratio")
    for wrong in (1, 2, 5):
        noisy = test.concepts ^ (rng.random(test.concepts.shape) < wrong / 100)
        right = program.predict(noisy) == labels
        false = np.array(
            [
                tells_untruth(program, columns, *rows)
                for rows in zip(noisy, test.concepts, strict=True)
            ]
        )
        key = f"running/scenes-P10/wrong-bits-{wrong:02}"
        found[f"{key}/accuracy"] = (np.mean(right), "share")
        found[f"{key}/right-with-false-reason"] = (np.mean(false[right]), "share")
    sizes = []
    for i in range(100):
        others = [c for c in test.classes if c != program.predict(test.concepts[[i]])[0]]
        changes = [program.counterfactual(test.concepts[i], c) for c in others]
        sizes += [len(c.changes) for c in changes if c is not None]
    found["running/scenes-P10/counterfactual/bits-to-change"] = (np.mean(sizes), "count")
    return found


def tells_untruth(program, columns, bits, true) -> bool:
    """Does the explanation from ``bits`` state a literal that is not so in the picture?"""
    real = dict(zip(columns, true.tolist(), strict=True))
    said = stated(program.explain(bits))
    return any(one.literal.holds(real[one.literal.column]) != one.holds for one in said)


def stated(explanation):
    """The literals by which an explanation says why a rule fired, or why it did not."""
    rules = list(explanation.failed)
    if explanation.fired is not None:
        rules += explanation.fired.exceptions
        yield from explanation.fired.literals
    for rule in rules:
        if rule.failing is not None:
            yield rule.failing
        elif rule.blocking is not None:
            yield from rule.blocking.literals


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("what", choices=("logic", "running"))
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3, 4])
    parser.add_argument("--record", action="store_true", help="write to book/results")
    options = parser.parse_args()
    runs = [globals()[options.what](seed) for seed in options.seeds]
    tolerance = {"share": 0.05, "count": 4.0}  # of speeds: as much again as they are
    measured = []
    for key, (_, unit) in runs[0].items():
        values = [float(run[key][0]) for run in runs]
        measured.append(
            record.measure(
                key,
                values,
                unit=unit,
                tolerance=tolerance.get(unit, max(values)),
                seeds=options.seeds,
                tier="demo",
                command=f"python experiments/programs.py {options.what}",
            )
        )
        print(f"{key:60} {measured[-1]}")
    if options.record:
        print("written to", record.save(options.what, measured).name)


if __name__ == "__main__":
    main()
