"""Sessions of onnxruntime: what it does not take, and what it says when it fails."""

import onnx
import onnxruntime
import pytest

import robaudit
from robaudit import OpenOptions
from robaudit.errors import ClassifierError, NotAuditableError, UsageError
from robaudit_onnx.runtime import explained
from tests.support.linear_onnx import BIAS, WEIGHTS
from tests.support.paths import EXAMPLES
from tests.support.small_onnx import Save, affine_onnx


def test_an_opset_newer_than_onnxruntime_takes_is_refused_in_words(save: Save) -> None:
    model = affine_onnx(WEIGHTS, BIAS, ["N", 64])
    model.opset_import[0].version = onnx.defs.onnx_opset_version() + 20
    with pytest.raises(NotAuditableError, match=r"(?i)opset") as caught:
        robaudit.load(save(model))
    assert onnxruntime.__version__ in str(caught.value)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (Exception("CUDA failure 2: out of memory ; GPU=0"), MemoryError),
        (Exception("CUBLAS failure 3: CUBLAS_STATUS_ALLOC_FAILED"), MemoryError),
        (Exception("bad allocation"), MemoryError),
        (MemoryError("std::bad_alloc"), MemoryError),
        (Exception("Non-zero status code returned while running Gather node"), ClassifierError),
    ],
)
def test_errors_of_onnxruntime_are_told_apart(error: Exception, kind: type[Exception]) -> None:
    assert type(explained(error)) is kind


@pytest.mark.skipif(
    "CUDAExecutionProvider" in onnxruntime.get_available_providers(), reason="CUDA is here"
)
def test_cuda_that_is_not_there() -> None:
    with pytest.raises(UsageError, match="onnx-gpu"):
        robaudit.load(EXAMPLES / "digits.onnx", OpenOptions(device="cuda"))
