"""The book's own lints, one rule a file.

Each module holds ``check(project)``, which yields :class:`~tools.lints.project.Finding`; its
docstring says what the rule asks for and why. ``tools.lint`` runs them all.
"""

from tools.lints import (
    alt_text,
    links,
    notebook_form,
    paths,
    plain_prose,
    repository_address,
    typed_results,
)

ALL = (
    alt_text,
    links,
    notebook_form,
    paths,
    plain_prose,
    repository_address,
    typed_results,
)

__all__ = ["ALL"]
