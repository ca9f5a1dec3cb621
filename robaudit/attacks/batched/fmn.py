"""FMN: the nearest adversarial example in L0, L1, L2 or L-inf."""

import math

import numpy as np

from robaudit.attacks.batched.asking import Asked, Leads
from robaudit.attacks.batched.ddn import unit_rows
from robaudit.attacks.batched.nearest import Nearest, drawn_in
from robaudit.attacks.batched.norms import GEOMETRIES
from robaudit.attacks.chance import Chance
from robaudit.types import Classifier, FloatArray, IntArray

_FIRST_STEP = {"l0": 1.0, "l1": 1.0, "l2": 1.0, "linf": 10.0}
"""Euclidean lengths of the first steps, as the authors tuned them; the last are a hundredth."""
_FIRST_FACTOR, _LAST_FACTOR = 0.05, 0.001
_SMALLEST = 1e-12


def fmn(
    classifier: Classifier,
    x: FloatArray,
    y: IntArray,
    chance: Chance,
    *,
    norm: str,
    steps: int,
) -> FloatArray:
    """Look for the nearest points x (n, D) of 0..1 of other classes than y (n,): like x.

    Pintor et al., Fast Minimum-norm Adversarial Attacks (NeurIPS 2021), Algorithm 1: a change
    follows the gradient of the lead and is projected to a ball. Its radius is the distance of
    the boundary as the gradient tells it, until it has been crossed; then it shrinks by a factor
    where the change leaves the class and else grows, ever less. In L0 it is a whole number. In
    the other norms a shorter change is stretched to the radius, as DDN does: by steps alone it
    does not get out of what was trained to be flat around its samples; and what was found is
    drawn in by bisection. Where nothing is found, x itself.
    """
    asked, nearest, geometry = Asked(classifier), Nearest(x), GEOMETRIES[norm]
    change = np.zeros_like(x)
    radius = np.full(len(x), 1.0 if norm == "l0" else 0.0)
    for step in range(steps):
        leads, gradient = asked.way_out(x + change, y)
        length = geometry.length(change)
        nearest.meet(change, length, leads.left)
        share = (1 + math.cos(math.pi * step / steps)) / 2
        factor = _LAST_FACTOR + (_FIRST_FACTOR - _LAST_FACTOR) * share
        if norm == "l0":
            radius = _whole_radius(radius, nearest, leads, factor)
        else:
            away = length + np.abs(leads.lead) / np.maximum(geometry.dual(gradient), _SMALLEST)
            # Beyond what it was: a change that ends on the boundary, or in the corner of the
            # box, has not crossed it.
            outward = (1 + factor) * np.where(nearest.found, radius, np.maximum(away, radius))
            inward = np.minimum(radius * (1 - factor), nearest.length)
            radius = np.where(leads.left, inward, outward)
        size = _FIRST_STEP[norm] * (0.01 + 0.99 * share)
        change = change + size * unit_rows(gradient, chance)
        if norm != "l0":
            times = np.maximum(radius / np.maximum(geometry.length(change), _SMALLEST), 1)
            change = change * times[:, None].astype(x.dtype)
        change = np.clip(x + geometry.project(change, radius), 0, 1) - x
    nearest.meet(change, geometry.length(change), asked.leads(x + change, y).left)
    return x + (nearest.change if norm == "l0" else drawn_in(asked, x, y, nearest.change))


def _whole_radius(radius: FloatArray, nearest: Nearest, leads: Leads, factor: float) -> FloatArray:
    """Take at least one number from a radius in L0, or add one."""
    fewer = np.minimum(np.minimum(radius - 1, np.floor(radius * (1 - factor))), nearest.length)
    more = np.maximum(radius + 1, np.floor(radius * (1 + factor)))
    return np.asarray(np.maximum(np.where(leads.left, fewer, more), 0))
