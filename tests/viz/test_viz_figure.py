import sys
from io import BytesIO

import matplotlib as mpl
import numpy as np
import pytest
from _html import parse
from PIL import Image

from nesylib import viz
from nesylib.viz import style
from nesylib.viz.recolour import dark

ALT = "A line that falls from 1 to 0"


def pixels(content):
    return np.asarray(Image.open(BytesIO(content)).convert("RGBA"))


def has(content, colour):
    rgb = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
    seen = pixels(content)
    return bool(((seen[..., :3] == rgb).all(-1) & (seen[..., 3] > 250)).any())


def drawn(draw, alt=ALT, **options):
    made = viz.figure(alt, **{"size": (3, 2), "display": False, **options})
    with made as (fig, ax):
        draw(fig, ax)
    return made


@pytest.mark.parametrize("alt", ["", "   ", "\n", "plot", "two words", None, 3])
def test_alt_is_required(alt):
    with pytest.raises(ValueError, match=r"alt text.*write at least 3 words"):
        viz.figure(alt)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"size": (0, 2)}, "inches"),
        ({"size": (3, 400)}, "inches"),
        ({"name": "../x"}, "file name"),
        ({"name": "1st"}, "letter"),
    ],
)
def test_other_bad_input(options, said):
    with pytest.raises(ValueError, match=said):
        viz.figure(ALT, **options)


def test_html_holds_a_light_and_a_dark_picture():
    made = drawn(lambda fig, ax: ax.plot([1, 0]), alt='Falls: "a" < b & c')
    images = parse(made.repr_html()).find_all("img")
    assert [image.attrs["alt"] for image in images] == ['Falls: "a" < b & c'] * 2
    assert "only-light" in images[0].attrs["class"] and "only-dark" in images[1].attrs["class"]
    assert images[0].attrs["src"] != images[1].attrs["src"]
    assert "hidden" in images[1].attrs and "hidden" not in images[0].attrs
    assert (images[0].attrs["width"], images[0].attrs["height"]) == ("288", "192")
    assert made._repr_mimebundle_()["text/plain"] == 'Falls: "a" < b & c'


def test_caption_and_description_are_escaped_and_survive_the_theme():
    made = drawn(lambda fig, ax: ax.plot([1, 0]), caption="<b>", description="1 < 2", name="fall")
    tree = parse(made.repr_html())
    assert tree.find_all("figcaption")[0].text == "<b>"
    assert "1 < 2" in tree.find_all("details")[0].text
    assert tree.find_all("figure")[0].attrs["id"] == "fall"
    # The theme hides captions beside a hidden picture: they must not be brothers.
    assert tree.find_all("img")[0].parent is not tree.find_all("figcaption")[0].parent


def everything(fig, ax):
    ax.plot([0, 1], [0, 1], color=style.INK, marker="o", markersize=12)
    ax.scatter([0.2], [0.8], c=style.INK, s=200)
    ax.bar([0.5], [0.2], color=style.INK, edgecolor=style.INK, hatch="/")
    ax.annotate("a", (0.5, 0.5), (0.7, 0.2), arrowprops={"color": style.INK})
    ax.text(0.1, 0.6, "b", bbox={"fc": style.INK, "ec": style.INK})
    ax.fill_between([0, 1], [0.9, 0.9], [1, 1], color=style.INK)
    ax.legend(["c"], title="d")
    ax.set(xlabel="x", ylabel="y", title="t")
    ax.grid(True)
    fig.suptitle("over all")


def test_ink_changes_with_the_page():
    made = drawn(everything)
    assert has(made.pngs["light"], style.INK) and not has(made.pngs["dark"], style.INK)
    night = style.DARK_OF[style.INK]
    assert has(made.pngs["dark"], night) and not has(made.pngs["light"], night)


def test_every_artist_gets_its_colour_back():
    from matplotlib.figure import Figure

    with mpl.rc_context(style.rc()):
        fig = Figure(figsize=(3, 2), dpi=80)
        everything(fig, fig.subplots())

        def shot():
            fig.canvas.draw()
            return np.asarray(fig.canvas.buffer_rgba()).copy()

        from matplotlib.backends.backend_agg import FigureCanvasAgg

        FigureCanvasAgg(fig)
        before = shot()
        with dark(fig):
            assert (shot() != before).any()
        assert (shot() == before).all()


def test_strokes_around_text_change_too():
    from matplotlib import patheffects

    def draw(fig, ax):
        ax.set_axis_off()
        around = [patheffects.withStroke(linewidth=9, foreground=style.PAPER)]
        ax.text(0.5, 0.5, "M", size=40, color="#d55e00", path_effects=around)

    made = drawn(draw)
    assert has(made.pngs["light"], style.PAPER)
    assert has(made.pngs["dark"], style.DARK_OF[style.PAPER])


def test_white_black_and_categories_stay():
    def draw(fig, ax):
        ax.set_axis_off()
        for x, colour in enumerate(("#ffffff", "#000000", *style.CATEGORIES[:4])):
            ax.bar([x], [1], color=colour)

    made = drawn(draw)
    assert made.pngs["light"] == made.pngs["dark"]


def test_partly_transparent_ink_keeps_its_alpha():
    def draw(fig, ax):
        ax.set_axis_off()
        ax.bar([0], [1], color=style.INK, alpha=0.5)

    light, night = (pixels(png) for png in drawn(draw).pngs.values())
    assert (light[..., 3] == night[..., 3]).all()
    assert 120 < light[100, 150, 3] < 135


def test_pictures_are_the_same_on_both_pages_and_exact():
    rgb = np.random.default_rng(0).integers(0, 256, (50, 80, 3), dtype=np.uint8)

    made = viz.figure(ALT, size=(8, 5), dpi=10, display=False, layout=None)
    with made as (_, ax):
        ax.set_position([0, 0, 1, 1])
        ax.set_axis_off()
        ax.imshow(rgb, aspect="auto")
    for png in made.pngs.values():
        assert (pixels(png)[..., :3] == rgb).all()


def test_heat_maps_and_their_scale_stay():
    def draw(fig, ax):
        ax.set_axis_off()
        bar = fig.colorbar(ax.pcolormesh(np.arange(12.0).reshape(3, 4)))
        bar.set_ticks([])
        bar.outline.set_visible(False)

    made = drawn(draw)
    assert made.pngs["light"] == made.pngs["dark"]


def test_nothing_is_left_behind():
    import matplotlib.pyplot as plt

    settings, open_figures = dict(mpl.rcParams), plt.get_fignums()
    drawn(lambda fig, ax: ax.plot([1, 0]))
    with pytest.raises(ZeroDivisionError), viz.figure(ALT) as (_, ax):
        ax.plot([1 / 0])
    with pytest.raises(TypeError), viz.figure(ALT, nonsense=1):
        pass
    assert dict(mpl.rcParams) == settings
    assert plt.get_fignums() == open_figures


def test_one_output_and_none_after_an_error(monkeypatch):
    shown = []
    monkeypatch.setattr(sys.modules["nesylib.viz.figure"], "show", shown.append)
    made = viz.figure(ALT, size=(2, 1))
    with made as (_, ax):
        ax.plot([1, 0])
    with pytest.raises(KeyError), viz.figure(ALT):
        raise KeyError
    assert shown == [made]


def test_the_same_figure_has_the_same_bytes():
    one, two = drawn(everything), drawn(everything)
    assert one.pngs == two.pngs
    assert one.repr_html() == two.repr_html()


def test_axes_are_as_subplots_gives_them():
    with viz.figure(ALT, nrows=2, ncols=3, sharex=True, size=(3, 2), display=False) as (_, axes):
        assert axes.shape == (2, 3)
        assert axes[0, 0].get_shared_x_axes().joined(axes[0, 0], axes[1, 2])


def test_labels_stay_inside():
    def draw(fig, ax):
        ax.set_ylabel("a long label", size=20)
        ax.set_xlabel("below", size=20)

    seen = pixels(drawn(draw).pngs["light"])[..., 3]
    assert not seen[:, :2].any() and not seen[-2:].any()


def test_save(tmp_path):
    made = drawn(lambda fig, ax: ax.plot([1, 0]), name="fall", dpi=50)
    paths = made.save(tmp_path / "new")
    assert [path.name for path in paths] == ["fall-light.png", "fall-dark.png"]
    assert paths[0].read_bytes() == made.pngs["light"]
    assert pixels(paths[0].read_bytes()).shape[:2] == (100, 150)
    light, night = (pixels(path.read_bytes()) for path in made.save(tmp_path, opaque=True))
    assert (light[..., 3] == 255).all() and light[0, 0, 0] > 250 and night[0, 0, 0] < 30


def test_nothing_to_save_before_it_is_drawn(tmp_path):
    with pytest.raises(RuntimeError, match="draw inside"):
        viz.figure(ALT).save(tmp_path)


def test_simple_figures_are_small():
    made = drawn(lambda fig, ax: ax.bar(range(5), range(5)), size=style.SIZE)
    assert sum(map(len, made.pngs.values())) < 30_000
