"""Which output holds the scores, and what kind of scores they are."""

from collections.abc import Container, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import helper

from robaudit.errors import NotAuditableError, UsageError
from robaudit_onnx.weights import SHAPE_ONLY

Outputs = Mapping[str, npt.NDArray[Any]]

_LABEL_AND_SCORES = {"LinearClassifier", "SVMClassifier", "TreeEnsembleClassifier"}
"""Operators of ``ai.onnx.ml`` that give both."""


def choose_output(
    outputs: Outputs, batch: int, consumed: Container[str], wanted: str | None, path: Path
) -> str:
    """Choose the output that holds a score a class.

    ``outputs`` are what a batch gave, ``consumed`` the names of those that other
    operators go on from, ``wanted`` the name that a user gave. Of several that
    fit, one that nothing goes on from is preferred, since features come before
    scores.

    Raises NotAuditableError when none fits and UsageError when a choice is left.
    """
    fitting = [name for name, array in outputs.items() if _holds_scores(array, batch)]
    listed = ", ".join(f"{name} {array.shape}" for name, array in outputs.items())
    if wanted is not None and wanted not in outputs:
        raise UsageError(f"{path} has no output named {wanted}", expected=f"one of {listed}")
    if not (fitting if wanted is None else wanted in fitting):
        raise NotAuditableError(
            f"{path} is no classifier: for {batch} input(s) it gives {listed}",
            expected="one score a class, of shape (N, classes) with at least 2 classes",
        )
    if wanted is not None:
        return wanted
    last = [name for name in fitting if name not in consumed] or fitting
    if len(last) > 1:
        raise UsageError(
            f"several outputs of {path} may hold the scores: {', '.join(last)}",
            expected="the name of one",
            advice=f"Choose with --score-output {last[0]}, for instance.",
        )
    return last[0]


def reveal_scores(model: onnx.ModelProto) -> None:
    """Give out the scores that a model keeps to itself.

    A ZipMap, which turns scores into dictionaries, and a TopK, which sorts them,
    are passed by; so is an ArgMax where a model gives nothing but its outcome, and
    classifiers of ``ai.onnx.ml`` then give their scores instead of the label. A Sigmoid
    of one number tells two classes apart: what it is made of is the second one's score,
    and that of the first is 0.
    """
    graph = model.graph
    producer = {name: node for node in graph.node for name in node.output}
    whole = all(
        output.type.tensor_type.elem_type in (onnx.TensorProto.INT32, onnx.TensorProto.INT64)
        for output in graph.output
    )
    outputs = list(graph.output)
    del graph.output[:]
    for output in outputs:
        node = producer.get(output.name)
        while whole and node is not None and node.op_type in ("Cast", "Identity", "Squeeze"):
            node = producer.get(node.input[0])
        hiding = {"ZipMap", "TopK", "ArgMax"} if whole else {"ZipMap", "TopK"}
        if node is not None and node.op_type in hiding:
            output = onnx.ValueInfoProto(name=node.input[0])  # noqa: PLW2901
        elif whole and node is not None and node.op_type in _LABEL_AND_SCORES:
            output = onnx.ValueInfoProto(name=_scores_beside_label(node))  # noqa: PLW2901
        elif node is not None and node.op_type == "Sigmoid" and _is_one_number(output):
            output = _two_scores(graph, node.input[0])  # noqa: PLW2901
        if all(given.name != output.name for given in graph.output):
            graph.output.append(output)


def _is_one_number(output: onnx.ValueInfoProto) -> bool:
    """Tell whether an output says that it is one number an input: (N, 1)."""
    dims = output.type.tensor_type.shape.dim
    return len(dims) == 2 and dims[1].dim_value == 1


def _scores_beside_label(node: onnx.NodeProto) -> str:
    """Name the scores that a classifier of ``ai.onnx.ml`` gives beside its label."""
    if not any(node.output[1:]):
        del node.output[1:]
        node.output.append(f"{node.output[0]}_scores")
    return str(node.output[1])


def _two_scores(graph: onnx.GraphProto, number: str) -> onnx.ValueInfoProto:
    """Add the scores of two classes to a graph: 0, and a number (N, 1) of the graph's."""
    nothing, both = f"{number}_of_no_class", f"{number}_of_two_classes"
    graph.node.append(helper.make_node("Sub", [number, number], [nothing]))
    graph.node.append(helper.make_node("Concat", [nothing, number], [both], axis=1))
    return onnx.ValueInfoProto(name=both)


def name_logits(model: onnx.ModelProto, output_name: str) -> str | None:
    """Name what a softmax made an output of, ``None`` where none is what made it."""
    producer = {name: node for node in model.graph.node for name in node.output}
    node = producer.get(output_name)
    while node is not None and node.op_type in SHAPE_ONLY:
        node = producer.get(node.input[0])
    if node is None or node.op_type != "Softmax" or node.input[0] not in producer:
        return None
    return str(node.input[0])


def _holds_scores(array: npt.NDArray[Any], batch: int) -> bool:
    """Tell whether an output is a vector of at least two real numbers an input."""
    if not np.issubdtype(array.dtype, np.floating) or not array.size:
        return False
    if array.ndim > 1 and len(array) != batch:
        return False
    shape = array.shape[1:] if array.ndim > 1 or batch > 1 else array.shape
    return len([size for size in shape if size > 1]) == 1
