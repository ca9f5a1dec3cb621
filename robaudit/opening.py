"""What adapters share: from a function that gives scores to what is known of its model.

Model files rarely say what their inputs are and what their scores mean. What
the user and the data do not say either is found by trying.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from robaudit.errors import ClassifierError, NotAuditableError, RobauditError, UsageError
from robaudit.losses import one_hot
from robaudit.predicting import failing_as
from robaudit.types import Classifier, FloatArray, InputSpec, Predict, ScoreKind

T = TypeVar("T")
_TRIALS = 8
_ROUNDING = 1e-3
_LARGEST_INPUT = 2**28


@dataclass(frozen=True)
class OpenOptions:
    """What the user, or the data, knows of a model, for an adapter that opens it.

    Everything may be left out. ``spec`` says all of what a model takes and gives,
    ``input_shape`` only one input's shape and ``scores`` only what its numbers
    are. ``image_shape`` (height, width, channels) and ``classes`` are those of the
    data. ``output`` names the output to audit among several; ``device`` is "auto",
    "cpu" or "cuda". ``factory`` names what makes the model whose weights a file
    holds, ``weights`` which of several sets of them; ``trust`` allows files that run
    code when they are read.
    """

    spec: InputSpec | None = None
    input_shape: tuple[int, ...] | None = None
    scores: ScoreKind | None = None
    image_shape: tuple[int, ...] | None = None
    classes: int | None = None
    output: str | None = None
    device: str = "auto"
    factory: str | None = None
    weights: str | None = None
    trust: bool = False


def possible_shapes(
    options: OpenOptions, declared: Sequence[int | None] | None = None
) -> list[tuple[int, ...]]:
    """List shapes that one input may have, the likeliest first.

    ``declared`` has the sizes that the model fixes and ``None`` for those that it
    leaves open; it is ``None`` itself where nothing is known. What is open comes
    from the user, or else from the data.
    """
    shapes = list(_candidate_shapes(options, declared))
    if declared is not None:
        shapes = [
            shape
            for shape in shapes
            if len(shape) == len(declared)
            and all(wanted in (None, size) for wanted, size in zip(declared, shape, strict=True))
        ]
    for shape in shapes:
        if math.prod(shape) > _LARGEST_INPUT:
            raise NotAuditableError(
                f"inputs of {math.prod(shape)} numbers", expected=f"at most {_LARGEST_INPUT}"
            )
    return shapes


def _candidate_shapes(
    options: OpenOptions, declared: Sequence[int | None] | None
) -> Iterator[tuple[int, ...]]:
    if options.spec is not None:
        yield options.spec.shape
    elif options.input_shape is not None:
        yield options.input_shape
    elif declared is not None and None not in declared:
        yield tuple(size for size in declared if size is not None)
    elif options.image_shape is not None and len(options.image_shape) == 3:
        height, width, depth = options.image_shape
        for channels in (1, 3) if depth == 1 else (depth,):  # grey images can be repeated
            yield channels, height, width
        for channels in (1, 3) if depth == 1 else (depth,):
            yield height, width, channels
        yield height, width
        yield (height * width * depth,)
    elif options.image_shape is not None:
        yield options.image_shape


def note_unused(classifier: Classifier, options: OpenOptions, *fields: str) -> Classifier:
    """Say of options that a kind of model has no use for that they were passed over."""
    notes = [
        f"The {field} that was named was not used: {classifier.name} holds its network itself."
        for field in fields
        if getattr(options, field) is not None
    ]
    return replace(classifier, notes=(*classifier.notes, *notes))


def trial_inputs(shape: tuple[int, ...]) -> FloatArray:
    """Draw a few inputs that differ in brightness and contrast: (8, *shape), in 0..1."""
    random = np.random.default_rng(0)
    contrast = np.linspace(0.1, 1, _TRIALS).reshape(-1, *[1] * len(shape))
    return (random.random((_TRIALS, *shape)) * contrast).astype(np.float32)


def find_spec(
    predict: Predict,
    options: OpenOptions,
    name: str,
    declared: Sequence[int | None] | None = None,
    batch: int | None = None,
) -> InputSpec:
    """Find out what a model takes and gives, by trying it: see `first_answers`.

    ``batch`` is the only number of inputs that the model takes, if there is one. Raises
    NotAuditableError for what gives no scores.
    """
    spec = _spec(*first_answers(predict, options, name, declared), options, name)
    if spec.classes in (batch, _TRIALS):
        refuse_columns(predict, trial_inputs(spec.shape), name)
    return spec


def refuse_columns(predict: Predict, x: FloatArray, name: str) -> None:
    """Raise NotAuditableError for a model that gives a column of scores an input, not a row.

    Where it takes as many inputs as there are classes, the shape of its scores does not tell.
    So the first of x (n, *shape), which differ, is changed, to see where the scores change.
    """
    other = x.copy()
    other[0] = x[-1]
    try:
        before, after = (np.asarray(predict(each), np.float64) for each in (x, other))
    except Exception:  # noqa: BLE001 - it may take one input at a time only
        return
    with np.errstate(invalid="ignore"):  # two infinite scores
        change = np.nan_to_num(np.abs(after - before))
    if change[1:, 0].max() > 0 and change[:, 1:].max() <= _ROUNDING * change[1:, 0].max():
        raise NotAuditableError(
            f"{name} gives a column of scores for each input: they are of shape (classes, N)",
            expected="one score a class, of shape (N, classes)",
            advice="Export it without the transposition at its end.",
        )


def first_answers(
    predict: Predict,
    options: OpenOptions,
    name: str,
    declared: Sequence[int | None] | None = None,
) -> tuple[tuple[int, ...], FloatArray]:
    """Try shapes of an input until a model works; give the shape, and what it gave.

    ``predict`` is tried on `trial_inputs`. It may fail on shapes that are not the model's
    own, and on more than one input at a time. Raises UsageError where the shape of an input
    is open, and NotAuditableError where all fail.
    """
    shapes = possible_shapes(options, declared)
    if not shapes:
        raise UsageError(
            f"{name} leaves the shape of its input open",
            expected="the shape of one input",
            advice="Give it, e.g. `input_shape=(3, 224, 224)`, or give data.",
        )
    return first_shape_that_works(
        shapes, lambda shape: (shape, _try(predict, trial_inputs(shape))), name
    )


def first_shape_that_works(
    shapes: Sequence[tuple[int, ...]], attempt: Callable[[tuple[int, ...]], T], name: str
) -> T:
    """Give what an attempt makes of the first shape of an input that a model works on.

    An attempt that fails raises ClassifierError. Raises NotAuditableError where all do.
    """
    failures = []
    for shape in shapes:
        try:
            return attempt(shape)
        except ClassifierError as error:
            failures.append(error)
    raise NotAuditableError(
        f"{name} fails on an input of shape {shapes[0]}: {failures[0].found}",
        expected="scores",
        advice="Say what its `input_shape` is, if it is not that.",
    ) from failures[0]


def takes_a_row(
    predict: Predict,
    spec: InputSpec,
    options: OpenOptions,
    declared: Sequence[int | None] | None = None,
) -> bool:
    """Tell whether a model takes the numbers of a colour picture in a row, in whatever shape.

    That it works on one shape then says nothing of where its channels go. It is not asked
    where its shape was said, by the user or the model.
    """
    if options.spec or options.input_shape or declared or not options.image_shape:
        return False
    channels, *sizes = spec.shape
    if channels == 1 or tuple(sizes) != options.image_shape[:2]:
        return False
    x = trial_inputs(spec.shape)
    try:
        scores, others = (_try(predict, each) for each in (x, x.reshape(-1, *sizes, channels)))
    except RobauditError:
        return False
    return scores.shape == others.shape and np.allclose(scores, others, rtol=1e-4, atol=1e-5)


def _try(predict: Predict, x: FloatArray) -> FloatArray:
    with failing_as("the model"):
        try:
            return np.asarray(predict(x))
        except NotAuditableError:
            raise
        except Exception:  # noqa: BLE001 - it may take one input at a time only
            return np.concatenate([predict(x[row : row + 1]) for row in range(len(x))])


def _spec(shape: tuple[int, ...], scores: FloatArray, options: OpenOptions, name: str) -> InputSpec:
    if scores.ndim != 2 or len(scores) != _TRIALS or scores.shape[1] < 2:
        raise NotAuditableError(
            f"{name} is no classifier: for {_TRIALS} inputs it gives {scores.shape}",
            expected="one score a class, of shape (N, classes) with at least 2 classes",
        )
    classes, given = scores.shape[1], options.spec
    if given is None:
        return InputSpec(shape, classes, options.scores or score_kind(scores))
    if given.classes != classes:
        raise UsageError(
            f"{name} gives {classes} scores", expected=f"{given.classes}, as its spec says"
        )
    return given


def score_kind(scores: FloatArray) -> ScoreKind:
    """Tell logits, probabilities and log-probabilities apart by their values (n, classes).

    Rows that hold what is no number say nothing.
    """
    known = scores[~np.isnan(scores).any(axis=1)]
    if not len(known):
        return "logits"
    tolerance = 2e-2 if known.dtype == np.float16 or _are_bfloat16(known) else 1e-3
    values = known.astype(np.float64)
    if (values >= 0).all() and np.allclose(values.sum(axis=1), 1, atol=tolerance):
        return "probabilities"
    if (values <= 0).all() and np.allclose(np.exp(values).sum(axis=1), 1, atol=tolerance):
        return "log-probabilities"
    return "logits"


def _are_bfloat16(scores: FloatArray) -> bool:
    """Tell whether numbers were computed as bfloat16, which NumPy has not, and then widened.

    That has the first half of a float32's bits, and so three digits at most.

    >>> _are_bfloat16(np.float32([0.0625, 0.7421875])), _are_bfloat16(np.float32([0.1]))
    (True, False)
    """
    with np.errstate(over="ignore"):
        single = scores.astype(np.float32)
    return np.array_equal(single, scores) and not (single.view(np.uint32) & 0xFFFF).any()


def score_kind_of_one(scores: FloatArray, options: OpenOptions, name: str) -> ScoreKind:
    """Tell what one score an input is that tells two classes apart, by its values.

    What the user says of it comes first. Raises NotAuditableError for numbers that are no
    probabilities, where nobody says that they are scores, and UsageError for numbers that
    are, where a spec calls them logits: that is also what one says that was told nothing.
    """
    probable = bool((scores >= 0).all() and (scores <= 1).all())
    if options.scores:
        return options.scores
    if options.spec and probable and options.spec.scores == "logits":
        raise UsageError(
            f"{name} gives one number of 0 to 1 an input, and its spec calls that logits",
            expected='a spec with scores="probabilities"',
            advice="If they are raw scores all the same, say so: `scores='logits'`.",
        )
    if options.spec:
        return options.spec.scores
    if probable:
        return "probabilities"
    raise NotAuditableError(
        f"{name} gives one number an input, from {scores.min():.3g} to {scores.max():.3g}",
        expected="a score for each class, or the probability of the second of two",
        advice="If it is the raw score of the second of two classes, say so: `scores='logits'`.",
    )


def two_scores(score: FloatArray, kind: ScoreKind) -> FloatArray:
    """Give the scores of two classes that one score an input tells apart: (n,) -> (n, 2).

    The score is that of the second; the first one's is what is left of 1, or of logits 0.

    >>> two_scores(np.array([0.75, 0.5]), "probabilities").tolist()
    [[0.25, 0.75], [0.5, 0.5]]
    """
    if kind == "logits":
        return np.stack([np.zeros_like(score), score], axis=1)
    if kind == "log-probabilities":
        with np.errstate(divide="ignore"):  # of what is certain
            return np.stack([np.log1p(-np.exp(score)), score], axis=1)
    return np.stack([1 - score, score], axis=1)


def doubt_of_one_score(kind: ScoreKind, options: OpenOptions, output: str = "") -> str | None:
    """Say why a model that gives one number an input may be no classifier."""
    if kind != "probabilities" or options.scores or options.spec:
        return None
    return (
        f"nothing says that the one number of {_called(output)} is the probability of a class: "
        "it may as well be a regression"
    )


def class_names_of(classes: Iterable[object]) -> tuple[str, ...] | None:
    """Give the names of a model's classes, as its file has them, in the order of its outputs.

    Numbers, also those that are written as floating-point ones, are names as well, by which
    labels are matched; 0, 1, 2 and so on are none, since they say nothing.

    >>> class_names_of([1.0, 2.0]), class_names_of([b"cat", "dog"]), class_names_of([0, 1])
    (('1', '2'), ('cat', 'dog'), None)
    """
    names = tuple(map(_name_of_class, classes))
    return None if names == tuple(map(str, range(len(names)))) else names


def _name_of_class(value: object) -> str:
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, bool | np.bool_ | float | np.floating) and float(value).is_integer():
        return str(int(value))
    return str(value)


def one_hot_of(answers: npt.ArrayLike, classes: Sequence[object]) -> FloatArray:
    """Make scores of classes that a model gives, numbers or names: (n,) -> (n, classes).

    They are rows with a one in the place that each has among all ``classes``. Raises
    NotAuditableError for a class that is none of these: it is not that it fails on some
    inputs, which another preprocessing may mend.

    >>> one_hot_of([2.0, 0.0], range(3)).tolist()
    [[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]
    """
    places = {each: place for place, each in enumerate(classes)}
    given = np.asarray(answers).ravel().tolist()
    for each in given:
        if each not in places:
            raise NotAuditableError(
                f"the model gives class {each!r}",
                expected=f"one of its {len(classes)} classes, from {classes[0]} to {classes[-1]}",
            )
    return one_hot(np.array([places[each] for each in given], dtype=np.int64), len(classes))


def find_doubt(spec: InputSpec, options: OpenOptions, output: str = "") -> str | None:
    """Say why a model may be no classifier, though its output looks like scores.

    ``output`` is the output's name, where it has one.
    """
    if spec.scores != "logits" or options.scores or options.spec:
        return None
    if spec.classes == spec.dimension:
        return (
            f"it gives as many numbers ({output or 'one output'}) as it takes, and nothing says "
            "that they are scores of classes: they may as well be an image"
        )
    if spec.classes > 2:
        return None
    return (
        f"nothing says that the two numbers of {_called(output)} are scores of classes: "
        "they are no probabilities, and may as well be a regression"
    )


def _called(output: str) -> str:
    return f"its output {output}" if output else "its only output"
