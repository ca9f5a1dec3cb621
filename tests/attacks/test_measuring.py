"""Measures beside attacks, on models whose answers are known."""

from typing import Any

import numpy as np
import pytest

import robaudit
from robaudit import Audit, SearchPlan
from robaudit.attacks import measuring
from robaudit.attacks.assessment import AttackPlan
from robaudit.attacks.catalogue import parse_attack
from robaudit.attacks.common_corruptions import error
from robaudit.attacks.measures import Measure
from robaudit.errors import MissingDependencyError
from robaudit.requirements import Requirement
from robaudit.testing import affine_classifier
from robaudit.types import FloatArray

AS_IT_IS = robaudit.PreprocessingRequest(mean=(0.0,), std=(1.0,))
PLAN = SearchPlan(64, 8, step=0.02, steps=25)


@pytest.fixture
def darkened(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the library's place: subtract a hundredth of the severity."""

    def corrupt(picture: FloatArray, _name: str, severity: int, _random: Any) -> FloatArray:
        return np.asarray(np.clip(picture - severity / 100, 0, 1), dtype=np.float32)

    monkeypatch.setattr(error, "corrupt", corrupt)
    monkeypatch.setattr("robaudit.audit.check_measuring", lambda _: None)


def audit(*measures: Measure, attack: str = "", samples: int | None = None) -> Audit:
    """Audit a model of two classes, above and below a mean of 0.5, on even pictures.

    Of the brighter class, which crosses when darkened by 0.005 to 0.055, there are 32.
    """
    slope = np.stack([np.zeros(36), np.full(36, 1 / 36)], axis=1)
    model = affine_classifier(slope, np.array([0.0, -0.5]), (1, 6, 6))
    levels = np.concatenate([np.linspace(0.505, 0.555, 32), np.linspace(0.2, 0.4, 32)])
    x = np.broadcast_to(levels[:, None, None, None], (64, 6, 6, 1)).astype(np.float32)
    attacks = tuple(parse_attack(one, model.spec) for one in attack.split())
    return robaudit.scan(
        model,
        robaudit.images_from_arrays(x, (levels > 0.5).astype(np.int64)),
        plan=PLAN,
        preprocessing=AS_IT_IS,
        attacks=AttackPlan(attacks, samples, measures=measures),
    )


@pytest.mark.usefixtures("darkened")
def test_without_attacks_measures_are_taken_alone() -> None:
    """Of 64 pictures those of 32 levels are darkened by 0.01 to 0.05, whatever the corruption."""
    found = audit("corruptions").assessment
    assert found is not None
    assert found.measured is not None
    assert found.measured.corruptions is not None
    levels = np.linspace(0.505, 0.555, 32)
    wrong = [(levels < 0.5 + dark).sum() / 64 for dark in (0.01, 0.02, 0.03, 0.04, 0.05)]
    assert found.measured.corruptions.mean.value == pytest.approx(np.mean(wrong))
    assert found.measured.corruptions.clean.value == 0
    assert (found.flags, found.agreement, found.results) == ((), None, ())


def test_directions_are_those_that_a_plane_lets_cross() -> None:
    """At a distance d: as many as (budget / d)^2, and no more than there are pixels."""
    found = audit("directions", samples=16).assessment
    assert found is not None
    assert found.measured is not None
    assert found.measured.directions is not None
    assert found.measured.budget == 1.5
    level = found.targets.x.reshape(16, -1)[:, 0].astype(np.float64)
    flat = np.minimum(np.floor((1.5 / (6 * np.abs(level - 0.5))) ** 2 + 1e-6), 36)
    assert found.measured.directions.linear.tolist() == flat.tolist()


def test_examples_of_an_adversary_are_told_from_samples() -> None:
    """Deep in the other class they lie as far from the boundary as no sample does."""
    pytest.importorskip("sklearn", reason="detectors are scikit-learn's")
    pytest.importorskip("art", reason="FGSM is ART's")
    found = audit("detection", attack="fgsm:epsilon=0.35").assessment
    assert found is not None
    assert found.measured is not None
    assert found.measured.detection is not None
    (only,) = found.measured.detection
    assert (only.trained_on, only.tested_on) == ("FGSM", "FGSM")
    assert (only.auroc.value or 0) > 0.5


def test_an_attack_of_two_budgets_is_two_adversaries() -> None:
    pytest.importorskip("sklearn", reason="detectors are scikit-learn's")
    found = audit("detection", attack="fgsm:epsilon=0.35 fgsm:epsilon=0.25").assessment
    assert found is not None
    assert found.measured is not None
    assert found.measured.detection is not None
    assert {one.trained_on for one in found.measured.detection} == {
        "FGSM (epsilon 0.35)",
        "FGSM (epsilon 0.25)",
    }


@pytest.mark.usefixtures("darkened")
def test_what_fails_says_why_and_ends_nothing() -> None:
    pytest.importorskip("art", reason="FGSM is ART's")
    found = audit("detection", "corruptions", attack="fgsm:epsilon=0.004").assessment
    assert found is not None
    assert found.measured is not None
    assert found.measured.corruptions is not None
    assert "no adversary that found 20 examples" in found.unmeasured["detection"]


def test_a_library_that_is_missing_is_told_before_the_work(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    missing = Requirement("no-such-package", "1", "pip install no-such-package")
    monkeypatch.setattr(measuring, "LIBRARY", missing)
    with pytest.raises(MissingDependencyError, match="pip install no-such-package"):
        measuring.check_measuring(["corruptions"])
