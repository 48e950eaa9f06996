"""A program as a differentiable layer: from the neurons' logits to the odds of each answer."""

from __future__ import annotations

import json

import torch
from torch.nn import functional as F


class SoftProgram:
    """How likely a program gives each answer if every neuron fires with its own probability.

    A literal has the neuron's probability, or one minus it under ``not``; a body is a product;
    an exception counts with one minus its probability; a rule answers if no rule above it does.
    That is the product t-norm. With bits of exactly 0 or 1 it is the program itself; in between,
    a neuron that is read twice is taken as two independent ones. This way of tuning neurons is
    ours and in neither paper.

    Parameters
    ----------
    program
        A :class:`nesylib.rules.Program` over boolean columns, one for each neuron, in order.
    classes
        The answers, in the order of the columns of the result.

    Raises
    ------
    ValueError
        For columns that are not boolean, or an answer of the program that is not in ``classes``.

    Calling it with logits ``(N, D)`` returns log-probabilities ``(N, len(classes) + 1)``; the
    last column is that of no answer at all.
    """

    def __init__(self, program, classes):
        spec = json.loads(program.to_json())
        kinds = {kind for _, kind in spec["columns"]}
        if kinds - {"boolean"}:
            raise ValueError(f"only boolean columns come from neurons, not {sorted(kinds)}")
        self.index = {name: i for i, (name, _) in enumerate(spec["columns"])}
        self.classes = [c.item() if hasattr(c, "item") else c for c in classes]
        answers = [rule["then"] for rule in spec["rules"]]
        answers += [] if spec["default"] is None else [spec["default"]]
        unknown = [a for a in answers if a not in self.classes]
        if unknown:
            raise ValueError(f"the program answers {unknown[0]!r}, which is not in {classes}")
        self.rules = spec["rules"]
        self.default = spec["default"]

    @property
    def neurons(self) -> list[int]:
        """Indices of the neurons that the program reads, rising."""
        found = set()

        def walk(rule: dict) -> None:
            found.update(self.index[literal[0]] for literal in rule["if"])
            for exception in rule.get("unless", ()):
                walk(exception)

        for rule in self.rules:
            walk(rule)
        return sorted(found)

    def __call__(self, logits: torch.Tensor) -> torch.Tensor:
        logits = torch.as_tensor(logits)
        if logits.ndim != 2 or logits.shape[1] != len(self.index):
            raise ValueError(
                f"logits must be (N, {len(self.index)}) for this program, got {tuple(logits.shape)}"
            )
        on, off = F.logsigmoid(logits.float()), F.logsigmoid(-logits.float())
        silent = on.new_zeros(len(on))  # log-probability that no rule above has answered
        ways: list[list[torch.Tensor]] = [[] for _ in range(len(self.classes) + 1)]
        for rule in self.rules:
            fires = self._log_body(rule, on, off)
            ways[self.classes.index(rule["then"])].append(silent + fires)
            silent = silent + log1mexp(fires)
        none = self.default is None
        ways[len(self.classes) if none else self.classes.index(self.default)].append(silent)
        never = on.new_full((len(on),), -30.0)
        return torch.stack(
            [torch.logsumexp(torch.stack([never, *each]), 0) for each in ways], dim=1
        )

    def _log_body(self, rule: dict, on: torch.Tensor, off: torch.Tensor) -> torch.Tensor:
        total = on.new_zeros(len(on))
        for column, op, value in rule["if"]:
            holds = (op == "==") == bool(value)
            total = total + (on if holds else off)[:, self.index[column]]
        for exception in rule.get("unless", ()):
            total = total + log1mexp(self._log_body(exception, on, off))
        return total


def log1mexp(x: torch.Tensor) -> torch.Tensor:
    """``log(1 - exp(x))`` for ``x <= 0`` without losing digits; at 0 it stays finite (-16)."""
    x = x.clamp(max=-1e-7)
    near = torch.log(-torch.expm1(x.clamp(min=-1.0)))
    far = torch.log1p(-torch.exp(x.clamp(max=-0.5)))
    return torch.where(x > -0.6931472, near, far)
