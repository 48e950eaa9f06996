"""Create ``.venv`` with everything the book and its tests need, once.

Runs under any Python >= 3.10 and uses the standard library only. A stamp inside the environment
is written last and keyed on ``pyproject.toml``, ``requirements.lock`` and the interpreter: a
second call returns at once, a changed requirement updates, an interrupted install starts over.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "nesylib-environment"
UNFINISHED = VENV / "nesylib-environment.unfinished"
INPUTS = ("pyproject.toml", "requirements.lock")


def say(text: str) -> None:
    print(f"[environment] {text}", flush=True)


def fingerprint() -> str:
    """What the environment depends on, as one hash."""
    digest = hashlib.sha256(f"{sys.version_info[:2]} {ROOT}".encode())
    for name in INPUTS:
        path = ROOT / name
        digest.update(path.read_bytes() if path.exists() else b"")
    return digest.hexdigest()


def is_ready() -> bool:
    """True when the last install ended well and nothing it depends on has changed."""
    return (
        STAMP.exists()
        and not UNFINISHED.exists()
        and STAMP.read_text("utf-8").strip() == fingerprint()
        and version_of(PYTHON) == sys.version_info[:2]
    )


def version_of(python: Path) -> tuple[int, ...] | None:
    """``(3, 11)`` for an interpreter that starts, else None."""
    try:
        out = subprocess.run(
            [python, "-c", "import sys; print(*sys.version_info[:2])"],
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return tuple(map(int, out.stdout.split()))


def create() -> None:
    """An empty ``.venv`` of this interpreter; one that is broken or half-filled is replaced."""
    if UNFINISHED.exists():
        say("the last install was interrupted: starting over")
        shutil.rmtree(VENV)
    elif VENV.exists() and version_of(PYTHON) != sys.version_info[:2]:
        say(f".venv is not of Python {sys.version_info[0]}.{sys.version_info[1]}: replacing it")
        shutil.rmtree(VENV)
    if not PYTHON.exists():
        say(f"creating .venv with Python {sys.version.split()[0]}")
        try:
            import ensurepip  # noqa: F401
            import venv
        except ImportError:
            sys.exit(
                "This Python has no 'venv' module. On Debian or Ubuntu: "
                f"sudo apt install python3.{sys.version_info[1]}-venv ; then run make again."
            )
        venv.create(VENV, with_pip=True, symlinks=os.name != "nt")


def install() -> None:
    """Install the project with its extras, held to the versions of ``requirements.lock``."""
    create()
    UNFINISHED.touch()
    STAMP.unlink(missing_ok=True)
    say("installing PyTorch, timm, clingo, Jupyter Book and the rest (about 6 GB on Linux, where")
    say("PyPI's PyTorch brings CUDA). Minutes, most of them download; later runs reuse it.")
    run(PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "uv")
    constraints = ["--constraint", "requirements.lock"] if (ROOT / INPUTS[1]).exists() else []
    run(PYTHON, "-m", "uv", "pip", "install", "--python", PYTHON, "-e", ".[book,test]",
        *constraints)  # fmt: skip
    STAMP.write_text(fingerprint() + "\n", "utf-8")
    UNFINISHED.unlink()


def run(*command: str | Path) -> None:
    environment = os.environ | {"UV_COMPILE_BYTECODE": "1", "VIRTUAL_ENV": str(VENV)}
    environment.pop("PYTHONHOME", None)
    code = subprocess.run([str(c) for c in command], cwd=ROOT, env=environment).returncode
    if code:
        sys.exit(
            f"[environment] failed: {' '.join(map(str, command[1:]))}\n"
            "[environment] Is PyPI reachable and are 8 GB of disk free? Run the same make again."
        )


def main() -> None:
    if is_ready():
        return
    start = time.perf_counter()
    install()
    say(f"ready after {time.perf_counter() - start:.0f} s")


if __name__ == "__main__":
    main()
