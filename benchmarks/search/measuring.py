"""One model, measured: each way to search it takes its turn, round by round."""

from contextlib import AbstractContextManager
from dataclasses import asdict, replace
from typing import Any

from benchmarks.search.figures import Result, disagreements, figures_of
from benchmarks.search.processes import Memory, Ready
from benchmarks.search.subjects import Subject
from benchmarks.search.turns import Turn

_LONG = 10.0
"""Seconds above which a turn of the linear search is not taken again with all rays."""


def measure(
    subject: Subject, opened: AbstractContextManager[Ready], rounds: int
) -> tuple[Result, dict[str, Any]]:
    """Measure a model; also give all the numbers behind it, for JSON.

    The traced search walks all rays each time, since what it spends on its check is
    shared by all of them. The others cost the same for each ray however many there
    are: the linear search walks enough of them for its answers once, and later fewer where
    that took long; the authors' way always walks few.
    """
    taken: dict[str, list[tuple[Turn, Memory]]] = {}
    with opened as ready:
        for _ in range(rounds):
            for name, way in ready.ways.items():
                samples = _samples(subject, name, taken.get(name, []))
                taken.setdefault(name, []).append(way(samples))
    linear = taken["linear"][0][0]
    compared = {name: disagreements(turns[0][0], linear) for name, turns in taken.items()}
    differ = {name: pair for name, pair in compared.items() if pair and name != "linear"}
    ways = {name: figures_of(turns) for name, turns in taken.items()}
    result = Result(subject, ready.facts, ways, ready.left_out, differ)
    numbers = {
        "name": subject.name,
        "plan": asdict(subject.plan),
        **asdict(ready.facts),
        "ways": {name: asdict(one) for name, one in ways.items()},
        "left_out": dict(ready.left_out),
        "disagreements": differ,
        "turns": {name: [_numbers(*one) for one in turns] for name, turns in taken.items()},
    }
    return result, numbers


def _samples(subject: Subject, name: str, taken: list[tuple[Turn, Memory]]) -> int:
    """Choose how many samples a way is to walk from in its next turn."""
    whole = subject.plan.samples
    if name == "authors":
        return min(subject.timed_samples, whole)
    if name == "linear":
        answered = min(subject.linear_samples or whole, whole)
        long = bool(taken) and taken[0][0].seconds > _LONG
        return max(1, answered // 4) if long else answered
    return whole


def _numbers(turn: Turn, memory: Memory) -> dict[str, Any]:
    return asdict(replace(turn, step=None, adjacent=None)) | asdict(memory)
