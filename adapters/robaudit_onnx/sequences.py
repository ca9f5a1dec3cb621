"""What becomes of values that are put into a sequence, and taken out of it again."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import onnx
from onnx import helper

from robaudit_onnx.graph import attributes_of, input_of
from robaudit_onnx.values import UNKNOWN, Value, inferred, of_sizes

SEQUENCES = {
    *("ConcatFromSequence", "SequenceAt", "SequenceConstruct", "SequenceEmpty", "SequenceInsert"),
}

_MOST_PARTS = 2**10
"""How many values of a sequence are kept in mind."""


def with_parts(
    node: onnx.NodeProto, values: Mapping[str, Value], opsets: Sequence[onnx.OperatorSetIdProto]
) -> list[Value]:
    """Tell what a node gives that makes a sequence, or takes one apart, as `values.inferred`.

    A type says nothing of how many a sequence has: that is told by what was put into it.
    """
    (value,) = inferred(node, values, opsets)[:1] or [UNKNOWN]
    given = [values.get(name, UNKNOWN) for name in node.input]
    held = values.get(input_of(node, 0), UNKNOWN).parts
    if len(node.input) > _MOST_PARTS or len(held or ()) > _MOST_PARTS:
        held, given = None, []
    match node.op_type:
        case "SequenceEmpty":
            value = replace(value, parts=())
        case "SequenceConstruct":
            value = replace(value, parts=tuple(given) or None)
        case "SequenceInsert" if held is not None:
            value = replace(value, parts=(*held, *given[1:2]))
        case "SequenceAt" if held:
            value = replace(max(held, key=lambda part: part.bytes), array=None)
        case "ConcatFromSequence" if held:
            value = _joined(node, held, opsets)
    return [replace(value, constant=False)]


def _joined(
    node: onnx.NodeProto, parts: Sequence[Value], opsets: Sequence[onnx.OperatorSetIdProto]
) -> Value:
    """Tell what the parts of a sequence are beside one another, or on top of one another."""
    attributes = attributes_of(node)
    axis = attributes.get("axis", 0)
    if attributes.get("new_axis"):
        sizes = parts[0].sizes
        if sizes is None:
            return UNKNOWN
        sizes.insert(axis if axis >= 0 else len(sizes) + 1 + axis, len(parts))
        return of_sizes(parts[0].type.tensor_type.elem_type, sizes)
    names = [f"part_{place}" for place in range(len(parts))]
    beside = helper.make_node("Concat", names, ["joined"], axis=axis)
    return inferred(beside, dict(zip(names, parts, strict=True)), opsets)[0]
