"""Codes made to fail in one way each are named for it; a healthy set of codes is left in peace."""

from types import SimpleNamespace

import numpy as np
import pytest

from nesylib.joint import Diagnosis, diagnose
from nesylib.rules import FoldSEM

RNG = np.random.default_rng(0)
K, EACH, D = 4, 60, 24
LABELS = np.repeat(np.arange(K), EACH)


def detectors(noise=0.02):
    """One neuron a class, far from one half."""
    codes = RNG.uniform(0.0, 0.1, (len(LABELS), D))
    codes[np.arange(len(LABELS)), LABELS] = RNG.uniform(0.9, 1.0, len(LABELS))
    flip = RNG.random(codes.shape) < noise / D
    return np.where(flip, 1 - codes, codes)


def learned(codes, labels=LABELS, **options):
    return FoldSEM(**options).fit(codes >= 0.5, labels).program_


HEALTHY = detectors()


def test_silent_on_healthy_codes():
    history = [{"supcon": 4.8}, {"supcon": 3.4}]
    found = diagnose(
        HEALTHY, LABELS, learned(HEALTHY), plain_accuracy=0.98, history=history, batch_size=128
    )
    assert not found and found.names == () and len(found.to_frame()) == 0
    assert str(found).startswith("nothing found") and "Nothing found" in found.to_html()


def test_silent_when_one_class_is_the_default_and_has_no_bit():
    codes = detectors()
    codes[:, K - 1] = 0.01
    assert not diagnose(codes, LABELS, learned(codes), plain_accuracy=0.98)


def test_all_zero_codes():
    codes = RNG.uniform(0, 0.2, HEALTHY.shape)
    found = diagnose(codes, LABELS)
    assert "all-zero codes" in found and "dead neurons" in found
    assert "gamma" in " ".join(found.findings[0].turn)
    assert found.findings[0].severity == "failure"


def test_faint_codes_and_empty_ones_call_for_other_cures():
    faint, empty = diagnose(detectors() * 0.3, LABELS), diagnose(HEALTHY * 0, LABELS)
    assert "faint but tell" in str(faint) and "lower threshold" in faint.findings[0].turn[0]
    assert "empty" in str(empty) and "alpha" in empty.findings[0].turn[0]


def test_zero_codes_in_a_part_of_every_class():
    codes = detectors()
    codes[::3] = 0.0
    found = diagnose(codes, LABELS)
    assert found.names == ("all-zero codes",)
    assert f"{len(codes[::3])} of {len(codes)}" in found.findings[0].evidence


def test_codes_all_the_same():
    codes = np.where(np.arange(D) < D // 2, 0.99, 0.01) * np.ones((len(LABELS), 1))
    found = diagnose(codes, LABELS)
    assert found.names[0] == "codes all the same" and "always-on neurons" in found


def test_two_classes_share_a_code():
    codes = detectors(noise=0)
    codes[LABELS == 2] = codes[LABELS == 1][:EACH]
    found = diagnose(codes, LABELS)
    assert "classes share a code" in found and "codes all the same" not in found
    assert ": 1, 2" in found.findings[0].evidence


def test_nan_is_said_first_and_alone():
    codes = HEALTHY.copy()
    codes[3, 2] = np.nan
    found = diagnose(codes, LABELS, learned(HEALTHY), plain_accuracy=1.0)
    assert found.names == ("NaN activations",) and "1 of 240" in str(found)


def test_always_on_neurons():
    codes = detectors()
    codes[:, 10:18] = 0.97
    assert diagnose(codes, LABELS).names == ("always-on neurons",)


def test_dead_neurons():
    codes = np.full(HEALTHY.shape, 0.02)
    codes[LABELS < 2, 0] = 0.98
    found = diagnose(codes, LABELS)
    dead = found.findings[found.names.index("dead neurons")]
    assert dead.severity == "failure" and f"{D - 1} of {D}" in dead.evidence
    few = detectors(noise=0)
    few[:, 2:] = 0.02
    few[LABELS == 2, 0] = few[LABELS == 2, 1] = 0.98
    found = diagnose(few, LABELS)
    assert found.findings[found.names.index("dead neurons")].severity == "warning"


def test_unsure_activations():
    codes = detectors()
    codes[:, 8:12] = RNG.uniform(0.4, 0.499, (len(codes), 4))
    found = diagnose(codes, LABELS)
    assert found.names == ("unsure activations",) and "beta" in str(found)


def test_contrastive_loss_stuck():
    rows = [{"epoch": 1, "supcon": 4.85}, {"epoch": 2, "supcon": np.log(127)}]
    assert "contrastive loss stuck at ln(batch - 1)" in diagnose(
        HEALTHY, LABELS, history=rows, batch_size=128
    )
    assert not diagnose(HEALTHY, LABELS, history=rows)  # cannot be told without the batch size
    assert not diagnose(HEALTHY, LABELS, history=[], batch_size=128)


def test_polysemantic_neurons_are_those_of_the_program():
    codes = RNG.uniform(0, 0.1, (len(LABELS), D))
    pairs = {0: (0, 1), 1: (1, 2), 2: (2, 3), 3: (3, 0)}  # each neuron on for two classes
    for neuron, on in pairs.items():
        codes[np.isin(LABELS, on), neuron] = RNG.uniform(0.9, 1, 2 * EACH)
    found = diagnose(codes, LABELS, learned(codes))
    assert found.names == ("polysemantic neurons",)
    assert diagnose(HEALTHY, LABELS).names == ()


def test_purity_with_equal_activations():
    """All pictures of two classes at exactly 1: no order among them, so a purity of one half."""
    codes = np.zeros((len(LABELS), D))
    codes[LABELS < 2, 0] = codes[LABELS >= 2, 1] = 1.0
    found = diagnose(codes, LABELS)
    assert "neuron 0 (0.50)" in str(found)


def test_giant_rule_set():
    rng = np.random.default_rng(1)
    bits = rng.random((1500, 80)) < 0.5
    labels = rng.integers(0, 4, 1500)
    program = FoldSEM(tail=0.0).fit(bits, labels).program_
    assert program.stats()["predicates"] > 50
    codes = np.where(bits, 0.95, 0.05)
    found = diagnose(codes, labels, program)
    assert "giant rule-set" in found and "alpha" in str(found)


@pytest.mark.parametrize("step", ["the codes", "the threshold", "the rule learner"])
def test_accuracy_below_the_plain_vit_names_the_step(step):
    codes, program = detectors(), learned(HEALTHY)
    if step == "the codes":
        codes = RNG.permutation(codes)
    elif step == "the threshold":
        codes[:, :K] = 0.1 + 0.35 * codes[:, :K]  # ordered as before, none above one half
    else:
        program = learned(HEALTHY, positive=0)
        program = type(program)((), 0, program.columns)
    found = diagnose(codes, LABELS, program, plain_accuracy=0.97)
    below = found.findings[found.names.index("accuracy below the plain ViT")]
    assert f"most is lost in {step}" in below.evidence and below.turn[0].startswith(step)


def test_html_is_safe_and_the_frame_complete():
    labels = np.array(["<b>bed</b>", "bath"])[LABELS % 2]
    codes = np.where(np.arange(D) < 12, 0.99, 0.01) * np.ones((len(LABELS), 1))
    found = diagnose(codes, labels)
    assert "<b>bed" not in found.to_html() and "&lt;b&gt;bed" in found.to_html()
    assert list(found.to_frame().columns) == ["name", "severity", "evidence", "turn"]
    assert isinstance(found, Diagnosis) and len(found.to_frame()) == len(found.findings)


@pytest.mark.parametrize(
    ("codes", "labels", "words"),
    [
        (np.zeros(3), np.zeros(3), "must be"),
        (np.zeros((0, 4)), np.zeros(0), "must be"),
        (np.zeros((3, 4)), np.zeros(2), "one for each of 3"),
    ],
)
def test_bad_input(codes, labels, words):
    with pytest.raises(ValueError, match=words):
        diagnose(codes, labels)


def test_names_beside_numbers_are_refused():
    bits, labels = np.eye(2)[np.arange(40) % 2], np.arange(40) % 2
    program = FoldSEM().fit(bits.astype(bool), np.array(["a", "b"])[labels]).program_
    with pytest.raises(ValueError, match="names"):
        diagnose(bits, labels, program)


def test_the_rounds_of_refining_have_no_contrastive_loss():
    rounds = SimpleNamespace(rounds=[{"round": 1, "loss_last": 0.2}])
    codes, labels = np.eye(2)[np.arange(40) % 2], np.arange(40) % 2
    assert not diagnose(codes, labels, history=rounds, batch_size=8)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (dict(codes=8 * HEALTHY - 4), "apply the sigmoid"),
        (dict(codes=np.full_like(HEALTHY, np.inf)), r"in \[0, 1\]"),
        (dict(codes=HEALTHY[:, :2], rule_accuracy=0.9), "in the order in which"),
        (dict(plain_accuracy=93.0), "93 % is 0.93"),
        (dict(rule_accuracy=-1.0), "rule_accuracy is a share"),
        (dict(plain_accuracy=float("nan")), "plain_accuracy is a share"),
        (dict(threshold=5), "threshold"),
        (dict(threshold=float("nan")), "threshold"),
        (dict(top=0), "top counts pictures"),
        (dict(top=2.5), "top counts pictures"),
        (dict(batch_size=0), "at least 2"),
    ],
)
def test_settings_that_make_no_sense_are_told(change, words):
    given = dict(codes=HEALTHY, labels=LABELS, program=learned(HEALTHY)) | change
    with pytest.raises(ValueError, match=words):
        diagnose(**given)
