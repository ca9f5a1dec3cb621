"""What makes a graph answer differently each time: operators that draw random numbers.

Models that were exported while they were being trained hold such; nothing but another export
takes them out, since their mode is part of the graph.
"""

from collections.abc import Mapping

import numpy as np
import onnx
from onnx import TensorProto, inliner

from robaudit.types import FloatArray, Predict
from robaudit_onnx.batch_statistics import named
from robaudit_onnx.graph import (
    attributes_of,
    constant_tensors,
    input_of,
    needed_nodes,
    nodes_within,
    number_of,
    opset_of,
)

_DRAWING = {
    *("Bernoulli", "Multinomial"),
    *("RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike"),
}
_MODE_IS_AN_INPUT = 12
"""The opset from which on Dropout is told its mode; those before it only leave numbers as are."""

_MODE_WAS_AN_ATTRIBUTE = 7
"""The opset before which there was an attribute for it, by default training mode."""

_USUAL_RATIO = 0.5


def find_randomness(model: onnx.ModelProto, output_name: str) -> str | None:
    """Say which operators make an output differ each time, ``None`` where none is seen to.

    Those inside functions, branches and loops are seen too.
    """
    nodes, opset, tensors = _operators(model, output_name)
    drawing = [node for node in nodes if node.op_type in _DRAWING]
    dropping = [node for node in nodes if _drops(node, opset, tensors)]
    said = [
        f"{named(found)} {what}"
        for found, what in (
            (dropping, "is in training mode"),
            (drawing, "draws random numbers"),
        )
        if found
    ]
    return "; ".join(said) or None


def draws_in(run: Predict, x: FloatArray) -> bool:
    """Tell whether what runs a graph gives inputs x (n, *shape) other scores when asked again.

    onnxruntime leaves a Dropout out that stands between two operators, in training mode too.
    """
    return not np.array_equal(run(x), run(x), equal_nan=True)


def _operators(
    model: onnx.ModelProto, output_name: str
) -> tuple[list[onnx.NodeProto], int, Mapping[str, TensorProto]]:
    """List the operators that an output depends on, their opset, and the constants they read."""
    if model.functions:
        model = inliner.inline_local_functions(model)
    graph = model.graph
    nodes = list(nodes_within(needed_nodes(graph, [output_name])))
    return nodes, opset_of(model), constant_tensors(graph)


def _drops(node: onnx.NodeProto, opset: int, tensors: Mapping[str, TensorProto]) -> bool:
    """Tell whether a node is a Dropout that drops."""
    if node.op_type != "Dropout":
        return False
    if opset >= _MODE_IS_AN_INPUT:
        mode = number_of(tensors, input_of(node, 2), default=0.0)
        ratio = number_of(tensors, input_of(node, 1), default=_USUAL_RATIO)
        return bool(mode) and ratio != 0
    attributes = attributes_of(node)
    training = opset < _MODE_WAS_AN_ATTRIBUTE and not attributes.get("is_test", 0)
    return training and attributes.get("ratio", _USUAL_RATIO) != 0
