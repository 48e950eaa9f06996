"""Pictures that pages of the book draw at build time."""

from __future__ import annotations

import numpy as np

from nesylib import data, viz
from nesylib.viz.png import encode_photo

COLUMNS = 6
SIZE = 112
GAP = (128, 128, 128)


def strips(images, columns: int = COLUMNS) -> list[np.ndarray]:
    """One row of pictures for each class."""
    return [
        data.contact_sheet(images.select([name]), per_class=columns, gap=2, background=GAP)
        for name in images.classes
    ]


def words(name: str) -> str:
    return name.replace("_", " ")


def show_rows(images, n: int, words_of) -> None:
    """The first ``n`` pictures of every class in a row of their own, with words beside it."""
    rows = []
    for name, strip in zip(images.classes, strips(images, n), strict=True):
        title, alt = words_of(words(name))
        source = viz.html.data_uri(*encode_photo(strip))
        rows.append(
            f'<figure><img class="dark-light" alt="{alt}" src="{source}" '
            f'width="{strip.shape[1]}" height="{strip.shape[0]}">'
            f"<figcaption>{title}</figcaption></figure>"
        )
    viz.show(viz.Html(f'<div class="class-rows">{"".join(rows)}</div>'))


def show_class_set(name: str, n: int = COLUMNS, size: int = SIZE) -> None:
    """A row of pictures for every class of a set."""
    images = data.load(f"scenes/{name}", "test", n=n * class_count(name), size=size, seed=4)
    show_rows(images, n, lambda c: (c, f"{n} drawn pictures of the class {c}"))


def class_count(name: str) -> int:
    from nesylib.data.scenes import CLASS_SETS

    return len(CLASS_SETS[name])


def show_rules(name: str) -> None:
    """The true program of a class set."""
    viz.show(viz.rule_box(data.load(f"scenes/{name}", "test", n=class_count(name)).rules.strip()))


def show_concepts(name: str) -> None:
    """One picture, and the names of what is visible in it."""
    images = data.load(f"scenes/{name}", "test", n=20, size=224, seed=4)
    best = int(np.asarray(images.concepts).sum(1).argmax())
    seen = [
        words(c) for c, bit in zip(images.concept_names, images.concepts[best], strict=True) if bit
    ]
    label = words(images.classes[int(images.labels[best])])
    picture = viz.show_pictures(
        [images.images[best]], [label], [f"A drawn {label} with {', '.join(seen)}"], width=224
    )
    facts = "\n".join(f"{c.replace(' ', '_')}(1)." for c in seen)
    viz.show(viz.side_by_side(picture, viz.rule_box(facts)))


def show_bias(name: str, n: int = COLUMNS, size: int = SIZE) -> None:
    """The same set with a wall colour for every class."""
    images = data.load(
        f"scenes/{name}", "test", n=n * class_count(name), size=size, seed=4,
        bias="wall", bias_strength=1.0,
    )  # fmt: skip
    show_rows(images, n, lambda c: (c, f"{n} drawn pictures of the class {c}, all walls alike"))


def show_digits(n: int = 10) -> None:
    """Some scans of every digit."""
    images = data.load("digits", "train")
    sheet = data.contact_sheet(images, per_class=n, gap=1, background=(128, 128, 128))
    alt = f"Ten rows of {n} handwritten digits each, from zero to nine"
    viz.show(viz.Html(viz.html.css("picture") + viz.pictures.picture_html(sheet, alt, width=460)))


SETS = {"P2": "places6-P2", "P3.1": "places6-P3.1", "P5": "places6-P5"}
SETS |= {"MIT-8": "mit8", "GTSRB": "gtsrb"}
READERS = {
    "linear head on [CLS]": ("linear-head", "s"),
    "rules, NeSyViT": ("rules", "o"),
    "rules, refined": ("refined-rules", "D"),
    "CART on the same bits": ("cart-on-bits", "x"),
}


def accuracy_by_set() -> None:
    """Accuracy of four readers on the five real sets, with the spread over seeds."""
    from nesylib import record
    from nesylib.viz.style import CATEGORIES

    def measured(method: str) -> list:
        return [
            record.get(
                f"nesyvit-sets-{key.removeprefix('places6-')}", f"nesyvit/{key}/{method}/accuracy"
            )
            for key in SETS.values()
        ]

    said = []
    for title, (method, _) in READERS.items():
        found = [m.value for m in measured(method)]
        values = ", ".join(f"{n} {100 * v:.1f}" for n, v in zip(SETS, found, strict=True))
        said.append(f"{title}: {values}")
    alt = "Accuracy in per cent on five sets. " + "; ".join(said) + "."
    with viz.figure(alt=alt, size=(7, 3.2)) as (_, ax):
        for i, (title, (method, marker)) in enumerate(READERS.items()):
            found = measured(method)
            place = np.arange(len(SETS)) + (i - 1.5) * 0.14
            ax.errorbar(
                place,
                [100 * m.value for m in found],
                yerr=[100 * m.spread for m in found],
                fmt=marker,
                color=CATEGORIES[i],
                label=title,
                capsize=3,
            )
        ax.set_xticks(range(len(SETS)), SETS)
        ax.set_ylabel("accuracy, %")
        ax.legend(frameon=False, loc="lower left")
