"""Scores of two classes, of graphs that give one number an input.

They are computed in the graph itself, so that all that is built on a graph sees nothing
but scores of classes.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import helper, numpy_helper

from robaudit import OpenOptions
from robaudit.errors import NotAuditableError
from robaudit.opening import doubt_of_one_score, score_kind_of_one
from robaudit.types import FloatArray, Predict, ScoreKind
from robaudit_onnx.agreement import agree
from robaudit_onnx.graph import (
    SHAPE_ONLY,
    free_name,
    names_taken,
    opset_of,
    producers,
    values_behind,
)
from robaudit_onnx.runtime import Runner, Start

_MAKES_CONSTANTS = 9
"""The opset from which on there is ConstantOfShape."""

_BESIDE = SHAPE_ONLY | {"Clip"}
"""What may stand between a sigmoid and the output."""

_ROUNDING = 1e-2
"""How far beyond 0 and 1 a probability may be, in half precision too."""

_TAILS = {"logits": None, "probabilities": "Softmax", "log-probabilities": "LogSoftmax"}
"""What makes scores of a kind of the logits of two classes."""


@dataclass(frozen=True)
class TwoClasses:
    """A model that gives scores of two classes of some kind, its runner, and a doubt of them.

    ``by_value`` says that nothing but values told that they are probabilities.
    """

    model: onnx.ModelProto
    runner: Runner
    kind: ScoreKind
    by_value: bool
    doubt: str | None


def with_two_scores(
    model: onnx.ModelProto,
    number: Runner,
    x: FloatArray,
    options: OpenOptions,
    path: Path,
    start: Start,
) -> TwoClasses:
    """Copy a model that gives one number an input, to give the scores of two classes instead.

    ``number`` runs the number, ``x`` (n, *shape) are inputs to try it on, ``start`` starts a
    session. Where the number is the sigmoid of another, that is the score of the second
    class, and the score of the first is 0: so they are logits, unless the user calls them
    something else. Raises NotAuditableError for what is no probability either, where nobody
    says that it is a score.
    """
    numbers = number(x)[:, 0]
    said: ScoreKind = options.scores or (options.spec.scores if options.spec else "logits")
    logit = _sigmoid_of(model.graph, number.output_name)
    doubt = doubt_of_one_score("probabilities", options, number.output_name)
    if logit is not None and said in _TAILS:
        extended, name = _extended(model, logit, "logits", numbers.dtype)
        logits = replace(number, session=start(extended), output_name=name)
        if agree(numbers, _sigmoid(logits(x)[:, 1])):
            extended, name = _extended(model, logit, "logits", numbers.dtype, tail=_TAILS[said])
            runner = replace(number, session=start(extended), output_name=name)
            return TwoClasses(extended, runner, said, by_value=False, doubt=doubt)
    known = numbers[~np.isnan(numbers)]
    kind = score_kind_of_one(known if len(known) else numbers, options, str(path))
    extended, name = _extended(model, number.output_name, kind, numbers.dtype)
    runner = replace(number, session=start(extended), output_name=name)
    by_value = kind == "probabilities"
    return TwoClasses(extended, runner, kind, by_value, doubt if by_value else None)


def only_probabilities(predict: Predict, name: str) -> Predict:
    """Make a function of scores (n, 2) that were taken for probabilities, and must stay such.

    That they are was told by a few inputs. It raises NotAuditableError for others.
    """

    def checked(x: FloatArray) -> FloatArray:
        scores = predict(x)
        if (scores < -_ROUNDING).any():
            second = scores[(scores < -_ROUNDING).any(axis=1)][0, 1]
            raise NotAuditableError(
                f"the one number of {name} is {second:.3g} for an input",
                expected="a probability, as for other inputs",
                advice="If it is the raw score of the second of two classes, say so: "
                "`scores='logits'`; if such inputs are none that it was made for, say which are "
                "with `mean` and `std`.",
            )
        return scores

    return checked


def _sigmoid_of(graph: onnx.GraphProto, name: str) -> str | None:
    """Name what a value is the sigmoid of, as far as that can be seen."""
    node = producers(graph).get(values_behind(graph, name, _BESIDE)[-1])
    return str(node.input[0]) if node is not None and node.op_type == "Sigmoid" else None


def _sigmoid(logits: FloatArray) -> FloatArray:
    with np.errstate(over="ignore"):  # of what is certainly of the first class
        return np.asarray(1 / (1 + np.exp(-logits.astype(np.float64))))


def _extended(
    model: onnx.ModelProto,
    number: str,
    kind: ScoreKind,
    dtype: np.dtype[Any],
    tail: str | None = None,
) -> tuple[onnx.ModelProto, str]:
    """Copy a model with one more output (n, 2): what `two_scores` makes of a number of it."""
    extended = onnx.ModelProto()
    extended.CopyFrom(model)
    graph, taken = extended.graph, names_taken(model.graph)
    column, shape, first, one, both = (
        free_name(f"{number}_{what}", taken) for what in ("column", "shape", "first", "one", "both")
    )
    nodes = [
        helper.make_node("Reshape", [number, shape], [column]),
        *_first_scores(column, first, one, kind, dtype, opset_of(model)),
        helper.make_node("Concat", [first, column], [both], axis=1),
    ]
    if tail is not None:
        scores = free_name(f"{number}_scores", taken)
        nodes.append(helper.make_node(tail, [both], [scores], axis=1))
    graph.node.extend(nodes)
    graph.initializer.append(numpy_helper.from_array(np.array([-1, 1]), shape))
    graph.initializer.append(numpy_helper.from_array(np.ones(1, dtype), one))
    name = str(nodes[-1].output[0])
    graph.output.append(onnx.ValueInfoProto(name=name))
    return extended, name


def _first_scores(
    column: str, first: str, one: str, kind: ScoreKind, dtype: np.dtype[Any], opset: int
) -> list[onnx.NodeProto]:
    """Make the operators that give the first class's scores of those (n, 1) of the second."""
    if kind == "logits" and opset < _MAKES_CONSTANTS:
        return [helper.make_node("Sub", [column, column], [first])]
    if kind == "logits":  # also where those of the second are infinite
        zero = numpy_helper.from_array(np.zeros(1, dtype))
        return [
            helper.make_node("Shape", [column], [f"{first}_shape"]),
            helper.make_node("ConstantOfShape", [f"{first}_shape"], [first], value=zero),
        ]
    if kind == "log-probabilities":
        return [
            helper.make_node("Exp", [column], [f"{first}_second"]),
            helper.make_node("Sub", [one, f"{first}_second"], [f"{first}_left"]),
            helper.make_node("Log", [f"{first}_left"], [first]),
        ]
    return [helper.make_node("Sub", [one, column], [first])]
