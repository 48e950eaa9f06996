"""Tune the neurons for the program that reads them, learn the program again, and so on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from accelerate import Accelerator
from safetensors import safe_open
from safetensors.torch import save_file
from sklearn.base import clone
from torch import nn
from torch.nn import functional as F

from nesylib import runtime
from nesylib.concepts import ConceptViT, TopKConceptLayer, binarize, encode, loop
from nesylib.concepts._checks import pictures_of
from nesylib.concepts.identity import identity
from nesylib.concepts.training import parameter_groups
from nesylib.joint.soft_program import SoftProgram
from nesylib.rules import FoldSEM, Program
from nesylib.vit.backbones import read_safetensors
from nesylib.vit.features import frozen_features, in_batches
from nesylib.vit.partial import Tail, cached_tokens, check_last


@dataclass
class Refined:
    """What :func:`refine` gives back.

    Attributes
    ----------
    fold
        The :class:`nesylib.rules.FoldSEM` with the program that the network is tuned to.
    rounds
        One dictionary a round: ``program.stats()`` of the program learned at its start, accuracy
        on ``train`` when ``learned`` and when ``tuned``, on ``validation`` if there is one, and
        the loss in the first and last epoch.
    best_round
        The round, from 1, whose network and program are given back.
    """

    fold: FoldSEM
    rounds: list[dict] = field(default_factory=list)
    best_round: int = 1

    @property
    def program(self) -> Program:
        return self.fold.program_

    def frame(self):
        """The rounds as a :class:`pandas.DataFrame`."""
        import pandas as pd

        return pd.DataFrame(self.rounds).set_index("round")


def refine(
    net: ConceptViT,
    train,
    *,
    labels=None,
    validation=None,
    fold: FoldSEM | None = None,
    trainable: str | int = "head",
    rounds: int = 5,
    steps: int = 500,
    batch_size: int = 256,
    lr: float = 1e-3,
    backbone_lr: float = 1e-5,
    weight_decay: float = 1.0,
    noise: float = 0.9,
    sharpness: float = 0.5,
    balanced: bool = False,
    seed: int = 0,
    checkpoint: str | Path | None = None,
    accelerator: Accelerator | None = None,
    progress: bool = True,
    on_round: Callable[[dict], None] | None = None,
) -> Refined:
    """Close the loop between a network and its rules.

    NeSyViT trains its codes without a look at the rules, and much is lost where an activation
    becomes a bit. Here FOLD-SE-M learns a program from the bits; the neurons are then trained
    so that this very program answers right (cross-entropy through :class:`SoftProgram`); the
    bits have changed, so a program is learned anew. Neurons that no program reads decay and
    switch off. What comes back is a program that FOLD-SE-M learned and the network tuned to it;
    learned once more from the tuned bits it would be another one, and usually a little worse.
    The step is ours and in neither paper.

    Parameters
    ----------
    net
        A trained network; it is changed in place.
    train
        An :class:`nesylib.data.ImageSet`.
    labels
        ``(N,)`` what the rules should answer; ``train.labels`` if not given. Give
        ``train.label_names()`` for a program that speaks in names.
    validation
        Pictures that judge the rounds: the one with the highest accuracy of its rules is given
        back, of equals the one with the smaller program. Without them it is the last round:
        accuracy on ``train`` would choose the one that fits it best.
    fold
        Settings of the learner; :class:`nesylib.rules.FoldSEM` as it is if not given.
    trainable
        ``"head"``: the concept layer only, on cached features. A number: the last blocks too.
    rounds, steps
        Programs learned and tuned, and batches of training for each, rounded up to whole epochs.
    weight_decay
        Of the concept layer, as AdamW takes it: with 1, a neuron that nothing reads is gone
        after some rounds.
    noise
        Deviation of the normal noise on standardised features while training. A program of few
        literals leaves neurons free to fit single pictures; noise takes that freedom.
    sharpness
        Factor on the logits inside the program's loss. Below 1 a neuron has to be surer before
        the loss takes it for a bit.
    checkpoint
        A folder; after an interruption the same call goes on from the last whole epoch, in a
        new session or in the same one.

    Raises
    ------
    ValueError
        When the program has no rule (the codes say nothing about the classes), or for settings
        out of range.
    """
    if rounds < 1 or steps < 1 or batch_size < 1 or not noise >= 0 or not sharpness > 0:
        raise ValueError(
            f"rounds={rounds}, steps={steps}, batch_size={batch_size} must be at least 1, "
            f"noise={noise} at least 0, sharpness={sharpness} above 0"
        )
    if trainable != "head" and type(trainable) is not int:
        raise ValueError(f"trainable must be 'head' or a number of blocks, not {trainable!r}")
    if trainable != "head":
        check_last(net.backbone, trainable)
    if isinstance(net.concepts, TopKConceptLayer):
        raise ValueError(
            "in a TopK layer a bit depends on the other neurons, and the program's loss reads each "
            "alone: refine a network with a plain concept layer"
        )
    images, numbers = pictures_of(train)
    answers = np.asarray(numbers if labels is None else labels)
    if answers.shape != numbers.shape:
        raise ValueError(
            f"there are {len(numbers)} pictures and labels of shape {answers.shape}: give one "
            "label for each picture"
        )
    classes, targets = np.unique(answers, return_inverse=True)
    if len(classes) < 2:
        raise ValueError(f"all pictures are {classes[0]!r}: a program needs two classes or more")
    accelerator = accelerator or Accelerator()
    net.to(accelerator.device)
    held = None
    if validation is not None:
        held = pictures_of(validation)[1]
        held = held if labels is None else _named(held, train.labels, answers)
    learner = FoldSEM() if fold is None else fold
    folder = None if checkpoint is None else Path(checkpoint)
    if folder is not None:
        about = dict(
            fold={k: str(v) for k, v in learner.get_params().items()},
            labels=hashlib.sha256("|".join(map(str, answers.tolist())).encode()).hexdigest()[:16],
            inputs=identity(net.backbone, images, trainable),
            trainable=trainable,
        )
        _from_the_start(net, folder, about)
    epochs = -(-steps // max(1, len(answers) // batch_size))
    reader, inputs = _reader(net, train, trainable, noise, progress)
    groups = parameter_groups(net.concepts, lr, weight_decay)
    if reader.stem is not None:
        groups += parameter_groups(reader.stem, backbone_lr, 0.05)
    strength = dict(noise=noise, sharpness=sharpness)
    done, best = Refined(learner), ((-1.0, 0), {})
    for number in range(rounds):
        bits = _bits(reader, inputs)
        learned = clone(learner).fit(bits, answers)
        program = learned.program_ = _kept(folder, number, learned.program_)
        if not program.rules:
            raise ValueError(
                "the program has no rule, so there is nothing to tune: train the codes first, "
                "and see nesylib.joint.diagnose"
            )
        row = {"round": number + 1} | program.stats()
        row["learned"] = float(np.mean(program.predict(bits) == answers))
        soft = SoftProgram(program, classes)
        history = loop.train(
            reader,
            inputs,
            targets,
            lambda z, y, _, soft=soft: {"total": F.nll_loss(soft(sharpness * z), y)},
            groups=groups,
            epochs=epochs,
            batch_size=batch_size,
            seed=seed + 1000 * number,
            checkpoint=None if folder is None else folder / f"round-{number}.safetensors",
            accelerator=accelerator,
            progress=progress,
            settings=dict(program=program.to_json(), trainable=trainable) | strength,
            balanced=balanced,
        )
        row["tuned"] = float(np.mean(program.predict(_bits(reader, inputs)) == answers))
        row |= {"loss_first": history["total"][0], "loss_last": history["total"][-1]}
        score = (float(number), 0)
        if validation is not None:
            held_bits = binarize(encode(net, validation, cache_features=trainable == "head"))
            row["validation"] = float(np.mean(program.predict(held_bits) == held))
            score = (row["validation"], -program.stats()["size"])
        done.rounds.append(row)
        if score > best[0]:
            best = score, {k: v.clone() for k, v in reader.state_dict().items()}
            done.fold, done.best_round = learned, number + 1
        if on_round is not None:
            on_round(row)
    reader.load_state_dict(best[1])
    return done


def _bits(reader: nn.Module, inputs) -> np.ndarray:
    device = next(reader.parameters()).device
    return np.concatenate(in_batches(reader.bits, inputs, device, 512))


def _named(held: np.ndarray, numbers, answers: np.ndarray) -> np.ndarray:
    """The labels of the held-out pictures in the words of ``answers``."""
    word = dict(zip(np.asarray(numbers).tolist(), answers.tolist(), strict=True))
    unknown = sorted(set(held.tolist()) - set(word))
    if unknown:
        raise ValueError(f"validation has classes that train has not: {unknown}")
    return np.array([word[label] for label in held.tolist()])


class _Reader(nn.Module):
    """From what is cached to the neurons' logits; features are noisy while it trains."""

    def __init__(self, stem: nn.Module | None, concepts: nn.Module, noise: torch.Tensor):
        super().__init__()
        self.stem, self.concepts = stem, concepts
        self.register_buffer("noise", noise, persistent=False)

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        features = inputs if self.stem is None else self.stem(inputs)
        if self.training:
            features = features + self.noise * torch.randn_like(features)
        return self.concepts.logits(features)

    @torch.inference_mode()
    def bits(self, inputs: torch.Tensor) -> torch.Tensor:
        return self(inputs) >= 0


def _reader(net: ConceptViT, train, trainable, noise: float, progress: bool):
    features = frozen_features(net.backbone, train, net.pooling, progress=progress)
    spread = torch.from_numpy(features.std(0)) * noise
    stem, inputs = None, features
    if trainable != "head":
        stem = Tail(net.backbone, trainable, net.pooling)
        inputs = cached_tokens(net.backbone, train, trainable, progress=progress)
    reader = _Reader(stem, net.concepts, spread).to(next(net.parameters()).device)
    return reader.eval(), inputs


def _from_the_start(net: ConceptViT, folder: Path, about: dict) -> None:
    """Keep what a run starts from, or go back to it, so that it can go on in the same session."""
    if folder.exists() and not folder.is_dir():
        raise ValueError(f"checkpoint={str(folder)!r} is a file: name a folder for the rounds")
    path, written = folder / "start.safetensors", {"refine": json.dumps(about)}
    parts = nn.ModuleDict({"concepts": net.concepts})
    if about["trainable"] != "head":
        parts["stem"] = Tail(net.backbone, about["trainable"], net.pooling)
    if path.exists():
        tensors = read_safetensors(path)
        with safe_open(path, "pt") as handle:
            then = json.loads((handle.metadata() or {}).get("refine", "{}"))
        if other := [k for k in about if then.get(k) != json.loads(json.dumps(about))[k]]:
            raise ValueError(
                f"{folder} belongs to a run with other {', '.join(other)}: delete it or name "
                "another folder"
            )
        try:
            parts.load_state_dict(tensors)
        except RuntimeError as error:
            raise ValueError(
                f"{folder} belongs to another network: delete it or name another folder"
            ) from error
    elif not (folder / "round-0.json").exists():  # else of a run that kept no start
        state = {k: v.detach().cpu().contiguous().clone() for k, v in parts.state_dict().items()}
        with runtime.atomic_write(path) as temporary:
            save_file(state, temporary, metadata=written)


def _kept(folder: Path | None, number: int, program: Program) -> Program:
    """The program of a round as an interrupted run wrote it, or else this one, written down."""
    if folder is None:
        return program
    path = folder / f"round-{number}.json"
    if path.exists():
        return Program.from_json(path.read_text(encoding="utf-8"))
    with runtime.atomic_write(path) as temporary:
        temporary.write_text(program.to_json(), encoding="utf-8")
    return program
