"""Answers kept on disk under a name made from everything that was asked."""

from __future__ import annotations

import hashlib
import json
import warnings
from pathlib import Path

from nesylib import runtime


class Answers:
    """A folder of answers: asked once, read ever after, also by a run that was interrupted.

    Parameters
    ----------
    folder
        ``None``: a folder of the cache, see :func:`nesylib.runtime.cache_dir`.

    Notes
    -----
    A file holds the model's name, its text and token counts; no key, no picture, no address. It
    is written whole or not at all. What it says is read as strictly as an answer from the
    network, and a damaged file counts as none.
    """

    def __init__(self, folder: str | Path | None = None):
        self._folder = None if folder is None else Path(folder)
        self._warned = False

    def _path(self, name: str) -> Path:
        folder = runtime.cache_dir("labels") if self._folder is None else self._folder
        return folder / f"{name}.json"

    def read(self, name: str) -> str | None:
        """The text of an answer, or ``None``."""
        try:
            path = self._path(name)
            if path.stat().st_size > 2_000_000:
                return None
            text = json.loads(path.read_text("utf-8"))["text"]
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return None
        return text if isinstance(text, str) else None

    def write(self, name: str, text: str, **about: object) -> None:
        """Keep an answer; where that is impossible, warn once and go on."""
        try:
            with runtime.atomic_write(self._path(name)) as temporary:
                record = json.dumps({"text": text, **about}, ensure_ascii=True, indent=1)
                temporary.write_text(record + "\n", "utf-8")
        except OSError as error:
            if not self._warned:
                self._warned = True
                warnings.warn(
                    f"answers are not kept on disk ({error}): they would be paid for again",
                    stacklevel=2,
                )


def name_of(question: dict, pixels) -> str:
    """A name made from the question (JSON data) and the pixels of its picture.

    Pixels, not the encoded file: another version of the encoder asks nothing again.
    """
    digest = hashlib.sha256(json.dumps(question, sort_keys=True).encode())
    digest.update(str(pixels.shape).encode())
    digest.update(pixels.tobytes())
    return digest.hexdigest()[:40]
