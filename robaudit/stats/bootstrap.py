"""The bootstrap over samples: which samples each resample holds, and means over them."""

from collections.abc import Iterator

import numpy as np

from robaudit.batches import slices
from robaudit.stats.randomness import Stream, generator
from robaudit.types import FloatArray, IntArray

RESAMPLES = 1000
_MOST_NUMBERS = 2**23
"""So many weights are looked at in double precision at a time, which bounds the memory."""

_DRAWN_AT_A_TIME = 2**20

Weights = FloatArray | IntArray
"""How often each sample occurs in each bootstrap resample: (B, S)."""


def bootstrap_weights(
    groups: IntArray, seed: int, resamples: int = RESAMPLES, *, rescaled: bool = False
) -> Weights:
    """Draw how often each sample occurs in each bootstrap resample: (``resamples``, n).

    ``groups`` (n,) holds each sample's class. Resampling is within classes, since
    the number of samples of each class was chosen, not found; classes of a single
    sample, which alone would seem to have no spread, are resampled together. They
    are counts of one byte, which no sample's exceeds.
    ``rescaled`` weights draw one sample less of each class and make up for it, which
    gives small classes their whole variance (Rao and Wu, 1988); they are fractions,
    in single precision where there are very many.
    """
    random = generator(seed, Stream.BOOTSTRAP)
    fractions = np.float64 if resamples * len(groups) <= _MOST_NUMBERS else np.float32
    weights = np.zeros((resamples, len(groups)), dtype=fractions if rescaled else np.uint8)
    classes, group, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    stratum = np.where(sizes[group] > 1, group, len(classes))
    for stratum_index in np.unique(stratum):
        members = np.flatnonzero(stratum == stratum_index)
        even = np.full(len(members), 1 / len(members))
        drawn = max(1, len(members) - 1) if rescaled else len(members)
        for part in slices(resamples, max(1, _DRAWN_AT_A_TIME // len(members))):
            times = random.multinomial(drawn, even, size=part.stop - part.start)
            weights[part, members] = times * (len(members) / drawn)
    return weights


def weights_in_parts(weights: Weights) -> Iterator[FloatArray]:
    """Give weights (B, n) in double precision, no more rows at a time than memory is for."""
    for part in slices(len(weights), max(1, _MOST_NUMBERS // max(1, weights.shape[1]))):
        yield weights[part].astype(np.float64, copy=False)


def resampled_means(values: FloatArray, weights: Weights) -> FloatArray:
    """Average values (n,) in each resample: (B,), NaN where it holds none of them."""
    parts = weights_in_parts(weights)
    with np.errstate(invalid="ignore"):  # a class of one sample may be missing from a resample
        return np.concatenate([part @ values / part.sum(axis=1) for part in parts])
