"""A copy of an ONNX model that is safe and simple to convert.

A converter writes a model down as Python code, and takes names from the file. So
the copy is built anew from what the scores depend on, and nothing in it that came
from the file is free text: names are v0, v1, ..., and operators are standard ones.
"""

import re
from typing import Any

import numpy as np
import onnx
from onnx import AttributeProto, helper, inliner, numpy_helper

from robaudit_onnx.graph import names_read, needed_nodes

_DOMAINS = {"", "ai.onnx", "com.microsoft"}
_HALF = {onnx.TensorProto.FLOAT16, onnx.TensorProto.BFLOAT16}
_KINDS = {
    AttributeProto.FLOAT,
    AttributeProto.FLOATS,
    AttributeProto.INT,
    AttributeProto.INTS,
    AttributeProto.STRING,
    AttributeProto.STRINGS,
    AttributeProto.TENSOR,
    AttributeProto.GRAPH,
}
_WORD = re.compile(rb"[A-Za-z0-9_ .,>-]*")  # the last few are for Einsum
_MOST_NODES = 5_000  # onnx2fx takes a time that grows with their square: 11 s for this many


class NotPlainError(Exception):
    """A model has something in it that the copy must not have; the message says what."""


def plain_copy(
    model: onnx.ModelProto, input_name: str, *output_names: str
) -> tuple[onnx.ModelProto, dict[str, str]]:
    """Copy what some values of a model need; also give the new name of each value and weight.

    The copy gives out these values, in this order. Numbers of half precision become
    single ones. Raises NotPlainError for operators outside the standard, for
    training mode and for what is too large.
    """
    if model.functions:
        model = inliner.inline_local_functions(model)
    names: dict[str, str] = {}
    nodes = needed_nodes(model.graph, output_names)
    if len(nodes) > _MOST_NODES:
        raise NotPlainError(f"it has {len(nodes)} nodes, more than {_MOST_NODES}")
    used = {name for node in nodes for name in names_read(node)} | {*output_names}
    declared = {value.name: value for value in model.graph.output}
    graph = onnx.GraphProto(
        name="graph",
        node=[_plain_node(node, names) for node in nodes],
        input=[_plain_value(v, names) for v in model.graph.input if v.name == input_name],
        output=[
            _plain_value(declared.get(name, onnx.ValueInfoProto(name=name)), names)
            for name in output_names
        ],
        initializer=[_plain_tensor(t, names) for t in model.graph.initializer if t.name in used],
    )
    opsets = [
        onnx.OperatorSetIdProto(domain=_plain_domain(opset.domain), version=opset.version)
        for opset in model.opset_import
        if opset.domain in _DOMAINS
    ]
    return onnx.ModelProto(ir_version=model.ir_version, opset_import=opsets, graph=graph), names


def _safe(name: str, names: dict[str, str]) -> str:
    """Give the new name of a value; what is left out, the empty name, stays so."""
    return names.setdefault(name, f"v{len(names)}") if name else ""


def _plain_domain(domain: str) -> str:
    return "" if domain == "ai.onnx" else domain


def _plain_node(node: onnx.NodeProto, names: dict[str, str]) -> onnx.NodeProto:
    if node.domain not in _DOMAINS:
        raise NotPlainError(f"it has operators of {node.domain[:60]!r}, which is no standard")
    dropout = node.op_type == "Dropout"
    attributes = [_plain_attribute(attribute, node, names) for attribute in node.attribute]
    if any(attribute.name == "training_mode" and attribute.i for attribute in attributes):
        raise NotPlainError(f"{node.op_type} is in training mode")
    return onnx.NodeProto(
        op_type=node.op_type,
        domain=_plain_domain(node.domain),
        # What drops is told by comparing scores, and onnxruntime leaves some Dropouts out.
        input=[_safe(name, names) for name in node.input[: 1 if dropout else None]],
        output=[_safe(name, names) for name in node.output],
        attribute=attributes,
    )


def _plain_attribute(
    attribute: AttributeProto, node: onnx.NodeProto, names: dict[str, str]
) -> AttributeProto:
    words = (attribute.name.encode(), attribute.s, *attribute.strings)
    if attribute.type not in _KINDS or not all(_WORD.fullmatch(word) for word in words):
        raise NotPlainError(f"{node.op_type} has an attribute that is no number and no plain word")
    value = helper.get_attribute_value(attribute)
    if attribute.type == AttributeProto.TENSOR:
        value = _plain_tensor(value, names)
    if attribute.type == AttributeProto.GRAPH:
        value = _plain_subgraph(value, names)
    if attribute.name in {"to", "dtype"}:
        value = _single(value)
    return helper.make_attribute(attribute.name, value, attr_type=attribute.type)


def _plain_subgraph(graph: onnx.GraphProto, names: dict[str, str]) -> onnx.GraphProto:
    return onnx.GraphProto(
        name="graph",
        node=[_plain_node(node, names) for node in graph.node],
        input=[_plain_value(value, names) for value in graph.input],
        output=[_plain_value(value, names) for value in graph.output],
        initializer=[_plain_tensor(tensor, names) for tensor in graph.initializer],
    )


def _plain_value(value: onnx.ValueInfoProto, names: dict[str, str]) -> onnx.ValueInfoProto:
    plain = onnx.ValueInfoProto(name=_safe(value.name, names))
    tensor = value.type.tensor_type
    if not tensor.HasField("shape"):
        return plain
    shape = [_safe(size.dim_param, names) or size.dim_value or None for size in tensor.shape.dim]
    plain.type.CopyFrom(helper.make_tensor_type_proto(_single(tensor.elem_type), shape))
    return plain


def _plain_tensor(tensor: onnx.TensorProto, names: dict[str, str]) -> onnx.TensorProto:
    if tensor.data_location == onnx.TensorProto.EXTERNAL:
        raise NotPlainError("its weights lie in other files")
    values = numpy_helper.to_array(tensor)
    if tensor.data_type in _HALF:
        values = values.astype(np.float32)
    return numpy_helper.from_array(values, _safe(tensor.name, names))


def _single(kind: Any) -> Any:
    """Give single precision for half, and any other type as it is."""
    return onnx.TensorProto.FLOAT if kind in _HALF else kind
