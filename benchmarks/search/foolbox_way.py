"""Foolbox's nearest attack: one random noise image for each sample, blended in step by step."""

import time
import warnings
from importlib.util import find_spec
from typing import Any

import numpy as np
import torch
from torch import nn

from benchmarks.search.runtimes import runtime_of
from benchmarks.search.subjects import Bench
from benchmarks.search.turns import Turn, Way

_DRAWS = 20
"""How often it may draw to find noise of another class; its default is 1,000."""

_LARGEST = 10**8
"""Multiply-adds above which it is left out."""


class _Counting(nn.Module):  # type: ignore[misc]
    """A module over pixels that counts its inputs and the time that it takes."""

    def __init__(self, module: Any, mean: float, std: float) -> None:
        super().__init__()
        self.module, self.mean, self.std = module, mean, std
        self.inputs, self.seconds = 0, 0.0

    def forward(self, x: Any) -> Any:
        before = time.perf_counter()
        scores = self.module((x - self.mean) / self.std)
        self.seconds += time.perf_counter() - before
        self.inputs += len(x)
        return scores


def _why_not(bench: Bench) -> str | None:
    """Say why Foolbox is not run on a model, ``None`` where it is."""
    if bench.subject.runtime != "torch":
        return "torch models only"
    if bench.multiply_adds > _LARGEST:
        return "small models only"
    return None if find_spec("foolbox") else "not installed"


def foolbox_way(bench: Bench, seconds: float) -> Way | str:
    """Run LinearSearchBlendedUniformNoiseAttack on all samples at once, for some seconds.

    Gives the reason where it is not run.
    """
    reason = _why_not(bench)
    if reason is not None:
        return reason
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it imports by old names
        import foolbox  # noqa: PLC0415 - not everyone has it

    (mean,), (std,) = bench.preprocessing.mean, bench.preprocessing.std
    module = _Counting(runtime_of(bench.model).module, mean, std).eval()
    model = foolbox.PyTorchModel(module, bounds=(0, 1), device="cpu")
    attack = foolbox.attacks.LinearSearchBlendedUniformNoiseAttack(
        distance=foolbox.distances.l2, directions=_DRAWS, steps=bench.plan.steps
    )

    def walk(samples: int) -> Turn:
        x = torch.as_tensor(np.ascontiguousarray(bench.x[:samples]))
        labels = torch.as_tensor(bench.start[:samples])
        module.inputs, module.seconds = 0, 0.0
        rays, start = 0, time.perf_counter()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it warns where no noise is of another class
            while (passed := time.perf_counter() - start) < seconds:
                attack(model, x, labels, epsilons=None)
                rays += samples
        return Turn(passed, module.inputs, rays, module.seconds / passed, samples)

    return walk
