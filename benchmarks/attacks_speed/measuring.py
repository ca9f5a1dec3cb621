"""Taking turns, and judging what comes of them."""

import statistics
import time
from typing import NamedTuple

import numpy as np
import torch

from benchmarks.attacks_speed.networks import Subject
from benchmarks.attacks_speed.peers import Run
from robaudit.attacks.catalogue import Attack
from robaudit.attacks.outcome import Targets
from robaudit.attacks.run import run_attack
from robaudit.batches import Pace
from robaudit.types import FloatArray

LONG = 3.0
"""Seconds of a turn from which on there is no other."""


class Cell(NamedTuple):
    """What a library took, and what it left: robust accuracy, or the median distance."""

    seconds: float
    found: float


def ours(subject: Subject, attack: Attack) -> Run:
    """Run an attack as a scan does."""
    targets = Targets(subject.x, subject.y, subject.y, 1.0)

    def run() -> FloatArray:
        count = len(subject.x)
        return run_attack(subject.classifier, targets, attack, seed=0, pace=Pace(count)).examples

    return run


def measured(subject: Subject, attack: Attack, ways: dict[str, Run], turns: int) -> dict[str, Cell]:
    """Let ways take turns; one that is long has a single one."""
    times: dict[str, list[float]] = {way: [] for way in ways}
    found: dict[str, float] = {}
    for turn in range(turns):
        for way, run in ways.items():
            if turn and times[way][0] > LONG:
                continue
            before = time.process_time()
            examples = run()
            times[way].append(time.process_time() - before)
            found[way] = judged(subject, attack, examples)
    return {way: Cell(statistics.median(times[way]), found[way]) for way in ways}


def judged(subject: Subject, attack: Attack, examples: FloatArray) -> float:
    """Give the share of images that hold, or the median distance of the nearest examples."""
    with torch.no_grad():
        scores = subject.module(torch.from_numpy(np.ascontiguousarray(examples, np.float32)))
    left = scores.argmax(dim=1).numpy() != subject.y
    change = (examples - subject.x).reshape(len(examples), -1)
    if attack.norm == "linf":
        return float(1 - (left & (np.abs(change).max(axis=1) <= attack.budget + 1e-5)).mean())
    return float(np.median(np.where(left, np.linalg.norm(change, axis=1), np.inf)))
