"""Random orthogonal directions for the search (paper, Section V)."""

import numpy as np

from robaudit.errors import UsageError
from robaudit.stats.randomness import Stream, generator
from robaudit.types import FloatArray

MEMORY_LIMIT = 2**30
"""Bytes that the factorisation of one block of directions may take."""

_TELLING = 16
"""So many numbers of each direction tell it from others at most."""


def block_sizes(dimension: int, count: int, *, memory_limit: int = MEMORY_LIMIT) -> list[int]:
    """Split ``count`` directions into blocks whose factorisation fits the memory limit.

    >>> block_sizes(784, 784)
    [784]
    >>> block_sizes(150_528, 1000)
    [297, 297, 297, 109]
    """
    # Gaussian matrix, its copy inside LAPACK, and Q, all in float64.
    largest = max(1, memory_limit // (3 * 8 * dimension))
    full, rest = divmod(count, largest)
    return [largest] * full + ([rest] if rest else [])


def check_count(count: int, dimension: int) -> None:
    """Raise UsageError for more directions than dimensions."""
    if count > dimension:
        raise UsageError(
            f"{count} directions for inputs of {dimension} numbers",
            expected=f"at most {dimension}, since no more are orthogonal",
        )


def random_directions(
    shape: tuple[int, ...],
    count: int,
    *,
    seed: int,
    part: tuple[int, ...] = (),
    pixel_range: float = 1.0,
    memory_limit: int = MEMORY_LIMIT,
) -> FloatArray:
    """Draw orthogonal directions of unit RMS length: (count, *shape), float32.

    Those of another ``part`` of a seed are others.

    They are the Q of the QR factorisation of a Gaussian D x ``count`` matrix,
    with signs fixed so that the factorisation is unique, scaled so that
    ``||d||_2 / sqrt(D) / pixel_range`` is 1. Where a basis would not fit the
    memory limit it comes in blocks, orthogonal within each (`block_sizes`).

    Raises UsageError for more directions than dimensions.
    """
    dimension = int(np.prod(shape))
    check_count(count, dimension)
    random = generator(seed, Stream.DIRECTIONS, *part)
    blocks = []
    for size in block_sizes(dimension, count, memory_limit=memory_limit):
        basis, triangle = np.linalg.qr(random.standard_normal((dimension, size)))
        basis *= np.sign(np.diagonal(triangle)) * np.sqrt(dimension) * pixel_range
        blocks.append(basis.T.astype(np.float32))
    return np.concatenate(blocks).reshape(count, *shape)


def rms(differences: FloatArray, pixel_range: float) -> FloatArray:
    """Root-mean-square size of each difference, as a fraction of the pixel range.

    ``differences`` is (n, *shape); returns (n,) = ||v||_2 / sqrt(D) / pixel_range.
    """
    # Not -1, which is not known where there are no differences at all.
    flat = differences.reshape(len(differences), int(np.prod(differences.shape[1:])))
    sums = np.einsum("nd,nd->n", flat, flat, dtype=np.float64)
    return np.asarray(np.sqrt(sums / flat.shape[1]) / pixel_range)


def telling_numbers(directions: FloatArray) -> FloatArray:
    """Take a few numbers of each direction (K, ...), enough to tell it from others: (K, n).

    Of what was taken so, all is taken again.
    """
    flat = directions.reshape(len(directions), -1)
    return flat[:, :: -(-flat.shape[1] // _TELLING)]
