"""Graphs that say which class an input is of, and give no score a class."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx

from robaudit import OpenOptions
from robaudit.errors import UsageError
from robaudit.types import FloatArray
from robaudit_onnx.class_labels import labelling_node, labels_of
from robaudit_onnx.runtime import Runner, Start


def how_many(dtype: np.dtype[np.generic], options: OpenOptions, path: Path) -> int:
    """Tell how many classes a model that gives their numbers has."""
    known = options.spec.classes if options.spec else options.classes
    if known is None and dtype != np.bool_:
        raise UsageError(
            f"{path} gives class numbers, and nothing says how many classes there are",
            expected="labelled data, or a model that gives scores",
        )
    return known or 2


def label_instead(
    model: onnx.ModelProto, scores: Runner, x: FloatArray, start: Start
) -> Runner | None:
    """Give a runner of the label beside some scores whose columns are not the classes.

    ``scores`` runs them, ``x`` (n, *shape) are inputs to try both on. ``None`` is given where
    they are the classes, and where there is no label.

    A support vector machine gives scores of pairs of classes, or, of two classes, in the
    other order. The label is what a model of ``ai.onnx.ml`` says; where its largest score is
    not in the label's column on inputs, scores they are not.
    """
    node = labelling_node(model.graph, scores.output_name)
    classes = labels_of(node) if node is not None else []
    if node is None or len(classes) < 2:
        return None
    extended = onnx.ModelProto()
    extended.CopyFrom(model)
    label = str(node.output[0])
    if all(output.name != label for output in extended.graph.output):
        extended.graph.output.append(onnx.ValueInfoProto(name=label))
    runner = replace(scores, session=start(extended), output_name=label, classes=tuple(classes))
    x = np.concatenate([x, 1 - x, 4 * x - 2, 100 * x - 50])
    said, scored = runner(x), scores(x)
    agreed = said.shape == scored.shape and (said.argmax(axis=1) == scored.argmax(axis=1)).all()
    pairs = node.op_type == "SVMClassifier" and not any(
        attribute.name == "prob_a" and attribute.floats for attribute in node.attribute
    )
    return None if agreed and not pairs else runner
