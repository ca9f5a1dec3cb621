"""Robust accuracy after a precision was reached: what stopping by the width does to intervals."""

from collections.abc import Callable, Iterator

import numpy as np

from benchmarks.coverage.results import Findings, Result
from robaudit.attacks.catalogue import default_attack
from robaudit.attacks.outcome import Outcome
from robaudit.attacks.run import AttackResult, lowest_accuracy
from robaudit.attacks.to_precision import Results, attack_to
from robaudit.metrics.figures import ROBUST_ACCURACY
from robaudit.search.plan import Precision, SearchPlan
from robaudit.types import InputSpec

SHARES = (0.01, 0.05, 0.3, 0.5, 0.95)
HALVES = (0.02, 0.05)
_THERE = 10_000
_SPEC = InputSpec((1,), 2)


def measure_attacked(count: int) -> Iterator[Result]:
    """Attack populations of which a share holds, until that is known to so much."""
    for share in SHARES:
        for half in HALVES:
            random, found = np.random.default_rng(12), Findings()
            plan = SearchPlan(_THERE, 1)
            for _ in range(count):
                attack = _adversary(share, random)
                results, _, _ = attack_to(Precision(half, ROBUST_ACCURACY.name), attack, plan)
                outcomes = [result.outcome for result in results if result.outcome]
                found["share"].add_estimate(lowest_accuracy(outcomes))
            name = f"{share:.0%} hold, to {half:g}"
            yield found["share"].result("robust accuracy, after --precision", name, share)


def _adversary(share: float, random: np.random.Generator) -> Callable[[slice], Results]:
    """Make attacks that leave so large a share of the samples they are shown."""

    def attack(part: slice) -> Results:
        held = random.random(part.stop - part.start) < share
        zeros, distance = np.zeros(len(held)), np.where(held, np.inf, 0.0)
        nobody = zeros.astype(np.int64)
        outcome = Outcome(~held, distance, zeros[:, None], nobody, distance, 0, 0, 0, 0.0)
        return (AttackResult(default_attack("fgsm", _SPEC), outcome),)

    return attack
