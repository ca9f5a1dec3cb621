"""ONNX graphs whose scores depend on the batch, as they do of what normalises by its statistics."""

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import helper

import robaudit
from robaudit.cli import main
from robaudit.errors import NotAuditableError
from robaudit_onnx.batch_statistics import refuse_training_mode
from tests.support import linear_onnx
from tests.support.model_cases import case
from tests.support.small_onnx import Save, Shape, make_onnx

WEIGHTS = linear_onnx.WEIGHTS.astype(np.float32)


def normalising(outputs: int, shape: Shape, *, opset: int, **attributes: Any) -> onnx.ModelProto:
    """Make a model that normalises its batch, with some of the outputs of that."""
    names = ["n", "mean", "var", "saved_mean", "saved_var"][:outputs]
    nodes = [
        helper.make_node(
            "BatchNormalization", ["x", "s", "z", "z", "s"], names, name="bn1", **attributes
        ),
        helper.make_node("Flatten", ["n"], ["f"]),
        helper.make_node("MatMul", ["f", "w"], ["y"]),
    ]
    weights = {"s": np.ones(1, np.float32), "z": np.zeros(1, np.float32), "w": WEIGHTS}
    return make_onnx(nodes, weights, shape, [shape[0], 5], opset=opset)


@pytest.mark.parametrize("batch", ["N", 1])
@pytest.mark.parametrize(
    ("outputs", "opset", "attributes"),
    [(3, 17, {"training_mode": 1}), (5, 9, {}), (5, 13, {})],
)
def test_batch_statistics_are_refused_by_name(
    save: Save, batch: int | str, outputs: int, opset: int, attributes: dict[str, int]
) -> None:
    path = save(normalising(outputs, [batch, 1, 8, 8], opset=opset, **attributes))
    with pytest.raises(NotAuditableError, match=r"'bn1' is in training mode.*model\.eval"):
        robaudit.load(path)


@pytest.mark.parametrize(
    ("outputs", "opset", "attributes"),
    [(1, 17, {"training_mode": 0}), (1, 17, {}), (1, 9, {})],
)
def test_statistics_from_training_are_no_cause(
    save: Save, outputs: int, opset: int, attributes: dict[str, int]
) -> None:
    path = save(normalising(outputs, ["N", 1, 8, 8], opset=opset, **attributes))
    assert robaudit.load(path).details["batch"] == "any"


def test_batch_normalisation_of_the_oldest_opsets_has_an_attribute_for_it() -> None:
    path = Path("model.onnx")
    refuse_training_mode(normalising(1, ["N", 1, 8, 8], opset=6, is_test=1), "y", path)
    with pytest.raises(NotAuditableError, match="bn1"):
        refuse_training_mode(normalising(1, ["N", 1, 8, 8], opset=6), "y", path)


def test_an_audit_of_batch_statistics_ends_with_their_name(
    shared: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = case(shared, "16-bn-training/bn_train.onnx")
    out = tmp_path / "out"
    arguments = ["scan", str(model), "--data", str(model.with_name("m.npz")), "-o", str(out)]
    assert main(arguments) == 3
    assert "BatchNormalization 'rb' is in training mode" in capsys.readouterr().err
    assert not out.exists()


def written_out(axes: list[int], shape: Shape, *, opset: int) -> onnx.ModelProto:
    """Make a model that normalises over some axes by single operators, as exporters write it."""
    told: dict[str, Any] = {"axes": axes} if opset < 18 else {}
    more = ["over"] if opset >= 18 else []
    nodes = [
        helper.make_node("ReduceMean", ["x", *more], ["m"], name="mean1", **told),
        helper.make_node("Sub", ["x", "m"], ["c"]),
        helper.make_node("Mul", ["c", "c"], ["s"]),
        helper.make_node("ReduceMean", ["s", *more], ["v"], name="mean2", **told),
        helper.make_node("Add", ["v", "least"], ["w1"]),
        helper.make_node("Sqrt", ["w1"], ["d"]),
        helper.make_node("Div", ["c", "d"], ["n"]),
        helper.make_node("Flatten", ["n"], ["f"]),
        helper.make_node("MatMul", ["f", "w"], ["y"]),
    ]
    weights = {"w": WEIGHTS, "least": np.full(1, 1e-3, np.float32)}
    weights |= {"over": np.array(axes)} if opset >= 18 else {}
    return make_onnx(nodes, weights, shape, [shape[0], 5], opset=opset)


@pytest.mark.parametrize(
    ("axes", "shape"),
    [([0], ["N", 64]), ([0, 2, 3], ["N", 1, 8, 8]), ([-4, -2, -1], ["N", 1, 8, 8])],
)
@pytest.mark.parametrize("opset", [13, 18])
def test_statistics_that_are_written_out_are_refused_too(
    save: Save, axes: list[int], shape: Shape, opset: int
) -> None:
    path = save(written_out(axes, shape, opset=opset))
    with pytest.raises(NotAuditableError, match=r"ReduceMean 'mean1' \(and 1 more\) goes over"):
        robaudit.load(path)


def test_an_operator_that_normalises_over_the_batch_is_refused(save: Save) -> None:
    """Alone, an input gives NaN, as there is nothing that it differs from."""
    nodes = [
        helper.make_node("MeanVarianceNormalization", ["x"], ["n"], axes=[0], name="norm1"),
        helper.make_node("MatMul", ["n", "w"], ["y"]),
    ]
    path = save(make_onnx(nodes, {"w": WEIGHTS}, ["N", 64], ["N", 5]))
    with pytest.raises(NotAuditableError, match="'norm1' goes over the inputs of a batch"):
        robaudit.load(path)


@pytest.mark.parametrize("tail", ["Softmax", "LogSoftmax", "ReduceL2"])
def test_what_goes_along_the_batch_in_a_slip_is_refused(save: Save, tail: str) -> None:
    along: dict[str, Any] = {"axes": [0]} if tail == "ReduceL2" else {"axis": 0}
    nodes = [
        helper.make_node("MatMul", ["x", "w"], ["z"]),
        helper.make_node(tail, ["z"], ["t"], name="last", **along),
        helper.make_node("Div", ["z", "t"], ["y"]),
    ]
    path = save(make_onnx(nodes, {"w": WEIGHTS}, ["N", 64], ["N", 5]))
    with pytest.raises(NotAuditableError, match="'last' goes over the inputs of a batch") as raised:
        robaudit.load(path)
    assert "dim=1" in raised.value.advice


@pytest.mark.parametrize("axis", [1, -1, None])
def test_a_softmax_over_classes_is_no_cause(save: Save, axis: int | None) -> None:
    """Here the largest number of all inputs is, for which scores are not its own in a batch."""
    along: dict[str, Any] = {} if axis is None else {"axis": axis}
    nodes = [
        helper.make_node("ReduceMax", ["x"], ["most"], keepdims=1),
        helper.make_node("Div", ["x", "most"], ["d"]),
        helper.make_node("MatMul", ["d", "w"], ["z"]),
        helper.make_node("Softmax", ["z"], ["y"], **along),
    ]
    path = save(make_onnx(nodes, {"w": WEIGHTS}, ["N", 64], ["N", 5]))
    assert robaudit.load(path).details["batch"] == "1 at a time"


def test_a_first_axis_of_known_size_is_no_batch(save: Save) -> None:
    """As of attention over positions that were exchanged with the batch.

    The range of the numbers makes scores depend on the batch, as in what quantises them.
    """
    nodes = [
        helper.make_node("ReduceMax", ["x"], ["most"], keepdims=1),
        helper.make_node("Div", ["x", "most"], ["d"]),
        helper.make_node("Transpose", ["d"], ["t"], perm=[1, 0, 2]),
        helper.make_node("ReduceMean", ["t"], ["m"], axes=[0], keepdims=0),
        helper.make_node("MatMul", ["m", "w"], ["y"]),
    ]
    path = save(make_onnx(nodes, {"w": WEIGHTS}, ["N", 7, 64], ["N", 5]))
    assert robaudit.load(path).details["batch"] == "1 at a time"


@pytest.mark.parametrize(
    ("axes", "batch"), [([1, 2, 3], "any"), ([2, 3], "any"), ([0, 1, 2, 3], "1 at a time")]
)
def test_statistics_of_each_input_are_no_cause(save: Save, axes: list[int], batch: str) -> None:
    """Nor are those of all numbers at once: of one input they are its own."""
    path = save(written_out(axes, ["N", 1, 8, 8], opset=17))
    assert robaudit.load(path).details["batch"] == batch
