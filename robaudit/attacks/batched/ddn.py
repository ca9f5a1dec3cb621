"""DDN: the nearest adversarial example in L2, by a direction and a length that are told apart."""

import math

import numpy as np

from robaudit.attacks.batched.asking import Asked
from robaudit.attacks.batched.nearest import Nearest, drawn_in
from robaudit.attacks.batched.norms import l2_length
from robaudit.attacks.chance import Chance
from robaudit.types import Classifier, FloatArray, IntArray

_FIRST_LENGTH = 1.0
_FIRST_FACTOR, _LAST_FACTOR = 0.2, 0.002
"""By how much of itself the length of a change grows or shrinks with a step."""
_FIRST_STEP, _LAST_STEP = 1.0, 0.01
_SMALLEST = 1e-12


def ddn(
    classifier: Classifier, x: FloatArray, y: IntArray, chance: Chance, *, steps: int
) -> FloatArray:
    """Look for the nearest points x (n, D) of 0..1 of other classes than y (n,): like x.

    Rony et al., Decoupling Direction and Norm (CVPR 2019), Algorithm 1: a change takes a step
    along the gradient, of unit length and shorter step by step, and is then given a length that
    shrinks where it leaves the class and else grows. Here it shrinks and grows by ever less, not
    by 0.05 throughout; in the second half the gradient is that of the lead (`asking`) instead of
    the cross-entropy; and the nearest point met is drawn in by bisection. Where nothing is
    found, x itself.
    """
    asked, nearest = Asked(classifier), Nearest(x)
    change = np.zeros_like(x)
    radius = np.full(len(x), _FIRST_LENGTH)
    widest = l2_length(np.maximum(x, 1 - x))
    for step in range(steps):
        share = (1 + math.cos(math.pi * step / steps)) / 2
        leads, gradient = asked.way_out(x + change, y, to_all=step <= steps / 2)
        nearest.meet(change, l2_length(change), leads.left)
        size = _LAST_STEP + (_FIRST_STEP - _LAST_STEP) * share
        change = change + size * unit_rows(gradient, chance)
        factor = _LAST_FACTOR + (_FIRST_FACTOR - _LAST_FACTOR) * share
        inward = np.minimum(radius, nearest.length) * (1 - factor)
        radius = np.minimum(np.where(leads.left, inward, radius * (1 + factor)), widest)
        times = radius / np.maximum(l2_length(change), _SMALLEST)
        change = np.clip(x + change * times[:, None].astype(x.dtype), 0, 1) - x
    nearest.meet(change, l2_length(change), asked.leads(x + change, y).left)
    return x + drawn_in(asked, x, y, nearest.change)


def unit_rows(gradient: FloatArray, chance: Chance) -> FloatArray:
    """Give gradients (n, D) unit length; where there is none, a direction by chance."""
    length = l2_length(gradient)
    flat = length < _SMALLEST
    if flat.any():
        drawn = chance.normal(1.0, gradient.shape[1:]).astype(gradient.dtype)
        gradient = np.where(flat[:, None], drawn, gradient)
        length = l2_length(gradient)
    return gradient / length[:, None].astype(gradient.dtype)
