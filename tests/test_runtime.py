"""Tiers, devices, cache and versions; and what ``import nesylib`` costs."""

import subprocess
import sys
import warnings

import pytest
import torch

from nesylib import runtime


def test_a_tier_gives_its_settings():
    s = runtime.tier("demo", fast=dict(n=1), demo=dict(n=2), full=dict(n=3))
    assert (s.name, s.n) == ("demo", 2)


@pytest.mark.parametrize(
    ("name", "settings", "message"),
    [
        ("quick", dict(fast={}, demo={}, full={}), "fast, demo, full"),
        ("fast", dict(fast={}, demo={}), "exactly these tiers"),
        ("fast", dict(fast=dict(n=1), demo=dict(n=1), full=dict(m=1)), r"\['m', 'n'\]"),
    ],
)
def test_wrong_tiers_name_the_right_ones(name, settings, message):
    with pytest.raises(ValueError, match=message):
        runtime.tier(name, **settings)


def test_a_missing_gpu_is_an_error_with_a_remedy(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(RuntimeError, match="device='cpu'"):
        runtime.device("cuda")
    assert runtime.device("cpu").type == "cpu"


def test_seeded_gives_the_random_state_back():
    torch.manual_seed(1)
    expected = torch.rand(2)
    torch.manual_seed(1)
    with runtime.seeded(5):
        first = torch.rand(1)
    with runtime.seeded(5):
        assert torch.rand(1) == first
    assert torch.equal(torch.rand(2), expected)


def test_atomic_write_keeps_the_old_file_when_interrupted(tmp_path):
    path = tmp_path / "file.txt"
    path.write_text("old")
    with pytest.raises(KeyboardInterrupt), runtime.atomic_write(path) as temporary:
        temporary.write_text("half")
        raise KeyboardInterrupt
    assert path.read_text() == "old" and len(list(tmp_path.iterdir())) == 1


def test_cache_folder_can_be_moved_and_says_when_it_cannot_be_written(tmp_path, monkeypatch):
    monkeypatch.setenv("NESYLIB_CACHE", str(tmp_path / "c"))
    assert runtime.cache_dir("features") == tmp_path / "c" / "features"
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("NESYLIB_CACHE", str(tmp_path / "file"))
    with pytest.raises(OSError, match="NESYLIB_CACHE"):
        runtime.cache_dir()


def test_importing_nesylib_loads_nothing_heavy():
    code = (
        "import sys, nesylib, nesylib.data, nesylib.rules, nesylib.record, nesylib.learn\n"
        "print([m for m in ('torch', 'timm', 'matplotlib', 'clingo') if m in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


def test_versions_are_reported():
    found = runtime.versions("numpy", "no-such-package")
    assert found["no-such-package"] == "not installed" and found["numpy"][0].isdigit()


def test_the_full_tier_without_a_gpu_is_warned_of(monkeypatch):
    settings = {t: dict(n=1) for t in runtime.TIERS}
    monkeypatch.setattr(runtime, "_has_gpu", lambda: False)
    with pytest.warns(UserWarning, match="GPU"):
        assert runtime.tier("full", **settings).n == 1
    monkeypatch.setattr(runtime, "_has_gpu", lambda: True)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        runtime.tier("full", **settings)
