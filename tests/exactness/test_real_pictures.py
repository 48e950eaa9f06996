"""The whole pipeline on real pictures: from pixels to rules that answer on a held-out part."""

import numpy as np
import pytest

from nesylib import concepts, data
from nesylib.rules import FoldSEM

VIT_TI = "vit_tiny_patch16_224.augreg_in21k_ft_in1k"


def read_rules(net, train, test, **options):
    bits = [concepts.binarize(concepts.encode(net, part, **options)) for part in (train, test)]
    fold = FoldSEM().fit(bits[0], train.label_names())
    answers = fold.predict(bits[1])
    assert (answers[:100] == fold.predict(bits[1][:100], engine="clingo")).all()
    return float(np.mean(answers == test.label_names())), fold.program_.stats()


@pytest.mark.slow
def test_digits_from_random_weights_to_rules():
    train, test = data.load("digits", "train"), data.load("digits", "test")
    small = dict(img_size=8, patch_size=2, embed_dim=64, depth=2, num_heads=4)
    net = concepts.ConceptViT("nesy_tiny", n_concepts=64, **small)
    concepts.fit(net, train, epochs=30, batch_size=64, lr=3e-3, progress=False)
    accuracy, stats = read_rules(net, train, test)
    assert accuracy > 0.85
    assert 10 <= stats["rules"] + 1 and stats["size"] < 50


@pytest.mark.slow
def test_bathrooms_and_bedrooms_with_a_real_frozen_vit(nesylib_data, tmp_path, monkeypatch):
    monkeypatch.setenv("NESYLIB_CACHE", str(tmp_path))
    weights = next((nesylib_data / "weights").glob("vit_tiny*.safetensors"), None)
    if weights is None:
        pytest.skip("no ViT-Ti weights under NESYLIB_DATA/weights")
    train = data.load("places6/P2", "train", n=240, size=224, root=nesylib_data)
    test = data.load("places6/P2", "test", n=120, size=224, root=nesylib_data)
    net = concepts.ConceptViT(VIT_TI, 128, weights=weights)
    concepts.fit(net, train, trainable="head", epochs=40, progress=False)
    accuracy, stats = read_rules(net, train, test, cache_features=True)
    assert accuracy > 0.9
    assert stats["rules"] <= 5
