"""Populations of images and directions with exact means: a good, a middling and a bad model.

An image of class c is misclassified with a chance of its own class's, and else has along a
direction the margin clip(centre of the class + image + direction + rest, 0, reach), all normal,
with the reach as the unit. So means and crossing rates have closed forms, most margins of a
good model lie at the reach, and the components of variance are near those measured on models.
"""

import math
from dataclasses import dataclass, replace
from statistics import NormalDist

import numpy as np

from robaudit.types import BoolArray, FloatArray, IntArray

_NORMAL = NormalDist()
_FAVOURITE = 0.7
"""The chance that a ray ends where most rays of its image do."""


@dataclass(frozen=True)
class Population:
    """Chances of misclassification and centres of margins by class (C,), and standard deviations.

    ``ends`` (C, C) is where the rays of each class end, as far as they cross.
    """

    misclassified: FloatArray
    centre: FloatArray
    sample: float
    direction: float
    rest: float
    ends: FloatArray

    @property
    def classes(self) -> int:
        """How many classes there are."""
        return len(self.centre)

    @property
    def margin(self) -> FloatArray:
        """Mean of min(margin, reach) / reach of each class: (C,)."""
        spread = math.hypot(self.sample, self.direction, self.rest)
        clipped = [_clipped_mean(centre, spread) for centre in self.centre.tolist()]
        return np.asarray((1 - self.misclassified) * np.array(clipped))

    @property
    def crossing(self) -> FloatArray:
        """Share of rays of each class that cross: (C,)."""
        spread = math.hypot(self.sample, self.direction, self.rest)
        beyond = np.array([_NORMAL.cdf((1 - one) / spread) for one in self.centre.tolist()])
        return np.asarray(self.misclassified + (1 - self.misclassified) * beyond)


def _clipped_mean(mean: float, spread: float) -> float:
    """Mean of a normal number that is clipped to [0, 1]."""
    low, high = -mean / spread, (1 - mean) / spread
    inside = _NORMAL.cdf(high) - _NORMAL.cdf(low)
    edge = _NORMAL.pdf(high) - _NORMAL.pdf(low)
    return mean * inside - spread * edge + 1 - _NORMAL.cdf(high)


_MODELS: dict[str, tuple[float, float, float, float, float]] = {
    # misclassified, centre, sample, direction, rest
    "good": (0.01, 0.95, 0.20, 0.03, 0.11),
    "middling": (0.08, 0.55, 0.25, 0.03, 0.08),
    "bad": (0.35, 0.42, 0.27, 0.05, 0.10),
}
MODELS = tuple(_MODELS)


def population(model: str, classes: int, *, equal: bool = False) -> Population:
    """Make the population of a model, its classes ``equal`` or from good to bad."""
    wrong, centre, sample, direction, rest = _MODELS[model]
    place = np.zeros(classes) if equal else (np.arange(classes) + 0.5) / classes * 2 - 1
    apart = np.abs(np.subtract.outer(np.arange(classes), np.arange(classes)))
    near = np.where(apart > 0, np.exp(-np.minimum(apart, classes - apart) / 2.0), 0.0)
    return Population(
        wrong * (1 + 0.8 * place),
        centre - 0.12 * place,
        sample,
        direction,
        rest,
        near / near.sum(axis=1, keepdims=True),
    )


def changed(before: Population) -> Population:
    """Make of a model one with fewer misclassified images and smaller margins."""
    return replace(before, misclassified=before.misclassified * 0.4, centre=before.centre - 0.05)


@dataclass(frozen=True)
class Audits:
    """Audits drawn from a population: margins in units of the reach, and crossings, (A, S, k).

    ``taken`` (S, k) says which directions of the pool each sample has, ``wrong`` (A, S) which
    samples are misclassified.
    """

    margins: FloatArray
    crossed: BoolArray
    wrong: BoolArray
    taken: IntArray


def directions_of(samples: int, each: int, pool: int) -> IntArray:
    """Give each sample directions of its own, balanced over runs of samples: (samples, each)."""
    if each == pool:
        return np.broadcast_to(np.arange(pool), (samples, pool))
    random = np.random.default_rng(0)
    runs = -(-samples // (pool // each))
    places = [random.permutation(pool)[: pool // each * each] for _ in range(runs)]
    return np.concatenate(places).reshape(-1, each)[:samples]


def draw(
    models: tuple[Population, ...],
    group: IntArray,
    taken: IntArray,
    pool: int,
    count: int,
    random: np.random.Generator,
) -> list[Audits]:
    """Draw ``count`` audits of each of some models on the same images and directions.

    Images that are hard for one are mostly hard for the others too.
    """
    shape = (count, len(group))
    hard, nature = random.random(shape), random.standard_normal(shape)
    along = random.standard_normal((count, pool), dtype=np.float32)[:, taken]
    found = []
    for index, model in enumerate(models):
        own = random.random(shape) < 0.4 if index else np.zeros(shape, dtype=bool)
        chance = np.where(own, random.random(shape), hard)
        image = nature if not index else 0.8 * nature + 0.6 * random.standard_normal(shape)
        level = model.centre[group] + model.sample * image
        margins = random.standard_normal((*shape, taken.shape[1]), dtype=np.float32)
        margins *= np.float32(model.rest)
        margins += level[:, :, np.newaxis].astype(np.float32) + np.float32(model.direction) * along
        wrong = chance < model.misclassified[group]
        crossed = (margins < 1) | wrong[:, :, np.newaxis]
        np.clip(margins, 0, 1, out=margins)
        margins[wrong] = 0
        found.append(Audits(margins, crossed, wrong, taken))
    return found


def draw_ends(
    model: Population, group: IntArray, shape: int, random: np.random.Generator
) -> IntArray:
    """Draw in which class each of ``shape`` rays of a sample would end: (S, shape)."""
    favourite = _choose(model.ends[group], random.random(len(group)))
    other = _choose(
        np.repeat(model.ends[group], shape, axis=0), random.random(len(group) * shape)
    ).reshape(len(group), shape)
    same = random.random((len(group), shape)) < _FAVOURITE
    return np.where(same, favourite[:, np.newaxis], other)


def _choose(chances: FloatArray, random: FloatArray) -> IntArray:
    place = (chances.cumsum(axis=1) < random[:, np.newaxis]).sum(axis=1)
    return np.asarray(np.minimum(place, chances.shape[1] - 1))
