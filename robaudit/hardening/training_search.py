"""Searching training samples: Algorithm 1, steps 2 and 3 of the paper."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from robaudit.batches import Blocks, pace_for
from robaudit.hardening.plan import HardeningPlan
from robaudit.metrics.tally import Tally, tally_rays
from robaudit.predicting import checked
from robaudit.search.boundary_search import search_rays
from robaudit.search.directions import random_directions
from robaudit.search.rays import Rays
from robaudit.search.traced.check import Check
from robaudit.stats.randomness import Stream, generator
from robaudit.types import Classifier, FloatArray, IntArray, Progress, no_progress

_TRAINING = 1


@dataclass(frozen=True)
class Searched:
    """A search of training samples: their ``rows`` in the data (S,) and labels ``origin`` (S,).

    ``directions`` is (K, *shape), ``classes`` how many the model has; ``check`` says how
    far the rays can be trusted.
    """

    rows: IntArray
    origin: IntArray
    directions: FloatArray
    rays: Rays
    classes: int
    check: Check

    @cached_property
    def tally(self) -> Tally:
        """What the rays add up to."""
        return tally_rays(self.rays, self.classes)


def search_training_samples(
    classifier: Classifier,
    x: FloatArray,
    y: IntArray,
    plan: HardeningPlan,
    *,
    batch_size: int | None = None,
    progress: Progress = no_progress,
    blocks: Blocks | None = None,
) -> Searched:
    """Search random samples of the training data x (n, *shape), y (n,).

    Without a ``batch_size`` the fastest is looked for; ``blocks`` that depend on the classifier
    keep what is done. Raises Stopped where the work is to stop.
    """
    spec, wanted = classifier.spec, plan.search
    random = generator(plan.seed, Stream.HARDENING, 2)
    rows = np.sort(random.permutation(len(x))[: wanted.samples])
    wanted = replace(
        wanted, samples=len(rows), directions=min(wanted.directions, spec.dimension), seed=plan.seed
    )
    samples, origin = x[rows], y[rows]
    # Not those that audits of the same seed go along: what is trained on them would look better.
    directions = random_directions(
        spec.shape,
        wanted.directions,
        seed=plan.seed,
        part=(_TRAINING,),
        pixel_range=spec.high - spec.low,
    )
    pace = pace_for(spec, batch_size, progress=progress, blocks=blocks)
    rays, crossings = search_rays(
        checked(classifier),
        samples,
        origin,
        directions,
        wanted,
        pace,
    )
    pace.blocks.heed()  # what was stopped lacks samples
    return Searched(rows, origin, directions, rays, spec.classes, crossings.check)
