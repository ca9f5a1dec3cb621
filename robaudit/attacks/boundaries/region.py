"""Region-based classification: the class that most of a hypercube round the input is in.

Cao and Gong, Mitigating Evasion Attacks to Deep Neural Networks via Region-based
Classification (ACSAC 2017). An example that lies just beyond a boundary has most of its
hypercube on the near side of it, and is voted back.
"""

import hashlib
from dataclasses import replace

import numpy as np

from robaudit.batches import batch_size_for, slices
from robaudit.errors import UsageError
from robaudit.stats.randomness import Stream, generator
from robaudit.types import Classifier, FloatArray, InputSpec, IntArray

_GREY, _COLOUR = 0.3, 0.02
"""Radii of Cao and Gong, and of He et al. (2018), for MNIST and for CIFAR-10."""


def region_classifier(
    classifier: Classifier, *, radius: float | None = None, votes: int = 1000, seed: int = 0
) -> Classifier:
    """Make the classifier whose scores are the shares of votes in a hypercube round its input.

    For an input x (*shape), ``votes`` points are drawn evenly from ``max(low, x - r)`` to
    ``min(high, x + r)``, r the ``radius`` times the pixel range; each votes for the class that
    ``classifier`` gives it. The radius is by default that of the source: 0.3 for grey inputs,
    0.02 for colour ones.

    The points are drawn from the seed and the input alone, and asked in batches of their own,
    so that an input has the same scores each time and whatever else is in its batch. Shares of
    votes are steps: there is no ``vjp``, and attacks by gradients find none.

    Raises UsageError for a radius of no share of the pixel range, and for fewer than one vote.

    >>> import robaudit
    >>> wrapped = region_classifier(robaudit.load("examples/digits.onnx"), votes=100)
    >>> wrapped.spec.scores, wrapped.vjp
    ('probabilities', None)
    """
    radius = _default_radius(classifier.spec) if radius is None else radius
    if not 0 < radius <= 1:
        raise UsageError(f"radius = {radius}", expected="a share of the pixel range, up to 1")
    if votes < 1:
        raise UsageError(f"votes = {votes}", expected="at least 1")
    if seed < 0:
        raise UsageError(f"seed = {seed}", expected="0 or more")

    def predict(x: FloatArray) -> FloatArray:
        shares = [_count_votes(classifier, one, radius, votes, seed) / votes for one in x]
        return np.array(shares, dtype=np.float32).reshape(len(x), classifier.spec.classes)

    identity = repr((classifier.fingerprint, "region", radius, votes, seed))
    return replace(
        classifier,
        name=f"{classifier.name} by region",
        spec=replace(classifier.spec, scores="probabilities"),
        predict=predict,
        fingerprint=hashlib.sha256(identity.encode()).hexdigest(),
        prober=None,
        vjp=None,
        train=None,
        save=None,
        twin=None,
        logits=None,
        uncalibrated=False,
        notes=(*classifier.notes, f"It votes over {votes} points within {radius:g} of its input."),
        details={**classifier.details, "region": {"radius": radius, "votes": votes, "seed": seed}},
    )


def points_of_region(
    x: FloatArray, radius: float, votes: int, seed: int, low: float, high: float
) -> FloatArray:
    """Draw points (``votes``, *shape) evenly from the part of a hypercube in the pixel box.

    The centre x (*shape) decides, with the seed, which points they are.
    """
    reach = radius * (high - low)
    lowest, highest = np.maximum(x - reach, low), np.minimum(x + reach, high)
    random = generator(seed, Stream.REGIONS, *_digest(x))
    shares = random.random((votes, *x.shape), dtype=np.float32)
    return np.asarray(lowest + shares * (highest - lowest), dtype=np.float32)


def _count_votes(
    classifier: Classifier, x: FloatArray, radius: float, votes: int, seed: int
) -> IntArray:
    """Count the points of the region of x (*shape) in each class: (classes,)."""
    spec = classifier.spec
    points = points_of_region(x, radius, votes, seed, spec.low, spec.high)
    counts = np.zeros(spec.classes, dtype=np.int64)
    for part in slices(votes, batch_size_for(spec)):
        classes = classifier.predict(points[part]).argmax(axis=1)
        counts += np.bincount(classes, minlength=spec.classes)
    return counts


def _digest(x: FloatArray) -> tuple[int, ...]:
    """Make four numbers of an input that are the same wherever its pixels are, in float32."""
    pixels = np.ascontiguousarray(x, dtype="<f4") + np.float32(0)  # -0.0 is the same pixel as 0.0
    words = np.frombuffer(hashlib.sha256(pixels.tobytes()).digest()[:16], dtype="<u4")
    return tuple(words.tolist())


def _default_radius(spec: InputSpec) -> float:
    return _COLOUR if 3 in spec.shape else _GREY
