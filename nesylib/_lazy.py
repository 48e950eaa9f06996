"""Names of a package that are imported when they are first asked for."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module


def lazy(package: str, where: dict[str, str]) -> tuple[Callable, Callable, list[str]]:
    """``__getattr__, __dir__, __all__`` of a package from ``{name: module inside it}``.

    A name that stands for its own module (``{"data": ""}``) gives the module.
    """
    names = sorted(where)

    def get(name: str):
        if name not in where:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        if not where[name]:
            return import_module(f"{package}.{name}")
        return getattr(import_module(f"{package}.{where[name]}"), name)

    return get, lambda: names, names
