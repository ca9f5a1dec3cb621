"""OptMargin: examples that stay adversarial in a neighbourhood, and so outlast a vote over it.

He, Li and Song, Decision Boundary Analysis of Adversarial Examples (ICLR 2018): the attack of
Carlini and Wagner (2017) on an ensemble of f(x + v_i), where the v_i are random orthogonal
vectors and one of them is zero. It minimises ``||d||^2 + c * sum_i max(0, lead(x + d + v_i))``
over d by Adam, and searches for the smallest c, sample by sample, under which no member is right
any more. ``lead`` is the score of the sample's class less the best of the others.
"""

from dataclasses import dataclass

import numpy as np

from robaudit.attacks.boundaries.gradients import with_gradients
from robaudit.batches import batch_size_for, slices
from robaudit.errors import UsageError
from robaudit.losses import one_hot
from robaudit.search.directions import random_directions
from robaudit.types import BoolArray, Classifier, FloatArray, IntArray, VectorJacobianProduct

_DECAY, _DECAY_OF_SQUARES, _TINY = 0.9, 0.999, 1e-8
"""Adam's (Kingma and Ba, 2015)."""

_RAISED = 10.0
"""By what c grows as long as nothing was found."""


@dataclass(frozen=True)
class OptMargin:
    """How OptMargin is to be run.

    Members of the ensemble are shifted by ``radius``, an RMS length as a share of the pixel
    range. ``searches`` for c, from ``weight`` on, each take ``steps`` of Adam of
    ``learning_rate`` (a share of the pixel range). The source has 20 members, 4 searches of
    1,000 steps, and a radius of 0.3 for MNIST, 0.02 for CIFAR-10: that of the region it evades.
    With one member it is the attack of Carlini and Wagner.
    """

    radius: float
    members: int = 20
    searches: int = 4
    steps: int = 200
    learning_rate: float = 0.02
    weight: float = 1.0
    seed: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.radius <= 1:
            raise UsageError(f"radius = {self.radius}", expected="a share of the pixel range")
        for name in ("members", "searches", "steps"):
            if getattr(self, name) < 1:
                raise UsageError(f"{name} = {getattr(self, name)}", expected="at least 1")
        for name in ("learning_rate", "weight"):
            if not getattr(self, name) > 0:
                raise UsageError(f"{name} = {getattr(self, name)}", expected="more than 0")


def opt_margin(
    classifier: Classifier, x: FloatArray, y: IntArray, plan: OptMargin
) -> tuple[FloatArray, BoolArray]:
    """Look for the nearest examples of x (n, *shape), y (n,) that all members misclassify.

    Gives the examples, like x, and whether one was found (n,); where none was, the sample
    itself stands in its place. Raises UsageError for a classifier without gradients of scores.
    """
    attacked, vjp = with_gradients(classifier, "for OptMargin")
    ensemble = _Ensemble(attacked, vjp, shifts_of(attacked, plan))
    count = batch_size_for(attacked.spec)  # as many as fit: members come on top of these
    parts = [_attack(ensemble, x[part], y[part], plan) for part in slices(len(x), count)]
    if not parts:
        return x.copy(), np.zeros(0, dtype=bool)
    examples, found = zip(*parts, strict=True)
    return np.concatenate(examples), np.concatenate(found)


def shifts_of(classifier: Classifier, plan: OptMargin) -> FloatArray:
    """Give the shifts of the members: (members, *shape), orthogonal, of one length, one of 0."""
    spec = classifier.spec
    shifts = np.zeros((plan.members, *spec.shape), dtype=np.float32)
    if plan.members > 1:
        size = spec.high - spec.low
        shifts[1:] = plan.radius * random_directions(
            spec.shape, plan.members - 1, seed=plan.seed, pixel_range=size
        )
    return shifts


@dataclass(frozen=True)
class _Ensemble:
    """A classifier seen through shifted inputs, ``shifts`` (M, *shape)."""

    classifier: Classifier
    vjp: VectorJacobianProduct
    shifts: FloatArray

    def points(self, x: FloatArray) -> FloatArray:
        """Shift x (n, *shape) within the pixel box: (n, M, *shape)."""
        spec = self.classifier.spec
        shifted = x[:, None] + self.shifts
        return np.clip(shifted, spec.low, spec.high, out=shifted)

    def leads(self, points: FloatArray, y: IntArray) -> tuple[FloatArray, IntArray]:
        """Give by how much classes y (n,) lead at points (n, M, ...), and over which: (n, M)."""
        flat = points.reshape(-1, *points.shape[2:])
        size = batch_size_for(self.classifier.spec)
        parts = [self.classifier.predict(flat[part]) for part in slices(len(flat), size)]
        scores = np.concatenate(parts).astype(np.float64).reshape(*points.shape[:2], -1)
        own = np.take_along_axis(scores, y[:, None, None], axis=2)[..., 0]
        np.put_along_axis(scores, y[:, None, None], -np.inf, axis=2)
        return own - scores.max(axis=2), scores.argmax(axis=2)

    def gradient(
        self, points: FloatArray, y: IntArray, rivals: IntArray, right: BoolArray
    ) -> FloatArray:
        """Add up the gradients of the leads of members that are ``right`` (n, M): (n, *shape).

        As if shifts were not clipped: at the very ends of the box a slope is needed too.
        """
        gradient = np.zeros((len(points), *points.shape[2:]))
        sample, member = np.nonzero(right)
        classes = self.classifier.spec.classes
        for part in slices(len(sample), batch_size_for(self.classifier.spec)):
            rows, places = sample[part], member[part]
            cotangent = one_hot(y[rows], classes) - one_hot(rivals[rows, places], classes)
            np.add.at(gradient, rows, self.vjp(points[rows, places], cotangent))
        return gradient


def _attack(
    ensemble: _Ensemble, x: FloatArray, y: IntArray, plan: OptMargin
) -> tuple[FloatArray, BoolArray]:
    count, axes = len(x), (1,) * (x.ndim - 1)
    low, high = np.zeros(count), np.full(count, np.inf)
    weight = np.full(count, plan.weight)
    best, nearest = x.astype(np.float32, copy=True), np.full(count, np.inf)
    for _ in range(plan.searches):
        hit = _descend(ensemble, x, y, plan, weight.reshape(-1, *axes), best, nearest)
        low, high = np.where(hit, low, weight), np.where(hit, weight, high)
        weight = np.where(np.isfinite(high), (low + high) / 2, weight * _RAISED)
    return best, np.isfinite(nearest)


def _descend(
    ensemble: _Ensemble,
    x: FloatArray,
    y: IntArray,
    plan: OptMargin,
    weight: FloatArray,
    best: FloatArray,
    nearest: FloatArray,
) -> BoolArray:
    """Descend with one weight a sample; keep what is nearer than before in ``best``, ``nearest``.

    Gives for which samples an example was found: (n,).
    """
    spec = ensemble.classifier.spec
    size = spec.high - spec.low
    change: FloatArray = np.zeros(x.shape)
    mean, square = change, change
    hit = np.zeros(len(x), dtype=bool)
    for step in range(1, plan.steps + 1):
        candidates = np.clip(x + change, spec.low, spec.high).astype(np.float32)
        change = candidates - x.astype(np.float64)
        points = ensemble.points(candidates)
        leads, rivals = ensemble.leads(points, y)
        wrong = (leads < 0).all(axis=1)
        length = np.square(change / size).reshape(len(x), -1).sum(axis=1)
        hit |= wrong
        better = wrong & (length < nearest)
        best[better], nearest[better] = candidates[better], length[better]
        slope = 2 * change / size**2
        slope += weight * ensemble.gradient(points, y, rivals, leads >= 0)
        mean = _DECAY * mean + (1 - _DECAY) * slope
        square = _DECAY_OF_SQUARES * square + (1 - _DECAY_OF_SQUARES) * slope**2
        steepness = np.sqrt(square / (1 - _DECAY_OF_SQUARES**step)) + _TINY
        change -= plan.learning_rate * size * mean / (1 - _DECAY**step) / steepness
    return hit
