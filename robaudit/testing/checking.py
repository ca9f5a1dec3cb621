"""What the checks of the contract are made of: how they compare, and when they are skipped.

Nothing here needs pytest, which skips a test that raises SkipTest of the
standard library.
"""
# ruff: noqa: S101 - checks are made of assertions

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar
from unittest import SkipTest

import numpy as np

from robaudit.types import Classifier, FloatArray, InputSpec, IntArray

T = TypeVar("T")

_DIRECTIONS = 6
_RELATIVE_TOLERANCE = {16: 0.2, 32: 0.05, 64: 1e-3}
"""By the bits of a score: steps are longer in short numbers, and cross more kinks of a network."""
_SHORTEST_STEP = 1e-5
"""As a share of the pixel range; inputs are in float32, whatever the scores are in."""
_ROUNDING_UNITS = 8


class Checks:
    """What the checks are told: the classifier, and some inputs in its pixel box."""

    def make_classifier(self) -> Classifier:
        """Make the classifier to check, the same anew each time."""
        raise NotImplementedError("give the classifier to check: def make_classifier(self): ...")

    def draw_inputs(self, spec: InputSpec, count: int) -> FloatArray:
        """Draw inputs (count, *shape) float32, of growing contrast."""
        pixels = np.random.default_rng(5).random((count, *spec.shape))
        contrast = np.linspace(0.2, 1, count).reshape(-1, *[1] * len(spec.shape))
        return (spec.low + (spec.high - spec.low) * pixels * contrast).astype(np.float32)


def has(ability: T | None, name: str) -> T:
    """Give an ability; skip the check of a classifier that has it not."""
    if ability is None:
        raise SkipTest(f"this classifier has no {name}")
    return ability


@contextmanager
def unchanged(*arrays: FloatArray | IntArray) -> Iterator[None]:
    """Fail where what is done inside changes one of these arrays."""
    before = [array.copy() for array in arrays]
    yield
    for array, copy in zip(arrays, before, strict=True):
        assert np.array_equal(array, copy), "an array that was handed over has been changed"


def assert_close(values: FloatArray, wanted: FloatArray, tolerance: float, what: str) -> None:
    """Fail where two arrays differ by more than a share of the largest number that is wanted."""
    assert values.shape == wanted.shape, f"{what} are of shape {values.shape}, not {wanted.shape}"
    if np.float16 in (values.dtype, wanted.dtype):
        tolerance = max(tolerance, 2e-2)
    wide, other = values.astype(np.float64), wanted.astype(np.float64)
    with np.errstate(invalid="ignore"):  # what is infinite in both differs by no number
        difference = np.where(wide == other, 0.0, np.abs(wide - other)).max(initial=0.0)
    size = np.abs(other).max(initial=0.0)
    assert difference <= tolerance * size, (
        f"{what} differ by {difference:.2g}, at a size of {size:.2g}"
    )


def assert_gradient(
    value: Callable[[FloatArray], FloatArray],
    x: FloatArray,
    gradient: FloatArray,
    spec: InputSpec,
    dtype: np.dtype[Any],
) -> None:
    """Fail where a gradient is not that of ``value``: (n, *shape) -> (n,).

    Compares it with central differences at ``x`` (n, *shape) along random
    directions, as vectors. Steps are the root of the precision of ``dtype``, in
    which the values are computed: shorter ones drown in rounding, and longer ones
    cross too many kinks of a network, as trials on real ones showed.
    """
    assert gradient.shape == x.shape, f"gradients are of shape {gradient.shape}, not {x.shape}"
    assert np.issubdtype(gradient.dtype, np.floating), f"gradients are {gradient.dtype}"
    random, precision = np.random.default_rng(9), float(np.finfo(dtype).eps)
    step = (spec.high - spec.low) * max(np.sqrt(precision), _SHORTEST_STEP)
    measured, wanted, largest = [], [], 0.0
    for _ in range(_DIRECTIONS):
        offset = step * random.choice([-1.0, 1.0], size=x.shape)
        above, below = (x + offset).astype(np.float32), (x - offset).astype(np.float32)
        higher, lower = value(above).astype(np.float64), value(below).astype(np.float64)
        apart = above.astype(np.float64) - below
        measured.append((gradient * apart).reshape(len(x), -1).sum(axis=1))
        wanted.append(higher - lower)
        largest = max(largest, np.abs(higher).max(), np.abs(lower).max())
    rounding = _ROUNDING_UNITS * precision * largest * np.sqrt(np.size(wanted))
    difference = np.linalg.norm(np.subtract(measured, wanted))
    size = max(float(np.linalg.norm(wanted)), np.finfo(np.float64).tiny)
    allowed = _RELATIVE_TOLERANCE[np.finfo(dtype).bits] * size + rounding
    assert difference <= allowed, (
        f"gradients differ from differences of the values by {difference / size:.2g} of their size"
    )
