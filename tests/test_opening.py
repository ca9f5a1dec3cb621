"""What is found out of a model by trying it: the kind of its scores, and doubts."""

import numpy as np
import pytest
import torch

import robaudit
from robaudit import InputSpec, OpenOptions
from robaudit.errors import NotAuditableError
from robaudit.opening import find_spec, score_kind, takes_a_row
from robaudit.types import FloatArray, Predict
from tests.support.linear_onnx import BIAS, WEIGHTS
from tests.support.small_onnx import Save, affine_onnx

LINES = np.random.default_rng(1).normal(size=(192, 4))
CHANNELS_FIRST = InputSpec((3, 8, 8), 4)

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


def row(x: FloatArray) -> FloatArray:
    return np.asarray(x.reshape(len(x), -1) @ LINES)


def one_row(x: FloatArray) -> FloatArray:
    return np.asarray(x.reshape(1, -1) @ LINES)


def colours(x: FloatArray) -> FloatArray:
    return np.asarray(x.mean(axis=(2, 3)) @ LINES[:3])


def either_layout(x: FloatArray) -> FloatArray:
    return row(x.transpose(0, 3, 1, 2) if x.shape[-1] == 3 else x)


@pytest.mark.parametrize(
    ("predict", "expected"),
    [(row, True), (one_row, True), (colours, False), (either_layout, False)],
)
def test_what_flattens_its_inputs_is_told_from_what_looks_at_axes(
    predict: Predict, *, expected: bool
) -> None:
    options = OpenOptions(image_shape=(8, 8, 3))
    assert takes_a_row(predict, CHANNELS_FIRST, options) == expected
    classifier = robaudit.load(predict, options)
    assert classifier.spec.shape == (3, 8, 8)
    assert classifier.in_a_row == expected


@pytest.mark.parametrize(
    ("spec", "options", "declared"),
    [
        (CHANNELS_FIRST, OpenOptions(image_shape=(8, 8, 3), input_shape=(3, 8, 8)), None),
        (CHANNELS_FIRST, OpenOptions(image_shape=(8, 8, 3), spec=CHANNELS_FIRST), None),
        (CHANNELS_FIRST, OpenOptions(image_shape=(8, 8, 3)), (3, None, None)),
        (CHANNELS_FIRST, OpenOptions(), None),
        (InputSpec((192,), 4), OpenOptions(image_shape=(192,)), None),
        (InputSpec((1, 12, 16), 4), OpenOptions(image_shape=(12, 16, 1)), None),
    ],
)
def test_where_a_shape_is_said_or_grey_nothing_is_open(
    spec: InputSpec, options: OpenOptions, declared: tuple[int | None, ...] | None
) -> None:
    assert not takes_a_row(row, spec, options, declared)
