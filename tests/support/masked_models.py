"""Models made to hide their gradients, an honest one, and the flags that each raises."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import robaudit
from robaudit import Classifier, InputSpec
from robaudit.attacks.catalogue import Attack
from robaudit.attacks.outcome import Targets
from robaudit.attacks.run import run_attacks
from robaudit.attacks.trust.trust_flags import FLAGS, Flag, trust_flags
from robaudit.batches import Pace
from robaudit.testing import affine_classifier

SIDE = 16
PIXELS = SIDE**2
SHAPE = (1, SIDE, SIDE)
SPEC = InputSpec(SHAPE, 3)
LEFT = np.repeat([1.0, -1.0], SIDE // 2)
TEMPLATES = np.stack(
    [np.outer(np.ones(SIDE), LEFT), np.outer(LEFT, np.ones(SIDE)), np.outer(LEFT, LEFT)]
).reshape(3, PIXELS)
"""Orthogonal: the smallest L-inf change from one class to another is that in amplitude."""

ATTACKS = (
    Attack("fgsm", {"epsilon": 0.3}),
    Attack("pgd", {"epsilon": 0.3, "step": 0.04, "steps": 10, "restarts": 1}),
    Attack("uniform-noise", {"epsilon": 0.3}),
    Attack("square", {"epsilon": 0.3, "queries": 500}),
)


def make_targets(amplitude: float = 0.1, count: int = 40) -> Targets:
    """Make pictures of the templates with a little noise: (count, *SHAPE)."""
    random = np.random.default_rng(0)
    y = np.arange(count) % 3
    x = 0.5 + amplitude * TEMPLATES[y] + random.uniform(-0.02, 0.02, (count, PIXELS))
    return Targets(x.reshape(count, *SHAPE).astype(np.float32), y, y, 1.0)


def affine() -> Classifier:
    return affine_classifier(0.05 * TEMPLATES.T, -0.025 * TEMPLATES.sum(axis=1), SHAPE)


def look(
    classifier: Classifier, targets: Targets, attacks: Sequence[Attack] = ATTACKS
) -> dict[str, Flag]:
    pytest.importorskip("art")
    results = run_attacks(classifier, targets, attacks, seed=0, pace=Pace(64))
    found = trust_flags(classifier, targets, results, seed=0, pace=Pace(64))
    assert tuple(flag.name for flag in found) == FLAGS
    for flag in found:
        assert flag.sentence.endswith(".")
        assert all(np.isfinite(value) for value in flag.measured.values())
    return {flag.name: flag for flag in found}


def raised(flags: dict[str, Flag]) -> set[str]:
    return {name for name, flag in flags.items() if flag.raised}


def masked(hide: str, scores: robaudit.types.ScoreKind = "logits") -> Classifier:
    """Open the affine classifier as a network of torch, with something that hides its gradients."""
    torch = pytest.importorskip("torch")
    weights = torch.tensor(0.05 * TEMPLATES.T, dtype=torch.float32)
    waves = torch.tensor(np.random.default_rng(1).normal(size=(PIXELS, 3)), dtype=torch.float32)

    class Network(torch.nn.Module):  # type: ignore[name-defined]
        def forward(self, x: Any) -> Any:
            flat = x.flatten(1)
            if hide == "rounding":
                flat = torch.round(flat * 8) / 8
            logits = (flat - 0.5) @ weights
            if hide == "saturation":
                return torch.softmax(1000 * logits, dim=1)
            if hide == "chance":
                return logits + 0.3 * torch.randn_like(logits)
            if hide == "shattering":
                return logits + 0.002 * torch.sin(20_000 * flat) @ waves
            return logits

    return robaudit.load(Network(), spec=replace(SPEC, scores=scores))
