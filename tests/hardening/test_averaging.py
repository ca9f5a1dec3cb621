"""Averages of weights: in closed form, from what a training shows, and gone on from."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from robaudit import Classifier
from robaudit.errors import ClassifierError
from robaudit.hardening.averaging import AveragedWeights, between, decay_at
from robaudit.testing import affine_classifier
from tests.support.affine_hardening import SMALL, affine_run, random_affine

X = np.zeros((2, 3), np.float32)
DECAY = 0.6


def model(step: int) -> Classifier:
    return affine_classifier(np.full((3, 2), float(step)), np.array([0.0, step]), (3,))


def averaged(average: AveragedWeights, last: int) -> float:
    made = average.of(model(last))
    assert made.weights is not None
    taken = made.weights.take()
    assert len(np.unique(taken["weights"])) == 1
    assert taken["bias"].tolist() == [0, taken["weights"][0, 0]]
    return float(taken["weights"][0, 0])


def closed_form(steps: int) -> float:
    """Sum up ``w_k`` times its weight, which all later decays have shrunk; w_k is k."""
    decays = [1.0, *(decay_at(DECAY, step) for step in range(1, steps + 1))]
    return sum(
        step * (1 - decays[step]) * float(np.prod(decays[step + 1 :]))
        for step in range(1, steps + 1)
    )


def test_an_average_is_what_its_closed_form_says() -> None:
    """Young averages decay faster, at first by 2/11: after one step 9/11 is new."""
    assert closed_form(1) == pytest.approx(9 / 11)
    average = AveragedWeights(DECAY, X)
    for step in range(12):
        average(model(step), X, np.zeros(2, int))
        assert averaged(average, step + 1) == pytest.approx(closed_form(step + 1))


def test_an_average_goes_on_from_its_state() -> None:
    average, other = AveragedWeights(DECAY, X), AveragedWeights(DECAY, X)
    for step in range(3):
        average(model(step), X, np.zeros(2, int))
    other.go_on(average.state())
    assert averaged(other, 3) == averaged(average, 3)


def test_between_is_a_line_and_what_is_the_same_stays() -> None:
    one = {"a": np.array([0.0, 0.1, -np.inf], np.float32)}
    other = {"a": np.array([1.0, 0.1, -np.inf], np.float32)}
    found = between(one, other, 0.3)["a"]
    assert found.dtype == np.float32
    assert found.tolist() == [np.float32(0.3), np.float32(0.1), -np.inf]


def test_a_hardening_keeps_the_average_of_its_steps() -> None:
    """Where nearly nothing stays it is the last step's model, and else another."""
    plan = replace(SMALL, keep="last", learning_rate=0.5)
    last, nearly, other = (
        affine_run(replace(plan, averaging=decay)).classifier for decay in (0.0, 1e-9, 0.9)
    )
    _, x, _ = random_affine(2)
    np.testing.assert_allclose(nearly.predict(x), last.predict(x), rtol=1e-6)
    assert np.abs(other.predict(x) - last.predict(x)).max() > 1e-3


def test_a_classifier_without_weights_is_refused_before_any_work() -> None:
    made, *_ = random_affine(2)
    advice: dict[str, dict[str, Any]] = {
        "`averaging=0`": {"averaging": 0.9},
        "`keep='best'`": {"keep": "line"},
    }
    for said, changed in advice.items():
        with pytest.raises(ClassifierError, match=f"not hand over its weights.* Use {said}, which"):
            affine_run(replace(SMALL, **changed), replace(made, weights=None))
