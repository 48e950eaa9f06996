"""Name what went wrong in training, and what to turn.

The signatures are those that a practitioner meets first: codes of all zeros, one code for all,
a contrastive loss that never moved, rules worse than the plain ViT, programs nobody can read,
neurons that mean several things.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from html import escape
from typing import Any

import numpy as np

PREDICATES = 50
PURITY = 0.7
UNSURE = 0.05


@dataclass(frozen=True)
class Finding:
    """One failure: its name, how bad it is, what shows it, and what to turn.

    ``severity`` is ``"failure"`` (nothing else matters before it is gone) or ``"warning"``.
    """

    name: str
    severity: str
    evidence: str
    turn: tuple[str, ...]

    def __str__(self) -> str:
        lines = [f"{self.severity.upper()}: {self.name}", f"  seen: {self.evidence}"]
        return "\n".join(lines + [f"  turn: {advice}" for advice in self.turn])


@dataclass(frozen=True)
class Diagnosis:
    """What :func:`diagnose` found. True in a condition when there is something to turn.

    Attributes
    ----------
    findings : tuple of Finding
        Failures first.
    measures : dict
        What was measured on the way.
    """

    findings: tuple[Finding, ...]
    measures: dict[str, float] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(f.name for f in self.findings)

    def __bool__(self) -> bool:
        return bool(self.findings)

    def __contains__(self, name: str) -> bool:
        return name in self.names

    def __str__(self) -> str:
        if not self.findings:
            return f"nothing found ({self._in_short()})"
        return "\n\n".join(str(f) for f in self.findings) + f"\n\n({self._in_short()})"

    __repr__ = __str__

    def _in_short(self) -> str:
        return ", ".join(f"{k} {_number(v)}" for k, v in self.measures.items())

    def to_frame(self):
        """One row a finding: name, severity, evidence, turn (:class:`pandas.DataFrame`)."""
        import pandas as pd

        rows = [(f.name, f.severity, f.evidence, "; ".join(f.turn)) for f in self.findings]
        return pd.DataFrame(rows, columns=["name", "severity", "evidence", "turn"])

    def to_html(self) -> str:
        """A list of the findings; every text in it is escaped."""
        rows = "".join(
            f"<li><strong>{escape(f.name)}</strong> ({escape(f.severity)})"
            f"<br>Seen: {escape(f.evidence)}"
            f"<ul>{''.join(f'<li>{escape(a)}</li>' for a in f.turn)}</ul></li>"
            for f in self.findings
        )
        body = f"<ul>{rows}</ul>" if rows else "<p>Nothing found.</p>"
        return f'<div class="nesy">{body}<p><small>{escape(self._in_short())}</small></p></div>'

    _repr_html_ = to_html


def diagnose(
    codes,
    labels,
    program=None,
    *,
    plain_accuracy: float | None = None,
    rule_accuracy: float | None = None,
    history=None,
    batch_size: int | None = None,
    threshold: float = 0.5,
    top: int = 20,
) -> Diagnosis:
    """Look at codes and program for the known ways in which training fails.

    Use pictures that were not trained on: the rules of a network that learned its training
    pictures by heart look well on those.

    Parameters
    ----------
    codes
        Activations ``(N, D)`` in [0, 1], or a :class:`nesylib.concepts.ConceptViT`; then
        ``labels`` is the :class:`nesylib.data.ImageSet` to encode.
    labels
        ``(N,)`` classes, of the kind that the program answers with (numbers or names).
    program
        The :class:`nesylib.rules.Program` that was learned. Without it only codes are looked at.
    plain_accuracy
        Of the plain ViT on the same pictures, as a share.
    rule_accuracy
        Of the rules; from ``program`` and ``codes`` if not given.
    history
        What :func:`nesylib.concepts.fit` returned, or its table; with ``batch_size`` (times the
        number of views) it tells whether the contrastive loss ever moved.
    threshold
        Where an activation becomes a bit.
    top
        Number of most activating pictures over which the purity of a neuron is taken.

    Returns
    -------
    Diagnosis

    Raises
    ------
    ValueError
        For codes that are not ``(N, D)`` in [0, 1], no pictures, labels of another length, another
        number of neurons than the program has columns, or settings out of range.

    Notes
    -----
    The limits are conventions: 50 predicates and a purity of 0.7 as proposed by readers of
    arXiv 2505.06745, 5 % of activations within [0.4, 0.6], rules worse than the plain ViT by two
    standard errors and one point.
    """
    codes, labels = _read(codes, labels, program)
    _check(codes, program, threshold, top, batch_size)
    for name, share in dict(plain_accuracy=plain_accuracy, rule_accuracy=rule_accuracy).items():
        if share is not None and not 0 <= share <= 1:
            raise ValueError(f"{name} is a share from 0 to 1, got {share}: 93 % is 0.93")
    found: list[Finding] = list(_moved(history, batch_size))
    if np.isnan(codes).any():
        found.insert(0, _nan(codes))
        return Diagnosis(tuple(found), {"pictures": len(codes)})
    bits = codes >= threshold
    classes, member = np.unique(labels, return_inverse=True)
    measures = {
        "pictures": len(codes),
        "neurons": codes.shape[1],
        "active": float(bits.sum(1).mean()),
        "never on": int((~bits.any(0)).sum()),
        "always on": int(_always(bits).sum()),
        "unsure": float(((codes >= 0.4) & (codes <= 0.6)).mean()),
        "codes": len(np.unique(np.packbits(bits, axis=1), axis=0)),
    }
    found += _codes_alike(codes, bits, classes, member)
    if program is not None:
        _same_kind(program, labels)
    if program is not None and rule_accuracy is None:
        rule_accuracy = float(np.mean(program.predict(bits) == labels))
    if rule_accuracy is not None:
        measures["rule accuracy"] = rule_accuracy
    if rule_accuracy is not None and plain_accuracy is not None:
        measures["plain ViT"] = plain_accuracy
        found += _below(codes, bits, member, rule_accuracy, plain_accuracy)
    if program is not None:
        stats = program.stats()
        measures |= {name: stats[name] for name in ("rules", "predicates", "size")}
        found += _giant(stats, len(classes))
    found += _polysemantic(codes, bits, classes, member, program, top)
    found += _always_on(bits, measures["always on"])
    found += _dead(bits, len(classes))
    found += _unsure(measures["unsure"])
    ordered = sorted(found, key=lambda f: f.severity != "failure")
    return Diagnosis(tuple(ordered), measures)


def _read(codes, labels, program) -> tuple[np.ndarray, np.ndarray]:
    if hasattr(codes, "concepts") and hasattr(codes, "backbone"):
        from nesylib.concepts.encoding import encode

        answers = program.labels() if program is not None else ()
        named = any(isinstance(a, str) for a in answers)
        codes, labels = encode(codes, labels), labels.label_names() if named else labels.labels
    codes, labels = np.asarray(codes, dtype=np.float64), np.asarray(labels)
    if codes.ndim != 2 or not codes.size:
        raise ValueError(f"codes must be (N, D) with pictures and neurons, got {codes.shape}")
    if labels.shape != codes.shape[:1]:
        raise ValueError(
            f"labels must be one for each of {len(codes)} codes, got shape {labels.shape}"
        )
    return codes, labels


def _check(codes: np.ndarray, program, threshold: float, top: int, batch_size) -> None:
    known = codes[~np.isnan(codes)]
    if known.size and (known.min() < 0 or known.max() > 1):
        raise ValueError(
            f"codes must lie in [0, 1], these run from {known.min():.3g} to {known.max():.3g}: "
            "apply the sigmoid"
        )
    if program is not None and len(program.columns) not in (0, codes.shape[1]):
        raise ValueError(
            f"codes have {codes.shape[1]} neurons, the program {len(program.columns)} columns: "
            "give the codes of all neurons, in the order in which the program learned them"
        )
    if not 0 < threshold < 1:
        raise ValueError(f"threshold must lie between 0 and 1, got {threshold}")
    if not hasattr(top, "__index__") or top < 1:
        raise ValueError(f"top counts pictures: a whole number, at least 1, got {top!r}")
    if batch_size is not None and batch_size < 2:
        raise ValueError(f"a contrastive batch has at least 2 pictures, not {batch_size}")


def _same_kind(program, labels: np.ndarray) -> None:
    """A program that answers in names never agrees with numbers."""
    kinds = [{isinstance(x, str) for x in each} for each in (program.labels(), labels.tolist())]
    if kinds in ([{True}, {False}], [{False}, {True}]):
        raise ValueError(
            "the program answers in names and labels are numbers, or the other way round: give "
            "labels as the program has them (label_names() or labels)"
        )


def _nan(codes: np.ndarray) -> Finding:
    rows = int(np.isnan(codes).any(1).sum())
    return Finding(
        "NaN activations",
        "failure",
        f"{rows} of {len(codes)} pictures have activations that are not a number",
        (
            "lower the learning rate, or raise the temperature of the contrastive loss",
            "look for NaN in the weights you started from and for constant pictures",
        ),
    )


def _moved(history, batch_size: int | None) -> list[Finding]:
    """A contrastive loss at ln(N - 1): every pair of a batch looks the same."""
    if history is None or batch_size is None:
        return []
    rows = history.to_dict("list") if hasattr(history, "to_dict") else history
    rows = getattr(rows, "rounds", rows)  # of refine, which has no contrastive loss
    if isinstance(rows, list):
        rows = {"supcon": [r["supcon"] for r in rows if "supcon" in r]}
    losses = rows["supcon"]
    if not len(losses):
        return []
    last, stuck = float(losses[-1]), math.log(max(batch_size - 1, 1))
    if not math.isfinite(last) or last < 0.95 * stuck:
        return []
    return [
        Finding(
            "contrastive loss stuck at ln(batch - 1)",
            "failure",
            f"it ends at {last:.3f}, and codes that all point the same way give "
            f"ln({batch_size - 1}) = {stuck:.3f}",
            (
                "let entropy and L1 rise later: fit(..., ramp=(0.3, 1))",
                "start the concept layer with more spread, SparseConceptLayer(init_spread=2)",
                "a higher learning rate, more epochs, or a backbone that is trained already",
            ),
        )
    ]


def _codes_alike(codes, bits, classes: np.ndarray, member: np.ndarray) -> list[Finding]:
    """Codes that classes have in common: all zeros, or some other."""
    found = []
    empty = ~bits.any(1)
    zeros = np.bincount(member[empty], minlength=len(classes))
    lost = (zeros.sum() - zeros.max()) / len(bits)
    if lost > 0.2 or (len(classes) == 1 and zeros.sum() > 0.5 * len(bits)):
        means, chance = _nearest_mean(codes, member), np.bincount(member).max() / len(member)
        faint = means > chance + 0.5 * (1 - chance)
        found.append(
            Finding(
                "all-zero codes",
                "failure",
                f"{zeros.sum()} of {len(bits)} pictures have no neuron on, from "
                f"{np.count_nonzero(zeros)} of {len(classes)} classes; the activations below the "
                f"threshold are {'faint but tell' if faint else 'empty: they do not tell'} the "
                f"classes apart (nearest class mean {means:.3f})",
                (
                    "a lower threshold, or raise beta, so that faint activations rise"
                    if faint
                    else "raise alpha (the weight of the contrastive loss)",
                    "lower gamma (the weight of L1), or l1_reduction='mean' instead of 'sum'",
                    "let entropy and L1 rise later: ramp=(0.3, 1)",
                ),
            )
        )
    shared: dict[bytes, list] = {}
    packed = np.packbits(bits, axis=1)
    for c, name in enumerate(classes):
        rows = packed[(member == c) & ~empty]
        code, times = Counter(map(bytes, rows)).most_common(1)[0] if len(rows) else (b"", 0)
        if times >= 0.5 * np.sum(member == c):
            shared.setdefault(code, []).append(name)
    groups = [names for names in shared.values() if len(names) > 1]
    if groups:
        named = "; ".join(", ".join(map(str, names)) for names in groups)
        found.append(
            Finding(
                "codes all the same" if len(groups[0]) == len(classes) else "classes share a code",
                "failure",
                f"most pictures of these classes have one and the same code: {named}",
                (
                    "raise alpha, or lower beta and gamma: the codes must differ before they "
                    "become sharp and sparse",
                    "let entropy and L1 rise later: ramp=(0.3, 1)",
                    "train longer, or train more of the backbone: fit(..., trainable=2)",
                ),
            )
        )
    return found


def _below(codes, bits, member, rules: float, plain: float) -> list[Finding]:
    """Rules worse than the plain ViT, and at which of the three steps it was lost."""
    n = len(codes)
    error = math.sqrt((rules * (1 - rules) + plain * (1 - plain)) / n)
    if plain - rules <= 0.01 + 2 * error:
        return []
    means, bit_means = _nearest_mean(codes, member), _nearest_mean(bits.astype(float), member)
    steps = {
        "the codes": (plain - means, "raise alpha, train more of the backbone or longer, more D"),
        "the threshold": (
            means - bit_means,
            "raise beta (entropy) or end its ramp earlier; try another threshold",
        ),
        "the rule learner": (
            bit_means - rules,
            "a smaller tail or ratio in FoldSEM; nesylib.joint.refine",
        ),
    }
    worst = max(steps, key=lambda name: steps[name][0])
    return [
        Finding(
            "accuracy below the plain ViT",
            "warning",
            f"rules {rules:.3f}, plain ViT {plain:.3f}; nearest class mean on activations "
            f"{means:.3f}, on bits {bit_means:.3f}: most is lost in {worst}",
            (f"{worst}: {steps[worst][1]}",),
        )
    ]


def _nearest_mean(points: np.ndarray, member: np.ndarray) -> float:
    """Accuracy of the nearest class mean, means from one half and answers on the other."""
    order = np.random.default_rng(0).permutation(len(points))
    halves, right = (order[::2], order[1::2]), 0
    for own, other in (halves, halves[::-1]):
        known = np.unique(member[own])
        if not len(known):
            return float("nan")
        centres = np.stack([points[own][member[own] == c].mean(0) for c in known])
        far = (centres**2).sum(1) - 2 * points[other] @ centres.T
        right += int((known[far.argmin(1)] == member[other]).sum())
    return right / len(points)


def _giant(stats: dict[str, int], n_classes: int) -> list[Finding]:
    limit = max(PREDICATES, 2 * n_classes)
    if stats["predicates"] <= limit:
        return []
    return [
        Finding(
            "giant rule-set",
            "warning",
            f"{stats['predicates']} predicates in {stats['rules']} rules, size {stats['size']}; "
            f"more than {limit} are hard to read",
            (
                "raise alpha: classes that form clusters need few bits",
                "raise gamma (L1), so that fewer neurons are left to ask",
                "a larger tail in FoldSEM, and look at what it costs",
            ),
        )
    ]


def _polysemantic(codes, bits, classes, member, program, top: int) -> list[Finding]:
    """Neurons of the program whose most activating pictures are of several classes."""
    neurons = np.flatnonzero((bits.mean(0) > 0.01) & ~_always(bits))  # not a slip here or there
    if program is not None:
        place = {column.name: i for i, column in enumerate(program.columns)}
        asked = {place[literal.column] for literal in program.literals()}
        neurons = np.array(sorted(asked), dtype=int)
    if not len(neurons) or len(classes) < 2:
        return []
    purity = {int(d): _purity(codes[:, d], member, len(classes), top) for d in neurons}
    mixed = sorted((p, d) for d, p in purity.items() if p < PURITY)
    if len(mixed) < max(1, len(purity) / 4):
        return []
    worst = ", ".join(f"neuron {d} ({p:.2f})" for p, d in mixed[:3])
    return [
        Finding(
            "polysemantic neurons",
            "warning",
            f"of {len(purity)} neurons {'in the program' if program else 'that vary'}, "
            f"{len(mixed)} have a class purity below {PURITY} among their {top} most activating "
            f"pictures: {worst}",
            (
                "look at the pictures: an object that two classes share is no fault",
                "raise gamma (L1), or use fewer neurons, so that fewer share one picture",
                "raise alpha and lower the temperature, for tighter clusters",
            ),
        )
    ]


def _purity(activation: np.ndarray, member: np.ndarray, n_classes: int, top: int) -> float:
    """Share of the commonest class among the top pictures; equal activations share the places."""
    top = min(top, len(activation))
    limit = np.partition(activation, -top)[-top]
    above, ties = activation > limit, activation == limit
    weight = above + ties * ((top - above.sum()) / ties.sum())
    return float(np.bincount(member, weight, n_classes).max() / top)


def _always(bits: np.ndarray) -> np.ndarray:
    return bits.mean(0) >= 0.99


def _always_on(bits: np.ndarray, always: int) -> list[Finding]:
    if always <= max(1, 0.1 * bits.shape[1]):
        return []
    return [
        Finding(
            "always-on neurons",
            "warning",
            f"{always} of {bits.shape[1]} neurons are on in at least 99 % of the pictures: they "
            "say nothing, and nothing is sparse",
            (
                "raise gamma, or l1_reduction='sum', which is D times stronger",
                "lower beta, or let it rise later: entropy holds a neuron that is on where it is",
                "start the concept layer mostly off, SparseConceptLayer(init_bias=-2)",
            ),
        )
    ]


def _dead(bits: np.ndarray, n_classes: int) -> list[Finding]:
    alive = int(((bits.mean(0) > 0.01) & ~_always(bits)).sum())
    dead = int((~bits.any(0)).sum())
    if alive >= n_classes - 1 or dead <= bits.shape[1] / 2:
        return []
    few = alive < math.ceil(math.log2(n_classes))
    return [
        Finding(
            "dead neurons",
            "failure" if few else "warning",
            f"{dead} of {bits.shape[1]} neurons are never on, and {alive} that vary are too few "
            f"to {'tell' if few else 'give each of'} {n_classes} classes "
            f"{'apart' if few else 'a neuron of its own'}",
            (
                "lower gamma, or let L1 rise later: ramp=(0.3, 1)",
                "raise alpha, or start with more spread: SparseConceptLayer(init_spread=2)",
            ),
        )
    ]


def _unsure(share: float) -> list[Finding]:
    if share <= UNSURE:
        return []
    return [
        Finding(
            "unsure activations",
            "warning",
            f"{share:.1%} of the activations lie in [0.4, 0.6], where a small change flips the bit",
            (
                "raise beta (the weight of entropy), or let its ramp end before training does",
                "train longer",
            ),
        )
    ]


def _number(value: Any) -> str:
    return f"{value:.3f}" if isinstance(value, float) else str(value)
