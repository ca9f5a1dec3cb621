"""Which output holds the scores, and scores that a graph keeps to itself."""

from collections.abc import Container, Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime

from robaudit.errors import NotAuditableError, UsageError
from robaudit_onnx.class_labels import CLASSIFIERS
from robaudit_onnx.graph import attributes_of, producers, values_behind

Outputs = Mapping[str, npt.NDArray[Any]]

Given = Literal["scores", "one number", "a class"]
"""What an output gives of an input, the likeliest to be what is looked for first."""

_WHOLE = (onnx.TensorProto.INT32, onnx.TensorProto.INT64)
_WRAPPING = {"Cast", "Identity", "Reshape", "Squeeze"}
"""Operators that may stand between what chooses a class and the output of its number."""

End = Literal["softmax", "sigmoid"]
"""What makes probabilities of logits at the end of a model."""

_ENDS: dict[str, End] = {"Softmax": "softmax", "Sigmoid": "sigmoid"}
_GIVEN: tuple[Given, ...] = ("scores", "one number", "a class")


def choose_output(
    outputs: Outputs, batch: int, consumed: Container[str], wanted: str | None, path: Path
) -> tuple[str, Given]:
    """Choose the output that tells classes apart, and say what it gives of an input.

    ``outputs`` are what a batch gave, ``consumed`` the names of those that other
    operators go on from, ``wanted`` the name that a user gave. A score a class comes before
    one number, and the number of a class is taken only where nothing else is given. Of
    several that fit, one that nothing goes on from is preferred, since features come before
    scores.

    Raises NotAuditableError when none fits and UsageError when a choice is left.
    """
    listed = ", ".join(f"{name} {_shown(array)}" for name, array in outputs.items())
    if wanted is not None and wanted not in outputs:
        raise UsageError(f"{path} has no output named {wanted}", expected=f"one of {listed}")
    looked_at = outputs if wanted is None else {wanted: outputs[wanted]}
    kinds = {name: _given(array, batch) for name, array in looked_at.items()}
    given = next((kind for kind in _GIVEN if kind in kinds.values()), None)
    if given == "a class" and len(outputs) > 1 and wanted is None:
        given = None  # it may count what else is found
    if given is None:
        raise NotAuditableError(
            f"{path} is no classifier: for {batch} input(s) it gives {listed}",
            expected="one score a class, of shape (N, classes), or one number for two classes",
            advice=_advice(looked_at.values()),
        )
    fitting = [name for name, kind in kinds.items() if kind == given]
    last = [name for name in fitting if name not in consumed] or fitting
    if len(last) == 1:
        return last[0], given
    advice = f"Choose with `output={last[0]!r}`, for instance."
    if given == "scores":
        raise UsageError(
            f"several outputs of {path} may hold the scores: {', '.join(last)}",
            expected="the name of one",
            advice=advice,
        )
    raise NotAuditableError(
        f"{path} is no classifier: for {batch} input(s) it gives {listed}",
        expected="scores, or one number in one output",
        advice=f"If one of these is the score of the second of two classes: {advice}",
    )


def reveal_scores(model: onnx.ModelProto) -> dict[str, str]:
    """Let a model give out the scores that it keeps to itself.

    A ZipMap, which turns scores into dictionaries, and a TopK, which sorts them,
    are passed by; so is an ArgMax where a model gives nothing but its outcome, and
    classifiers of ``ai.onnx.ml`` then give their scores instead of the label. Where a TopK
    has the smallest first, as of distances, what it sorts is given out with the other sign.
    Tells what is given out in the place of each output.
    """
    graph = model.graph
    producer = producers(graph)
    sources = [
        producer.get(values_behind(graph, output.name, _WRAPPING)[-1]) for output in graph.output
    ]
    whole = all(
        output.type.tensor_type.elem_type in _WHOLE
        or (source and source.op_type == "ArgMax")
        or (source and source.op_type in CLASSIFIERS and output.name == source.output[0])
        for output, source in zip(graph.output, sources, strict=True)
    )
    outputs, instead = list(graph.output), {}
    del graph.output[:]
    for output, source in zip(outputs, sources, strict=True):
        node = source if whole else producer.get(output.name)
        hiding = {"ZipMap", "TopK", "ArgMax"} if whole else {"ZipMap", "TopK"}
        given = output
        hider = node if node is not None and node.op_type in hiding and node.input else None
        if hider is not None and not _sorts_inputs(hider, output):
            given = onnx.ValueInfoProto(name=_scores_behind(hider, graph))
        elif whole and node is not None and node.op_type in CLASSIFIERS:
            given = onnx.ValueInfoProto(name=_scores_beside_label(node))
        instead[output.name] = given.name
        if all(other.name != given.name for other in graph.output):
            graph.output.append(given)
    return instead


def _sorts_inputs(node: onnx.NodeProto, output: onnx.ValueInfoProto) -> bool:
    """Tell whether a TopK sorts along the first of several axes, which is that of the inputs."""
    axes = len(output.type.tensor_type.shape.dim)
    return node.op_type == "TopK" and axes > 1 and attributes_of(node).get("axis", -1) in (0, -axes)


def _scores_behind(node: onnx.NodeProto, graph: onnx.GraphProto) -> str:
    """Name the values, of which the largest is best, that a node sorts or chooses from."""
    values = str(node.input[0])
    if node.op_type != "TopK" or attributes_of(node).get("largest", 1):
        return values
    negated = f"{values}_negated"
    if negated not in producers(graph):
        graph.node.append(onnx.helper.make_node("Neg", [values], [negated]))
    return negated


def tensor_outputs(
    session: onnxruntime.InferenceSession, wanted: str | None, path: Path
) -> list[str]:
    """Name the outputs of a session that are tensors.

    Raises NotAuditableError where none is, or the one that a user wants is not.
    """
    kinds = {output.name: output.type for output in session.get_outputs()}
    others = {name: kind for name, kind in kinds.items() if not kind.startswith("tensor")}
    if len(others) == len(kinds) or wanted in others:
        listed = ", ".join(f"its output {name} is {_in_words(k)}" for name, k in others.items())
        raise NotAuditableError(
            f"{path}: {listed}",
            expected="scores as a tensor of shape (N, classes)",
            advice="Export the model so that it gives its scores themselves.",
        )
    return [name for name in kinds if name not in others]


def _shown(array: npt.NDArray[Any]) -> str:
    """Say what an output gave: its shape, and its type where that is not of scores.

    >>> _shown(np.zeros((1, 10))), _shown(np.zeros((1, 10), np.int8)), _shown(np.array(["cat"]))
    ('(1, 10)', 'int8 (1, 10)', 'text (1,)')
    """
    if np.issubdtype(array.dtype, np.floating):
        return str(array.shape)
    words = {"O": "text", "U": "text"}
    return f"{words.get(array.dtype.kind, array.dtype.name)} {array.shape}"


def _advice(arrays: Iterable[npt.NDArray[Any]]) -> str:
    """Say what to do about scores that are whole numbers, and names of classes without scores."""
    kinds = {array.dtype.kind for array in arrays}
    if kinds & {"O", "U"}:
        return "Export it with the scores behind the names of classes as an output."
    if kinds & {"i", "u"} and "f" not in kinds:
        return "Scores are floating-point numbers: export it with such an output (float32)."
    return ""


def _in_words(kind: str) -> str:
    """Say in words what onnxruntime calls a type of values that are no tensors.

    >>> _in_words("seq(map(int64,tensor(float)))")
    'a sequence, seq(map(int64,tensor(float)))'
    """
    word = kind.partition("(")[0]
    name = {"seq": "a sequence", "map": "a map", "optional": "an optional value"}.get(word)
    return f"{name}, {kind}" if name else f"a {kind}"


def name_logits(model: onnx.ModelProto, output_name: str) -> tuple[str, End] | None:
    """Name what a softmax, or a sigmoid a class, made an output of, and which of the two it was.

    ``None`` where neither is what made it, and where it is made of the input itself.
    """
    producer = producers(model.graph)
    node = producer.get(values_behind(model.graph, output_name)[-1])
    if node is None or node.op_type not in _ENDS or node.input[0] not in producer:
        return None
    return str(node.input[0]), _ENDS[node.op_type]


def _scores_beside_label(node: onnx.NodeProto) -> str:
    """Name the scores that a classifier of ``ai.onnx.ml`` gives beside its label."""
    if not any(node.output[1:]):
        del node.output[1:]
        node.output.append(f"{node.output[0]}_scores")
    return str(node.output[1])


def _given(array: npt.NDArray[Any], batch: int) -> Given | None:
    """Tell what an output gives of an input of a batch; ``None`` for what tells no class."""
    if not array.size or (array.ndim > 1 and len(array) != batch):
        return None
    real = np.issubdtype(array.dtype, np.floating)
    if array.size == batch:
        whole = np.issubdtype(array.dtype, np.integer) or array.dtype == np.bool_
        return "one number" if real else "a class" if whole else None
    shape = array.shape[1:] if array.ndim > 1 or batch > 1 else array.shape
    return "scores" if real and len([size for size in shape if size > 1]) == 1 else None
