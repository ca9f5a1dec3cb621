"""What makes the scores of an input depend on the others in its batch.

BatchNormalization in training mode does, and so do the operators that some exporters write
instead of it: a mean over the first axis, which is the batch.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import onnx
from onnx import inliner, shape_inference

from robaudit.errors import NotAuditableError
from robaudit_onnx.graph import (
    array_of,
    attributes_of,
    constant_tensors,
    input_of,
    needed_nodes,
    nodes_within,
    opset_of,
)

_MODE_IS_AN_ATTRIBUTE = 14
"""The opset from which on it is; before it the number of outputs told."""

_MODE_WAS_AN_ATTRIBUTE = 7
"""The opset before which there was another attribute for it, by default training mode."""

_USUAL_AXES: dict[str, tuple[int, ...]] = {
    "MeanVarianceNormalization": (0, 2, 3),
    "ReduceMean": (),
    "ReduceSum": (),
    "ReduceSumSquare": (),
}
"""Operators that take statistics over axes, and over which if they are not told."""

_ALONG_AN_AXIS = {"Hardmax", "LayerNormalization", "LogSoftmax", "ReduceL2", "Softmax"}
"""Operators that go along an axis of their own, in a slip along that of the batch."""

_EXPORT = (
    "Export it again in evaluation mode (in PyTorch after model.eval(), with "
    "training=torch.onnx.TrainingMode.EVAL)."
)
_LET_IT_GO = "Let it go over the scores of each input instead, axis 1 (in PyTorch dim=1)."


def refuse_training_mode(model: onnx.ModelProto, output_name: str, path: Path) -> None:
    """Raise NotAuditableError where an output depends on BatchNormalization in training mode.

    The scores of an input then depend on the others in its batch, so that nothing that is
    measured is of that input, at any size of batch.
    """
    model = _inlined(model)
    nodes = nodes_within(needed_nodes(model.graph, [output_name]))
    found = [node for node in nodes if _is_in_training_mode(node, opset_of(model))]
    if found:
        raise _refusal(f"{path}: {named(found)} is in training mode")


def refuse_reduced_batches(
    model: onnx.ModelProto, input_name: str, output_name: str, path: Path
) -> None:
    """Raise NotAuditableError where an output depends on statistics over the batch axis.

    So it does where a softmax goes along it: `nn.Softmax(dim=0)`.

    That an input has other scores in a batch than alone must be known: where nobody knows its
    size, the first axis is taken for the batch, which may have been exchanged with another.
    What is reduced over all axes, as to find the range of numbers to quantise them, has no
    statistics of each channel, and is left alone.
    """
    model = _inlined(model)
    with suppress(Exception):  # what cannot be inferred stays unknown
        model = shape_inference.infer_shapes(model)
    graph = model.graph
    shapes = {
        value.name: [size.dim_value for size in value.type.tensor_type.shape.dim]
        for value in (*graph.input, *graph.value_info, *graph.output)
        if value.type.tensor_type.HasField("shape")
    }
    constants, made_of_input, found = constant_tensors(graph), {input_name}, []
    for node in needed_nodes(graph, [output_name]):
        if made_of_input.isdisjoint(node.input):
            continue
        made_of_input.update(node.output)
        if node.op_type not in _USUAL_AXES.keys() | _ALONG_AN_AXIS:
            continue
        axes = _axes_of(node, constants)
        sizes = shapes.get(node.input[0], [0] * (len(axes) + 1))
        first = 0 in axes or -len(sizes) in axes
        if first and len(axes) < len(sizes) and not sizes[0]:
            found.append(node)
    if found:
        advice = _LET_IT_GO if all(node.op_type in _ALONG_AN_AXIS for node in found) else _EXPORT
        raise _refusal(f"{path}: {named(found)} goes over the inputs of a batch", advice)


def _axes_of(node: onnx.NodeProto, constants: Mapping[str, onnx.TensorProto]) -> Sequence[int]:
    """Tell over which axes a node goes; none where it goes over all, or by an unseen default."""
    attributes, given = attributes_of(node), constants.get(input_of(node, 1))
    if "axis" in attributes:
        return [attributes["axis"]]
    if given is not None and node.op_type.startswith("Reduce"):
        return list(array_of(given).ravel().tolist())
    return list(attributes.get("axes", _USUAL_AXES.get(node.op_type, ())))


def named(nodes: list[onnx.NodeProto]) -> str:
    """Name the first of some nodes, and count the others."""
    first = nodes[0]
    name = f"{first.op_type} {(first.name or first.output[0])!r}"
    return name if len(nodes) == 1 else f"{name} (and {len(nodes) - 1} more)"


def _inlined(model: onnx.ModelProto) -> onnx.ModelProto:
    return inliner.inline_local_functions(model) if model.functions else model


def _is_in_training_mode(node: onnx.NodeProto, opset: int) -> bool:
    """Tell whether a node is a BatchNormalization that goes by the statistics of its batch."""
    if node.op_type != "BatchNormalization":
        return False
    attributes = attributes_of(node)
    if opset >= _MODE_IS_AN_ATTRIBUTE:
        return bool(attributes.get("training_mode", 0))
    if opset < _MODE_WAS_AN_ATTRIBUTE:
        return not attributes.get("is_test", 0)
    return any(node.output[1:])


def _refusal(found: str, advice: str = _EXPORT) -> NotAuditableError:
    return NotAuditableError(
        f"{found}: what the model gives for an input depends on the others in its batch",
        expected="a model that looks at each input alone",
        advice=advice,
    )
