"""Votes of decisions on pairs of classes are those of libsvm, and scores of scikit-learn."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, LinearSVC

from robaudit_function.pairs import deciding_on_pairs, votes_of_pairs

random = np.random.default_rng(0)


@pytest.mark.parametrize("classes", [3, 4, 7])
def test_scores_are_those_of_scikit_learn_but_for_ties(classes: int) -> None:
    y = np.arange(90) % classes
    x = random.random((90, 5)) + 0.2 * np.eye(5)[y % 5]
    machine = SVC(C=3).fit(x, y)
    decide = deciding_on_pairs(machine)
    assert decide is not None
    assert machine.decision_function_shape == "ovr"
    points = random.random((2000, 5))
    scores = votes_of_pairs(decide(points), classes)
    wanted, said = machine.decision_function(points), machine.predict(points)
    np.testing.assert_array_equal(scores.argmax(axis=1), said)
    tied = wanted.argmax(axis=1) != said
    np.testing.assert_allclose(scores[~tied], wanted[~tied], atol=1e-9)
    assert tied.any()  # three classes that beat each other in a circle


def test_a_circle_goes_to_the_first() -> None:
    """0 beats 1 beats 2 beats 0, and 1 by the widest margin."""
    scores = votes_of_pairs(np.array([[1.0, -2.0, 5.0]]), 3)
    assert scores.argmax() == 0
    assert scores[0, 1] > scores[0, 2]
    assert scores.max() - np.sort(scores)[0, -2] == pytest.approx(0.1)


def test_other_estimators_decide_on_no_pairs() -> None:
    x, y = random.random((20, 3)), np.arange(20) % 2
    assert deciding_on_pairs(make_pipeline(StandardScaler(), SVC()).fit(x, y)) is not None
    for other in (LinearSVC(), make_pipeline(StandardScaler(), LogisticRegression())):
        assert deciding_on_pairs(other.fit(x, y)) is None
