"""Accuracy against strength: as single attacks have it."""

from dataclasses import replace

import numpy as np
import pytest

from robaudit import Classifier
from robaudit.attacks.curves import accuracy_curves, query_curves
from robaudit.attacks.outcome import Targets
from robaudit.attacks.run import AttackResult, robust_accuracy, run_attacks
from robaudit.batches import Pace
from tests.support.flat_boundary import attack, boundary_distances, run


def test_curves_agree_with_single_attacks_and_never_rise(
    classifier: Classifier, targets: Targets
) -> None:
    strengths = (0.005, 0.01, 0.02, 0.05)
    curves = {
        curve.name: curve
        for curve in accuracy_curves(classifier, targets, strengths, seed=0, pace=Pace(32))
    }
    for name in ("fgsm", "pgd"):
        values = [one.value or 0.0 for one in curves[name].accuracy]
        assert values == sorted(values, reverse=True)
        for strength, value in zip(strengths, values, strict=True):
            steps = "" if name == "fgsm" else f",step={strength / 30}"
            alone = run(classifier, targets, f"{name}:epsilon={strength}{steps}")
            assert value == robust_accuracy(alone).value
    black_box = accuracy_curves(
        replace(classifier, vjp=None), targets, strengths, seed=0, pace=Pace(32)
    )
    assert [curve.skipped is None for curve in black_box] == [False, False, True, True]


def test_accuracy_by_queries_ends_where_the_attack_does(
    classifier: Classifier, targets: Targets
) -> None:
    """A sample that falls with fewer queries is one that the attack with no more breaks."""
    exact = boundary_distances(targets, 2)
    budget = 1.2 * float(np.median(exact))
    asked = attack(f"hopskipjump:budget={budget},queries=400")
    (result,) = run_attacks(classifier, targets, [asked], seed=0, pace=Pace(32))
    assert result.outcome is not None
    (curve,) = query_curves([result])
    assert curve.queries == (50, 100, 200, 400)
    values = [one.value or 0.0 for one in curve.accuracy]
    assert values == sorted(values, reverse=True)
    assert values[0] > values[-1]
    assert curve.accuracy[-1] == robust_accuracy(result.outcome)
    distances = np.where(targets.correct, result.outcome.nearest * 6, 0)
    median = curve.median[-1]
    assert median.value == pytest.approx(np.median(distances), rel=1e-3)
    assert median.low is not None
    assert median.high is not None
    assert median.low < np.median(distances) < median.high
    assert values[-1] >= ((exact > budget) & targets.correct).mean() > 0
    assert values[0] <= targets.correct.mean()
    assert query_curves([AttackResult(asked, None, "no reason")]) == ()
    (other,) = run_attacks(classifier, targets, [attack("uniform-noise")], seed=0, pace=Pace(32))
    assert query_curves([other]) == ()


def test_square_tells_what_fell_to_fewer_queries(classifier: Classifier, targets: Targets) -> None:
    asked = attack("square:epsilon=0.15,queries=400")
    (result,) = run_attacks(classifier, targets, [asked], seed=0, pace=Pace(32))
    assert result.outcome is not None
    (curve,) = query_curves([result])
    assert curve.queries == (50, 100, 200, 400)
    assert curve.accuracy[-1] == robust_accuracy(result.outcome)
    values = [one.value or 0.0 for one in curve.accuracy]
    assert values == sorted(values, reverse=True)
    assert targets.correct.mean() > values[0] > values[-1]
    known = result.outcome.by_queries
    assert known is not None
    fell = np.isfinite(known[-1]) & targets.correct
    np.testing.assert_array_equal(fell, result.outcome.success & targets.correct)
    assert known[-1][fell].max() <= 0.15 + 1e-6
