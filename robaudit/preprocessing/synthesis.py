"""Images for a model that comes without any: patterns that it assigns to its classes.

They say where the model's boundaries lie around such patterns, not around real
images, and every report says so.
"""

import hashlib
import math
from collections.abc import Sequence

import numpy as np

from robaudit.batches import Pace, slices
from robaudit.data.images import Images
from robaudit.errors import NotAuditableError
from robaudit.preprocessing.arrangement import Arrangement, Channels, Layout
from robaudit.stats.randomness import Stream
from robaudit.types import Classifier, FloatArray, IntArray, Predict

_POOL_NUMBERS = 100_000_000
_SMALLEST_POOL, _LARGEST_POOL = 256, 4096
_LARGEST = 1e30
_ROUNDS = 12
_CHILDREN = 16


def guess_arrangement(shape: tuple[int, ...]) -> Arrangement:
    """Guess how an input of a shape is a picture, without any picture to go by.

    A single row of numbers is none, whatever square it would make: it may be a signal, or
    a line of a table.

    >>> guess_arrangement((3, 224, 224)).image_shape, guess_arrangement((784,)).image_shape
    ((224, 224, 3), (784,))
    """
    sizes = [size for size in shape if size != 1]
    if len(sizes) == 3 and sizes[0] <= 4:
        return _picture((*sizes[1:], sizes[0]), "CHW")
    if len(sizes) == 3:
        return _picture((sizes[0], sizes[1], sizes[2]), "HWC")
    if len(sizes) == 2:
        return _picture((sizes[0], sizes[1], 1), "CHW" if shape[0] == 1 else "HWC")
    return Arrangement((math.prod(sizes),), "flat", "grey")


def _picture(image_shape: tuple[int, ...], layout: Layout) -> Arrangement:
    channels: Channels = "rgb" if image_shape[-1] == 3 else "grey"
    return Arrangement(image_shape, layout, channels)


def draw_patterns(image_shape: tuple[int, ...], seed: int, indices: Sequence[int]) -> FloatArray:
    """Draw the patterns of some indices: (n, *image_shape), in 0..1."""
    drawn = [_draw_pattern(image_shape, seed, index) for index in indices]
    return np.stack(drawn) if drawn else np.empty((0, *image_shape), dtype=np.float32)


def _draw_pattern(image_shape: tuple[int, ...], seed: int, index: int) -> FloatArray:
    """Draw one pattern in 0..1: a figure on black, a smooth field, or one with noise on it.

    What is no picture, (D,), is drawn as one of a single row. The same seed and index give
    the same pattern, whatever else is drawn.
    """
    if len(image_shape) != 3:
        return _draw_pattern((1, *image_shape, 1), seed, index).reshape(image_shape)
    random = np.random.default_rng([seed, Stream.SYNTHESIS, index])
    cells = int(random.choice([2, 3, 4, 6, 9]))
    depth = image_shape[2] if random.random() < 0.7 else 1
    field = _enlarge(random.standard_normal((cells + 1, cells + 1, depth)), *image_shape[:2])
    field = (field - field.min()) / (np.ptp(field) + 1e-9)
    kind = random.random()
    if kind < 0.4:  # a figure on black, as digits are
        field = (field - random.uniform(0.5, 0.9)) * random.uniform(4, 16)
    else:
        contrast = random.uniform(0.2, 1)
        field = field * contrast + random.uniform(0, 1 - contrast)
    if kind > 0.8:
        field = field + random.uniform(0.05, 0.4) * random.standard_normal(image_shape)
    return np.broadcast_to(np.clip(field, 0, 1), image_shape).astype(np.float32)


def _enlarge(coarse: FloatArray, height: int, width: int) -> FloatArray:
    """Interpolate a coarse grid (n, m, channels) to (height, width, channels)."""

    def along(size: int, cells: int) -> tuple[IntArray, FloatArray]:
        """Give each place's lower cell, and how far it lies towards the next."""
        place = np.linspace(0, cells, size)
        cell = np.minimum(place.astype(np.intp), cells - 1)
        return cell, place - cell

    row, down = along(height, coarse.shape[0] - 1)
    column, across = along(width, coarse.shape[1] - 1)
    rows = coarse[row] + down[:, None, None] * (coarse[row + 1] - coarse[row])
    left, right = rows[:, column], rows[:, column + 1]
    return np.asarray(left + across[None, :, None] * (right - left))


def synthesise(
    classifier: Classifier,
    arrangement: Arrangement,
    count: int,
    seed: int,
    pace: Pace,
) -> Images:
    """Make up to ``count`` images, spread over as many of the model's classes as can be had.

    ``classifier`` takes pixels. Random patterns come first; for a class that too
    few of them fall into, the one nearest to it is mixed with further patterns,
    step by step towards the class; these attempts cost no more than the patterns.

    Raises NotAuditableError when all that was tried falls into one class.
    """
    leads_of = _leads_of(classifier, arrangement)
    shape = arrangement.image_shape
    pool = int(np.clip(_POOL_NUMBERS // classifier.spec.dimension, _SMALLEST_POOL, _LARGEST_POOL))
    leads = np.empty((pool, classifier.spec.classes), dtype=np.float32)
    for part in slices(pool, pace.batch_size):
        leads[part] = leads_of(draw_patterns(shape, seed, range(pool)[part]))
        pace.progress("synthesis", part.stop, 2 * pool)
    wanted = np.argsort(-leads.max(axis=0), kind="stable")[:count]
    quotas = count // len(wanted) + (np.arange(len(wanted)) < count % len(wanted))
    short = int((np.sum(leads[:, wanted] > 0, axis=0) < quotas).sum())
    rounds = min(_ROUNDS, pool // (_CHILDREN * max(1, short)))
    patterns = []
    for place, (class_index, quota) in enumerate(zip(wanted, quotas, strict=True)):
        nearest = np.argsort(-leads[:, class_index], kind="stable")[:quota]
        inside = nearest[leads[nearest, class_index] > 0]
        patterns.append(draw_patterns(shape, seed, inside.tolist()))
        if len(inside) < quota:
            start = draw_patterns(shape, seed, nearest[:1].tolist())
            missing = quota - len(inside)
            patterns.append(_climb(leads_of, class_index, start, missing, rounds, seed))
        pace.progress("synthesis", pool + pool * (place + 1) // len(wanted), 2 * pool)
    pixels = np.concatenate(patterns)
    if sum(len(part) > 0 for part in patterns) < 2:
        raise NotAuditableError(
            f"{classifier.name} gives the same class for all {pool} synthetic inputs tried",
            expected="a classifier that tells some of them apart",
            advice="Give it real images.",
        )
    return Images(
        pixels=pixels,
        labels=None,
        pixel_range=(0.0, 1.0),
        source="synthetic",
        sha256=hashlib.sha256(pixels.tobytes()).hexdigest(),
        synthetic=True,
    )


def classes_reached(
    classifier: Classifier, arrangement: Arrangement, seed: int, batch_size: int
) -> int:
    """Count the classes that a small number of patterns falls into."""
    leads_of = _leads_of(classifier, arrangement)
    reached: set[int] = set()
    for part in slices(_SMALLEST_POOL, batch_size):
        patterns = draw_patterns(arrangement.image_shape, seed, range(_SMALLEST_POOL)[part])
        reached.update(leads_of(patterns).argmax(axis=1).tolist())
    return len(reached)


def _leads_of(classifier: Classifier, arrangement: Arrangement) -> Predict:
    """Make the function from images to how far each class's score leads all others."""

    def leads(pixels: FloatArray) -> FloatArray:
        x = arrangement.arrange(pixels, classifier.spec.shape)
        scores = np.clip(classifier.predict(x).astype(np.float32), -_LARGEST, _LARGEST)
        second, best = np.partition(scores, -2, axis=1)[:, -2:].T
        is_best = scores == best[:, np.newaxis]
        return np.asarray(scores - np.where(is_best, second[:, None], best[:, None]))

    return leads


def _climb(
    leads_of: Predict,
    class_index: int,
    start: FloatArray,
    missing: int,
    rounds: int,
    seed: int,
) -> FloatArray:
    """Mix an image (1, *shape) towards a class; give up to ``missing`` that fall into it."""
    nearest, lead = start, float(leads_of(start)[0, class_index])
    climbers: list[FloatArray] = [start[:0]]
    for turn in range(rounds):
        first = (class_index * _ROUNDS + turn) * _CHILDREN + _LARGEST_POOL
        patterns = draw_patterns(start.shape[1:], seed, range(first, first + _CHILDREN))
        share = np.linspace(0.05, 0.5, _CHILDREN, dtype=np.float32)
        children = nearest + share.reshape(-1, *[1] * (start.ndim - 1)) * (patterns - nearest)
        leads = leads_of(children)[:, class_index]
        climbers.append(children[leads > 0][:missing])
        missing -= len(climbers[-1])
        if not missing:
            break
        if leads.max() > lead:
            nearest, lead = children[leads.argmax()][np.newaxis], float(leads.max())
    return np.concatenate(climbers)
