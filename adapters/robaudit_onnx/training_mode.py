"""What a graph does that belongs to training: it draws at random, or looks at the whole batch.

Models that were exported while they were being trained hold such operators; nothing but
another export takes them out, since their mode is part of the graph.
"""

from collections.abc import Mapping
from pathlib import Path

import onnx
from onnx import TensorProto, inliner

from robaudit.errors import NotAuditableError
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

_MODE_IS_AN_ATTRIBUTE = 14
"""The opset from which on BatchNormalization is; before it the number of outputs told."""

_MODE_WAS_AN_ATTRIBUTE = 7
"""The opset before which both had an attribute for it, by default training mode."""

_USUAL_RATIO = 0.5


def find_randomness(model: onnx.ModelProto, output_name: str) -> str | None:
    """Say which operators make an output differ each time, ``None`` where none is seen to.

    Those inside functions, branches and loops are seen too.
    """
    nodes, opset, tensors = _operators(model, output_name)
    drawing = [node for node in nodes if node.op_type in _DRAWING]
    dropping = [node for node in nodes if _drops(node, opset, tensors)]
    said = [
        f"{_named(found)} {what}"
        for found, what in (
            (dropping, "is in training mode"),
            (drawing, "draws random numbers"),
        )
        if found
    ]
    return "; ".join(said) or None


def refuse_batch_statistics(model: onnx.ModelProto, output_name: str, path: Path) -> None:
    """Raise NotAuditableError where an output depends on BatchNormalization in training mode.

    The scores of an input then depend on the others in its batch, so that nothing that is
    measured is of that input, at any size of batch.
    """
    nodes, opset, _ = _operators(model, output_name)
    found = [node for node in nodes if _takes_statistics(node, opset)]
    if found:
        raise NotAuditableError(
            f"{path}: {_named(found)} is in training mode: what the model gives for an input "
            "depends on the others in its batch",
            expected="a model that was exported for inference",
            advice="Export it again in evaluation mode (in PyTorch after model.eval(), with "
            "training=torch.onnx.TrainingMode.EVAL).",
        )


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


def _takes_statistics(node: onnx.NodeProto, opset: int) -> bool:
    """Tell whether a node is a BatchNormalization that goes by the statistics of its batch."""
    if node.op_type != "BatchNormalization":
        return False
    attributes = attributes_of(node)
    if opset >= _MODE_IS_AN_ATTRIBUTE:
        return bool(attributes.get("training_mode", 0))
    if opset < _MODE_WAS_AN_ATTRIBUTE:
        return not attributes.get("is_test", 0)
    return any(node.output[1:])


def _named(nodes: list[onnx.NodeProto]) -> str:
    """Name the first of some nodes, and count the others."""
    first = nodes[0]
    name = f"{first.op_type} {(first.name or first.output[0])!r}"
    return name if len(nodes) == 1 else f"{name} (and {len(nodes) - 1} more)"
