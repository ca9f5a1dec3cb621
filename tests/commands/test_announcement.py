"""Long work is told of before it begins."""

import time

import numpy as np
import pytest

from robaudit import AttackPlan, Classifier, InputSpec, SearchPlan, parse_attack
from robaudit.commands import announcement
from robaudit.commands.announcement import announce
from tests.support.flat_boundary import GREY

PLAN = SearchPlan(samples=100, directions=10)


def sleepy(seconds: float) -> Classifier:
    """Make a model that takes so long for each input."""

    def predict(x: np.ndarray) -> np.ndarray:
        time.sleep(seconds * len(x))
        return np.zeros((len(x), 10), dtype=np.float32)

    return Classifier("sleepy", InputSpec((2**19,), 10), predict)


def test_work_of_more_than_a_minute_is_told_of() -> None:
    said = announce(sleepy(0.01), 500, PLAN, None)
    assert said is not None
    assert "classify 500 inputs" in said
    assert "2,000 rays of up to 25 steps" in said
    assert "50,500 forward passes at most, 8 min" in said or "9 min" in said


def test_short_work_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(announcement, "_inputs_per_second", lambda _: 1e6)
    assert announce(sleepy(0), 500, PLAN, None) is None


@pytest.mark.parametrize(
    ("attack", "passes"),
    [("pgd:steps=10,restarts=2", 60), ("fgsm", 3), ("square:queries=50", 50)],
)
def test_attacks_count(attack: str, passes: int) -> None:
    attacks = AttackPlan((parse_attack(attack, GREY),), samples=40)
    said = announce(sleepy(0.01), None, PLAN, attacks)
    assert said is not None
    assert "attack 40 samples with 1 attack(s)" in said
    assert f"{100 + 50_000 + 40 * passes:,}" in said


def test_a_search_may_end_before_its_samples_do() -> None:
    said = announce(sleepy(0.01), 500, PLAN, None, decide=True)
    assert said is not None
    assert "2,000 rays of up to 25 steps), until gates are decided: " in said
