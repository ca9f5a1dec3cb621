"""Audits with adversaries and a baseline: two models whose answers differ a little."""

from dataclasses import replace

import numpy as np

from robaudit.attacks.assessment import AttackPlan
from robaudit.attacks.catalogue import Attack
from robaudit.metrics.figures import ACCURACY, ROBUST_ACCURACY
from robaudit.metrics.gates import WORST, Gate
from robaudit.record.findings import Attacked, Findings
from tests.support.comparisons import findings, model

ADVERSARIES = AttackPlan(
    (
        Attack("fgsm", {"epsilon": 0.05}),
        Attack("pgd", {"epsilon": 0.05, "step": 0.01, "steps": 5.0, "restarts": 1.0}),
    )
)
NOT_WORSE = (
    Gate(ACCURACY, 0.0, drop=True),
    Gate(ACCURACY, 0.0, of_class=WORST, drop=True),
    Gate(ROBUST_ACCURACY, 0.0, drop=True),
)


def attacked(spread: float = 0.0) -> Findings:
    """Audit a model under adversaries; its weights are moved by noise of some spread."""
    return findings(model(spread), attacks=ADVERSARIES)


def with_wrong(found: Findings, count: int, start: int = 0) -> Findings:
    """Let so many images that are right be wrong."""
    assert found.labels is not None
    right = np.flatnonzero(found.predicted == found.labels)[start : start + count]
    predicted = found.predicted.copy()
    predicted[right] = (predicted[right] + 1) % found.classes
    return replace(found, predicted=predicted)


def with_right(found: Findings, count: int) -> Findings:
    """Let so many images that are wrong be right."""
    assert found.labels is not None
    wrong = np.flatnonzero(found.predicted != found.labels)[:count]
    predicted = found.predicted.copy()
    predicted[wrong] = found.labels[wrong]
    return replace(found, predicted=predicted)


def broken(found: Findings, count: int) -> Findings:
    """Let so many samples that hold fall to every attack."""
    attacks = []
    for one in found.attacks:
        assert one is not None
        held = np.flatnonzero(~one.success)[:count]
        success = one.success.copy()
        success[held] = True
        attacks.append(Attacked(one.rows, success))
    return replace(found, attacks=tuple(attacks))
