"""Train the shipped student again: drawn rooms as sequences of symbols, learned without a label.

    python experiments/train_student.py

Its teacher is the shipped ``scenes-backbone``. Figures of the card are measured on test rooms.
"""

from __future__ import annotations

import argparse

from train_checkpoint import about

from nesylib import checkpoints, data, runtime, symbols
from nesylib.concepts.saving import write_card

NAME = "scenes-symbols"
V, L, WIDTH = 64, 8, 64
STUDENT = dict(
    discretizer="vq",
    decoding="parallel",
    shared=False,
    width=WIDTH,
    decoder_layers=1,
    encoder_layers=1,
)
TRAINING = dict(epochs=30, batch_size=256, lr=2e-3, keep_tokens=0.5)


def teacher_of_scenes() -> symbols.Teacher:
    weights = checkpoints.path("scenes-backbone")
    return symbols.Teacher.create("nesy_tiny_conv", weights=weights, img_size=64)


def trained(pictures: int, seed: int, checkpoint=None) -> symbols.SymbolStudent:
    """A student of the drawn rooms of P10."""
    teacher = teacher_of_scenes()
    train = data.load("scenes/P10", "train", n=pictures, seed=seed)
    student = symbols.SymbolStudent(teacher, V, L, seed=seed, **STUDENT)
    with runtime.seeded(seed + 1000):
        target = symbols.AnchorTarget(WIDTH, teacher.num_features)
    symbols.fit_student(
        student,
        teacher.tokens(train),
        target=target,
        loss=symbols.PrefixLoss(neighbours=1.0),
        seed=seed,
        checkpoint=checkpoint,
        on_epoch=lambda row: print(f"epoch {row['epoch']}: {row['total']:.4f}", flush=True),
        **TRAINING,
    )
    return student


def figures(student: symbols.SymbolStudent, seed: int, n: int = 4000) -> dict[str, float]:
    """k-NN on test rooms: the teacher's [CLS], k-means of it, and the student's symbols."""
    train = data.load("scenes/P10", "train", n=n, seed=seed)
    test = data.load("scenes/P10", "test", seed=seed)
    tokens = [student.teacher.tokens(part) for part in (train, test)]
    x, z = (t.cls for t in tokens)
    y, y_test = train.labels, test.labels
    knn = lambda a, b: symbols.knn_probe(a, y, b, y_test).top1
    one = symbols.kmeans_symbols(x, z, V, seed=seed)
    rest = symbols.residual_kmeans_symbols(x, z, V, L, seed=seed)
    S, S_test = (student.encode(t[:], batch_size=500) for t in tokens)
    read = student.read(S), student.read(S_test)
    found = {
        "teacher": knn(x, z),
        "k-means, 1 symbol": knn(one.rebuilt_train[:, 0], one.rebuilt_test[:, 0]),
        f"residual k-means, {L} symbols": knn(rest.rebuilt_train[:, -1], rest.rebuilt_test[:, -1]),
    }
    for length in (1, 2, 4, 8):
        found[f"student, {length} symbols"] = knn(read[0][:, length - 1], read[1][:, length - 1])
    return {f"k-NN, {name}": round(value, 4) for name, value in found.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pictures", type=int, default=6000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--show", action="store_true", help="print figures and ship nothing")
    options = parser.parse_args()
    path = runtime.cache_dir("training") / f"{NAME}-{options.seed}.safetensors"
    student = trained(options.pictures, options.seed, path)
    measured = figures(student, options.seed)
    for kept in (path, path.with_suffix(".good.safetensors")):
        kept.unlink(missing_ok=True)
    print(measured)
    if options.show:
        return
    shipped = student.save(checkpoints.FOLDER / f"{NAME}.safetensors", half=True)
    card = about(
        what="A student that writes 8 symbols about a drawn room, trained without labels",
        kind="student",
        teacher="scenes-backbone",
        config=student.config,
        data=f"scenes/P10, {options.pictures} training pictures, without their labels",
        seed=options.seed,
        settings=TRAINING | dict(target="anchors", neighbours=1.0),
        figures=measured,
        command="python experiments/train_student.py",
    )
    write_card(shipped, card)
    print(checkpoints.card(NAME))


if __name__ == "__main__":
    main()
