"""Carlini and Wagner's attack in L2: the length of a change weighed against the lead it leaves."""

import numpy as np

from robaudit.attacks.batched.asking import Asked, leads_of
from robaudit.attacks.batched.nearest import Nearest, drawn_in
from robaudit.attacks.batched.norms import l2_length
from robaudit.losses import one_hot
from robaudit.types import Classifier, FloatArray, IntArray

_ROOM = 0.2
"""By how much of the pixel range the box is wider, each way: black and white pixels are to move."""
_FIRST_WEIGHT = 0.1
_KEPT, _KEPT_SQUARE = 0.9, 0.999
_LOOKS, _ABORTED = 10, 0.9999
"""A descent is looked at so often; it goes on where its loss is below this share of the last."""
_SMALLEST = 1e-8


def carlini_wagner(
    classifier: Classifier,
    x: FloatArray,
    y: IntArray,
    *,
    searches: int,
    steps: int,
    learning_rate: float,
    confidence: float,
) -> FloatArray:
    """Look for near points x (n, D) of 0..1 of other classes than y (n,): like x.

    Carlini and Wagner (2017), section VI: Adam descends ``|change|^2 + weight * max(lead +
    confidence, 0)`` in the arc tangent of pixels, and the weight is searched for, sample by
    sample: tenfold while nothing is found, else the mean of the least that found and the
    most that did not. A descent that stands still is given up. The nearest point met is drawn in
    to the boundary, unless ``confidence`` is asked for. Where nothing is found, x itself.
    """
    asked, nearest = Asked(classifier), Nearest(x)
    weight = np.full(len(x), _FIRST_WEIGHT)
    low, high = np.zeros(len(x)), np.full(len(x), np.inf)
    for _ in range(searches if len(x) else 0):
        fell = _descend(asked, x, y, weight, nearest, steps, learning_rate, confidence)
        low, high = np.where(fell, low, weight), np.where(fell, weight, high)
        weight = np.where(np.isfinite(high), (low + high) / 2, weight * 10)
    change = nearest.change
    return x + (change if confidence else drawn_in(asked, x, y, change))


def _descend(
    asked: Asked,
    x: FloatArray,
    y: IntArray,
    weight: FloatArray,
    nearest: Nearest,
    steps: int,
    learning_rate: float,
    confidence: float,
) -> np.ndarray:
    """Descend once from every sample; tell of which an example was found: (n,)."""
    rows, fell = np.arange(len(x)), np.zeros(len(x), dtype=bool)
    free, best = _outwards(x), np.full(len(x), np.inf)
    mean, square = np.zeros_like(free), np.zeros_like(free)
    every = max(steps // _LOOKS, 1)
    for step in range(steps + 1):
        pixels, slope_of_pixels = _inwards(free)
        change = pixels - x[rows]
        scores, pull = asked.with_pull(pixels)
        leads = leads_of(scores, y[rows])
        lacks, length = leads.lead + confidence, l2_length(change)
        left = leads.left & (lacks <= 0)
        nearest.meet(change, length, left, rows)
        fell[rows[left]] = True
        if step == steps:
            break
        cotangent = one_hot(y[rows], asked.classes) - one_hot(leads.rival, asked.classes)
        cotangent *= (weight[rows] * (lacks > 0))[:, None]
        slope = (2 * change + pull(cotangent)) * slope_of_pixels
        del pull  # what the adapter keeps for it, before the next pass
        mean += np.float32(1 - _KEPT) * (slope - mean)
        square += np.float32(1 - _KEPT_SQUARE) * (slope * slope - square)
        rate = learning_rate * np.sqrt(1 - _KEPT_SQUARE ** (step + 1)) / (1 - _KEPT ** (step + 1))
        free -= np.float32(rate) * mean / (np.sqrt(square) + np.float32(_SMALLEST))
        if step % every == every - 1:
            loss = length**2 + weight[rows] * np.maximum(lacks, 0)
            going = loss < _ABORTED * best[rows]
            best[rows] = loss
            rows, free, mean, square = rows[going], free[going], mean[going], square[going]
            if not len(rows):
                break
    return fell


def _outwards(x: FloatArray) -> FloatArray:
    """Give the free numbers that pixels of 0..1 are made of."""
    return np.arctanh(((x + _ROOM) / (1 + 2 * _ROOM) * 2 - 1).astype(np.float32))


def _inwards(free: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Give the pixels that free numbers make, and their slopes, as if nothing were clipped."""
    size, tangent = np.float32(1 + 2 * _ROOM), np.tanh(free)
    pixels = np.clip((tangent + 1) / 2 * size - np.float32(_ROOM), 0, 1)
    return pixels, size / 2 * (1 - tangent**2)
