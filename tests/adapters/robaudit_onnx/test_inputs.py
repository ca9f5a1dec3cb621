"""Which input of a graph takes the image, and of what shape."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

import robaudit
from robaudit import OpenOptions
from robaudit.errors import NotAuditableError, UsageError
from tests.support.linear_onnx import BIAS, WEIGHTS
from tests.support.small_onnx import Save, affine_onnx, make_onnx

random = np.random.default_rng(0)


def test_weights_listed_as_inputs(save: Save) -> None:
    nodes = [helper.make_node("MatMul", ["x", "w"], ["y"])]
    weights = {"w": WEIGHTS.astype(np.float32)}
    model = make_onnx(nodes, weights, [1, 64], [1, 5], opset=8, weights_as_inputs=True)
    classifier = robaudit.load(save(model))
    x = random.random((3, 64)).astype(np.float32)
    np.testing.assert_allclose(classifier.predict(x), x @ WEIGHTS, rtol=1e-4, atol=1e-5)


def test_sizes_left_open_come_from_the_data_or_the_user(save: Save) -> None:
    path = save(affine_onnx(WEIGHTS, BIAS, ["N", 1, "height", "width"]))
    with pytest.raises(UsageError, match="`input_shape"):
        robaudit.load(path)
    with pytest.raises(UsageError, match="does not fit"):
        robaudit.load(path, OpenOptions(input_shape=(3, 8, 8)))
    for options in (OpenOptions(input_shape=(1, 8, 8)), OpenOptions(image_shape=(8, 8, 1))):
        assert robaudit.load(path, options).spec.shape == (1, 8, 8)
    channels_last = save(affine_onnx(WEIGHTS, BIAS, ["N", None, None, 1]), "last.onnx")
    opened = robaudit.load(channels_last, OpenOptions(image_shape=(8, 8, 1)))
    assert opened.spec.shape == (8, 8, 1)


def test_an_input_used_only_inside_a_branch_is_an_input(save: Save) -> None:
    def branch(name: str, weights: str) -> onnx.GraphProto:
        value = helper.make_tensor_value_info(name, TensorProto.FLOAT, ["N", 5])
        return helper.make_graph(
            [helper.make_node("MatMul", ["x", weights], [name])], name, [], [value]
        )

    node = helper.make_node(
        "If", ["yes"], ["y"], then_branch=branch("a", "w"), else_branch=branch("b", "w")
    )
    weights = {"yes": np.array(True), "w": WEIGHTS.astype(np.float32)}
    classifier = robaudit.load(save(make_onnx([node], weights, ["N", 64], ["N", 5])))
    assert classifier.spec.shape == (64,)


def test_an_input_that_is_no_tensor_is_refused_by_name(save: Save) -> None:
    model = make_onnx(
        [helper.make_node("ConcatFromSequence", ["x"], ["y"], axis=0)], {}, ["N", 64], ["N", 64]
    )
    kind = helper.make_tensor_type_proto(TensorProto.FLOAT, ["N", 64])
    model.graph.input[0].CopyFrom(
        helper.make_value_info("x", helper.make_sequence_type_proto(kind))
    )
    with pytest.raises(
        NotAuditableError, match="input x is no tensor but a value of type sequence"
    ):
        robaudit.load(save(model))


def test_an_input_of_more_axes_than_there_are_is_refused(save: Save) -> None:
    """Multiplying so many sizes would take hours."""
    path = save(affine_onnx(WEIGHTS, BIAS, ["N", *[2**40] * 500_000]))
    with pytest.raises(NotAuditableError, match="of shape of 500001 axes"):
        robaudit.load(path)
