"""How many orthogonal directions lead out of a sample's class within a budget.

Tramer, Papernot, Goodfellow, Boneh and McDaniel, The Space of Transferable Adversarial Examples
(2017), the gradient aligned adversarial subspace: of k orthogonal directions, all can have a
share of 1/sqrt(k) of the gradient and no more. So where a boundary is flat and lies at a
distance d, as many as (budget / d)^2 directions of the length of the budget cross it (their
Lemma 1), and none does of one more.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from robaudit.attacks.boundaries.gradients import with_gradients
from robaudit.batches import (
    Pace,
    all_there,
    batch_size_for,
    inputs_in_block,
    pace_for,
    slices,
)
from robaudit.errors import UsageError
from robaudit.losses import one_hot
from robaudit.search.directions import check_count, random_directions
from robaudit.types import (
    BoolArray,
    Classifier,
    FloatArray,
    InputSpec,
    IntArray,
    VectorJacobianProduct,
)

_ROUNDING = 1e-6
_MOST = 100


@dataclass(frozen=True)
class Subspaces:
    """How many orthogonal directions cross within the budget, sample by sample.

    ``crossing`` (S,) counts those found, ``linear`` (S,) is what a boundary as flat as the
    scores are at the sample would have, both at most ``most``: counts that reach it are lower
    bounds. Samples that are misclassified to begin with have -1.
    """

    crossing: IntArray
    linear: IntArray
    most: int


def adversarial_directions(
    classifier: Classifier,
    x: FloatArray,
    y: IntArray,
    *,
    budget: float,
    most: int | None = None,
    clip: bool = True,
    seed: int = 0,
    pace: Pace | None = None,
) -> Subspaces:
    """Count orthogonal directions along which samples x (S, *shape), y (S,) leave their class.

    Each has the Euclidean length ``budget``, a share of the pixel range, and the same share of
    the gradient of the class's lead over the nearest other, by the linearised distance. As many
    are tried as a flat boundary would let cross, then twice as many as long as all do, and half
    as many, each of which has a larger share, as long as more could; what counts is the largest
    number that crossed, up to ``most``: by default 100, or all dimensions of smaller inputs.
    With ``clip`` points are brought back into the pixel box. Samples come in blocks; one that
    ``pace`` has kept is not done again.

    Raises UsageError for a classifier without gradients of scores, and for more directions than
    there are dimensions; Stopped where the work is to stop, ShareDone for one share of a run.
    """
    scored, vjp = with_gradients(classifier, "to align directions with")
    spec = scored.spec
    most = min(_MOST, spec.dimension) if most is None else most
    if not budget > 0 or most < 1:
        raise UsageError(f"budget = {budget}, most = {most}", expected="more than 0")
    check_count(most, spec.dimension)
    basis = random_directions(spec.shape, most, seed=seed).reshape(most, -1).astype(np.float64)
    basis /= np.linalg.norm(basis, axis=1, keepdims=True)
    pace = pace or pace_for(spec)
    parts = list(slices(len(x), _samples_in_block(spec)))
    length = budget * (spec.high - spec.low)

    def task(number: int) -> tuple[Callable[[], Subspaces], Mapping[str, Any]]:
        pace.progress("directions", parts[number].start, len(x))
        some, own = x[parts[number]], y[parts[number]].astype(np.int64)
        asked = {"budget": budget, "most": most, "clip": clip}
        do = partial(_count, scored, vjp, some, own, basis, length, clip=clip)
        return do, {"x": some, "y": own, "seed": seed, **asked}

    found = all_there(pace.blocks.each("directions", Subspaces, len(parts), task))
    pace.progress("directions", len(x), len(x))
    nothing = np.zeros(0, dtype=np.int64)
    return Subspaces(
        np.concatenate([nothing, *(one.crossing for one in found)]),
        np.concatenate([nothing, *(one.linear for one in found)]),
        most,
    )


def _samples_in_block(spec: InputSpec) -> int:
    """Choose how many samples to do at a time: each takes a gradient towards every class.

    >>> _samples_in_block(InputSpec((1, 28, 28), 10)), _samples_in_block(InputSpec((9,), 9999))
    (128, 1)
    """
    return min(batch_size_for(spec), max(1, inputs_in_block(spec) // spec.classes))


def _count(
    scored: Classifier,
    vjp: VectorJacobianProduct,
    x: FloatArray,
    y: IntArray,
    basis: FloatArray,
    length: float,
    *,
    clip: bool,
) -> Subspaces:
    """Count for samples x (n, *shape), y (n,): of a ``basis`` (most, D), at a ``length``."""
    spec, most = scored.spec, len(basis)
    normal, distance, right = _nearest_plane(scored, vjp, x, y)
    linear = np.full(len(x), -1)
    with np.errstate(divide="ignore", over="ignore"):
        counts = np.floor(np.minimum((length / distance) ** 2 * (1 + _ROUNDING), most))
    linear[right] = counts[right].astype(np.int64)
    crossing = np.where(right, 0, -1)
    for row in np.flatnonzero(right & np.isfinite(distance)).tolist():

        def crossed(count: int, row: int = row) -> int:
            ways = length * aligned_directions(basis[:count], normal[row])
            points = x[row] + ways.reshape(count, *spec.shape)
            if clip:
                points = np.clip(points, spec.low, spec.high)
            return int((_classes(scored, points) != y[row]).sum())

        crossing[row] = _most_crossed(crossed, max(1, int(linear[row])), most)
    return Subspaces(crossing, linear, most)


def _most_crossed(crossed: Callable[[int], int], start: int, most: int) -> int:
    """Look for the largest number that crossed: of twice as many as long as all do, else of half.

    >>> _most_crossed(lambda count: count if count <= 12 else 3, 5, 100)
    10
    """
    count, best = start, crossed(start)
    while best == count < most:
        count = min(2 * count, most)
        best = max(best, crossed(count))
    count = start // 2
    while count > best:
        best, count = max(best, crossed(count)), count // 2
    return best


def aligned_directions(basis: FloatArray, normal: FloatArray) -> FloatArray:
    """Turn orthonormal rows (k, D) so that each has the share 1/sqrt(k) of a unit vector (D,).

    The reflection that takes their normalised sum to the vector takes them there.
    """
    mirror = basis.sum(axis=0) / np.sqrt(len(basis)) - normal
    square = mirror @ mirror
    if square <= np.finfo(np.float64).eps:
        return basis
    return np.asarray(basis - np.outer(basis @ mirror, 2 * mirror / square))


def _nearest_plane(
    classifier: Classifier, vjp: VectorJacobianProduct, x: FloatArray, y: IntArray
) -> tuple[FloatArray, FloatArray, BoolArray]:
    """Linearise the leads of classes y (S,) over each other one; give the nearest zero of these.

    Unit vectors towards it (S, D), distances (S,), and which samples are right (S,).
    """
    spec = classifier.spec
    normal, distance = np.zeros((len(x), spec.dimension)), np.full(len(x), np.inf)
    right = np.zeros(len(x), dtype=bool)
    for part in slices(len(x), batch_size_for(spec)):
        inputs, own = x[part], y[part]
        scores = classifier.predict(inputs).astype(np.float64)
        right[part] = scores.argmax(axis=1) == own
        leads = np.take_along_axis(scores, own[:, None], axis=1) - scores
        for other in range(spec.classes):
            rival = one_hot(np.full(len(own), other), spec.classes)
            cotangent = rival - one_hot(own, spec.classes)
            slope = vjp(inputs, cotangent).reshape(len(own), -1).astype(np.float64)
            steepness = np.linalg.norm(slope, axis=1)
            with np.errstate(divide="ignore", invalid="ignore"):
                far = leads[:, other] / steepness
            nearer = (own != other) & (steepness > 0) & (far < distance[part])
            distance[part][nearer] = far[nearer]
            normal[part][nearer] = slope[nearer] / steepness[nearer, None]
    return normal, distance, right


def _classes(classifier: Classifier, points: FloatArray) -> IntArray:
    inputs = points.astype(np.float32)
    parts = slices(len(inputs), batch_size_for(classifier.spec))
    return np.concatenate([classifier.predict(inputs[part]).argmax(axis=1) for part in parts])
