import subprocess
import sys

import pytest

from nesylib.viz import style


def test_contrast_is_wcags():
    assert style.contrast("#000000", "#ffffff") == pytest.approx(21)
    assert style.contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("page", ["#ffffff", "#121212"])
def test_the_first_four_categories_are_seen_on_both_pages(page):
    assert all(style.contrast(colour, page) >= 3 for colour in style.CATEGORIES[:4])


def test_inks_can_be_read_on_their_page():
    for role in (style.INK, style.MUTED):
        assert style.contrast(role, "#ffffff") >= 4.5
        assert style.contrast(style.DARK_OF[role], "#121212") >= 4.5


def test_no_role_is_a_category_or_white_or_black():
    roles = {style.INK, style.MUTED, style.GRID, style.PAPER}
    assert len(roles) == 4
    assert roles & {"#ffffff", "#000000"} == set()
    assert set(style.CATEGORIES) & roles == {style.INK}


def test_importing_viz_and_learn_is_light():
    code = (
        "import sys, nesylib.viz, nesylib.learn; nesylib.learn.names();"
        "print([m for m in ('torch','timm','matplotlib','pandas','sklearn','clingo','ipywidgets')"
        " if m in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"
