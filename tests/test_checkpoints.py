"""The shipped weights: whole, small, carded, and as good as their card says."""

import json

import numpy as np
import pytest

from nesylib import checkpoints, concepts, data
from nesylib.rules import FoldSEM
from nesylib.symbols import knn_probe
from nesylib.vit import create_backbone


@pytest.mark.parametrize("name", checkpoints.names())
def test_every_checkpoint_is_small_and_has_a_card(name):
    path = checkpoints.path(name)
    assert path.stat().st_size < 2_000_000
    about = json.loads((checkpoints.FOLDER / f"{name}.json").read_text())
    needed = {"what", "config", "sha256", "data", "seed", "command", "commit", "figures", "license"}
    assert needed <= set(about) and len(about["commit"]) == 40
    assert about["what"] in checkpoints.card(name)


def test_rules_on_the_shipped_network_reach_what_the_card_says():
    net = checkpoints.load("scenes-P3.1")
    train, test = data.load("scenes/P3.1", "train", n=1500), data.load("scenes/P3.1", "test", n=600)
    bits = [concepts.binarize(concepts.encode(net, part)) for part in (train, test)]
    assert net.about["classes"] == list(train.classes)
    fold = FoldSEM().fit(bits[0], train.labels)
    accuracy = np.mean(fold.predict(bits[1]) == test.labels)
    assert accuracy == pytest.approx(net.about["figures"]["rules, test: accuracy"], abs=0.03)


def test_the_backbone_is_what_the_network_started_from():
    weights = checkpoints.path("scenes-backbone")
    backbone = create_backbone("nesy_tiny_conv", weights=weights)
    trained = checkpoints.load("scenes-P3.1").backbone
    one, other = backbone.blocks[0].mlp.fc1.weight, trained.blocks[0].mlp.fc1.weight
    cosine = (one * other).sum() / one.norm() / other.norm()
    assert float(cosine.detach()) > 0.9


def test_unknown_and_damaged_checkpoints(tmp_path, monkeypatch):
    with pytest.raises(ValueError, match=r"did you mean 'scenes-P3\.1'"):
        checkpoints.load("scenes-P3.2")
    for suffix in (".json", ".safetensors"):
        source = checkpoints.FOLDER / f"scenes-P3.1{suffix}"
        (tmp_path / source.name).write_bytes(source.read_bytes()[: None if "j" in suffix else -9])
    monkeypatch.setattr(checkpoints, "FOLDER", tmp_path)
    with pytest.raises(ValueError, match="cut off or changed"):
        checkpoints.load("scenes-P3.1")


def test_the_shipped_student_writes_symbols_as_good_as_its_card_says():
    student = checkpoints.load("scenes-symbols")
    train, test = data.load("scenes/P10", "train", n=1500), data.load("scenes/P10", "test", n=400)
    symbols = [student.encode(part) for part in (train, test)]
    assert symbols[1].shape == (400, student.length)
    assert 0 <= symbols[1].min() and symbols[1].max() < student.vocabulary
    read = [student.read(part)[:, -1] for part in symbols]
    found = knn_probe(read[0], train.labels, read[1], test.labels).top1
    wanted = student.about["figures"][f"k-NN, student, {student.length} symbols"]
    assert found == pytest.approx(wanted, abs=0.06)  # fewer rooms to compare with
    assert student.teacher.num_features == 96 and student.about["teacher"] == "scenes-backbone"
