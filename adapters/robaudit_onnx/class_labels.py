"""What a model calls its classes: in operators that give labels, and in its metadata.

What stands in the graph is believed first, since the model itself goes by it; metadata are
free text. Either is believed only if it names as many classes as there are scores.
"""

import ast
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import onnx

from robaudit.model_files import names_in
from robaudit.opening import class_names_of
from robaudit_onnx.graph import (
    SHAPE_ONLY,
    array_of,
    attributes_of,
    constant_tensors,
    input_of,
    number_of,
    producers,
    values_behind,
)

CLASSIFIERS = {"LinearClassifier", "SVMClassifier", "TreeEnsembleClassifier"}
"""Operators of ``ai.onnx.ml`` that give a label and scores."""

_VALUES = ("values_strings", "values_int64s", "values_floats")
_LISTS = ("classlabels_strings", "classlabels_ints", "classlabels_int64s")
_ORDER_KEPT = SHAPE_ONLY | {
    *("Clip", "LogSoftmax", "Normalizer", "Sigmoid", "Softmax"),
    *("Add", "Div", "Exp", "Log", "Mul", "Neg", "Sub"),
}
"""Operators that leave each score in its column."""

_KEYS = {
    *("names", "classes", "classnames", "classlabels", "labels", "labelnames", "categories"),
    *("labelmap", "classindices", "vocab"),
    *("id2label", "idx2label", "idxtoclass", "label2id", "classtoidx"),
}
"""Keys of metadata, in lower case and without what is no letter or number."""

_LONGEST_TEXT = 2**22


def class_names(
    model: onnx.ModelProto, output_name: str, count: int
) -> tuple[tuple[str, ...] | None, str]:
    """Give the names of the ``count`` classes that an output has scores of, and their source.

    There are none where nothing names as many, different ones, and where they are no more
    than 0, 1, 2 and so on.
    """
    for source, classes in _candidates(model, output_name):
        if len(classes) == count == len({str(each) for each in classes}):
            names = class_names_of(classes)
            return names, source if names else ""
    return None, ""


def labelling_node(graph: onnx.GraphProto, output_name: str) -> onnx.NodeProto | None:
    """Find the classifier of ``ai.onnx.ml`` whose scores an output is, if there is one."""
    producer = producers(graph)
    for name in values_behind(graph, output_name, _ORDER_KEPT):
        node = producer.get(name)
        if node is not None and node.op_type in CLASSIFIERS and name in node.output[1:]:
            return node
    return None


def labels_of(node: onnx.NodeProto) -> list[Any]:
    """List the classes of an operator of ``ai.onnx.ml``, numbers or texts, in its order."""
    attributes = attributes_of(node)
    listed: list[Any] = next((attributes[key] for key in _LISTS if attributes.get(key)), [])
    return [each.decode("utf-8", "replace") if isinstance(each, bytes) else each for each in listed]


def _candidates(model: onnx.ModelProto, output_name: str) -> Iterator[tuple[str, Sequence[object]]]:
    """List what may be the names of an output's columns, the likeliest first."""
    graph = model.graph
    node = labelling_node(graph, output_name)
    if node is not None:
        yield f"{node.op_type} in the graph", labels_of(node)
    behind = set(values_behind(graph, output_name, _ORDER_KEPT))
    for node in graph.node:
        if node.op_type == "ZipMap" and behind & {
            *node.input,
            *values_behind(graph, node.input[0]),
        }:
            yield "ZipMap in the graph", labels_of(node)
    yield from _looked_up(graph, behind)
    for entry in model.metadata_props:
        if _names_classes(entry.key):
            yield f"{entry.key!r} in the metadata", names_in_text(entry.value)
        else:
            written = _written(entry.value)
            for key, value in written.items() if isinstance(written, dict) else ():
                if _names_classes(key):
                    yield f"{key!r} of {entry.key!r} in the metadata", names_in(value)


def _names_classes(key: object) -> bool:
    return re.sub(r"[^a-z0-9]", "", str(key).lower()) in _KEYS


def _looked_up(graph: onnx.GraphProto, behind: set[str]) -> Iterator[tuple[str, list[object]]]:
    """List the tables in which a graph looks up the largest of some scores."""
    tensors, producer = constant_tensors(graph), producers(graph)
    for node in graph.node:
        if node.op_type in ("ArrayFeatureExtractor", "Gather") and node.input[0] in tensors:
            table, index = array_of(tensors[node.input[0]]).ravel().tolist(), input_of(node, 1)
        elif node.op_type == "LabelEncoder":
            index, first = _counted_from(graph, node.input[0], tensors)
            table = _encoded(attributes_of(node), first)
        else:
            continue
        largest = producer.get(values_behind(graph, index)[-1])
        if largest is None or largest.op_type not in ("ArgMax", "TopK"):
            continue
        if behind & set(values_behind(graph, largest.input[0], _ORDER_KEPT)):
            yield f"{node.op_type} in the graph", table


def _counted_from(
    graph: onnx.GraphProto, name: str, tensors: Mapping[str, onnx.TensorProto]
) -> tuple[str, int]:
    """Give a number of a class before something was added to it, as ML.NET counts from 1."""
    node = producers(graph).get(values_behind(graph, name)[-1])
    first = number_of(tensors, input_of(node, 1)) if node and node.op_type == "Add" else None
    return (name, 0) if node is None or first is None else (str(node.input[0]), int(first))


def _encoded(attributes: Mapping[str, Any], first: int) -> list[object]:
    """Give what a LabelEncoder makes of first, first + 1 and so on, if that is what it takes."""
    if attributes.get("classes_strings"):
        return list(attributes["classes_strings"])
    keys = attributes.get("keys_int64s") or attributes.get("keys_floats") or []
    values: list[object] = next((attributes[key] for key in _VALUES if attributes.get(key)), [])
    return names_in({int(key) - first: value for key, value in zip(keys, values, strict=False)})


def names_in_text(text: str) -> list[object]:
    """Read the names of classes from a text: JSON, a Python literal, or names and commas.

    Names by their numbers, and numbers by their names, are brought into order; there are
    none in what is anything else.

    >>> names_in_text("{0: 'cat', 1: 'dog'}"), names_in_text('{"dog": 1, "cat": 0}')
    (['cat', 'dog'], ['cat', 'dog'])
    >>> names_in_text("cat, dog"), names_in_text("3")
    (['cat', 'dog'], [])
    """
    written = _written(text)
    if written is not None:
        return names_in(written)
    for separator in ("\n", ";", ","):
        if separator in text.strip():
            return [name.strip() for name in text.strip().split(separator) if name.strip()]
    return []


def _written(text: str) -> Any:
    """Read what a text writes in JSON, or as Python does; ``None`` where it does neither."""
    if len(text) > _LONGEST_TEXT:
        return []
    for parse in (json.loads, ast.literal_eval):
        try:
            return parse(text)
        except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError):
            continue
    return None
