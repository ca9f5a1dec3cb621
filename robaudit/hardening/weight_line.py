"""The line of weights from the original to what training made of it, and the point to keep.

Between two models that one was trained to be from the other lie models that have some of both
(Wortsman et al., 2022, WiSE-FT): passes over data, and no training, tell how much of each. Half
of the validation data choose the point, and the other half confirm it: of several points the
one that looks best on some data does so partly by chance.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from robaudit.attacks.catalogue import Attack
from robaudit.attacks.chance import Chance
from robaudit.attacks.generators import generator_for, view_of
from robaudit.batches import Blocks, batch_size_for, in_passes
from robaudit.data.sampling import balanced_rows, held_out_rows
from robaudit.errors import UsageError
from robaudit.hardening.averaging import between
from robaudit.hardening.plan import HardeningPlan, default_adversary
from robaudit.hardening.resuming import blocks_of
from robaudit.hardening.runs import Line, Point, Standing
from robaudit.hardening.validation import Judge, Judgement, make_judge
from robaudit.predicting import checked, classes_of
from robaudit.types import Classifier, FloatArray

SHARES = tuple(number / 10 for number in range(11))
"""How far from the original, 0, towards the trained model, 1, points lie."""

_HALVING = 2
_ATTACKED = 100


@dataclass(frozen=True)
class _Half:
    """A half of the validation data: what judges on it, and the rows of it that are attacked."""

    judge: Judge
    attack: Attack | None
    attacked: tuple[int, ...]

    def stand(self, classifier: Classifier, blocks: Blocks) -> Standing:
        """Judge a classifier, or give what is kept of that."""
        own = blocks_of(blocks, classifier, half=self)
        judgement = own.done("judgements", Judgement, lambda: self.judge(classifier, own))
        reach = self.judge.plan.steps * self.judge.plan.step
        shares = [judgement.restricted_mean / reach]
        attacked = None
        if self.attack is not None and classifier.vjp is not None:
            attacked = own.done("attacked", float, partial(self._attacked, checked(classifier)))
            shares.append(attacked)
        return Standing(
            judgement.accuracy, judgement.restricted_mean, attacked, float(np.mean(shares))
        )

    def _attacked(self, classifier: Classifier) -> float:
        assert self.attack is not None  # noqa: S101 - or it is not asked
        rows = np.array(self.attacked)
        x, y = self.judge.x[rows], self.judge.y[rows]
        size, view = batch_size_for(classifier.spec), view_of(self.attack, classifier, x)
        chance = Chance(self.judge.plan.seed, rows)
        examples = generator_for(self.attack, in_passes(view, size), None)(x, y, chance)
        return float((classes_of(classifier.predict, examples, size)[0] == y).mean())


def walk_line(
    original: Classifier,
    trained: Classifier,
    judge: Callable[[Classifier], Judgement],
    plan: HardeningPlan,
    x: FloatArray,
    blocks: Blocks | None = None,
) -> tuple[Line, Classifier]:
    """Judge points between two classifiers, and give the best, the original where none is.

    On one half of the validation data of a ``judge`` those that lose no more accuracy than
    ``plan.max_accuracy_drop`` are put in the order of their robustness, as far as it is more
    than the original's. Kept is the first that the other half confirms: it loses no more there,
    and is more robust than the original. ``x`` (n, *shape) of the training data gives batch
    normalisation its statistics, but for both ends, which stay as they are.
    """
    kept_in, halves = blocks or Blocks(), _halves(original, judge, plan)
    choosing, confirming = halves

    def at(share: float) -> Classifier:
        if share in (0, 1):
            return trained if share else original
        assert original.weights is not None  # noqa: S101 - as `check_weights` has it
        assert trained.weights is not None  # noqa: S101
        return original.weights.put(
            between(original.weights.take(), trained.weights.take(), share), x
        )

    points = [Point(share, choosing.stand(at(share), kept_in), None) for share in SHARES]
    points[0] = replace(points[0], confirming=confirming.stand(original, kept_in))
    first, kept = points[0], 0.0
    for number in _best_first(points, plan):
        stands = confirming.stand(at(points[number].share), kept_in)
        points[number] = replace(points[number], confirming=stands)
        assert first.confirming is not None  # noqa: S101
        if _is_better(stands, first.confirming, plan):
            kept = points[number].share
            break
    return Line(tuple(points), kept), at(kept)


def _best_first(points: list[Point], plan: HardeningPlan) -> Iterator[int]:
    """Give the numbers of points that are better than the first, the most robust first."""
    original = points[0].choosing
    order = sorted(range(1, len(points)), key=lambda n: -points[n].choosing.robustness)
    return (n for n in order if _is_better(points[n].choosing, original, plan))


def _is_better(stands: Standing, original: Standing, plan: HardeningPlan) -> bool:
    return is_within(stands, original, plan) and stands.robustness > original.robustness


def is_within(stands: Standing, original: Standing, plan: HardeningPlan) -> bool:
    """Tell whether a point loses no more accuracy than it may."""
    return stands.accuracy >= original.accuracy - plan.max_accuracy_drop - 1e-9


def _halves(
    original: Classifier, judge: Callable[[Classifier], Judgement], plan: HardeningPlan
) -> tuple[_Half, _Half]:
    """Divide the validation data of a judge by chance, each class as evenly as it goes."""
    if not isinstance(judge, Judge):
        raise UsageError(
            "`keep='line'` with a function that judges",
            expected="what `robaudit.hardening.make_judge` gives: its data are divided",
        )
    confirms = held_out_rows(judge.y, 0.5, plan.seed, part=_HALVING)
    attack = None if original.vjp is None else plan.adversary or default_adversary(original.spec)
    halves = []
    for rows in (~confirms, confirms):
        x, y = judge.x[rows], judge.y[rows]
        search = replace(
            judge.plan, samples=max(1, len(judge.searched) // 2), directions=len(judge.directions)
        )
        attacked = balanced_rows(y, _ATTACKED, plan.seed)
        own = make_judge(original, x, y, search, judge.batch_size)
        halves.append(_Half(own, attack, tuple(attacked.tolist())))
    return halves[0], halves[1]
