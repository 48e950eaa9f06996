import base64
from io import BytesIO

import numpy as np
import pytest
from _html import parse
from PIL import Image

from nesylib import viz
from nesylib.viz.pictures import to_rgb

RNG = np.random.default_rng(0)
PICTURE = RNG.integers(0, 256, (3, 16, 24), dtype=np.uint8)


def raster(image):
    content = base64.b64decode(image.attrs["src"].split(",", 1)[1])
    return np.asarray(Image.open(BytesIO(content)).convert("RGBA"))


@pytest.mark.parametrize(
    "form",
    [
        lambda p: p,
        lambda p: np.moveaxis(p, 0, 2),
        lambda p: p / 255.0,
        lambda p: (p / 255).astype(np.float32),
        lambda p: Image.fromarray(np.moveaxis(p, 0, 2)),
    ],
)
def test_any_usual_picture(form):
    assert (to_rgb(form(PICTURE)) == np.moveaxis(PICTURE, 0, 2)).all()


def test_grey_and_tensors():
    assert to_rgb(np.eye(4)).shape == (4, 4, 3)
    assert to_rgb(np.eye(4, dtype=bool)).max() == 255
    torch = pytest.importorskip("torch")
    assert (to_rgb(torch.tensor(PICTURE)) == np.moveaxis(PICTURE, 0, 2)).all()


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (PICTURE[None], "not a batch"),
        (np.zeros((5, 4, 4)), r"\(3, H, W\)"),
        (PICTURE.astype(float), "undo the normalisation"),
        (np.full((4, 4), np.nan), "floating-point"),
        (np.zeros((0, 4)), "shape"),
    ],
)
def test_what_is_no_picture(bad, said):
    with pytest.raises(ValueError, match=said):
        to_rgb(bad)


def test_grid_shows_exact_pixels_enlarged_by_whole_factors():
    tree = parse(viz.show_pictures([PICTURE] * 2, ["a <b>", "c"], width=100).repr_html())
    images = tree.find_all("img")
    assert [image.attrs["alt"] for image in images] == ["a <b>", "c"]
    assert images[0].attrs["width"] == "96" and images[0].attrs["height"] == "64"
    assert "dark-light" in images[0].attrs["class"]
    assert (raster(images[0])[..., :3] == to_rgb(PICTURE)).all()
    assert [line.text for line in tree.find_all("figcaption")] == ["a <b>", "c"]


def test_grid_wants_words():
    with pytest.raises(ValueError, match="alts="):
        viz.show_pictures([PICTURE])
    with pytest.raises(ValueError, match="2 pictures but 1 titles"):
        viz.show_pictures([PICTURE] * 2, ["a"])
    with pytest.raises(ValueError, match="alt text"):
        viz.show_pictures([PICTURE], alts=[" "])
    with pytest.raises(ValueError, match="no picture"):
        viz.show_pictures([], [])


def test_patches_taken_apart_are_the_patches():
    made = viz.patch_grid(PICTURE, 8, "Noise", highlight=[4], width=24)
    grid, apart = parse(made.repr_html()).find_all("img")
    assert "2 by 3 patches of 8 by 8 pixels" in grid.attrs["alt"]
    assert "patch 4" in apart.attrs["alt"]
    seen = raster(apart)
    side, gap = 16, 4
    assert seen.shape[:2] == (2 * side + gap, 3 * side + 2 * gap)
    big = to_rgb(PICTURE).repeat(2, 0).repeat(2, 1)
    for row in range(2):
        for column in range(3):
            at = seen[row * (side + gap) :, column * (side + gap) :][:side, :side]
            same = (at[..., :3] == big[row * side :, column * side :][:side, :side]).all()
            assert same == (row * 3 + column != 4)
    assert (seen[side : side + gap, :, 3] == 0).all()
    assert (raster(grid)[15, :, :3] == 255).all()


def test_patch_grid_bad_input():
    with pytest.raises(ValueError, match="does not divide"):
        viz.patch_grid(PICTURE, 7, "Noise")
    with pytest.raises(ValueError, match="numbered 0 to 5"):
        viz.patch_grid(PICTURE, 8, "Noise", highlight=[6])


def test_heat_is_where_it_is():
    heat = np.zeros((2, 3))
    heat[1, 2] = 1
    made = viz.heat_overlay(np.full((16, 24), 0.5), heat, "High in the last patch", width=24)
    images = parse(made.repr_html()).find_all("img")
    seen = raster(images[1])[..., :3].astype(int)
    assert (seen[8:, 16:] == seen[15, 23]).all()
    assert (seen[:8] == seen[0, 0]).all()
    assert seen[15, 23, 0] > seen[0, 0, 0] + 60
    assert images[1].attrs["alt"] == "High in the last patch"


def test_limits_make_maps_comparable():
    def shade(value, limits):
        made = viz.heat_overlay(
            np.zeros((8, 8)), np.full((1, 1), value), "A flat heat-map", limits=limits, beside=False
        )
        return raster(parse(made.repr_html()).find_all("img")[0])[0, 0].tolist()

    assert shade(0.2, (0, 1)) != shade(0.9, (0, 1))
    assert shade(0.2, None) == shade(0.9, None)


def test_heat_overlay_bad_input():
    with pytest.raises(ValueError, match=r"\[CLS\]"):
        viz.heat_overlay(PICTURE, np.zeros(7), "A flat heat-map")
    with pytest.raises(ValueError, match="finite"):
        viz.heat_overlay(PICTURE, np.full((2, 2), np.nan), "A flat heat-map")
    with pytest.raises(ValueError, match="alt text"):
        viz.heat_overlay(PICTURE, np.zeros((2, 2)), "")
    with pytest.raises(ValueError, match="low, high"):
        viz.heat_overlay(PICTURE, np.zeros((2, 2)), "A flat heat-map", limits=(1, 0))


def test_bits_are_the_threshold():
    made = viz.bits(np.array([0.5, 0.49, 1.0]), ["bed", "sink<", "sky"])
    tree = parse(made.repr_html())
    assert [(u.attrs["class"], u.text) for u in tree.find_all("u")] == [
        ("on", "1"),
        ("off", "0"),
        ("on", "1"),
    ]
    assert [b.text for b in tree.find_all("b")] == ["bed", "sink<", "sky"]
    said = tree.find_all("div", role="img")[0].attrs["aria-label"]
    assert "3 activations" in said and "2 on (bed, sky)" in said


def test_many_neurons_fit():
    tree = parse(viz.bits(RNG.random(128)).repr_html())
    assert len(tree.find_all("u")) == 128


@pytest.mark.parametrize("bad", [np.zeros((2, 3)), [1.2], [np.nan], []])
def test_bits_bad_input(bad):
    with pytest.raises(ValueError, match="after the sigmoid"):
        viz.bits(bad)


def test_bits_want_a_name_each():
    with pytest.raises(ValueError, match="2 names"):
        viz.bits([0.1], ["a", "b"])
