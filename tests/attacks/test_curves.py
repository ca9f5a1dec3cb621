"""Accuracy against strength: as single attacks have it."""

from dataclasses import replace

from robaudit import Classifier
from robaudit.attacks.curves import accuracy_curves
from robaudit.attacks.outcome import Targets
from robaudit.attacks.run import robust_accuracy
from robaudit.batches import Pace
from tests.support.flat_boundary import run


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
