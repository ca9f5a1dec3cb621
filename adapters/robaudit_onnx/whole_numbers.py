"""Graphs that take pixels as whole numbers: they are given a start that takes real ones.

The search moves by fractions of a pixel, so that what it asks for has to be rounded
first. All that is built on a graph sees nothing but real numbers then.
"""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from robaudit_onnx.graph import all_nodes, free_name, names_taken

LARGEST = 255.0
"""Whole numbers are pixels from 0 to this, whatever the type could hold beyond."""

_TYPES = {
    TensorProto.UINT8,
    TensorProto.UINT16,
    TensorProto.INT16,
    TensorProto.INT32,
    TensorProto.INT64,
}


def takes_whole_numbers(value: onnx.ValueInfoProto) -> bool:
    """Tell whether an input is of whole numbers that can be pixels."""
    return value.type.tensor_type.elem_type in _TYPES


def take_real_numbers(model: onnx.ModelProto, value: onnx.ValueInfoProto) -> onnx.ValueInfoProto:
    """Let a graph round real pixels of 0..255 to what its input takes; give the new input.

    ``value`` is the graph's only input. Its name stays, with another type; the graph is
    changed where it is.
    """
    graph, name = model.graph, value.name
    taken = names_taken(graph)
    rounded = free_name(f"{name}_rounded", taken)
    for node in all_nodes(graph):
        for place, each in enumerate(node.input):
            if each == name:
                node.input[place] = rounded
    low, half, high = (free_name(f"{name}_{what}", taken) for what in ("low", "half", "high"))
    for constant, number in ((low, 0.0), (half, 0.5), (high, LARGEST)):
        graph.initializer.append(numpy_helper.from_array(np.array(number, np.float32), constant))
    parts = [free_name(f"{name}_{step}", taken) for step in ("above", "below", "moved", "floored")]
    # In these, since Round and Clip are missing or written otherwise in older opsets.
    start = [
        helper.make_node("Max", [name, low], [parts[0]]),
        helper.make_node("Min", [parts[0], high], [parts[1]]),
        helper.make_node("Add", [parts[1], half], [parts[2]]),
        helper.make_node("Floor", [parts[2]], [parts[3]]),
        helper.make_node("Cast", [parts[3]], [rounded], to=value.type.tensor_type.elem_type),
    ]
    rest = list(graph.node)
    del graph.node[:]
    graph.node.extend([*start, *rest])
    graph.input[0].type.tensor_type.elem_type = TensorProto.FLOAT
    return graph.input[0]
