"""What functions give: scores, one score, numbers or names of classes, in whatever holds them."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import scipy.sparse
import torch

import robaudit
from robaudit import InputSpec, OpenOptions, SearchPlan
from robaudit.errors import NotAuditableError, UsageError
from robaudit.types import ScoreKind

random = np.random.default_rng(0)
WEIGHTS = random.normal(0, 1, (16, 4)).astype(np.float32)
X = random.random((40, 16)).astype(np.float32)
SHAPE = OpenOptions(input_shape=(16,))
Function = Callable[[np.ndarray], Any]


def scores(x: np.ndarray) -> np.ndarray:
    return (x - 0.5) @ WEIGHTS


def number(x: np.ndarray) -> np.ndarray:
    return scores(x)[:, 0]


def second(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-number(x)))


HELD: dict[str, Function] = {
    "lists": lambda x: scores(x).tolist(),
    "a list of arrays": lambda x: list(scores(x)),
    "a tensor with gradients": lambda x: torch.tensor(scores(x), requires_grad=True),
    "a list of tensors": lambda x: list(torch.tensor(scores(x), requires_grad=True)),
    "doubles": lambda x: scores(x).astype(np.float64),
    "a sparse matrix": lambda x: scipy.sparse.csr_matrix(scores(x)),
}


@pytest.mark.parametrize("kind", HELD)
def test_whatever_holds_scores_is_read(kind: str) -> None:
    classifier = robaudit.load(HELD[kind], SHAPE)
    assert classifier.spec == InputSpec((16,), 4)
    np.testing.assert_allclose(classifier.predict(X), scores(X), rtol=1e-6)


def test_short_numbers_of_tensors_are_read() -> None:
    classifier = robaudit.load(lambda x: torch.tensor(scores(x)).bfloat16(), SHAPE)
    np.testing.assert_allclose(classifier.predict(X), scores(X), atol=0.05)


@pytest.mark.parametrize(
    "function",
    [second, lambda x: second(x)[:, None], lambda x: second(x).tolist()],
    ids=["(N,)", "(N, 1)", "a list"],
)
def test_one_probability_tells_two_classes_apart(function: Function) -> None:
    classifier = robaudit.load(function, SHAPE)
    assert classifier.spec.classes == 2
    assert classifier.spec.scores == "probabilities"
    assert "regression" in str(classifier.doubt)
    expected = np.stack([1 - second(X), second(X)], axis=1)
    np.testing.assert_allclose(classifier.predict(X), expected, atol=1e-6)
    labelled = robaudit.images_from_arrays(X, (number(X) > 0).astype(int))
    assert robaudit.scan(classifier, labelled, plan=SearchPlan(10, 2)).clean.overall.value == 1
    with pytest.raises(NotAuditableError, match="regression"):
        robaudit.scan(classifier, plan=SearchPlan(10, 2))


@pytest.mark.parametrize("shape", [(-1,), (-1, 1)])
def test_one_raw_score_needs_to_be_called_so(shape: tuple[int, ...]) -> None:
    def raw(x: np.ndarray) -> np.ndarray:
        return number(x).reshape(shape)

    with pytest.raises(NotAuditableError, match=r"gives one number an input.*`scores='logits'"):
        robaudit.load(raw, SHAPE)
    classifier = robaudit.load(raw, replace(SHAPE, scores="logits"))
    assert classifier.doubt is None
    expected = np.stack([0 * number(X), number(X)], axis=1)
    np.testing.assert_allclose(classifier.predict(X), expected, atol=1e-6)


def test_one_number_that_turns_out_to_be_no_probability_is_refused() -> None:
    classifier = robaudit.load(lambda x: 0.1 * x.mean(axis=1), SHAPE)
    with pytest.raises(NotAuditableError, match=r"gives 8.* for an input"):
        classifier.predict(X + 80)


def test_a_spec_that_calls_probabilities_logits_is_asked_about() -> None:
    """A spec says logits where it is not told anything else: all would be of the second class."""
    spec = InputSpec((16,), 2)
    with pytest.raises(UsageError, match="probabilities"):
        robaudit.load(second, spec=spec)
    opened = robaudit.load(second, spec=replace(spec, scores="probabilities"))
    np.testing.assert_array_equal(opened.predict(X).argmax(axis=1), number(X) > 0)


def numbers(x: np.ndarray) -> np.ndarray:
    return scores(x).argmax(axis=1)


NUMBERS: dict[str, Function] = {
    "integers": numbers,
    "a column": lambda x: numbers(x)[:, None],
    "whole real numbers": lambda x: numbers(x).astype(np.float64),
    "a list": lambda x: numbers(x).tolist(),
    "objects": lambda x: numbers(x).astype(np.object_),
    "a tensor": lambda x: torch.tensor(numbers(x)),
}


@pytest.mark.parametrize("kind", NUMBERS)
def test_numbers_of_classes_are_labels(kind: str) -> None:
    classifier = robaudit.load(NUMBERS[kind], replace(SHAPE, classes=4))
    assert classifier.spec.scores == "labels"
    np.testing.assert_array_equal(classifier.predict(X), np.eye(4)[numbers(X)])


@pytest.mark.parametrize("kind", [bool, int, float])
def test_numbers_of_two_classes(kind: type) -> None:
    """As real numbers they are probabilities that are certain, which is the same."""
    options = SHAPE if kind is not int else replace(SHAPE, classes=2)
    classifier = robaudit.load(lambda x: (number(x) > 0).astype(kind), options)
    assert classifier.spec.classes == 2
    np.testing.assert_array_equal(classifier.predict(X), np.eye(2)[(number(X) > 0).astype(int)])


@pytest.mark.parametrize("odd", [-1, 4, np.nan, 1.5], ids=str)
@pytest.mark.parametrize("at_once", [True, False])
def test_what_is_no_class_is_refused(odd: float, at_once: bool) -> None:
    """Whether it comes at once, or for an input later on."""

    def function(x: np.ndarray) -> np.ndarray:
        given = numbers(x).astype(np.float64)
        return np.where(at_once | (x.mean(axis=1) > 10), odd, given)

    options = replace(SHAPE, classes=4)
    if at_once:
        with pytest.raises(NotAuditableError, match=f"class {odd}|one number an input"):
            robaudit.load(function, options)
        return
    classifier = robaudit.load(function, options)
    with pytest.raises(NotAuditableError, match=f"class {odd}"):
        classifier.predict(X + 20)


@pytest.mark.parametrize("odd", [-1, 4])
def test_integers_that_are_no_class_are_refused(odd: int) -> None:
    classifier = robaudit.load(
        lambda x: np.where(x.mean(axis=1) > 10, odd, numbers(x)), replace(SHAPE, classes=4)
    )
    with pytest.raises(NotAuditableError, match=f"class {odd}"):
        classifier.predict(X + 20)


def test_a_class_that_is_none_decides_for_no_preprocessing() -> None:
    """A function that gives -1 for pictures as they are is not tried with others instead."""

    def function(x: np.ndarray) -> np.ndarray:
        return np.where(x[:, 0] == 1, -1, numbers(x))

    pixels = np.concatenate([np.ones_like(X[:, :1]), X[:, 1:]], axis=1)
    images = robaudit.images_from_arrays(pixels, numbers(pixels))
    classifier = robaudit.load(function, replace(SHAPE, classes=4))
    with pytest.raises(NotAuditableError, match=r"class -1.*4 classes"):
        robaudit.scan(classifier, images, plan=SearchPlan(10, 2))


def test_a_function_may_change_what_it_is_given() -> None:
    def function(x: np.ndarray) -> np.ndarray:
        x -= 0.5
        return x @ WEIGHTS

    given = X.copy()
    np.testing.assert_allclose(robaudit.load(function, SHAPE).predict(given), scores(X), rtol=1e-6)
    np.testing.assert_array_equal(given, X)


def test_names_of_classes_need_a_spec_that_has_them() -> None:
    names = ("hen", "cat", "dog", "cow")

    def function(x: np.ndarray) -> list[str]:
        return [names[place] for place in numbers(x)]

    with pytest.raises(UsageError, match="names of classes"):
        robaudit.load(function, SHAPE)
    classifier = robaudit.load(function, spec=InputSpec((16,), 4, class_names=names))
    assert classifier.spec.scores == "labels"
    np.testing.assert_array_equal(classifier.predict(X), np.eye(4)[numbers(X)])
    with pytest.raises(NotAuditableError, match=r"class '(hen|dog)'"):
        robaudit.load(function, spec=InputSpec((16,), 2, class_names=("cat", "cow")))


@pytest.mark.parametrize("said", ["probabilities", "log-probabilities"])
def test_scores_are_what_the_user_calls_them(said: ScoreKind) -> None:
    def function(x: np.ndarray) -> np.ndarray:
        return second(x) if said == "probabilities" else np.log(second(x))

    classifier = robaudit.load(function, replace(SHAPE, scores=said))
    assert classifier.spec.scores == said
    assert classifier.doubt is None
    np.testing.assert_array_equal(classifier.predict(X).argmax(axis=1), number(X) > 0)
