"""Boundary-crossing examples of training samples, more of them for vulnerable classes.

Section IV-B and Algorithm 1, step 4 of the paper. A *sample* is real, an *example*
is made of one by moving it across the decision boundary; it keeps the sample's label.
"""

from dataclasses import dataclass

import numpy as np

from robaudit.hardening.plan import HardeningPlan
from robaudit.inequality import Level, class_ranking, class_robustness, robustness_levels
from robaudit.margins import Margins
from robaudit.predicting import slices
from robaudit.probing import points_on_rays
from robaudit.randomness import Stream, generator
from robaudit.rays import Rays, locate_rays
from robaudit.types import FloatArray, InputSpec, IntArray

_ROWS_AT_A_TIME = 1024


@dataclass(frozen=True)
class Searched:
    """A search of training samples: their ``rows`` in the data (S,) and labels ``origin`` (S,)."""

    rows: IntArray
    origin: IntArray
    directions: FloatArray
    rays: Rays
    margins: Margins


@dataclass(frozen=True)
class ClassSelection:
    """What was chosen of one class.

    ``robustness`` is R_i (Eq. 3), infinite or NaN where no margin leads out of the
    class; ``searched`` counts its samples, ``chosen`` those that examples are made of.
    """

    class_index: int
    level: Level | None
    robustness: float
    searched: int
    chosen: int
    examples: int


@dataclass(frozen=True)
class Examples:
    """Examples, one row each, as the rays that they lie on.

    ``row`` (n,) is the sample's in the training data, ``label`` (n,) its class.
    ``direction`` (n,) counts in ``directions`` (K, *shape) of unit RMS, ``sign`` (n,)
    says which way; ``margin`` (n,) is where the ray crosses, in RMS units, ``strength``
    (n,) how many times as far the example lies.
    """

    row: IntArray
    direction: IntArray
    sign: IntArray
    margin: FloatArray
    strength: FloatArray
    label: IntArray
    directions: FloatArray
    clip: bool
    selections: tuple[ClassSelection, ...]

    def __len__(self) -> int:
        return len(self.row)

    def inputs(self, x: FloatArray, spec: InputSpec) -> FloatArray:
        """Compute ``clip(x + u * margin * direction)``: (n, *shape), x the training data."""
        low, high = (spec.low, spec.high) if self.clip else (-np.inf, np.inf)
        found = np.empty((len(self), *x.shape[1:]), dtype=np.float32)
        reached = self.sign * self.margin * self.strength
        for part in slices(len(self), _ROWS_AT_A_TIME):
            samples, ways = x[self.row[part]], self.directions[self.direction[part]]
            found[part] = points_on_rays(samples, ways, reached[part], low, high)
        return found


def make_examples(searched: Searched, plan: HardeningPlan, labels: IntArray) -> Examples:
    """Choose samples by the level of their class, and rays by their margin.

    ``labels`` are those of all training data. Samples are drawn at random from those of
    a class with a ray that crosses; misclassified samples have none. Of rays that cross
    at the same step the first directions are taken. The method "continued" is the
    control: as many rows as there would be examples, of training samples drawn at
    random, each as it is.
    """
    rays, origin, margins = searched.rays, searched.origin, searched.margins
    random = generator(plan.seed, Stream.HARDENING)
    levels = robustness_levels(class_ranking(margins), plan.high_share, plan.low_share)
    robustness = class_robustness(margins.tally.sums)
    sizes = np.bincount(origin, minlength=len(levels))
    crossing = np.flatnonzero(margins.tally.walked)
    chosen = []
    for class_index, level in enumerate(levels):
        candidates = crossing[origin[crossing] == class_index]
        wanted = plan.samples_of(level, int(sizes[class_index])) if level else 0
        chosen.append(np.sort(random.permutation(candidates)[:wanted]))
    # Fewer rays of each sample, not fewer samples: the proportions of the classes stay.
    room = int(plan.most_examples * len(labels)) // max(1, sum(map(len, chosen)))
    count = min(plan.directions_per_sample, max(1, room))
    nearest = [nearest_crossings(rays, samples, count) for samples in chosen]
    selections = [
        ClassSelection(
            class_index=class_index,
            level=level,
            robustness=float(robustness[class_index]),
            searched=int(sizes[class_index]),
            chosen=len(chosen[class_index]),
            examples=len(nearest[class_index]),
        )
        for class_index, level in enumerate(levels)
    ]
    ray = np.concatenate(nearest)
    sample, direction, sign = locate_rays(ray, rays.plan)
    row = searched.rows[sample]
    strength = random.uniform(plan.weakest, plan.strongest, len(ray))
    if plan.method == "continued":
        row, strength = random.integers(0, len(labels), len(ray)), np.zeros(len(ray))
    return Examples(
        row=row,
        direction=direction,
        sign=sign,
        margin=rays.distance_at(ray),
        strength=strength,
        label=labels[row],
        directions=searched.directions,
        clip=plan.search.clip,
        selections=tuple(selections),
    )


def nearest_crossings(rays: Rays, samples: IntArray, count: int) -> IntArray:
    """List up to ``count`` rays of each of some samples (n,) that cross soonest, in order."""
    found = [np.zeros(0, dtype=np.int64)]
    for sample in samples.tolist():
        mine = rays.of_samples(sample, sample + 1)
        crossed = np.flatnonzero(mine.step > 0)
        soonest = crossed[np.argsort(mine.distance_at(crossed), kind="stable")][:count]
        found.append(sample * rays.plan.rays_per_sample + soonest)
    return np.concatenate(found)
