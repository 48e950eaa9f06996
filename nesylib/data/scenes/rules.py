"""The true rules of the scenes, as a logic program and as a function of concept bits.

The program of a class set is cut out of the rules of its domain: the rules of its classes, each
exception only where a rival class of the same set needs it.
"""

from __future__ import annotations

import re
from functools import lru_cache

import numpy as np

from .names import CLASS_SETS, concept_names

# class, body, exceptions: (body of the exception, rival classes that make it necessary)
_RULES: tuple[tuple[str, str, tuple[tuple[str, str], ...]], ...] = (
    ("bathroom", "toilet", ()),
    ("bathroom", "bathtub", ()),
    ("bathroom", "sink mirror", (("stove", "kitchen"), ("fridge", "kitchen"))),
    ("bedroom", "bed", (("suitcase", "hotel_room"), ("desk tv", "hotel_room"))),
    ("kitchen", "stove", ()),
    (
        "kitchen",
        "fridge",
        (
            ("bed", "bedroom hotel_room"),
            ("desk", "office"),
            ("reception_desk", "waiting_room"),
        ),
    ),
    (
        "kitchen",
        "sink cupboard",
        (("toilet", "bathroom"), ("bathtub", "bathroom"), ("mirror", "bathroom")),
    ),
    (
        "dining_room",
        "table chair",
        (
            ("stove", "kitchen"),
            ("fridge", "kitchen"),
            ("cupboard", "kitchen"),
            ("sofa", "living_room waiting_room"),
            ("whiteboard", "conference_room"),
            ("reception_desk", "waiting_room"),
            ("bed", "hotel_room"),
        ),
    ),
    (
        "living_room",
        "sofa",
        (
            ("bed", "hotel_room"),
            ("desk", "home_office"),
            ("reception_desk", "waiting_room"),
            ("clock -tv", "waiting_room"),
        ),
    ),
    ("living_room", "fireplace -bed", (("table chair", "dining_room"),)),
    (
        "home_office",
        "desk",
        (
            ("bed", "bedroom hotel_room"),
            ("filing_cabinet", "office"),
            ("whiteboard", "office"),
        ),
    ),
    ("office", "desk filing_cabinet", ()),
    ("office", "desk whiteboard", ()),
    ("waiting_room", "reception_desk", ()),
    ("waiting_room", "sofa clock -tv", (("bed", "hotel_room"), ("desk", "home_office"))),
    (
        "waiting_room",
        "chair clock -table -sofa",
        (("desk", "home_office office hotel_room"), ("bed", "bedroom hotel_room")),
    ),
    ("conference_room", "table whiteboard", ()),
    ("hotel_room", "bed suitcase", ()),
    ("hotel_room", "bed desk tv", ()),
    (
        "desert_road",
        "sand",
        (("guardrail", "highway"), ("garage", "driveway"), ("house", "driveway")),
    ),
    (
        "forest_road",
        "tree",
        (("building", "street"), ("sidewalk", "street"), ("sand", "desert_road")),
    ),
    ("street", "building", (("sand", "desert_road"),)),
    ("street", "sidewalk", ()),
    ("driveway", "garage", ()),
    ("driveway", "house -lane_marking", ()),
    ("highway", "guardrail", ()),
    ("highway", "bridge", ()),
    ("highway", "lane_marking road_sign", (("sand", "desert_road"),)),
)


def _body(text: str) -> list[str]:
    return [f"not {w[1:]}(X)" if w[0] == "-" else f"{w}(X)" for w in text.split()]


@lru_cache
def rules_text(class_set: str) -> str:
    """The true rules of a class set, one a line, stratified: exceptions never use classes."""
    classes = CLASS_SETS[class_set]
    lines, exceptions, number = [], [], {}
    for head, body, unless in _RULES:
        if head not in classes:
            continue
        needed = tuple(e for e, rivals in unless if set(rivals.split()) & set(classes))
        literals = _body(body)
        if len(needed) == 1 and " " not in needed[0] and needed[0][0] != "-":
            literals.append(f"not {needed[0]}(X)")
        elif needed:
            if needed not in number:
                number[needed] = f"ab{len(number) + 1}(X)"
                exceptions += [f"{number[needed]} :- {', '.join(_body(e))}." for e in needed]
            literals.append(f"not {number[needed]}")
        lines.append((classes.index(head), f"class(X,'{head}') :- {', '.join(literals)}."))
    lines.sort(key=lambda line: line[0])
    return "\n".join([text for _, text in lines] + exceptions) + "\n"


def class_matrix(text: str, bits: np.ndarray, names: tuple[str, ...], classes: tuple[str, ...]):
    """Which classes a program derives: (N, C) bool from concept bits (N, K)."""
    rules: dict[str, list[list[tuple[str, bool]]]] = {}
    for line in text.strip().splitlines():
        head, _, body = line.rstrip(".").partition(" :- ")
        found = re.findall(r"(not )?(\w+)\(X\)", body)
        rules.setdefault(head, []).append([(atom, not negated) for negated, atom in found])
    column = {name: k for k, name in enumerate(names)}

    def holds(head: str) -> np.ndarray:
        out = np.zeros(len(bits), bool)
        for body in rules.get(head, []):
            fires = np.ones(len(bits), bool)
            for atom, positive in body:
                value = bits[:, column[atom]] if atom in column else holds(f"{atom}(X)")
                fires &= value if positive else ~value
            out |= fires
        return out

    return np.stack([holds(f"class(X,'{c}')") for c in classes], axis=1)


def true_labels(concepts: np.ndarray, class_set: str) -> np.ndarray:
    """The class that the true rules give each row of concept bits.

    Parameters
    ----------
    concepts : (N, K) bool
        Columns in the order of ``concept_names(class_set)``.
    class_set : str
        ``"P2"`` ... ``"P10"``.

    Returns
    -------
    (N,) int64
        Index of the one class derived; -1 where no class or more than one is derived.
    """
    names, classes = concept_names(class_set), CLASS_SETS[class_set]
    bits = np.asarray(concepts)
    if bits.ndim != 2 or bits.shape[1] != len(names):
        raise ValueError(
            f"{class_set} has {len(names)} concepts: give (N, {len(names)}), got {bits.shape}"
        )
    derived = class_matrix(rules_text(class_set), bits.astype(bool), names, classes)
    return np.where(derived.sum(1) == 1, derived.argmax(1), -1).astype(np.int64)
