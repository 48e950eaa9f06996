"""A trained ConceptViT on disk: weights as safetensors, configuration and checksum beside them."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from safetensors.torch import save_file

from nesylib import runtime
from nesylib.concepts.model import ConceptViT
from nesylib.vit.backbones import read_safetensors


def save_model(net: ConceptViT, path: str | Path, *, half: bool = False, **about) -> Path:
    """Write ``path`` (safetensors) and ``path`` with ``.json`` (configuration, SHA-256, about).

    Parameters
    ----------
    half
        Store float16, half the size.
    **about
        What a reader should know: data, classes, seed, command, figures. JSON values, NumPy's
        numbers and arrays.
    """
    if net.config is None:
        raise ValueError("only a ConceptViT built from a backbone's name can be saved")
    path = weights_path(path)
    _as_json({"config": net.config, **about})  # before the weights of an older card are replaced
    state = {
        k: (v.half() if half and v.is_floating_point() else v).detach().cpu().contiguous()
        for k, v in net.state_dict().items()
    }
    with runtime.atomic_write(path) as temporary:
        save_file(state, temporary)
    write_card(path, {"config": net.config, **about})
    return path


def write_card(path: Path, about: dict) -> None:
    """Write what is known of a weights file beside it, with its SHA-256."""
    about = {"sha256": sha256(path), **about}
    with runtime.atomic_write(card_path(path)) as temporary:
        temporary.write_text(_as_json(about) + "\n", "utf-8")


def _as_json(about: dict) -> str:
    def plain(value):
        if hasattr(value, "tolist"):
            return value.tolist()
        raise TypeError(
            f"a {type(value).__name__} cannot be written beside the weights: give numbers, text, "
            "lists and dictionaries"
        )

    return json.dumps(about, indent=1, ensure_ascii=False, default=plain)


def load_model(path: str | Path) -> ConceptViT:
    """Read what :func:`save_model` wrote; ``net.about`` holds the file beside the weights.

    Raises
    ------
    FileNotFoundError
        When one of the two files is missing.
    ValueError
        When the weights are cut off, changed, or do not fit their configuration.
    """
    path = checked(path)
    about = json.loads(card_path(path).read_text("utf-8"))
    net = ConceptViT(**about["config"])
    try:
        net.load_state_dict({k: v.float() for k, v in read_safetensors(path).items()})
    except RuntimeError as error:
        raise ValueError(f"{path} does not fit its configuration {about['config']}") from error
    net.about = about
    for p in net.parameters():
        p.requires_grad_(True)
    return net.eval()


def weights_path(path: str | Path) -> Path:
    """``path`` ending in ``.safetensors``; a dot inside the name (``scenes-P3.1``) is kept."""
    path = Path(path)
    return path if path.suffix == ".safetensors" else path.with_name(f"{path.name}.safetensors")


def card_path(path: Path) -> Path:
    """Where the card of a weights file lies."""
    return path.with_name(path.name.removesuffix(".safetensors") + ".json")


def checked(path: str | Path) -> Path:
    """The path of a weights file whose card is beside it and names its checksum."""
    path = weights_path(path)
    card = card_path(path)
    for needed in (path, card):
        if not needed.is_file():
            raise FileNotFoundError(
                f"no {needed.name} in {needed.parent}: a saved model is a .safetensors file and "
                "the .json file beside it; copy both, or train it again"
            )
    if sha256(path) != json.loads(card.read_text("utf-8"))["sha256"]:
        raise ValueError(
            f"{path} is not the file that was saved (its SHA-256 differs from the one in "
            f"{card.name}): it is cut off or changed; fetch or train it again"
        )
    return path


def sha256(path: str | Path) -> str:
    """SHA-256 of a file as hexadecimal text."""
    digest = hashlib.sha256()
    with open(path, "rb") as handle:
        while block := handle.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
