"""Crops and colours of whole batches against torchvision, one picture at a time."""

import pytest
import torch
from torchvision.transforms.v2 import functional as tv

from nesylib.symbols import MultiCrop
from nesylib.symbols.multi_crop import colour_matrix, crop, random_boxes


@pytest.fixture
def pictures():
    return torch.rand(6, 3, 40, 56, generator=torch.Generator().manual_seed(0))


def test_a_crop_is_torchvisions_resized_crop(pictures):
    boxes = [(3, 5, 20, 17), (0, 0, 56, 40), (39, 22, 17, 18), (1, 2, 9, 30)]
    shares = torch.tensor([[x / 56, y / 40, w / 56, h / 40] for x, y, w, h in boxes])
    mirrored = torch.tensor([False, True, True, False])
    found = crop(pictures[:4], shares, mirrored, 24)
    for i, (x, y, w, h) in enumerate(boxes):
        expected = tv.resized_crop(pictures[i], y, x, h, w, [24, 24], antialias=False)
        expected = tv.hflip(expected) if mirrored[i] else expected
        torch.testing.assert_close(found[i], expected, atol=2e-5, rtol=0)


def test_colours_are_torchvisions(pictures):
    gentle = pictures * 0.4 + 0.3  # nothing is cut off at 0 or 1
    change = dict(flip=False, jitter=1.0, grey=0.0, solarize=0.0, hue=0.0)
    for name, function in (
        ("brightness", tv.adjust_brightness),
        ("contrast", tv.adjust_contrast),
        ("saturation", tv.adjust_saturation),
    ):
        own = change | dict(brightness=0.0, contrast=0.0, saturation=0.0) | {name: 0.3}
        found = MultiCrop(**own)._coloured(gentle, torch.Generator().manual_seed(1))
        for before, after in zip(gentle, found, strict=True):
            # which factor was drawn: the one that explains the picture
            tries = [function(before, f) for f in torch.linspace(0.7, 1.3, 121).tolist()]
            assert min((after - t).abs().max() for t in tries) < 3e-3


def test_a_turn_of_the_colour_wheel_keeps_grey_and_comes_round():
    none = colour_matrix(torch.ones(1), torch.zeros(1))[0]
    torch.testing.assert_close(none, torch.eye(3))
    third = colour_matrix(torch.ones(1), torch.tensor([1 / 3]))[0]
    torch.testing.assert_close(third @ torch.tensor([1.0, 0, 0]), torch.tensor([0, 1.0, 0]))
    torch.testing.assert_close(third @ third @ third, torch.eye(3), atol=1e-6, rtol=0)
    dull = colour_matrix(torch.tensor([0.3]), torch.tensor([0.21]))[0]
    torch.testing.assert_close(dull @ torch.ones(3), torch.ones(3))


def test_views_have_the_order_sizes_and_range_that_are_told(pictures):
    crops = MultiCrop(size=16, local_size=8, locals=3)
    large, small = crops((pictures * 255).to(torch.uint8), torch.Generator().manual_seed(0))
    assert large.shape == (12, 3, 16, 16) and small.shape == (18, 3, 8, 8)
    assert min(large.min(), small.min()) >= 0 and max(large.max(), small.max()) <= 1
    (alone,) = MultiCrop(size=16, locals=0)(pictures, torch.Generator().manual_seed(0))
    assert alone.shape == (12, 3, 16, 16)


def test_view_v_of_picture_n_is_row_v_times_n_pictures_plus_n():
    flat = torch.linspace(0.1, 0.9, 5)[:, None, None, None].expand(5, 3, 20, 20)
    plain = MultiCrop(size=8, local_size=4, locals=2, jitter=0, grey=0, solarize=0)
    for views in plain(flat, torch.Generator().manual_seed(0)):
        torch.testing.assert_close(views.mean((1, 2, 3)), flat[:, 0, 0, 0].repeat(2))


def test_only_the_second_large_view_is_solarized():
    flat = torch.full((50, 3, 8, 8), 0.8)
    crops = MultiCrop(size=8, locals=1, local_size=8, jitter=0, grey=0, solarize=0.5)
    large, small = crops(flat, torch.Generator().manual_seed(0))
    assert torch.allclose(large[:50], flat) and torch.allclose(small, flat)
    dark = (large[50:, 0, 0, 0] < 0.5).sum()
    assert 10 < dark < 40


def test_grey_views_have_no_colour(pictures):
    (views,) = MultiCrop(size=8, locals=0, grey=1.0)(pictures, torch.Generator().manual_seed(0))
    torch.testing.assert_close(views[:, 0], views[:, 1])


def test_boxes_lie_inside_and_cover_the_area_asked_for():
    boxes = random_boxes(4000, (0.1, 0.5), (3 / 4, 4 / 3), torch.Generator().manual_seed(0))
    left, top, width, height = boxes.T
    assert (
        (boxes >= 0).all() and (left + width <= 1 + 1e-6).all() and (top + height <= 1 + 1e-6).all()
    )
    area, shape = width * height, width / height
    assert area.min() >= 0.1 - 1e-6 and area.max() <= 0.5 + 1e-6
    assert area.mean() == pytest.approx(0.3, abs=0.01)
    assert shape.log().mean() == pytest.approx(0, abs=0.02)


def test_the_same_generator_gives_the_same_views(pictures):
    one, two = (MultiCrop(size=8)(pictures, torch.Generator().manual_seed(5)) for _ in range(2))
    assert all(torch.equal(a, b) for a, b in zip(one, two, strict=True))


@pytest.mark.parametrize(
    "wrong",
    [
        dict(scale=(0.5, 0.2)),
        dict(local_scale=(0.0, 0.2)),
        dict(scale=(0.5, 1.2)),
        dict(ratio=(2.0, 1.0)),
        dict(size=0),
        dict(locals=-1),
    ],
)
def test_bad_settings(wrong):
    with pytest.raises(ValueError, match="got"):
        MultiCrop(**wrong)


def test_float_pictures_up_to_255_are_refused(pictures):
    with pytest.raises(ValueError, match=r"0\.\.1"):
        MultiCrop(size=8)(pictures * 255, torch.Generator())


def test_what_is_no_batch_of_pictures(pictures):
    for wrong in (pictures[:, :1], pictures[0]):
        with pytest.raises(ValueError, match=r"\(N, 3, H, W\)"):
            MultiCrop(size=8)(wrong, torch.Generator())
