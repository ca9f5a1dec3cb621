"""How gaps run along the rays of a model: what lets a search leave steps out.

The gaps of a ray, one a step, are taken for a Gaussian process whose mean and covariance are
those of rays of the very model that were walked in full. Each gap that is evaluated then
tells how large the others are, and how sure that is: their mean and variance are the
Gaussian's conditional ones (kriging; Rasmussen and Williams, "Gaussian processes for machine
learning", 2006, equations 2.23 and 2.24), taken up one point after the other.

What is conditioned on what, for a ray with gaps g(1) to g(T) and the gap g(0) at its sample:
`measure_process` gives the law of g(1..T) given g(0), over the rays of the model; a `Posterior`
starts each ray there and then takes up one evaluated gap g(p) after the other,

::

    c(t)        = covariance of g(t) and g(p), given all that was taken up before
    mean(t)    += c(t) (g(p) - mean(p)) / (c(p) + noise)
    variance(t) -= c(t)^2 / (c(p) + noise)

so that at any moment it is the law of the ray's gaps given all of its that are known. What was
tried instead, and what this saves, is in docs/search.md.

Gaps are no Gaussian process: some rays are rougher than others, and some samples lie
in strange places. So a ray that surprises is taken to be rougher, as in a Student process
(Shah, Wilson and Ghahramani, 2014), and how many standard deviations are far enough is
left to the check (`robaudit.search.traced.check`).
"""

from dataclasses import dataclass

import numpy as np

from robaudit.types import BoolArray, FloatArray, IntArray

_FREEDOM = 6.0
"""Degrees of freedom: how many points a ray's own roughness takes to count as much as the usual."""

_NOISE = 0.02
"""Variance that points have of their own, as a share of their mean squared second difference."""

_LEAST_NOISE = 1e-6
"""The least it is, as a share of the largest variance of gaps: sums have so few digits."""

_LARGEST = 16
"""Gaps count as no more than so many usual ones: farther from the boundary all is the same."""


@dataclass(frozen=True)
class GapProcess:
    """Gaps at steps 1 to T of a ray, given the gap at its sample.

    Their mean is ``base + gain * gap`` and their covariance ``covariance`` (T, T), in
    units of ``unit``; a single one strays by the variance ``noise``. Gaps at samples
    have the mean ``start`` and the variance ``start_variance``.
    """

    unit: float
    base: FloatArray
    gain: FloatArray
    covariance: FloatArray
    variance: FloatArray
    noise: np.float32
    start: np.float32
    start_variance: np.float32

    @property
    def steps(self) -> int:
        """How many steps a ray has."""
        return len(self.base)

    def scaled(self, gaps: FloatArray) -> FloatArray:
        """Give gaps in units of the process."""
        return np.asarray(np.clip(gaps / self.unit, -_LARGEST, _LARGEST), dtype=np.float32)


def measure_process(gaps: FloatArray) -> GapProcess:
    """Measure the process on rays that were walked in full, gaps (n, T + 1) with the samples'.

    Gaps are multiples of a power of two, and so are their products: sums of so few are
    exact, and the same in whatever order they are added up.
    """
    # A power of two, so that scaling rounds nothing: the exactness above must survive it.
    usual = float(np.median(np.abs(gaps)))
    unit = float(2.0 ** np.rint(np.log2(max(usual, 1e-30))))
    values = np.clip(gaps / unit, -_LARGEST, _LARGEST)
    mean = values.mean(axis=0)
    covariance = values.T @ values / len(values) - np.outer(mean, mean)
    roughness = np.mean(np.diff(values, 2, axis=1) ** 2) if values.shape[1] > 2 else 0.0
    noise = max(_NOISE * roughness, _LEAST_NOISE * covariance.diagonal().max(), 1e-12)
    # The sample's gap is known of every ray, so it is conditioned on once, here, and not ray by
    # ray: what is left is the law of the steps' gaps given that of the sample.
    start_variance = covariance[0, 0] + noise
    gain = covariance[0, 1:] / start_variance
    left = covariance[1:, 1:] - np.outer(covariance[0, 1:], gain)
    return GapProcess(
        unit=unit,
        base=(mean[1:] - gain * mean[0]).astype(np.float32),
        gain=gain.astype(np.float32),
        covariance=left.astype(np.float32),
        variance=np.maximum(left.diagonal(), noise).astype(np.float32),
        noise=np.float32(noise),
        start=np.float32(mean[0]),
        start_variance=np.float32(start_variance),
    )


_MOST_OBSERVED = 24
"""A ray of which so many points tell too little is strange: it is walked, step by step.

Each point takes memory and time, and hardly a ray has so many."""


class Posterior:
    """What is believed of the gaps of n rays: their ``mean`` and ``variance`` (n, T).

    Steps of which it does not matter any more have an endless mean; all others of strange
    rays have an endless negative one. Rays are in the order of how many points were
    observed on them, most first.
    """

    def __init__(self, process: GapProcess) -> None:
        self._process = process
        nothing = np.zeros((0, process.steps), dtype=np.float32)
        self.mean, self.variance = nothing, nothing
        # The covariance of a ray's gaps, given what was observed, is that of the process less
        # the sum of u u' over one u = c / sqrt(c(p) + noise) for each point. Only the u are kept:
        # whole matrices (T, T) for each of thousands of rays would not fit. The i-th array holds
        # the i-th u of all rays that have one; rays with most come first, so that is a prefix.
        self._factors: list[FloatArray] = []
        self._observed = self._surprise = np.zeros(0, dtype=np.float32)

    def __len__(self) -> int:
        return len(self.mean)

    def add(self, gaps: FloatArray) -> None:
        """Add rays at the end, of whose samples the gaps (m,) are known."""
        process, start = self._process, self._process.scaled(gaps)
        mean = process.base + start[:, np.newaxis] * process.gain
        surprise = (start - process.start) ** 2 / process.start_variance
        self.mean = np.concatenate([self.mean, mean])
        self.variance = np.concatenate([self.variance, np.tile(process.variance, (len(mean), 1))])
        self._observed = np.append(self._observed, np.ones(len(mean), dtype=np.float32))
        self._surprise = np.append(self._surprise, surprise)

    def observe(self, step: IntArray, gaps: FloatArray, beyond: BoolArray) -> None:
        """Take up the gap (n,) at one step (n,) of each ray.

        If that lies ``beyond`` the boundary (n,), the steps after it matter no more.
        """
        rows, place = np.arange(len(self)), step - 1
        # Rays come with the most observed first: those with so many that they are given up as
        # strange are the first ones, and learn nothing more.
        strange = int(np.searchsorted(-self._observed, -_MOST_OBSERVED, side="right"))
        self._learn(slice(strange, None), place[strange:], self._process.scaled(gaps[strange:]))
        self._observed += 1
        new = self._observed == _MOST_OBSERVED
        # From minus infinity every step is the likeliest to be beyond the boundary, and the
        # first of them comes next: the ray is walked. What is known is passed over.
        self.mean[new] = np.where(np.isfinite(self.mean[new]), -np.inf, self.mean[new])
        self.mean[rows, place] = np.inf
        crossed = np.flatnonzero(beyond)
        after = np.arange(self._process.steps) > place[crossed, np.newaxis]
        self.mean[crossed] = np.where(after, np.inf, self.mean[crossed])

    def _learn(self, part: slice, place: IntArray, gaps: FloatArray) -> None:
        """Take up what one gap (m,) of each of the last m rays tells of their others."""
        mean, variance = self.mean[part], self.variance[part]
        rows = np.arange(len(mean))
        # c(t), the row of the covariance that belongs to p, less what earlier points explain.
        shared = self._process.covariance.take(place, axis=0)
        for factor in (factor[part] for factor in self._factors):
            covered = rows[: len(factor)]
            shared[: len(factor)] -= factor[covered, place[covered], np.newaxis] * factor
        own = np.maximum(shared[rows, place], 0) + self._process.noise
        surprise = gaps - mean[rows, place]
        # In a Gaussian process each of these is 1 in the mean: more says that the ray is rougher.
        self._surprise[part] += surprise**2 / own
        deviation = np.sqrt(own)
        shared /= deviation[:, np.newaxis]
        mean += (surprise / deviation)[:, np.newaxis] * shared
        variance -= shared**2
        self._append(shared)

    def _append(self, newest: FloatArray) -> None:
        """Append the newest factor of each of the last m rays, (m, T), as its next one."""
        first, end = len(self) - len(newest), len(self)
        factors = []
        for factor in (*self._factors, newest[:0]):
            begin = max(first, len(factor))
            more = newest[begin - first : end - first]
            factors.append(np.concatenate([factor, more]) if len(more) else factor)
            end = begin
        self._factors = [factor for factor in factors if len(factor)]

    def keep(self, wanted: BoolArray) -> None:
        """Forget all rays but those ``wanted`` (n,)."""
        self.mean, self.variance = self.mean[wanted], self.variance[wanted]
        self._observed, self._surprise = self._observed[wanted], self._surprise[wanted]
        left = [factor[wanted[: len(factor)]] for factor in self._factors]
        self._factors = [factor for factor in left if len(factor)]

    def deviations(self, part: slice) -> FloatArray:
        """Give how many standard deviations the means of some rays lie above zero."""
        process = self._process
        observed, surprise = self._observed[part], self._surprise[part]
        # The scale of a Student process given what was seen (Shah and others, 2014, lemma 3).
        rougher = (_FREEDOM + surprise) / (_FREEDOM + observed)
        variance = np.maximum(self.variance[part], process.noise) * rougher[:, np.newaxis]
        return np.asarray(self.mean[part] / np.sqrt(variance))
