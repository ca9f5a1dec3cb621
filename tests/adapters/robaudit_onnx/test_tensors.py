"""All tensors of a model are found, and none holds more or less than it says."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

import robaudit
from robaudit.errors import NotAuditableError
from robaudit_onnx.tensors import misfit, readable
from tests.support.onnx_bombs import classifier, whole


def longer(tensor: TensorProto) -> None:
    tensor.dims[:] = [2**40]


def shorter(tensor: TensorProto) -> None:
    tensor.dims[:] = [1]


def negative(tensor: TensorProto) -> None:
    tensor.dims[:] = [-2, -1]


def of_many_axes(tensor: TensorProto) -> None:
    tensor.dims[:] = [2**62] * 10**6


def without(tensor: TensorProto) -> None:
    tensor.ClearField("raw_data")


@pytest.mark.parametrize("change", [longer, shorter, negative, of_many_axes, without])
def test_tensors_that_are_not_what_they_say_are_refused(
    change: Callable[[TensorProto], None], tmp_path: Path
) -> None:
    model = classifier([], [whole("bomb", 1, 2)])
    (tensor,) = (each for each in model.graph.initializer if each.name == "bomb")
    change(tensor)
    path = tmp_path / "model.onnx"
    path.write_bytes(model.SerializeToString())
    with pytest.raises(NotAuditableError, match="the tensor 'bomb'"):
        robaudit.load(path)


@pytest.mark.parametrize(
    "tensor",
    [
        helper.make_tensor("t", TensorProto.FLOAT16, [3], [1.0, 2.0, 3.0]),
        helper.make_tensor("t", TensorProto.BFLOAT16, [3], [1.0, 2.0, 3.0]),
        helper.make_tensor("t", TensorProto.BOOL, [3], [True, False, True]),
        helper.make_tensor("t", TensorProto.UINT64, [2], [1, 2]),
        TensorProto(data_type=TensorProto.COMPLEX64, dims=[2], float_data=[1, 1, 2, 2]),
        helper.make_tensor("t", TensorProto.INT4, [3], [1, 2, 3]),
        TensorProto(data_type=TensorProto.STRING, dims=[2], string_data=[b"a", b"bc"]),
        helper.make_tensor("t", TensorProto.FLOAT, [0, 3], []),
        numpy_helper.from_array(np.zeros((2, 3), np.int8)),
        numpy_helper.from_array(np.array(1.0)),
        onnx.TensorProto(),
    ],
)
def test_tensors_as_they_are_written_fit(tensor: TensorProto) -> None:
    assert misfit(tensor) is None


def test_sizes_are_written_for_people() -> None:
    assert readable(4 * 2**40) == "4 TiB"
    assert readable(0) == "0 bytes"
    assert readable(2**60) == "more than 1000 TiB"
