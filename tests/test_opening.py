"""What is found out of a model by trying it: the kind of its scores, and doubts."""

import numpy as np
import pytest
import torch

import robaudit
from robaudit import OpenOptions
from robaudit.errors import NotAuditableError
from robaudit.opening import find_spec, score_kind
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


@pytest.mark.parametrize("classes", [2, 10, 1000])
@pytest.mark.parametrize("size", [0.1, 1.0, 5.0])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
def test_kinds_of_scores_of_less_than_single_precision(
    classes: int, size: float, dtype: torch.dtype
) -> None:
    logits = torch.from_numpy(random.normal(0, size, (8, classes))).to(dtype)
    for given, kind in (
        (logits, "logits"),
        (logits.softmax(1), "probabilities"),
        (logits.log_softmax(1), "log-probabilities"),
        (logits.sigmoid(), "logits"),
    ):
        assert (
            score_kind(given.float().numpy() if dtype == torch.bfloat16 else given.numpy()) == kind
        )


def test_what_only_comes_near_to_probabilities_in_single_precision_is_none() -> None:
    near = torch.from_numpy(random.normal(0, 1, (8, 10))).softmax(1).numpy() * 1.01
    assert score_kind(near) == score_kind(near.astype(np.float32)) == "logits"


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


@pytest.mark.parametrize("batch", [2, 5, 8, 10])
def test_columns_of_scores_are_told_from_rows(batch: int) -> None:
    weights = random.normal(0, 1, (16, batch)).astype(np.float32)

    def rows(x: np.ndarray) -> np.ndarray:
        return np.asarray(x @ weights)

    def columns(x: np.ndarray) -> np.ndarray:
        parts = [x[start : start + batch] for start in range(0, len(x), batch)]
        whole = [np.concatenate([part, part[-1:].repeat(batch, 0)])[:batch] for part in parts]
        scores = [rows(each).T[: len(part)] for each, part in zip(whole, parts, strict=True)]
        return np.concatenate(scores)

    options = OpenOptions(input_shape=(16,))
    assert find_spec(rows, options, "rows", batch=batch).classes == batch
    with pytest.raises(NotAuditableError, match="columns gives a column of scores"):
        find_spec(columns, options, "columns", batch=batch)


def test_models_of_one_input_at_a_time_have_rows() -> None:
    def alone(x: np.ndarray) -> np.ndarray:
        if len(x) > 1:
            raise ValueError("one at a time")
        return np.asarray(x @ np.eye(8))

    assert find_spec(alone, OpenOptions(input_shape=(8,)), "alone").classes == 8
