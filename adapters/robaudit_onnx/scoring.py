"""What a graph says of an input: scores of classes, whatever it gives."""

from dataclasses import dataclass, replace
from pathlib import Path

import onnx

from robaudit import OpenOptions
from robaudit.errors import ClassifierError, NotAuditableError
from robaudit.opening import refuse_columns, score_kind
from robaudit.types import FloatArray, ScoreKind
from robaudit_onnx.batch_statistics import refuse_training_mode
from robaudit_onnx.inputs import input_shapes
from robaudit_onnx.labels import label_instead
from robaudit_onnx.made_sizes import refuse_large_values
from robaudit_onnx.outputs import reveal_scores
from robaudit_onnx.running import Trial, first_that_works
from robaudit_onnx.runtime import Runner, Start
from robaudit_onnx.two_classes import with_two_scores


@dataclass(frozen=True)
class Scored:
    """A model whose graph gives scores of classes, and how they are had.

    ``alone`` runs it as it is, and has been tried on ``x`` (n, *shape). ``output_name`` is
    the output that was chosen, where scores had to be made of it first: ``by_value`` says
    that nothing but its values tells that it is a probability. ``doubt`` is that of
    `Classifier`, where what the output gives is no row of scores.
    """

    model: onnx.ModelProto
    alone: Runner
    x: FloatArray
    classes: int
    kind: ScoreKind
    output_name: str
    by_value: bool = False
    doubt: str | None = None


def find_scores(
    model: onnx.ModelProto,
    value: onnx.ValueInfoProto,
    high: float,
    options: OpenOptions,
    path: Path,
    start: Start,
) -> Scored:
    """Find the scores that a model gives, or make them; the model is changed.

    ``value`` is its input, whose pixels go up to ``high``. Raises NotAuditableError for
    what is no classifier, and for one in which BatchNormalization is in training mode.
    """
    instead = reveal_scores(model)
    if options.output is not None:
        options = replace(options, output=instead.get(options.output, options.output))
    batch, shapes = input_shapes(value, options, path)
    for shape in shapes:
        refuse_large_values(model, value, batch or 1, shape, path)
    trial = first_that_works(model, value, batch or 1, shapes, high, path, options, start)
    refuse_training_mode(model, trial.alone.output_name, path)
    try:
        return _scored(model, trial, options, path, start)
    except ClassifierError as error:
        raise NotAuditableError(
            f"{path} is no classifier: {error.found}", expected="scores for every input"
        ) from error


def _scored(
    model: onnx.ModelProto, trial: Trial, options: OpenOptions, path: Path, start: Start
) -> Scored:
    alone, x, name = trial.alone, trial.x, trial.alone.output_name
    if trial.given == "one number":
        two = with_two_scores(model, alone, x, options, path, start)
        return Scored(two.model, two.runner, x, 2, two.kind, name, two.by_value, two.doubt)
    if trial.given == "a class":
        doubt = None if options.spec or options.scores else _doubt_of_numbers(name)
        return Scored(model, alone, x, alone(x).shape[1], "labels", name, doubt=doubt)
    label = label_instead(model, alone, x, start)
    if label is not None:
        return Scored(model, label, x, label(x).shape[1], "labels", name)
    scores = alone(x)
    if scores.shape[1] == alone.batch:
        refuse_columns(alone, x, str(path))
    return Scored(model, alone, x, scores.shape[1], options.scores or score_kind(scores), name)


def _doubt_of_numbers(name: str) -> str:
    return (
        f"nothing says that the whole number of its output {name} is the number of a class: it "
        "may as well count something"
    )
