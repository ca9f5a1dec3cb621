"""The records that everything else is written in terms of.

A classifier is a frozen record of functions over a box of pixels. What one
instance cannot do is ``None`` there, so that an ability can be asked for
without calling it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Literal, Protocol, get_args

import numpy as np
import numpy.typing as npt

from robaudit.errors import UsageError

FloatArray = npt.NDArray[np.floating[Any]]
IntArray = npt.NDArray[np.integer[Any]]
BoolArray = npt.NDArray[np.bool_]

ScoreKind = Literal["logits", "probabilities", "log-probabilities", "labels"]
"""What the numbers are that a classifier gives; ``labels`` are one-hot rows."""

Predict = Callable[[FloatArray], FloatArray]
"""Scores of a batch: (n, *shape) -> (n, classes)."""

Probe = Callable[[IntArray, IntArray, FloatArray], FloatArray]
"""Scores at points on rays: (sample (n,), direction (n,), signed distance (n,)) -> (n, classes).

``sample`` and ``direction`` are rows of the banks that the prober was given; a
point is ``clip(samples[sample] + distance * directions[direction], low, high)``.
"""

Bound = float | FloatArray
"""The lowest or highest value of a pixel: one number, or one for each of ``shape``."""

Prober = Callable[[FloatArray, FloatArray, Bound, Bound], Probe]
"""Binds samples (S, *shape), directions (K, *shape) and the box [low, high] to a probe."""

VectorJacobianProduct = Callable[[FloatArray, FloatArray], FloatArray]
"""(x (n, *shape), cotangent (n, classes)) -> gradient of their product with the scores, like x."""

Pull = Callable[[FloatArray], FloatArray]
"""Pulls a cotangent (n, classes) back through scores to a gradient like the inputs."""


@dataclass(frozen=True)
class PullBack:
    """A ``vjp`` whose forward pass gives the scores too, so that nobody need ask for them before.

    ``forward`` takes x (n, *shape) and gives the scores (n, classes), and what pulls cotangents
    back through them, as often as it is asked.
    """

    forward: Callable[[FloatArray], tuple[FloatArray, Pull]]

    def __call__(self, x: FloatArray, cotangent: FloatArray) -> FloatArray:
        """Pull back a single cotangent, as every `VectorJacobianProduct` does."""
        return self.forward(x)[1](cotangent)


Train = Callable[[FloatArray, IntArray, "TrainPlan"], "Classifier"]
"""Trains on (x (n, *shape), y (n,)) by a plan and gives a new classifier; the old one stays."""

AfterEpoch = Callable[[int, "Classifier"], None]
"""Told, after each pass over the data, its number from 1 and the classifier as it is by then."""

Perturb = Callable[["Classifier", FloatArray, IntArray], FloatArray]
"""Makes of a batch x (n, *shape), y (n,) the inputs to train on instead, like x.

The classifier is the one being trained, as it is at that moment, in evaluation
mode; it is good only until training goes on.
"""

Schedule = Callable[[float], float]
"""What the learning rate is multiplied by, when this share of all steps, from 0, is done."""

Array = npt.NDArray[Any]

NamedArrays = Mapping[str, Array]

Save = Callable[[Path], None]
"""Writes the model to a file in its framework's own format."""

Progress = Callable[[str, int, int], None]
"""Told the name of a stage, how much of it is done, and how much there is."""


def no_progress(_stage: str, _done: int, _total: int) -> None:
    """Tell nobody."""


def stage_within(stage: str, progress: Progress) -> Progress:
    """Put the name of a stage, if it has one, before those of the stages within it."""
    if not stage:
        return progress
    return lambda inner, done, total: progress(f"{stage}: {inner}", done, total)


@dataclass(frozen=True)
class InputSpec:
    """What a classifier takes and gives.

    ``shape`` is one input's, without the batch axis; pixels lie in the box
    [``low``, ``high``].
    """

    shape: tuple[int, ...]
    classes: int
    scores: ScoreKind = "logits"
    low: float = 0.0
    high: float = 1.0
    class_names: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        if not self.shape or any(size < 1 for size in self.shape):
            raise UsageError(f"input shape {self.shape}", expected="positive sizes")
        if self.classes < 2:
            raise UsageError(f"{self.classes} class(es)", expected="at least 2")
        if not self.low < self.high:
            raise UsageError(f"pixel box [{self.low}, {self.high}]", expected="low < high")
        if self.scores not in get_args(ScoreKind):
            raise UsageError(
                f"scores {self.scores!r}", expected="one of " + ", ".join(get_args(ScoreKind))
            )
        if self.class_names is not None and len(self.class_names) != self.classes:
            raise UsageError(
                f"{len(self.class_names)} class names for a model of {self.classes} classes",
                expected=f"{self.classes} names, in the order of the model's outputs",
            )

    @property
    def dimension(self) -> int:
        """How many numbers one input has (D)."""
        return int(np.prod(self.shape))

    def name_of(self, class_index: int) -> str:
        """Give the name of a class, or its number where it has none."""
        return self.class_names[class_index] if self.class_names else str(class_index)


@dataclass(frozen=True)
class State:
    """What it takes to go on from somewhere: named arrays, and ``facts`` that JSON can hold."""

    arrays: Mapping[str, Array]
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class TrainingState:
    """Where a training is: in which ``epoch``, from 1, of which so many ``batches`` are done.

    ``ends`` says that these are all of them. ``trainee`` is all that training changes: weights,
    what the optimizer remembers, generators.
    """

    epoch: int
    batches: int
    ends: bool
    trainee: State


class Checkpoint(Protocol):
    """Where the state of a training is kept, so that one that was cut off goes on from there."""

    def load(self) -> TrainingState | None:
        """Give the state to go on from, ``None`` to begin."""

    def due(self) -> bool:
        """Tell whether a state should be saved now: `robaudit.batches` asks after each batch."""

    def save(self, state: TrainingState) -> None:
        """Keep a state, in the place of the one before."""


@dataclass(frozen=True)
class TrainPlan:
    """How to go on training a classifier: passes over the data, inputs at a time, step size.

    ``learning_rate`` is ``None`` for the adapter's, or the model's own, default;
    ``default_learning_rate`` comes in the place of the adapter's, not of the model's. It stays the
    same without a ``schedule``, which an adapter asks before each batch, if it can
    (`robaudit.batches.resumable_batches`): whoever gave it sees whether it was asked.
    ``optimizer`` and ``loss`` are the framework's own where they are given: for
    PyTorch and ONNX what makes an optimizer of a list of parameters, and a function
    of scores and labels; for Keras what ``compile`` takes. Everything random is
    drawn from ``seed``. An adapter calls ``after_epoch`` after each pass, with a
    classifier that stays as it is, and trains on what ``perturb`` makes of each batch.
    One that can goes on from what ``checkpoint`` holds (`robaudit.batches.resumable_batches`);
    one that cannot never asks it, and begins anew.
    """

    epochs: int = 1
    batch_size: int = 64
    learning_rate: float | None = None
    seed: int = 0
    schedule: Schedule | None = None
    optimizer: Any = None
    loss: Any = None
    after_epoch: AfterEpoch | None = None
    perturb: Perturb | None = None
    checkpoint: Checkpoint | None = None
    default_learning_rate: float | None = None

    def __post_init__(self) -> None:
        if self.epochs < 1 or self.batch_size < 1:
            raise UsageError(
                f"{self.epochs} epochs of batches of {self.batch_size}", expected="at least 1"
            )
        for rate in (self.learning_rate, self.default_learning_rate):
            if rate is not None and not rate > 0:
                raise UsageError(f"learning rate {rate}", expected="more than 0")


@dataclass(frozen=True)
class Declaration:
    """What the files of a model say of the numbers that it takes, as far as they say it.

    ``mean`` and ``std`` are in 0..1 units, one number, or one each for red, green and blue.
    Where they are not said, ``input_range`` may be: the two numbers that stand for black and
    white. ``channels`` is the order of colours. ``source`` says where all this was read.
    """

    source: str
    mean: tuple[float, ...] | None = None
    std: tuple[float, ...] | None = None
    input_range: tuple[float, float] | None = None
    channels: Literal["rgb", "bgr"] | None = None


@dataclass(frozen=True)
class Logits:
    """What the softmax, or sigmoid, at the end of a model is made of, and its gradients.

    Both are as those of `Classifier`, and their largest score is of the same class; where
    probabilities are so near to 0 and 1 that their slope is lost, that of logits is not.
    """

    predict: Predict
    vjp: VectorJacobianProduct


@dataclass(frozen=True)
class Weights:
    """The weights of a classifier: out of it by their names, and into a copy of it.

    ``take`` gives copies of all numbers of floating point that training changes, statistics of
    batch normalisation among them, in single or double precision. ``put`` makes a new classifier
    that has such arrays instead, whose statistics are computed anew by passes over training data
    x (n, *shape), n of at least 2, where there are such and they can be computed.
    """

    take: Callable[[], NamedArrays]
    put: Callable[[NamedArrays, FloatArray], "Classifier"]


@dataclass(frozen=True)
class Classifier:
    """A classifier over a box of pixels, in the layout of the model's own input.

    ``predict`` takes any number of inputs. ``fingerprint`` is the SHA-256 of what
    the scores depend on (for a file, of the file). ``prober`` is the search's fast
    path where a framework has one. Where ``vjp`` is a `PullBack`, attacks get scores and
    gradients from one pass. ``twin`` is what ``vjp`` differentiates, where
    that is another implementation than ``predict``; the two are compared on real
    inputs before the gradients are trusted. ``doubt`` says why it may be no
    classifier at all, until labelled data shows that it is. ``randomness`` says why its
    answers may differ each time, ``batch_statistics`` why they depend on what else is in
    the batch, each as far as that can be seen in the model: "Dropout 'drop1' is in
    training mode". ``declares`` is what its files say of its preprocessing, ``logits``
    what attacks go by instead of probabilities, where it can be had. ``weights`` are those that
    ``train`` changes, where they can be averaged. Of ``uncalibrated`` scores
    the largest counts, and how large it is says nothing of how sure the model is: no
    cross-entropy can be told by them. An input ``in_a_row`` is to the model so many numbers in
    their order, whatever shape they come in. ``notes`` are sentences
    on how it was opened that every reader should see, ``details`` facts for the record.
    """

    name: str
    spec: InputSpec
    predict: Predict
    fingerprint: str = ""
    prober: Prober | None = None
    vjp: VectorJacobianProduct | None = None
    train: Train | None = None
    save: Save | None = None
    weights: Weights | None = None
    twin: Predict | None = None
    adapter: str = "function"
    doubt: str | None = None
    randomness: str | None = None
    batch_statistics: str | None = None
    declares: Declaration | None = None
    logits: Logits | None = None
    uncalibrated: bool = False
    in_a_row: bool = False
    notes: tuple[str, ...] = ()
    details: Mapping[str, Any] = field(default_factory=dict)

    @property
    def capabilities(self) -> tuple[str, ...]:
        """Name what this instance can do, in a fixed order."""
        optional = ("prober", "vjp", "train", "save")
        return ("predict", *(name for name in optional if getattr(self, name) is not None))


def pull_back(classifier: Classifier, x: FloatArray) -> tuple[FloatArray, Pull]:
    """Give scores of x (n, *shape), and what pulls a cotangent (n, classes) back: like x.

    Where ``vjp`` is a `PullBack` one forward pass serves both, and the scores are those of
    what it differentiates; else ``predict`` gives them. Raises TypeError without gradients.
    """
    vjp = classifier.vjp
    if vjp is None:
        raise TypeError("a classifier without `vjp`")
    if isinstance(vjp, PullBack):
        return vjp.forward(x)
    return classifier.predict(x), partial(vjp, x)


def why_no_gradients(classifier: Classifier) -> str | None:
    """Say why a classifier has no ``vjp``, as far as its adapter, or the check of it, said so."""
    facts = classifier.details.get("gradients", {})
    reason: str | None = facts.get("none") or facts.get("refused")
    return reason


@dataclass(frozen=True)
class Samples:
    """Real inputs, ready for a classifier: pixels in its box, in its layout.

    ``x`` is (n, *shape); ``labels`` (n,) or ``None``; ``rows`` (n,) says where
    each sample lies in the data that it came from.
    """

    x: FloatArray
    labels: IntArray | None
    rows: IntArray

    def __len__(self) -> int:
        return len(self.x)


@dataclass(frozen=True)
class Estimate:
    """A value with its 95 % interval; ``None`` where there is no number.

    ``reason`` says why there is none, where a value has no interval that can be relied on.
    """

    value: float | None
    low: float | None
    high: float | None
    reason: str | None = field(default=None, repr=False, kw_only=True)
