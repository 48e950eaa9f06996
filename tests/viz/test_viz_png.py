from io import BytesIO

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from nesylib.viz.png import KEPT, encode_photo, encode_png


def decode(content):
    return np.asarray(Image.open(BytesIO(content)).convert("RGBA"))


@settings(max_examples=40, deadline=None)
@given(
    arrays(
        np.uint8,
        st.tuples(st.integers(1, 20), st.integers(1, 20), st.sampled_from([3, 4])),
        elements=st.sampled_from([0, 1, 127, 128, 254, 255]),
    )
)
def test_lossless_is_lossless(rgba):
    seen = decode(encode_png(rgba))
    if rgba.shape[2] == 3:
        assert (seen[..., :3] == rgba).all() and (seen[..., 3] == 255).all()
    else:
        assert (seen[..., 3] == rgba[..., 3]).all()
        opaque = rgba[..., 3] > 0
        assert (seen[opaque] == rgba[opaque]).all()


def test_photographs_with_many_colours_stay_exact():
    rgb = np.random.default_rng(0).integers(0, 256, (60, 60, 3), dtype=np.uint8)
    assert (decode(encode_png(rgb))[..., :3] == rgb).all()


def drawing():
    """A flat ground, lines with soft edges: 2 frequent colours and some 2,000 rare ones."""
    rgba = np.zeros((200, 300, 4), np.uint8)
    rgba[50:150] = (0, 114, 178, 255)
    soft = np.random.default_rng(1).integers(0, 256, (3, 700, 4), dtype=np.uint8)
    rgba[10:13] = soft[:, :300]
    rgba[20:23] = soft[:, 300:600]
    return rgba


def test_a_reduced_palette_is_small_and_keeps_the_frequent_colours():
    rgba = drawing()
    few = encode_png(rgba, lossless=False)
    assert Image.open(BytesIO(few)).mode == "P"
    assert len(few) < len(encode_png(rgba)) / 2
    seen = decode(few)
    assert (seen[50:150] == rgba[50:150]).all()
    assert (seen[180:] == 0).all()
    assert len(np.unique(seen.reshape(-1, 4), axis=0)) <= 256
    assert KEPT < 256


def test_a_real_drawing_stays_close():
    x = np.linspace(0, 1, 256)
    ramp = np.zeros((40, 256, 4), np.uint8)
    ramp[:20] = np.stack([x * 255, 114 + 0 * x, 178 + 0 * x, 255 * x], -1).round()
    ramp[20:] = np.stack([213 + 0 * x, 94 * x, 0 * x, 255 * (1 - x / 2)], -1).round()
    seen = decode(encode_png(ramp, lossless=False)).astype(float)
    for ground in (0, 255):
        flat = [
            c[..., :3] * c[..., 3:] / 255 + ground * (1 - c[..., 3:] / 255)
            for c in (seen, ramp.astype(float))
        ]
        assert np.abs(flat[0] - flat[1]).max() <= 16


def test_same_bytes_twice_and_no_time_in_them():
    one, two = (encode_png(drawing(), lossless=False) for _ in range(2))
    assert one == two
    assert b"tIME" not in one and b"tEXt" not in one


def test_big_pictures_become_jpeg_and_small_ones_png():
    small, big = (np.full((n, n, 3), 90, np.uint8) for n in (64, 224))
    assert encode_photo(small)[1] == "image/png"
    content, kind = encode_photo(big)
    assert kind == "image/jpeg"
    assert np.abs(decode(content)[..., :3].astype(int) - 90).max() <= 2


@pytest.mark.parametrize("bad", [np.zeros((4, 4), np.uint8), np.zeros((4, 4, 3)), np.zeros(3)])
def test_other_arrays_are_refused(bad):
    with pytest.raises(ValueError, match="uint8"):
        encode_png(bad)
