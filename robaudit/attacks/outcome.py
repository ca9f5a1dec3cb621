"""What is attacked, and what an attack makes of it: an example counts where all agree that it does.

It lies in the pixel box and within its attack's budget, and the model, asked again, gives it
another class. A sample that is misclassified to begin with is not robust, and is not attacked.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from robaudit.attacks.batched.norms import GEOMETRIES
from robaudit.attacks.catalogue import Attack, Norm
from robaudit.attacks.chance import Chance
from robaudit.attacks.generators import Generate
from robaudit.batches import slices
from robaudit.errors import ClassifierError
from robaudit.predicting import failing_as, predict_classes
from robaudit.preprocessing.arrangement import Arrangement
from robaudit.types import BoolArray, Classifier, FloatArray, IntArray, Pull, PullBack, pull_back

ROUNDING = 1e-5
"""By how much an example may exceed its budget, as a share of the pixel range: float32 rounds."""


@dataclass(frozen=True)
class Targets:
    """What is attacked: x (S, *shape), reference and predicted classes (S,), scale of scores.

    ``arrangement`` says how inputs are pictures, where they are. ``rows`` (S,) say where the
    samples lie in the data, by default one after the other: chance is drawn by them.
    """

    x: FloatArray
    origin: IntArray
    start: IntArray
    scale: float
    arrangement: Arrangement | None = None
    rows: IntArray | None = None

    def take(self, places: IntArray) -> "Targets":
        """Take some of them, by their places."""
        taken = (self.x[places], self.origin[places], self.start[places])
        return Targets(*taken, self.scale, self.arrangement, self.rows_at(places))

    def rows_at(self, places: IntArray) -> IntArray:
        """Say where the samples at these places lie in the data: like ``places``."""
        return places if self.rows is None else self.rows[places]

    @property
    def correct(self) -> BoolArray:
        """Mark the samples that are in their reference class to begin with: (S,)."""
        return np.asarray(self.start == self.origin)


@dataclass(frozen=True)
class Outcome:
    """What an attack found, sample by sample.

    ``success`` (S,) marks samples that are not robust: misclassified to begin with,
    or with an example that counts. ``distance`` (S,) is how far that example lies in
    the attack's norm (L2 where it has none), as a share of the pixel range: 0 for
    misclassified samples, infinite for those that held. ``examples`` (S, *shape) are
    the examples that count, else the samples themselves, and ``adjacent`` (S,) what
    they became. ``nearest`` (S,) is the RMS distance of an example of another class,
    whether it counts or not, infinite where there is none. ``outside`` counts those
    that were beyond the budget, ``evaluations`` and ``gradients`` how often it
    asked for scores and gradients of single inputs.
    ``members`` are the attacks that a cascade was made of, as people write them, and ``lack``
    says which could not be run. ``by_queries`` (K, S) is, of an attack by queries, how far
    the nearest example lay that was known after so many queries (`query_log.milestones`), in its
    norm: 0 for misclassified samples, infinite where there was none.
    """

    success: BoolArray
    distance: FloatArray
    examples: FloatArray
    adjacent: IntArray
    nearest: FloatArray
    outside: int
    evaluations: int
    gradients: int
    seconds: float
    lack: str | None = None
    members: tuple[str, ...] = ()
    by_queries: FloatArray | None = None


@dataclass(frozen=True)
class Made:
    """What an attack made of a block of samples (n, *shape): see `Outcome`.

    ``far`` and ``near`` (n,) are lengths in the attack's norm and in RMS, ``examples`` those of
    samples that were ``hit`` (n,) alone. ``by_queries`` is (K, n), with K = 0 for attacks that
    do not tell.
    """

    hit: BoolArray
    crossed: BoolArray
    classes: IntArray
    far: FloatArray
    near: FloatArray
    examples: FloatArray
    by_queries: FloatArray
    evaluations: int
    gradients: int
    seconds: float


def make(
    generate: Generate,
    counts: "Counts",
    classifier: Classifier,
    targets: Targets,
    attack: Attack,
    seed: int,
    batch_size: int,
) -> Made:
    """Attack a block of samples by ``generate``, which asks what counts in ``counts``."""
    start = time.perf_counter()
    counts.clear()
    chance = Chance(seed, targets.rows_at(np.arange(len(targets.x))))
    candidates = _generate(generate, classifier, targets, chance)
    classes = _classes(classifier, candidates, targets.scale, batch_size)
    far = distances(candidates - targets.x, attack.norm, classifier)
    crossed = classes != targets.origin
    hit = crossed & (far <= attack.budget + ROUNDING)
    length = distances(candidates - targets.x, "l2", classifier)
    return Made(
        hit=hit,
        crossed=crossed,
        classes=classes,
        far=far,
        near=length / np.sqrt(classifier.spec.dimension),
        examples=candidates[hit],
        by_queries=np.concatenate([np.zeros((0, len(hit))), *counts.by_queries]),
        evaluations=counts.evaluations,
        gradients=counts.gradients,
        seconds=time.perf_counter() - start,
    )


def together(made: Sequence[Made], targets: Targets, correct: IntArray) -> Outcome:
    """Put together what an attack made of the samples that were ``correct`` (n,)."""
    success, distance = ~targets.correct, np.where(targets.correct, np.inf, 0.0)
    examples, adjacent = targets.x.copy(), targets.start.copy()
    nearest, first = distance.copy(), 0
    for one in made:
        rows = correct[first : first + len(one.hit)]
        first += len(rows)
        nearest[rows[one.crossed]] = one.near[one.crossed]
        hit = one.hit
        success[rows] = hit
        distance[rows[hit]] = one.far[hit]
        examples[rows[hit]] = one.examples
        adjacent[rows[hit]] = one.classes[hit]
    return Outcome(
        success=success,
        distance=distance,
        examples=examples,
        adjacent=adjacent,
        nearest=nearest,
        outside=sum(int((one.crossed & ~one.hit).sum()) for one in made),
        evaluations=sum(one.evaluations for one in made),
        gradients=sum(one.gradients for one in made),
        seconds=sum(one.seconds for one in made),
        by_queries=_by_queries(made, targets, correct),
    )


def _by_queries(made: Sequence[Made], targets: Targets, correct: IntArray) -> FloatArray | None:
    """Put together what was told of the samples that were attacked: (K, S)."""
    if not made or not len(made[0].by_queries):
        return None
    known = np.zeros((len(made[0].by_queries), len(targets.x)))
    known[:, correct] = np.concatenate([one.by_queries for one in made], axis=1)
    return known


def _generate(
    generate: Generate,
    classifier: Classifier,
    targets: Targets,
    chance: Chance,
) -> FloatArray:
    with failing_as("the attack", expected="adversarial examples", advice=""):
        candidates = generate(targets.x, targets.origin, chance)
    spec = classifier.spec
    if candidates.shape != targets.x.shape or np.isnan(candidates).any():
        raise ClassifierError(
            f"the attack gave {candidates.shape}, some of it NaN perhaps", expected="images"
        )
    if candidates.min(initial=spec.low) < spec.low or candidates.max(initial=spec.high) > spec.high:
        raise ClassifierError("the attack left the pixel box", expected="pixels inside it")
    return candidates


def _classes(classifier: Classifier, x: FloatArray, scale: float, batch_size: int) -> IntArray:
    parts = slices(len(x), batch_size)
    return np.concatenate([predict_classes(classifier.predict, x[part], scale) for part in parts])


def distances(change: FloatArray, norm: Norm, classifier: Classifier) -> FloatArray:
    """Measure changes (n, *shape) as shares of the pixel range, in L0 how many there are: (n,)."""
    spec = classifier.spec
    flat = change.reshape(len(change), -1).astype(np.float64) / (spec.high - spec.low)
    return GEOMETRIES["l2" if norm == "none" else norm].length(flat)


@dataclass
class Counts:
    """How often a classifier was asked, in single inputs, and what came of how many queries.

    ``by_queries`` is what an attack by queries tells: at most one array (K, n).
    """

    evaluations: int = 0
    gradients: int = 0
    by_queries: list[FloatArray] = field(default_factory=list)

    def clear(self) -> None:
        """Begin anew."""
        self.evaluations = self.gradients = 0
        self.by_queries.clear()


def counted(classifier: Classifier, counts: Counts) -> Classifier:
    """Make a classifier that counts what it is asked; it has nothing but scores and gradients."""
    predict = classifier.predict

    def counted_predict(x: FloatArray) -> FloatArray:
        counts.evaluations += len(x)
        return predict(x)

    def forward(x: FloatArray) -> tuple[FloatArray, Pull]:
        counts.evaluations += len(x)
        scores, pull = pull_back(classifier, x)

        def counted_pull(cotangent: FloatArray) -> FloatArray:
            counts.gradients += len(x)
            return pull(cotangent)

        return scores, counted_pull

    vjp = classifier.vjp and PullBack(forward)
    return replace(classifier, predict=counted_predict, vjp=vjp, prober=None, train=None)
