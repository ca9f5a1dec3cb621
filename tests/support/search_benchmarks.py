"""The benchmark of the search, on a tiny network and by a small plan."""

from dataclasses import replace

import numpy as np

from benchmarks.search.processes import Memory
from benchmarks.search.subjects import SUBJECTS, Subject
from benchmarks.search.turns import Turn
from robaudit import SearchPlan

PLAN = SearchPlan(samples=3, directions=4, signs=2, step=0.05, steps=6)
RAYS = 24


def tiny(runtime: str = "onnx") -> Subject:
    return replace(SUBJECTS["mlp" if runtime == "onnx" else "mlp-torch"], plan=PLAN)


def turn(
    step: list[int], adjacent: list[int], *, seconds: float = 2.0, probes: int = 100
) -> tuple[Turn, Memory]:
    found = np.asarray(step), np.asarray(adjacent)
    return Turn(seconds, probes, len(step), 0.5, 128, *found), Memory(10, 30)
