"""Telling adversarial examples from samples by the boundaries around them.

He, Li and Song, Decision Boundary Analysis of Adversarial Examples (ICLR 2018): an input is
described by the sorted distances to the boundary along random orthogonal directions, and by how
many of the boundaries belong to each adjacent class. A classifier of these tells the two apart.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from robaudit.batches import Pace, Stopped, all_there, inputs_in_block, pace_for, slices
from robaudit.errors import UsageError
from robaudit.predicting import SCALE_INPUTS, predict_classes, score_scale
from robaudit.requirements import needs, requirement
from robaudit.search.boundary_search import search_rays
from robaudit.search.directions import random_directions
from robaudit.search.plan import SearchPlan
from robaudit.search.rays import NONE, Rays
from robaudit.stats.auroc import area_under_curve
from robaudit.stats.bootstrap import bootstrap_weights
from robaudit.stats.bounded import share_interval
from robaudit.stats.naming import error_of_each
from robaudit.stats.randomness import Stream, generator
from robaudit.types import BoolArray, Classifier, Estimate, FloatArray, IntArray

_LEVELS = np.linspace(0, 1, 21)
_CLASSES = 5
"""So many adjacent classes are told apart, the most frequent first."""
_TREES = 100
FEWEST = 10

SCIKIT_LEARN = requirement("scikit-learn", 'pip install "robaudit[sklearn]"')


Examples = tuple[FloatArray, BoolArray]
"""What an attack made of samples (n, *shape), like these, and which of them are examples (n,)."""


@dataclass(frozen=True)
class Detection:
    """How a detector trained on samples and examples of one kind does on others of another.

    ``examples`` of ``tested_on`` and ``samples`` it had not seen; ``detected`` is the share of
    the examples, ``false_alarms`` that of the samples, which it calls adversarial, and ``auroc``
    how often it gives an example a higher score than a sample. The interval of ``together``,
    the same, holds for all attacks at once (Sidak).
    """

    trained_on: str
    tested_on: str
    examples: int
    samples: int
    detected: Estimate
    false_alarms: Estimate
    auroc: Estimate
    together: Estimate


def least_detected(detections: Sequence[Detection]) -> Estimate:
    """Estimate the least area under the ROC curve of any attack that its detector was trained on.

    The least that was found is mostly too low: its upper bound allows for how many attacks
    there are, a lower bound needs no allowance.
    """
    own = [one for one in detections if one.trained_on == one.tested_on]

    def least(ends: Iterable[float | None]) -> float | None:
        return min((end for end in ends if end is not None), default=None)

    return Estimate(
        least(one.auroc.value for one in own),
        least(one.auroc.low for one in own),
        least(one.together.high for one in own),
    )


def measure_detection(
    classifier: Classifier,
    x: FloatArray,
    attacked: Mapping[str, Examples],
    plan: SearchPlan,
    *,
    pace: Pace | None = None,
) -> tuple[Detection, ...]:
    """Train a detector for each attack of samples x (n, *shape), and test it on every attack.

    ``attacked`` holds, by the names of attacks, what these made of the samples, like x, and
    which of that are examples (n,), as `robaudit.opt_margin` gives both.
    All inputs are searched from the class that they are predicted as, along the directions of
    the plan. Detectors are trained on half of the samples and their examples, and tested on the
    other half. They are random forests, each group weighing the same. By default the fastest
    ``pace`` is looked for; what it has kept is not done again.

    Raises UsageError where a half has fewer than ten examples of an attack,
    MissingDependencyError without scikit-learn, and Stopped where the work is to stop.
    """
    half = np.zeros(len(x), dtype=bool)
    half[generator(plan.seed, Stream.CHECKING, 2).permutation(len(x))[: len(x) // 2]] = True
    for name, (_, found) in attacked.items():
        fewest = min(int((found & half).sum()), int((found & ~half).sum()))
        if fewest < FEWEST:
            raise UsageError(
                f"{fewest} examples of {name} in one half of {len(x)} samples",
                expected=f"at least {FEWEST} to train or test a detector with",
            )
    pace = pace or pace_for(classifier.spec)
    benign = features_of(classifier, x, plan, pace)
    features = {
        name: features_of(classifier, examples, plan, pace)
        for name, (examples, _) in attacked.items()
    }
    known = {name: features[name][half & found] for name, (_, found) in attacked.items()}
    unknown = {name: features[name][~half & found] for name, (_, found) in attacked.items()}
    results = []
    for name in attacked:
        results += pace.blocks.done(
            "detection",
            list[Detection],
            partial(_detect, name, known[name], benign[half], benign[~half], unknown, plan.seed),
            trained_on=(name, known[name]),
            benign=(benign[half], benign[~half]),
            # The order in which detectors are tested is that of their results.
            unknown=list(unknown.items()),
            seed=plan.seed,
            library=SCIKIT_LEARN.found(),
        )
    return tuple(results)


def _detect(
    name: str,
    known: FloatArray,
    benign: FloatArray,
    others: FloatArray,
    unknown: Mapping[str, FloatArray],
    seed: int,
) -> list[Detection]:
    """Train a detector on features (n, F) ``known`` of an attack, and test it on every attack."""
    detector = train_detector(benign, known, seed=seed)
    scores, together = detector.predict_proba(others)[:, 1], error_of_each(0.05, len(unknown))
    return [
        _rates(name, other, scores, detector.predict_proba(features)[:, 1], seed, together)
        for other, features in unknown.items()
    ]


def features_of(classifier: Classifier, x: FloatArray, plan: SearchPlan, pace: Pace) -> FloatArray:
    """Search round inputs x (n, *shape) from their predicted classes, and describe what is there.

    All go along all directions of the plan: see `boundary_features`. What ``pace`` has kept is
    not done again. Raises Stopped where the work is to stop, ShareDone for one share of a run.
    """
    spec = classifier.spec
    plan = replace(plan, samples=len(x), own_directions=None, precision=None)
    directions = random_directions(
        spec.shape, plan.directions, seed=plan.seed, pixel_range=spec.high - spec.low
    )
    predicted = _classes_of(classifier, x, pace)
    searched = (x, predicted[0], directions, plan, pace)
    rays, _ = search_rays(classifier, *searched, predicted=predicted)
    if len(rays.sample_origin) < len(x):
        raise Stopped
    return boundary_features(rays, spec.classes)


def _classes_of(classifier: Classifier, x: FloatArray, pace: Pace) -> tuple[IntArray, float]:
    """Predict the classes (n,) of inputs x (n, *shape), block by block; also give `score_scale`."""
    predict, blocks = classifier.predict, pace.blocks.not_shared()
    scale = blocks.done(
        "classes",
        float,
        lambda: score_scale(predict, x, pace.batch_size),
        first=x[:SCALE_INPUTS],
    )

    def predicted(some: FloatArray) -> IntArray:
        parts = slices(len(some), pace.batch_size)
        return np.concatenate([predict_classes(predict, some[part], scale) for part in parts])

    parts = list(slices(len(x), inputs_in_block(classifier.spec)))

    def task(number: int) -> tuple[Callable[[], IntArray], Mapping[str, Any]]:
        some = x[parts[number]]
        return partial(predicted, some), {"x": some, "scale": scale}

    return np.concatenate(all_there(blocks.each("classes", IntArray, len(parts), task))), scale


def boundary_features(rays: Rays, classes: int) -> FloatArray:
    """Describe the boundaries around each sample: (S, 21 + 1 + 5).

    The quantiles of the distances along its rays in steps of 5 %, as shares of the reach, 1
    where nothing was crossed; the share of rays that crossed; the shares of crossings that the
    five most frequent adjacent classes have, the first of them first.
    """
    plan = rays.plan
    table = (-1, plan.rays_per_sample)
    blocks = (np.minimum(block.distance, plan.reach) for block in rays.blocks())
    distance = np.concatenate(list(blocks)).reshape(table) / plan.reach
    adjacent = np.asarray(rays.adjacent).reshape(table)
    counts = np.stack([(adjacent == index).sum(axis=1) for index in range(classes)], axis=1)
    crossed = (adjacent != NONE).sum(axis=1)
    shares = -np.sort(-counts, axis=1)[:, :_CLASSES] / np.maximum(crossed, 1)[:, None]
    missing = np.zeros((len(shares), _CLASSES - shares.shape[1]))
    return np.concatenate(
        [
            np.quantile(distance, _LEVELS, axis=1).T,
            crossed[:, None] / plan.rays_per_sample,
            shares,
            missing,
        ],
        axis=1,
    )


def train_detector(benign: FloatArray, adversarial: FloatArray, *, seed: int = 0) -> Any:
    """Train a detector on features (n, F) of samples and (m, F) of examples.

    It is scikit-learn's; column 1 of its ``predict_proba`` is that of examples. Raises
    MissingDependencyError without scikit-learn.
    """
    with needs([SCIKIT_LEARN]):
        from sklearn.ensemble import RandomForestClassifier  # noqa: PLC0415 - a framework
    forest = RandomForestClassifier(_TREES, class_weight="balanced", random_state=seed)
    is_example = np.arange(len(benign) + len(adversarial)) >= len(benign)
    return forest.fit(np.concatenate([benign, adversarial]), is_example)


def _rates(
    trained_on: str,
    tested_on: str,
    benign: FloatArray,
    adversarial: FloatArray,
    seed: int,
    together: float,
) -> Detection:
    """Compare scores of samples (n,) and of examples (m,)."""
    scores = np.concatenate([benign, adversarial])
    positive = np.arange(len(scores)) >= len(benign)
    weights = bootstrap_weights(positive.astype(np.int64), seed, rescaled=True)
    return Detection(
        trained_on,
        tested_on,
        examples=len(adversarial),
        samples=len(benign),
        detected=share_interval(int((adversarial > 0.5).sum()), len(adversarial)),
        false_alarms=share_interval(int((benign > 0.5).sum()), len(benign)),
        auroc=area_under_curve(scores, positive, weights),
        together=area_under_curve(scores, positive, weights, together),
    )
