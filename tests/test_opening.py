"""What is found out of a model by trying it: the kind of its scores, and doubts."""

import numpy as np
import pytest

import robaudit
from robaudit import OpenOptions
from tests.support.linear_onnx import BIAS, WEIGHTS
from tests.support.small_onnx import Save, affine_onnx

random = np.random.default_rng(0)


@pytest.mark.parametrize(
    ("tail", "kind"),
    [
        ((), "logits"),
        (("Softmax",), "probabilities"),
        (("LogSoftmax",), "log-probabilities"),
        (("Softmax", "Log"), "log-probabilities"),
        (("Sigmoid",), "logits"),
    ],
)
def test_kinds_of_scores(save: Save, tail: tuple[str, ...], kind: str) -> None:
    classifier = robaudit.load(save(affine_onnx(WEIGHTS, BIAS, ["N", 64], tail=tail)))
    assert classifier.spec.scores == kind


def test_two_raw_numbers_are_doubted_until_the_user_says_what_they_are(save: Save) -> None:
    path = save(affine_onnx(WEIGHTS[:, :2], BIAS[:2], ["N", 64]))
    assert robaudit.load(path).doubt is not None
    assert robaudit.load(path, OpenOptions(scores="logits")).doubt is None
    sure = save(affine_onnx(WEIGHTS[:, :2], BIAS[:2], ["N", 64], tail=("Softmax",)))
    assert robaudit.load(sure).doubt is None


def test_a_flat_model_that_gives_as_much_as_it_takes_is_doubted(save: Save) -> None:
    square = random.normal(0, 1, (16, 16))
    path = save(affine_onnx(square, np.zeros(16), ["N", 16]))
    assert "image" in str(robaudit.load(path).doubt)
