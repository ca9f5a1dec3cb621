"""Walking a graph: its nodes, what they read, and the constants that it holds."""

from collections.abc import Container, Iterable, Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

SHAPE_ONLY = {
    *("Cast", "CastLike", "Expand", "Flatten", "Identity"),
    *("Reshape", "Squeeze", "Transpose", "Unsqueeze"),
}
"""Operators that give on the numbers that they get, in another shape or type."""


def all_nodes(graph: onnx.GraphProto) -> Iterator[onnx.NodeProto]:
    """Walk all nodes of a graph, those inside If, Loop and Scan included."""
    return nodes_within(graph.node)


def nodes_within(nodes: Iterable[onnx.NodeProto]) -> Iterator[onnx.NodeProto]:
    """Walk some nodes, and those of the graphs inside them."""
    for node in nodes:
        yield node
        for attribute in node.attribute:
            for inner in (attribute.g, *attribute.graphs):
                yield from nodes_within(inner.node)


def needed_nodes(graph: onnx.GraphProto, output_names: Iterable[str]) -> list[onnx.NodeProto]:
    """List the nodes that some values depend on, in their order in the graph."""
    producer = {name: i for i, node in enumerate(graph.node) for name in node.output if name}
    needed: set[int] = set()
    open_names = [*output_names]
    while open_names:
        index = producer.get(open_names.pop())
        if index is not None and index not in needed:
            needed.add(index)
            open_names += names_read(graph.node[index])
    return [graph.node[index] for index in sorted(needed)]


def names_read(node: onnx.NodeProto) -> Iterator[str]:
    """Name what a node reads, in the graphs inside it too."""
    yield from node.input
    for attribute in node.attribute:
        for inner in (attribute.g, *attribute.graphs):
            yield from (value.name for value in inner.output)
            for inner_node in inner.node:
                yield from names_read(inner_node)


def producers(graph: onnx.GraphProto) -> dict[str, onnx.NodeProto]:
    """Tell which node gives each value."""
    return {name: node for node in graph.node for name in node.output if name}


def values_behind(
    graph: onnx.GraphProto, name: str, operators: Container[str] = SHAPE_ONLY
) -> list[str]:
    """List a value and those that it was made of by nothing but some operators, going back."""
    producer, names = producers(graph), [name]
    while (node := producer.get(names[-1])) is not None and node.op_type in operators:
        if not node.input or node.input[0] in names:  # a graph that nothing will run
            break
        names.append(node.input[0])
    return names


def constant_tensors(graph: onnx.GraphProto) -> dict[str, TensorProto]:
    """Give the constants of a graph, and of the graphs inside it, by name.

    They are its initializers and what its Constant operators hold; an Identity of a
    constant is one too.
    """
    tensors = {tensor.name: tensor for inner in _graphs(graph) for tensor in inner.initializer}
    for node in all_nodes(graph):
        if node.op_type == "Constant" and node.attribute:
            tensors[node.output[0]] = _constant(node.attribute[0])
        elif node.op_type == "Identity" and node.input[0] in tensors:
            tensors[node.output[0]] = tensors[node.input[0]]
    return tensors


def number_of(
    tensors: Mapping[str, TensorProto], name: str, default: float | None = None
) -> float | None:
    """Give the one number that a constant holds, ``default`` for no name at all."""
    if not name:
        return default
    tensor = tensors.get(name)
    if tensor is None or tensor.data_type == TensorProto.STRING or np.prod(tensor.dims) != 1:
        return None
    return float(array_of(tensor).ravel()[0])


def array_of(tensor: TensorProto) -> npt.NDArray[np.generic]:
    """Read the numbers, or the texts, of a constant."""
    return np.asarray(numpy_helper.to_array(tensor))


def input_of(node: onnx.NodeProto, place: int) -> str:
    """Name an input of a node, with the empty name for one that is left out."""
    return str(node.input[place]) if place < len(node.input) else ""


def attributes_of(node: onnx.NodeProto) -> dict[str, Any]:
    """Give the attributes of a node by name."""
    return {each.name: helper.get_attribute_value(each) for each in node.attribute}


def opset_of(model: onnx.ModelProto) -> int:
    """Give the version of the standard operators that a model was written for."""
    versions = [each.version for each in model.opset_import if each.domain in ("", "ai.onnx")]
    return max(versions, default=1)


def names_taken(graph: onnx.GraphProto) -> set[str]:
    """Collect the names of all values of a graph, and of the graphs inside it."""
    names = {name for node in all_nodes(graph) for name in (*node.input, *node.output)}
    names.update(value.name for value in (*graph.input, *graph.output, *graph.value_info))
    names.update(tensor.name for tensor in graph.initializer)
    return names


def free_name(name: str, taken: set[str]) -> str:
    """Choose a name that is not taken, and take it."""
    while name in taken:
        name += "_"
    taken.add(name)
    return name


def _graphs(graph: onnx.GraphProto) -> Iterator[onnx.GraphProto]:
    yield graph
    for node in graph.node:
        for attribute in node.attribute:
            for inner in (attribute.g, *attribute.graphs):
                yield from _graphs(inner)


def _constant(attribute: onnx.AttributeProto) -> TensorProto:
    if attribute.type == onnx.AttributeProto.TENSOR:
        return attribute.t
    return numpy_helper.from_array(np.asarray(helper.get_attribute_value(attribute)))
