"""Functions as classifiers: of scores, of class numbers, and of one input at a time."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression

import robaudit
from robaudit import InputSpec, OpenOptions, SearchPlan
from robaudit.errors import NotAuditableError, UsageError
from robaudit.testing import affine_classifier

random = np.random.default_rng(0)
WEIGHTS, BIAS = random.normal(0, 1, (64, 5)), random.normal(0, 1, 5)


def scores(x: np.ndarray) -> Any:
    return (x.reshape(len(x), -1) @ WEIGHTS + BIAS).tolist()


def numbers(x: np.ndarray) -> np.ndarray:
    return (x.reshape(len(x), -1) @ WEIGHTS + BIAS).argmax(axis=1)


def one_at_a_time(x: np.ndarray) -> np.ndarray:
    assert len(x) == 1
    return x.reshape(1, -1) @ WEIGHTS + BIAS


def test_a_function_is_a_classifier() -> None:
    classifier = robaudit.load(scores, OpenOptions(input_shape=(8, 8)))
    assert classifier.spec == InputSpec((8, 8), 5)
    assert classifier.name == "scores"
    x = random.random((3, 8, 8))
    np.testing.assert_allclose(classifier.predict(x), scores(x))


def test_a_function_of_class_numbers_gives_labels() -> None:
    options = OpenOptions(input_shape=(8, 8), classes=5)
    classifier = robaudit.load(numbers, options)
    assert classifier.spec.scores == "labels"
    x = random.random((30, 8, 8))
    np.testing.assert_array_equal(classifier.predict(x).argmax(axis=1), numbers(x))
    images = robaudit.images_from_arrays(x, numbers(x))
    audit = robaudit.scan(classifier, images, plan=SearchPlan(20, 4))
    affine = affine_classifier(WEIGHTS, BIAS, (8, 8))
    other = robaudit.scan(affine, images, plan=SearchPlan(20, 4))
    np.testing.assert_array_equal(audit.rays.step, other.rays.step)
    np.testing.assert_array_equal(audit.rays.adjacent, other.rays.adjacent)
    with pytest.raises(UsageError, match="how many classes"):
        robaudit.load(numbers, OpenOptions(input_shape=(8, 8)))


def test_a_function_of_one_input_at_a_time_is_audited() -> None:
    classifier = robaudit.load(one_at_a_time, OpenOptions(input_shape=(8, 8)))
    x = random.random((20, 8, 8))
    images = robaudit.images_from_arrays(x, numbers(x))
    audit = robaudit.scan(classifier, images, plan=SearchPlan(10, 2))
    assert audit.clean.overall.value == 1
    assert any("one at a time" in note for note in audit.prepared.notes)


def test_a_function_of_one_input_may_give_its_scores_alone() -> None:
    def one_row(x: np.ndarray) -> np.ndarray:
        if len(x) > 1:
            raise ValueError("one at a time")
        return np.asarray(scores(x))[0]

    classifier = robaudit.load(one_row, OpenOptions(input_shape=(8, 8)))
    x = random.random((4, 8, 8)).astype(np.float32)
    assert classifier.spec.classes == 5
    np.testing.assert_allclose(classifier.predict(x[:1]), scores(x[:1]))


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (lambda x: x, "no classifier"),
        (lambda x: -np.ones(len(x)) / 2, "gives one number an input, from -0.5 to -0.5"),
        (lambda x: np.full(len(x), np.nan), "gives one number an input"),
        (lambda _: 1 / 0, "ZeroDivisionError"),
        (lambda _: None, "gives None"),
        (lambda x: {"scores": scores(x)}, "gives a dict with scores"),
        (lambda x: [{"label": "cat"}] * len(x), "gives a list of dict, which make no array"),
        (lambda _: [[1.0, 2.0], [1.0]], "gives a list of list"),
        (lambda x: (scores(x), scores(x)), r"gives \(2, 8, 5\) for 8 input|gives \(2, 1, 5\)"),
        (lambda x: np.zeros((len(x) + 1, 5)), "gives"),
        (lambda x: 1j * np.ones((len(x), 5)), "gives an array of type complex"),
        (lambda x: np.array([["cat", "dog"]] * len(x)), "no classifier|fails|could not"),
    ],
)
def test_functions_that_are_no_classifiers(
    function: Callable[[np.ndarray], Any], words: str
) -> None:
    with pytest.raises(NotAuditableError, match=words):
        robaudit.load(function, OpenOptions(input_shape=(8, 8)))


def regressor() -> Any:
    return LinearRegression().fit(random.random((9, 64)), random.random(9))


def test_what_predicts_and_is_no_classifier_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where a reference names it."""
    (tmp_path / "zoo.py").write_text(
        "from sklearn.linear_model import LinearRegression\n"
        "MODEL = LinearRegression().fit([[0.0], [1.0]], [0, 1])\n"
    )
    monkeypatch.chdir(tmp_path)
    for source in (regressor(), "zoo.py:MODEL"):
        with pytest.raises(NotAuditableError, match="a LinearRegression that has no classes_"):
            robaudit.load(source)
