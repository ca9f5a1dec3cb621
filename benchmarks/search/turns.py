"""What one turn of one way to search gives, and how time inside the model is told."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from robaudit.types import IntArray


@dataclass(frozen=True)
class Turn:
    """What one turn of one way did, and how long it took.

    ``in_model`` is the share of ``seconds`` that was spent in calls of the model, or, for
    robaudit's own ways, of the probe, which computes its points as well. ``step`` and
    ``adjacent`` are the answer for each ray, where the way gives one for the same rays;
    ``walked_in_full`` counts rays walked to calibrate and check a traced search;
    ``linear_probes`` is what evaluating every step of the same rays takes.
    ``fallback`` says why another strategy was used than the one asked for, if it was.
    ``once`` are seconds spent before, and not counted: they do not grow with the rays.
    ``after`` are seconds for the realised distances of the crossings, not counted either.
    """

    seconds: float
    probes: int
    rays: int
    in_model: float
    batch_size: int
    step: IntArray | None = None
    adjacent: IntArray | None = None
    walked_in_full: int = 0
    linear_probes: int = 0
    fallback: str = ""
    once: float = 0.0
    after: float = 0.0


Way = Callable[[int], Turn]
"""Walks all rays of the first so many samples."""


class Stopwatch:
    """Passes calls on, and adds up how long they take and how many rows they are of."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.seconds = 0.0
        self.rows = 0
        self._function = function

    def __call__(self, *arguments: Any) -> Any:
        """Call the function, on time."""
        before = time.perf_counter()
        result = self._function(*arguments)
        self.seconds += time.perf_counter() - before
        self.rows += len(arguments[0])
        return result

    def __getattr__(self, name: str) -> Any:
        return getattr(self._function, name)
