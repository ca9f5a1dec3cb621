"""DeepFool: from plane to plane to the nearest boundary, as if the scores were linear."""

import numpy as np

from robaudit.attacks.batched.asking import Asked, leads_of, least_lead
from robaudit.attacks.batched.nearest import drawn_in
from robaudit.losses import one_hot
from robaudit.types import Classifier, FloatArray, IntArray, Pull

_RIVALS = 9
"""So many of the likeliest other classes are looked at, as the authors do."""
_SMALLEST = 1e-12


def deepfool(
    classifier: Classifier, x: FloatArray, y: IntArray, *, steps: int, overshoot: float
) -> FloatArray:
    """Look for near points x (n, D) of 0..1 of other classes than y (n,): like x.

    Moosavi-Dezfooli et al. (CVPR 2016), Algorithm 2: a step goes to the nearest of the planes
    on which a rival, linearly, is as likely as the class; all steps together are lengthened by
    the share ``overshoot``, so that they end beyond. Here pixels that would leave the box are
    not counted on to move, and what was found is drawn in to the boundary. Where nothing is
    found within ``steps``, x itself.
    """
    asked, found, rows = Asked(classifier), np.zeros_like(x), np.arange(len(x))
    rivals, walked = np.zeros((len(x), 0), dtype=int), np.zeros_like(x)
    for number in range(steps if len(x) else 0):
        point = np.clip(x[rows] + (1 + overshoot) * walked, 0, 1)
        scores, pull = asked.with_pull(point)
        if number == 0:
            rivals = _rivals(scores, y)
        left = leads_of(scores, y[rows]).left
        if left.any():
            found[rows[left]] = (point - x[rows])[left]
            rows, walked, point = rows[~left], walked[~left], point[~left]
            if not len(rows):
                break
            del pull  # its slopes, one for each rival, would be of those that left too
            scores, pull = asked.with_pull(point)
        walked += _to_the_nearest_plane(point, y[rows], rivals[rows], scores, pull)
        del pull  # what the adapter keeps for it, before the next pass
        walked = np.clip(x[rows] + walked, 0, 1) - x[rows]
    else:
        point = np.clip(x[rows] + (1 + overshoot) * walked, 0, 1)
        left = asked.leads(point, y[rows]).left
        found[rows[left]] = (point - x[rows])[left]
    return x + drawn_in(asked, x, y, found)


def _to_the_nearest_plane(
    point: FloatArray, y: IntArray, rivals: IntArray, scores: FloatArray, pull: Pull
) -> FloatArray:
    """Step from points (n, D) to where one of the rivals (n, k) is, linearly, as likely as y.

    It goes on to where the rival is ahead by twice what rounding may do: ever shorter steps to
    where both are equal would not get there.
    """
    classes, places = scores.shape[1], np.arange(len(y))
    shortest, ahead = np.full(len(y), np.inf), np.zeros_like(point)
    for rival in rivals.T:
        slope = pull(one_hot(rival, classes) - one_hot(y, classes))
        leaving = ((point <= 0) & (slope < 0)) | ((point >= 1) & (slope > 0))
        slope = np.where(leaving, 0, slope)
        own, other = (scores[places, of].astype(np.float64) for of in (y, rival))
        steepness = np.einsum("nd,nd->n", slope, slope, dtype=np.float64)
        with np.errstate(divide="ignore", invalid="ignore"):  # flat, or two infinite scores
            gap = np.maximum(own - other, 0) + 2 * least_lead(own, other, scores.dtype)
            nearer = np.where(steepness > 0, gap / np.sqrt(steepness), np.inf) < shortest
        shortest[nearer] = (gap / np.sqrt(np.maximum(steepness, _SMALLEST)))[nearer]
        times = (gap / np.maximum(steepness, _SMALLEST))[nearer, None]
        ahead[nearer] = times.astype(point.dtype) * slope[nearer]
    return ahead


def _rivals(scores: FloatArray, y: IntArray) -> IntArray:
    """List the likeliest classes other than y (n,): (n, at most `_RIVALS`)."""
    others = np.nan_to_num(scores.astype(np.float64))
    others[np.arange(len(y)), y] = -np.inf
    return (-others).argsort(axis=1, kind="stable")[:, : min(_RIVALS, scores.shape[1] - 1)]
