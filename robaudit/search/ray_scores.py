"""What a search is told of a point on a ray: its class, and how far its scores are from a change.

The gap of a point is the score of the ray's reference class less the best of the
others: positive inside the class, negative beyond its boundary. Probabilities
saturate, and are compared on a log scale.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from robaudit.batches import slices
from robaudit.predicting import decide, rounding_error
from robaudit.search.plan import SearchPlan
from robaudit.search.rays import locate_rays
from robaudit.types import BoolArray, FloatArray, IntArray, Probe, ScoreKind

Evaluate = Callable[[IntArray, IntArray], tuple[IntArray, FloatArray]]
"""Class (n,) and gap (n,) of points: (ray (n,), step (n,)) -> both. A ray is its number."""

_LARGEST_GAP = 2.0**100
_QUANTA = 64
"""Gaps are rounded to this share of a usual one, or more coarsely where scores are not so exact."""

_ROOM = 8
"""How much larger than its rounding error a gap's quantum is at least.

More makes gaps tell less, with less more of them are near an edge and evaluated again."""


def score_gaps(scores: FloatArray, reference: IntArray, kind: ScoreKind) -> FloatArray:
    """Subtract the best other score from that of the reference class: (n, classes), (n,) -> (n,).

    >>> score_gaps(np.array([[3.0, 1.0, 2.5]]), np.array([0]), "logits")
    array([0.5])
    """
    rows, others = np.arange(len(scores)), scores.copy()
    others[rows, reference] = -np.inf
    pair = np.stack([scores[rows, reference], others.max(axis=1)]).astype(np.float64)
    if kind == "probabilities":
        pair = np.log(np.maximum(pair, np.finfo(np.float32).tiny))
    with np.errstate(invalid="ignore"):  # two infinite scores
        gaps = pair[0] - pair[1]
    if not np.isfinite(gaps).all():
        gaps = np.nan_to_num(gaps, nan=0.0, posinf=_LARGEST_GAP, neginf=-_LARGEST_GAP)
    return np.asarray(gaps)


@dataclass
class Counts:
    """What a search has come to know.

    Points evaluated and near ties among them, each counted once, ``of_sample`` (2, n) as far as
    there are any, and the most points that memory is believed to hold at a time.
    """

    of_sample: IntArray = field(default_factory=lambda: np.zeros((2, 0), dtype=np.int64))
    largest_batch: int = 2**30

    def add(self, sample: IntArray, ties: list[int]) -> None:
        """Count points, of samples (n,), and those in some rows as near ties."""
        missing = int(sample.max(initial=-1)) + 1 - self.of_sample.shape[1]
        if missing > 0:
            more = max(missing, self.of_sample.shape[1])
            self.of_sample = np.pad(self.of_sample, ((0, 0), (0, more)))
        np.add.at(self.of_sample[0], sample, 1)
        np.add.at(self.of_sample[1], sample[ties], 1)

    def of(self, part: slice = slice(None)) -> tuple[int, int]:
        """Tell how many points of some samples were evaluated, and near ties among them."""
        evaluations, near_ties = self.of_sample[:, part].sum(axis=1).tolist()
        return evaluations, near_ties


@dataclass(frozen=True)
class RayScores:
    """Evaluates points of rays by a probe, with the same answer whatever the batch.

    ``origin`` (S,) is each sample's reference class, the first of them is number ``first``,
    ``scale`` how large scores of this
    model usually are. Where rounding could change the class, a point is evaluated
    again alone; so it is where rounding could change the gap, which is a multiple of
    ``quantum``, or, where it is very large, has few digits. A batch too large for the
    memory is evaluated in halves.
    """

    probe: Probe
    origin: IntArray
    plan: SearchPlan
    kind: ScoreKind
    scale: float
    quantum: float = 0.0
    first: int = 0
    counts: Counts = field(default_factory=Counts)

    def counting_anew(self) -> "RayScores":
        """Give one that begins to count, and keeps what it knows of memory."""
        return replace(self, counts=Counts(largest_batch=self.counts.largest_batch))

    def classes(self, ray: IntArray, step: IntArray | FloatArray) -> IntArray:
        """Give the class of each point: ray (n,), step (n,), perhaps broken -> (n,)."""
        return self._decide(ray, step)[0]

    def __call__(self, ray: IntArray, step: IntArray) -> tuple[IntArray, FloatArray]:
        """Give the class and the gap of each point: see `Evaluate`."""
        classes, scores = self._decide(ray, step)
        reference = self.origin[ray // self.plan.rays_per_sample]
        gaps = score_gaps(scores, reference, self.kind)
        if self.quantum:
            quanta = self._quanta(gaps, scores.dtype)
            rows = np.flatnonzero(self._may_round_either_way(gaps, quanta, scores.dtype))
            if len(rows):
                alone = [self._scores(ray[[row]], step[[row]]) for row in rows]
                gaps[rows] = score_gaps(np.concatenate(alone), reference[rows], self.kind)
                quanta[rows] = self._quanta(gaps[rows], scores.dtype)
            gaps = np.rint(gaps / quanta) * quanta
        return classes, gaps

    def with_quantum(self, samples: IntArray, batch_size: int) -> "RayScores":
        """Choose the quantum by gaps at samples (n,): a power of two, which rounding does not move.

        It is a share of a usual gap, but well above what rounding does to scores.
        """
        ray = samples * self.plan.rays_per_sample
        parts = (ray[part] for part in slices(len(ray), batch_size))
        scores = np.concatenate([self._decide(part, np.zeros_like(part))[1] for part in parts])
        gaps = np.abs(score_gaps(scores, self.origin[samples], self.kind))
        finite = gaps[gaps < _LARGEST_GAP]
        usual = max(float(np.median(finite)) if len(finite) else 1.0, 1e-30)
        error = _gap_error(scores.dtype) * max(usual, self.scale)
        quantum = 2.0 ** np.rint(np.log2(max(usual / _QUANTA, _ROOM * error)))
        return replace(self, quantum=float(quantum))

    def _quanta(self, gaps: FloatArray, dtype: np.dtype) -> FloatArray:
        """Give the quantum of each gap: for large ones a share of the power of two below."""
        share = 2.0 ** np.ceil(np.log2(_ROOM * _gap_error(dtype)))
        return np.asarray(np.maximum(self.quantum, share * 2.0 ** (np.frexp(gaps)[1] - 1)))

    def _may_round_either_way(
        self, gaps: FloatArray, quanta: FloatArray, dtype: np.dtype
    ) -> BoolArray:
        place = gaps / quanta
        from_edge = np.abs(place - np.floor(place) - 0.5)
        error = _gap_error(dtype) * np.maximum(np.abs(gaps), self.scale)
        return np.asarray(from_edge * quanta <= error)

    def _decide(self, ray: IntArray, step: IntArray | FloatArray) -> tuple[IntArray, FloatArray]:
        scores = self._scores(ray, step)
        classes, ties = decide(
            scores, self.scale, lambda row: self._scores(ray[row : row + 1], step[row : row + 1])
        )
        self.counts.add(ray // self.plan.rays_per_sample, ties)
        return classes, scores

    def _scores(self, ray: IntArray, step: IntArray | FloatArray) -> FloatArray:
        if len(ray) <= self.counts.largest_batch:
            try:
                return self._probe(ray, step)
            except MemoryError:
                if len(ray) == 1:
                    raise
                self.counts.largest_batch = len(ray) // 2
        parts = slices(len(ray), self.counts.largest_batch)
        return np.concatenate([self._scores(ray[part], step[part]) for part in parts])

    def _probe(self, ray: IntArray, step: IntArray | FloatArray) -> FloatArray:
        sample, direction, sign = locate_rays(ray, self.plan, self.first)
        return self.probe(sample, direction, sign * (step * self.plan.step))


def _gap_error(dtype: np.dtype) -> float:
    """Bound the rounding errors of gaps, as a share of how large scores are: few are near it."""
    return rounding_error(dtype) / 4
