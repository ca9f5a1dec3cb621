"""Attacks on models by others whose gradients lead nowhere."""

from pathlib import Path

import pytest

import robaudit
from robaudit import Classifier, Images, PreprocessingRequest, SearchPlan
from robaudit.attacks.assessment import Assessment, AttackPlan
from robaudit.attacks.catalogue import STAND_INS, Attack, default_attack, parse_attack, suite
from robaudit.attacks.run import robust_accuracy

pytest.importorskip("art")
pytest.importorskip("onnx2fx")


def attack(
    classifier: Classifier, images: Images, statistics: tuple[float, float], *attacks: Attack
) -> Assessment:
    mean, std = statistics
    audit = robaudit.scan(
        classifier,
        images,
        plan=SearchPlan(samples=10, directions=2),
        preprocessing=PreprocessingRequest((mean,), (std,)),
        attacks=AttackPlan(
            attacks,
            stand_ins=tuple(default_attack(name, classifier.spec) for name in STAND_INS),
        ),
    )
    assert audit.assessment is not None
    return audit.assessment


def left_by(found: Assessment) -> dict[str, float | None]:
    """Give the robust accuracy under each attack that ran."""
    return {
        result.attack.name: robust_accuracy(result.outcome).value
        for result in found.results
        if result.outcome is not None
    }


def test_a_saturated_softmax_is_attacked_at_its_logits(shared: Path) -> None:
    case = shared / "cases" / "17-saturated"
    if not case.is_dir():
        pytest.skip("the cases are not there")
    classifier = robaudit.load(case / "sat_softmax.onnx")
    pgd = parse_attack("pgd:epsilon=0.05", classifier.spec)
    found = attack(classifier, robaudit.read_images(case / "m.npz"), (0, 1), pgd)
    assert left_by(found)["pgd"] == pytest.approx(0.4)


def test_noise_does_not_make_a_quantised_model_robust(shared: Path, mnist: Images) -> None:
    """Its sister, which was not quantised, falls to PGD."""
    left = {}
    for name in ("seedigits-mnist", "seedigits-dynamic-int8"):
        classifier = robaudit.load(shared / "models" / f"{name}.onnx")
        quick = suite("quick", classifier.spec)
        found = attack(classifier, mnist, (0.5, 0.5), *quick)
        assert found.has_adversary
        assert not found.missing
        left[name] = left_by(found)
    assert left["seedigits-mnist"]["pgd"] == 0
    quantised = left["seedigits-dynamic-int8"]
    assert min(quantised.get(name) or 0.0 for name in ("pgd", "square")) <= 0.2
    assert quantised["uniform-noise"] is not None
    assert quantised["uniform-noise"] >= 0.7
