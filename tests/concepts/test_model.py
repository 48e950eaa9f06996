"""The network, its codes, and its file on disk."""

import json

import numpy as np
import pytest
import torch

from nesylib.concepts import (
    ConceptViT,
    SparseConceptLayer,
    binarize,
    code_summary,
    encode,
    load_model,
    save_model,
)


def test_shapes_and_range(make_net):
    net = make_net(n_concepts=128)
    c = net(torch.randint(0, 256, (3, 3, 16, 16), dtype=torch.uint8))
    assert c.shape == (3, 128) and (c > 0).all() and (c < 1).all()
    assert net.features(torch.rand(2, 3, 16, 16)).shape == (2, 32)
    assert ConceptViT().n_concepts == 128
    with pytest.raises(ValueError, match="pooling"):
        make_net(pooling="max")
    with pytest.raises(ValueError, match="n_concepts"):
        SparseConceptLayer(8, 0)


def test_the_layer_is_a_sigmoid_of_a_linear_map_with_the_stated_spread():
    torch.manual_seed(0)
    layer = SparseConceptLayer(400, 300, init_spread=2.0)
    x = torch.randn(200, 400)
    expected = 1 / (1 + torch.exp(-(x @ layer.linear.weight.T + layer.linear.bias)))
    torch.testing.assert_close(layer(x), expected)
    assert float(layer.linear(x).detach().std()) == pytest.approx(2.0, rel=0.05)


def test_encode_is_the_network_in_batches(make_net, stripes):
    net = make_net()
    codes = encode(net, stripes, batch_size=10)
    with torch.no_grad():
        whole = net(torch.from_numpy(stripes.images)).numpy()
    np.testing.assert_allclose(codes, whole, atol=1e-6)
    assert encode(net, stripes.images[:0]).shape == (0, 8)


def test_encode_takes_mirrored_arrays_and_arrays_with_cached_features(
    make_net, stripes, tmp_path, monkeypatch
):
    monkeypatch.setenv("NESYLIB_CACHE", str(tmp_path))
    net, mirrored = make_net(), stripes.images[..., ::-1]
    expected = encode(net, mirrored.copy())
    np.testing.assert_array_equal(encode(net, mirrored), expected)
    np.testing.assert_allclose(encode(net, mirrored, cache_features=True), expected, atol=1e-6)


def test_binarize_at_the_edge_and_bad_input():
    np.testing.assert_array_equal(binarize([[0.49, 0.5, 0.51]]), [[False, True, True]])
    with pytest.raises(ValueError, match="diverged"):
        binarize([[np.nan]])
    with pytest.raises(ValueError, match="threshold"):
        binarize([[0.2]], threshold=1.0)


def test_code_summary_counts():
    c = np.array([[0.9, 0.1, 0.45, 0.9], [0.9, 0.1, 0.8, 0.1]])
    assert code_summary(c) == {"active": 2.0, "dead": 1, "always": 1, "unsure": 0.125, "codes": 2}
    assert code_summary(c.tolist()) == code_summary(c)


def test_a_saved_network_gives_the_same_codes(make_net, stripes, tmp_path):
    net = make_net()
    path = save_model(net, tmp_path / "net-1.5", classes=["horizontal", "vertical"], seed=0)
    assert path.name == "net-1.5.safetensors"
    again = load_model(tmp_path / "net-1.5")
    np.testing.assert_array_equal(encode(again, stripes), encode(net, stripes))
    assert again.about["classes"] == ["horizontal", "vertical"]
    half = load_model(save_model(net, tmp_path / "half", half=True))
    np.testing.assert_allclose(encode(half, stripes), encode(net, stripes), atol=5e-3)


def test_what_is_told_of_a_network_may_be_numpy_and_else_nothing_is_written(make_net, tmp_path):
    net = make_net()
    path = save_model(net, tmp_path / "net", accuracy=np.float32(0.5), seed=np.int64(3))
    assert load_model(path).about["accuracy"] == 0.5
    with pytest.raises(TypeError, match="a set cannot be written beside the weights"):
        save_model(make_net(seed=1), tmp_path / "net", classes={"a", "b"})
    torch.testing.assert_close(load_model(path).concepts.linear.weight, net.concepts.linear.weight)


def test_a_cut_changed_or_lonely_file_is_refused(make_net, tmp_path):
    path = save_model(make_net(), tmp_path / "net")
    whole = path.read_bytes()
    path.write_bytes(whole[:-10])
    with pytest.raises(ValueError, match="cut off or changed"):
        load_model(path)
    path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    with pytest.raises(ValueError, match="SHA-256"):
        load_model(path)
    path.write_bytes(whole)
    card = path.with_suffix(".json")
    about = json.loads(card.read_text())
    about["config"]["n_concepts"] = 9
    card.write_text(json.dumps(about))
    with pytest.raises(ValueError, match="does not fit"):
        load_model(path)
    card.unlink()
    with pytest.raises(FileNotFoundError, match=r"\.json"):
        load_model(path)
