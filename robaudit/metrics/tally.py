"""What rays add up to, sample by sample: all that margins and inequality are computed from.

It is counted block by block, and small beside the rays it stands for.
"""

from dataclasses import dataclass

import numpy as np

from robaudit.metrics.along import Along, nothing_along
from robaudit.search.rays import NONE, Rays
from robaudit.stats.cells import Cells
from robaudit.stats.means import class_weights
from robaudit.types import BoolArray, FloatArray, IntArray

_MOST_CELLS = 2**20


@dataclass(frozen=True)
class EndpointCounts:
    """For each sample and class that some of its rays end in: how many, and their summed margin.

    All are (E,), ordered by ``sample`` and then by ``adjacent`` class.
    """

    sample: IntArray
    adjacent: IntArray
    count: IntArray
    margin: FloatArray


@dataclass(frozen=True)
class Tally:
    """Counts and sums over rays.

    ``origin`` (S,) is the reference class of each sample, ``crossed_share`` (S,) the
    share of its rays that crossed, ``restricted`` (S,) its mean of min(margin, reach)
    and ``walked`` (S,) how many of its rays crossed at step 1 or later. ``sums`` and
    ``counts`` (C, C) are of margins, from reference class to adjacent class (Eq. 1).
    ``crossings`` (C, steps + 1) counts rays by reference class and the step of their
    crossing, and ``along`` adds up what is along each direction. ``realised_share`` is the
    mean of realised over nominal distance at crossings, ``None`` without any.
    """

    rays: int
    origin: IntArray
    crossed_share: FloatArray
    restricted: FloatArray
    walked: IntArray
    sums: FloatArray
    counts: IntArray
    crossings: IntArray
    along: Along
    endpoints: EndpointCounts
    realised_share: float | None

    @property
    def margin_cells(self) -> Cells:
        """Margins as shares of the reach, by sample and direction."""
        return self.along.margin_cells(self.origin, self.restricted)

    @property
    def crossing_cells(self) -> Cells:
        """Shares of rays that crossed, by sample and direction."""
        return self.along.crossing_cells(self.origin, self.crossed_share)

    @property
    def right(self) -> BoolArray:
        """Mark the samples that are in their reference class to begin with: (S,)."""
        return np.asarray((self.walked > 0) | (self.crossed_share == 0))

    def right_at_start(self) -> "Tally":
        """Leave out the samples that are misclassified to begin with, and all their rays.

        These lie at no distance from the boundary, whatever the model does elsewhere.
        """
        right, ends = self.right, self.endpoints
        left = right[ends.sample]
        number = np.cumsum(right) - 1
        kept = EndpointCounts(
            number[ends.sample[left]], ends.adjacent[left], ends.count[left], ends.margin[left]
        )
        counts = np.zeros_like(self.counts)
        origin = self.origin[right]
        np.add.at(counts, (origin[kept.sample], kept.adjacent), kept.count)
        crossings = self.crossings.copy()
        crossings[:, 0] = 0
        return Tally(
            rays=self.rays // max(1, len(right)) * len(origin),
            origin=origin,
            crossed_share=self.crossed_share[right],
            restricted=self.restricted[right],
            walked=self.walked[right],
            sums=self.sums,
            counts=counts,
            crossings=crossings,
            along=self.along.right_at_start(),
            endpoints=kept,
            realised_share=self.realised_share,
        )


def tally_rays(rays: Rays, classes: int) -> Tally:
    """Count and sum rays of a model of so many classes."""
    steps = rays.plan.steps + 1
    sums, counts = np.zeros(classes**2), np.zeros(classes**2, dtype=np.int64)
    crossings = np.zeros(classes * steps, dtype=np.int64)
    along, weights = nothing_along(rays.plan, classes), class_weights(rays.sample_origin, classes)
    by_sample, endpoints = [], []
    for block in rays.blocks(max(1, _MOST_CELLS // max(classes, rays.plan.directions))):
        crossed = np.flatnonzero(block.adjacent != NONE)
        origin = block.origin[crossed].astype(np.int64)
        pair = origin * classes + block.adjacent[crossed]
        # One after the other, so that sums are the same however the blocks are cut.
        np.add.at(sums, pair, block.distance[crossed])
        np.add.at(counts, pair, 1)
        np.add.at(crossings, origin * steps + block.step[crossed], 1)
        along.add(block, weights)
        by_sample.append(_by_sample(block))
        endpoints.append(_endpoints(block, crossed, classes))
    crossed_share, restricted, walked, shares = map(np.concatenate, zip(*by_sample, strict=True))
    total = int(walked.sum())
    return Tally(
        rays=len(rays),
        origin=rays.sample_origin,
        crossed_share=crossed_share,
        restricted=restricted,
        walked=walked,
        sums=sums.reshape(classes, classes),
        counts=counts.reshape(classes, classes),
        crossings=crossings.reshape(classes, steps),
        along=along,
        endpoints=EndpointCounts(*map(np.concatenate, zip(*endpoints, strict=True))),
        realised_share=float(shares.sum() / total) if total else None,
    )


def _by_sample(block: Rays) -> tuple[FloatArray, FloatArray, IntArray, FloatArray]:
    """Give of each sample the fields of `Tally` and its summed share of realised distance."""
    table = (len(block.sample_origin), block.plan.rays_per_sample)
    distance, walked = block.distance, block.step > 0
    crossed = (block.step != NONE).reshape(table).mean(axis=1)
    restricted = np.minimum(distance, block.plan.reach).reshape(table).mean(axis=1)
    shares = np.zeros(len(block))
    np.divide(block.realised, distance, out=shares, where=walked)
    return crossed, restricted, walked.reshape(table).sum(axis=1), shares.reshape(table).sum(axis=1)


def _endpoints(
    block: Rays, crossed: IntArray, classes: int
) -> tuple[IntArray, IntArray, IntArray, FloatArray]:
    """Give the fields of `EndpointCounts` for a block, whose rays ``crossed`` (n,)."""
    cells = len(block.sample_origin) * classes
    cell = crossed // block.plan.rays_per_sample * classes + block.adjacent[crossed]
    count = np.bincount(cell, minlength=cells)
    margin: FloatArray = np.zeros(cells)
    np.add.at(margin, cell, block.distance[crossed])
    occupied = np.flatnonzero(count)
    return block.first + occupied // classes, occupied % classes, count[occupied], margin[occupied]
