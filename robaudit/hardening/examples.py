"""Boundary-crossing examples of training samples, more of them for vulnerable classes.

Section IV-B and Algorithm 1, step 4 of the paper. A *sample* is real, an *example*
is made of one by moving it across the decision boundary; it keeps the sample's label.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from robaudit.batches import Blocks, batch_size_for, slices
from robaudit.errors import DataError, UsageError
from robaudit.hardening.compensation import nearness, samples_of_classes
from robaudit.hardening.gradient_rays import GradientRays, find_gradient_rays
from robaudit.hardening.plan import HardeningPlan
from robaudit.hardening.training_search import Searched
from robaudit.metrics.inequality import class_ranking, class_robustness
from robaudit.metrics.levels import Level, robustness_levels
from robaudit.predicting import points_on_rays
from robaudit.search.rays import Rays, locate_rays
from robaudit.stats.randomness import Stream, generator
from robaudit.types import Classifier, FloatArray, InputSpec, IntArray, Progress, no_progress

_ROWS_AT_A_TIME = 1024


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
    ``direction`` (n,) counts in ``directions`` of unit RMS: those that were searched
    (K, *shape), and after them one for each example along a gradient. ``sign`` (n,)
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
        inputs = np.empty((len(self), *x.shape[1:]), dtype=np.float32)
        reached = self.sign * self.margin * self.strength
        for part in slices(len(self), _ROWS_AT_A_TIME):
            samples, ways = x[self.row[part]], self.directions[self.direction[part]]
            inputs[part] = points_on_rays(samples, ways, reached[part], low, high)
        return inputs


def make_examples(
    searched: Searched,
    plan: HardeningPlan,
    labels: IntArray,
    *,
    classifier: Classifier | None = None,
    x: FloatArray | None = None,
    batch_size: int | None = None,
    progress: Progress = no_progress,
    blocks: Blocks | None = None,
) -> Examples:
    """Choose samples by the level of their class, and rays by their margin.

    ``labels`` (n,) are those of all training data. Samples are drawn at random from those
    of a class with a ray that crosses; misclassified samples have none. Of rays that cross
    at the same step the first directions are taken. The method "continued" is the
    control: as many rows as there would be examples, of training samples drawn at
    random, each as it is. For ``plan.gradient_directions`` the ``classifier`` is needed, and
    x (n, *shape), the training data; examples along gradients come after all others. Of these
    what is kept in ``blocks`` is not done again.

    Raises DataError for a search of other data, and ClassifierError for a classifier
    without gradients where they are needed.
    """
    check_made_of(searched.rows, searched.origin, searched.directions, labels, x)
    random = generator(plan.seed, Stream.HARDENING)
    chosen, selections = _choose_samples(searched, plan, random)
    samples = np.concatenate(chosen)
    # Fewer rays of each sample, not fewer samples: the proportions of the classes stay.
    room = int(plan.most_examples * len(labels)) // max(1, len(samples))
    count, along = examples_of_each(plan, room, searched.classes, len(samples))
    ray = nearest_rays(searched.rays, samples, count)
    sample, direction, sign = locate_rays(ray, searched.rays.plan)
    row = searched.rows[sample]
    examples = Examples(
        row=row,
        direction=direction,
        sign=sign,
        margin=searched.rays.distance_at(ray),
        strength=random.uniform(plan.weakest, plan.strongest, len(ray)),
        label=labels[row],
        directions=searched.directions,
        clip=plan.search.clip,
        selections=selections,
    )
    if along.any():
        if classifier is None or x is None:
            raise UsageError(
                f"gradient_directions = {plan.gradient_directions}",
                expected="the classifier beside it, and x, the training data",
            )
        gradient_rays = find_gradient_rays(
            classifier,
            x[searched.rows[samples]],
            searched.origin[samples],
            along,
            plan.search,
            batch_size=batch_size or batch_size_for(classifier.spec),
            progress=progress,
            blocks=blocks,
        )
        examples = _with_gradient_rays(
            examples, gradient_rays, searched.rows[samples], labels, plan
        )
    made = np.bincount(examples.label, minlength=len(selections))
    selections = tuple(
        replace(selection, examples=int(many))
        for selection, many in zip(selections, made, strict=True)
    )
    examples = replace(examples, selections=selections)
    return _unperturbed(examples, labels, random) if plan.method == "continued" else examples


def _choose_samples(
    searched: Searched, plan: HardeningPlan, random: np.random.Generator
) -> tuple[list[IntArray], tuple[ClassSelection, ...]]:
    """Choose samples of each class, by their places among those that were searched."""
    origin, tally = searched.origin, searched.tally
    levels = robustness_levels(class_ranking(tally), plan.high_share, plan.low_share)
    robustness = class_robustness(tally.sums)
    sizes = np.bincount(origin, minlength=len(levels))
    crossing = np.flatnonzero(tally.walked)
    wanted = samples_of_classes(
        plan,
        levels,
        sizes,
        np.bincount(origin[crossing], minlength=len(levels)),
        nearness(tally, searched.rays.plan.reach),
    )
    chosen, selections = [], []
    for class_index, level in enumerate(levels):
        candidates = crossing[origin[crossing] == class_index]
        chosen.append(np.sort(random.permutation(candidates)[: wanted[class_index]]))
        selections.append(
            ClassSelection(
                class_index=class_index,
                level=level,
                robustness=float(robustness[class_index]),
                searched=int(sizes[class_index]),
                chosen=len(chosen[-1]),
                examples=0,
            )
        )
    return chosen, tuple(selections)


def _with_gradient_rays(
    examples: Examples, rays: GradientRays, rows: IntArray, labels: IntArray, plan: HardeningPlan
) -> Examples:
    """Add examples on rays along gradients, of samples in these rows of the training data."""
    count, before = len(rays.sample), len(examples.directions)
    row = rows[rays.sample]
    # A stream of its own: the other examples are the same with and without these.
    random = generator(plan.seed, Stream.HARDENING, 3)
    added: dict[str, Any] = {
        "row": row,
        "direction": before + np.arange(count, dtype=examples.direction.dtype),
        "sign": np.ones(count, dtype=examples.sign.dtype),
        "margin": rays.margin,
        "strength": random.uniform(plan.weakest, plan.strongest, count),
        "label": labels[row],
        "directions": rays.directions,
    }
    joined: dict[str, Any] = {
        name: np.concatenate([getattr(examples, name), more]) for name, more in added.items()
    }
    return replace(examples, **joined)


def _unperturbed(examples: Examples, labels: IntArray, random: np.random.Generator) -> Examples:
    """Put as many training samples in the place of examples, drawn at random, as they are."""
    row = random.integers(0, len(labels), len(examples))
    return replace(examples, row=row, label=labels[row], strength=np.zeros(len(row)))


def examples_of_each(
    plan: HardeningPlan, room: int, classes: int, samples: int
) -> tuple[IntArray, IntArray]:
    """Tell how many examples each sample gives along searched rays, and along gradients.

    They are ``room`` together at most, and both kinds are thinned alike: where their shares
    are no whole numbers, some samples give one more of a kind than others.

    >>> examples_of_each(HardeningPlan(gradient_directions=9), 100, classes=10, samples=2)
    (array([40, 40]), array([9, 9]))
    >>> examples_of_each(HardeningPlan(gradient_directions=10), 6, classes=11, samples=5)
    (array([5, 5, 5, 5, 4]), array([1, 1, 1, 1, 2]))
    """
    searched, along = plan.directions_per_sample, min(plan.gradient_directions, classes - 1)
    room = max(1, min(room, searched + along))
    so_far = np.arange(samples + 1) * (room * along) // (searched + along)
    of_gradients = np.diff(so_far)
    return room - of_gradients, of_gradients


def check_made_of(
    row: IntArray,
    label: IntArray,
    directions: FloatArray,
    labels: IntArray,
    x: FloatArray | None,
) -> None:
    """Raise DataError where ``row`` and ``label`` (n,) are not those of x and ``labels``."""
    fits = bool((row < len(labels)).all()) and np.array_equal(labels[row], label)
    if not fits or (x is not None and x.shape[1:] != directions.shape[1:]):
        raise DataError(
            "a search, or examples, of other training data",
            expected="rows, labels and input shape of the data that they are used with",
        )


def nearest_rays(rays: Rays, samples: IntArray, count: int | IntArray) -> IntArray:
    """List up to ``count`` rays of each of some samples (n,) that cross soonest, in order.

    ``count`` is one number, or one for each sample.
    """
    counts = np.broadcast_to(count, len(samples))
    nearest = [np.zeros(0, dtype=np.int64)]
    for sample, most in zip(samples.tolist(), counts.tolist(), strict=True):
        mine = rays.of_samples(sample, sample + 1)
        crossed = np.flatnonzero(mine.step > 0)
        soonest = crossed[np.argsort(mine.distance_at(crossed), kind="stable")][:most]
        nearest.append(sample * rays.plan.rays_per_sample + soonest)
    return np.concatenate(nearest)
