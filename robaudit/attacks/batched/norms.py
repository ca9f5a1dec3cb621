"""Lengths of changes (n, D), the balls of these, and how far a slope leads: norm by norm."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from robaudit.types import FloatArray


@dataclass(frozen=True)
class Geometry:
    """A norm: ``length`` of changes (n, D): (n,), ``project`` them to balls of radii (n,).

    ``dual`` is the length of a gradient by which a linear function, divided, gives how far
    its zero is.
    """

    length: Callable[[FloatArray], FloatArray]
    project: Callable[[FloatArray, FloatArray], FloatArray]
    dual: Callable[[FloatArray], FloatArray]


def l0_length(change: FloatArray) -> FloatArray:
    """Count the numbers that are changed."""
    return np.asarray(np.count_nonzero(change, axis=1), dtype=np.float64)


def l1_length(change: FloatArray) -> FloatArray:
    """Add up the sizes of changes."""
    return np.asarray(np.abs(change).sum(axis=1, dtype=np.float64))


def l2_length(change: FloatArray) -> FloatArray:
    """Give Euclidean lengths."""
    return np.asarray(np.sqrt(np.einsum("nd,nd->n", change, change, dtype=np.float64)))


def linf_length(change: FloatArray) -> FloatArray:
    """Give the largest size of a change."""
    return np.asarray(np.abs(change).max(axis=1, initial=0.0), dtype=np.float64)


def _onto_l0(change: FloatArray, radius: FloatArray) -> FloatArray:
    """Keep as many of the largest changes as the radius says."""
    sizes = np.abs(change)
    order = np.argsort(-sizes, axis=1, kind="stable")
    kept = np.zeros(change.shape, dtype=bool)
    counted = np.arange(change.shape[1]) < np.floor(radius)[:, None]
    np.put_along_axis(kept, order, counted, axis=1)
    return np.where(kept, change, 0)


def _onto_l1(change: FloatArray, radius: FloatArray) -> FloatArray:
    """Take from all sizes what makes their sum the radius, none below 0 (Duchi et al., 2008)."""
    sizes = np.abs(change).astype(np.float64)
    descending = -np.sort(-sizes, axis=1)
    excess = (descending.cumsum(axis=1) - radius[:, None]) / np.arange(1, change.shape[1] + 1)
    last = (descending > excess).sum(axis=1, keepdims=True)
    taken = np.take_along_axis(excess, np.maximum(last - 1, 0), axis=1)
    inside = sizes.sum(axis=1, keepdims=True) <= radius[:, None]
    shrunk = np.sign(change) * np.maximum(sizes - taken, 0)
    return np.where(inside, change, shrunk).astype(change.dtype)


def _onto_l2(change: FloatArray, radius: FloatArray) -> FloatArray:
    length = l2_length(change)
    share = np.minimum(1.0, radius / np.maximum(length, 1e-30))
    return change * share[:, None].astype(change.dtype)


def _onto_linf(change: FloatArray, radius: FloatArray) -> FloatArray:
    bound = radius[:, None].astype(change.dtype)
    return np.clip(change, -bound, bound)


GEOMETRIES: Mapping[str, Geometry] = {
    "l0": Geometry(l0_length, _onto_l0, l1_length),
    "l1": Geometry(l1_length, _onto_l1, linf_length),
    "l2": Geometry(l2_length, _onto_l2, l2_length),
    "linf": Geometry(linf_length, _onto_linf, l1_length),
}
"""By the catalogue's names of norms. L0 is none, and has no dual: a gradient's L1 stands there."""
