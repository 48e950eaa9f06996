"""A small data set and a network that trains in about a second."""

import pytest
from small_joint import small_net, striped


@pytest.fixture
def stripes():
    return striped(64, 0), striped(48, 1)


@pytest.fixture
def net():
    return small_net()


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("NESYLIB_CACHE", str(tmp_path / "cache"))
