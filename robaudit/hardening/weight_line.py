"""The line of weights from the original to what training made of it, and the point to keep.

Between two models that one was trained to be from the other lie models that have some of both
(Wortsman et al., 2022, WiSE-FT): passes over data, and no training, tell how much of each. Half
of the validation data choose the point, and the other half are asked about that one: of several
points the one that looks best on some data does so partly by chance.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from robaudit.attacks.catalogue import Attack
from robaudit.attacks.chance import Chance
from robaudit.attacks.generators import generator_for, view_of
from robaudit.batches import Blocks, batch_size_for, in_passes
from robaudit.data.sampling import held_out_rows
from robaudit.errors import DataError, UsageError
from robaudit.hardening.allowance import is_within
from robaudit.hardening.averaging import between
from robaudit.hardening.budget import scaled, with_more_steps
from robaudit.hardening.plan import HardeningPlan, default_adversary
from robaudit.hardening.resuming import blocks_of
from robaudit.hardening.runs import Line, Point, Standing
from robaudit.hardening.validation import Judge, Judgement, make_judge, what_judges
from robaudit.predicting import checked, classes_of
from robaudit.stats.bounded import CHANGES, intervals, widest_change
from robaudit.stats.cells import cells_of_table
from robaudit.stats.means import class_means
from robaudit.stats.randomness import Stream, generator
from robaudit.types import (
    BoolArray,
    Classifier,
    Estimate,
    FloatArray,
    IntArray,
    Progress,
    no_progress,
)

SHARES = tuple(number / 10 for number in range(11))
"""How far from the original, 0, towards the trained model, 1, points lie."""

BUDGETS = (0.25, 0.5, 0.75, 1.0)
"""Shares of the adversary's budget within which samples hold or do not."""

SAMPLES_TO_CONFIRM, DIRECTIONS_TO_CONFIRM = 4, 3
"""So many times as many as choose, where there are."""
_HALVING = 2
_CONFIRMING = 6
"""The part of the stream of hardening that the confirming half's seed is drawn from."""
_LEAST = 2
"""A single sample, or direction, does not tell how much they differ."""


@dataclass(frozen=True)
class _Half:
    """A half of the validation data: what judges on it, and what attacks the samples searched."""

    judge: Judge
    attack: Attack | None

    def stand(self, classifier: Classifier, blocks: Blocks) -> Standing:
        """Judge a classifier, or give what is kept of that."""
        own = blocks_of(blocks, classifier, half=replace(self, judge=what_judges(self.judge)))
        judgement = own.done("judgements", Judgement, lambda: self.judge(classifier, own))
        held = None
        if self.attack is not None and classifier.vjp is not None:
            shares = own.done("attacked", FloatArray, partial(self._held, checked(classifier)))
            held = tuple(shares.tolist())
        return Standing(judgement, held, self.judge.plan.reach)

    def stand_by_accuracy(self, classifier: Classifier) -> Standing:
        """Judge the accuracy of a classifier alone, which takes one pass."""
        return Standing(self.judge.accuracy(classifier), None, self.judge.plan.reach)

    def _held(self, classifier: Classifier) -> FloatArray:
        """Tell within what share of its budgets each sample holds, and within all smaller ones."""
        assert self.attack is not None  # noqa: S101 - or it is not asked
        searched = self.judge.searched
        view = view_of(self.attack, classifier, self.judge.x[searched])
        rows, held = searched, np.zeros(len(searched))
        for share in BUDGETS:
            if len(rows):
                attack = scaled(self.attack, share)
                rows = rows[self._holds(classifier, attack, view, rows)]
                held[np.isin(searched, rows)] = share
        return held

    def _holds(
        self, classifier: Classifier, attack: Attack, view: Classifier, rows: IntArray
    ) -> BoolArray:
        """Tell which of some rows (n,) keep their classes under an attack of what it asks."""
        x, y = self.judge.x[rows], self.judge.y[rows]
        size, chance = batch_size_for(classifier.spec), Chance(self.judge.plan.seed, rows)
        examples = generator_for(attack, in_passes(view, size), None)(x, y, chance)
        return np.equal(classes_of(classifier.predict, examples, size)[0], y)


class Walk:
    """A walk along lines from an original, in search of the best point of all of them.

    On one half of the validation data of a ``judge`` the points that lose no more than they may
    (`robaudit.hardening.allowance`) are put in the order of their robustness, as far as it is
    more than the original's. The other half, which had no say in that and walks along
    directions of its own, is asked about the first that loses no more there, too, nor in a class
    of both halves, and about no other, of however many lines: it is kept if it is shown to be
    more robust than the original, the whole 95 % interval of the gain above 0, over samples and
    directions. ``x`` (n, *shape) of the training data gives batch normalisation its statistics,
    but for the ends, which stay as they are.
    """

    def __init__(
        self,
        original: Classifier,
        judge: Callable[[Classifier], Judgement],
        plan: HardeningPlan,
        x: FloatArray,
        blocks: Blocks | None = None,
    ) -> None:
        self._original, self._plan, self._x = original, plan, x
        self._blocks = blocks or Blocks()
        self._choosing, self._confirming = _halves(original, judge, plan)
        self._ends: list[Classifier] = []
        choosing = self._choosing.stand(original, self._blocks)
        self._first = self._confirming.stand(original, self._blocks)
        self._points = [Point(0.0, choosing, self._first)]

    def to(
        self, trained: Classifier, budget: float | None = None, progress: Progress = no_progress
    ) -> bool:
        """Judge the points of one more line, to what was trained within a ``budget``.

        Tells whether a smaller one may give more: where the end of the line lost more than it may
        on either half, and no other line has a better point than this.
        """
        before = len(self._points)
        self._ends.append(trained)
        for number, share in enumerate(SHARES[1:]):
            progress("line of weights", number, len(SHARES) - 1)
            stands = self._choosing.stand(self._at(len(self._ends), share), self._blocks)
            self._points.append(Point(share, stands, None, budget))
        progress("line of weights", len(SHARES) - 1, len(SHARES) - 1)
        best = next(self._best_first(), before)
        return best >= before and not self._ends_within()

    def keep(self) -> tuple[Line, Classifier]:
        """Ask the other half, and give the best point, the original where none is."""
        points, gain = self._points, None
        for number in self._best_first():
            share, line = points[number].share, 1 + (number - 1) // (len(SHARES) - 1)
            made = self._at(line, share)
            points[number], within = self._asked(number, made)
            if within:
                stands = self._confirming.stand(made, self._blocks)
                points[number] = replace(points[number], confirming=stands)
                gain = gain_in_robustness(self._first, stands)
                if gain.low is not None and gain.low > 0:
                    return Line(tuple(points), share, gain, points[number].budget), made
                break
        return Line(tuple(points), 0.0, gain), self._original

    def _at(self, line: int, share: float) -> Classifier:
        original, trained = self._original, self._ends[line - 1]
        if share == 1:
            return trained
        assert original.weights is not None  # noqa: S101 - as `check_weights` has it
        assert trained.weights is not None  # noqa: S101
        return original.weights.put(
            between(original.weights.take(), trained.weights.take(), share), self._x
        )

    def _asked(self, number: int, made: Classifier) -> tuple[Point, bool]:
        """Judge the accuracy of a point on the half that confirms, and whether it is within."""
        stands = self._confirming.stand_by_accuracy(made)
        point = replace(self._points[number], confirming=stands)
        return point, is_within(point.confirmed, self._points[0].confirmed, self._plan)

    def _ends_within(self) -> bool:
        """Tell whether the last line's end is within what may be lost, on both halves."""
        if not self._is_within(self._points[-1]):
            return False
        _, there = self._asked(len(self._points) - 1, self._ends[-1])
        return there

    def _is_within(self, point: Point) -> bool:
        original = self._points[0].choosing.judgement
        return is_within(point.choosing.judgement, original, self._plan)

    def _best_first(self) -> Iterator[int]:
        """Give the numbers of points that may be better than the first, the most robust first."""
        points, least = self._points, self._points[0].choosing.robustness
        for number in sorted(range(1, len(points)), key=lambda n: -points[n].choosing.robustness):
            if self._is_within(points[number]) and points[number].choosing.robustness > least:
                yield number


def walk_line(
    original: Classifier,
    trained: Classifier,
    judge: Callable[[Classifier], Judgement],
    plan: HardeningPlan,
    x: FloatArray,
    blocks: Blocks | None = None,
) -> tuple[Line, Classifier]:
    """Judge points between two classifiers, and give the best, the original where none is.

    As `Walk` does with one line.
    """
    walk = Walk(original, judge, plan, x, blocks)
    walk.to(trained)
    return walk.keep()


def gain_in_robustness(before: Standing, after: Standing) -> Estimate:
    """Estimate by how much more robust a point is than another, on the same half.

    The interval is that of a mean over samples and directions as both were drawn.
    """
    change = after.cells - before.cells
    cells = cells_of_table(change, np.zeros(len(change), np.int64), 1)
    return intervals(class_means(cells), CHANGES, unseen=widest_change(cells.means))[0]


def check_line(judge: Callable[[Classifier], Judgement]) -> None:
    """Raise UsageError for what judges and cannot be divided, and DataError for too few images."""
    if not isinstance(judge, Judge):
        raise UsageError(
            "`keep='line'` with a function that judges",
            expected="what `robaudit.hardening.make_judge` gives: its data are divided",
        )
    check_divisible(len(judge.y), len(judge.searched), len(judge.directions))


def check_divisible(images: int, searched: int, directions: int) -> None:
    """Raise DataError where halves of so many validation images could never show a gain.

    Raises UsageError where it is so for the number of those ``searched``, or of ``directions``.
    """
    if images < 2 * _LEAST:
        raise DataError(
            f"{images} validation image(s) for the line of weights",
            expected=f"at least {2 * _LEAST}: half of them choose a point of it, and half say "
            "whether it is better",
            advice="Give more data, or a larger `validation_share`; `keep='best'` and "
            "`keep='last'` walk no line.",
        )
    for name, found, least in (
        ("validation_samples", searched, 2 * _LEAST),
        ("validation_directions", directions, _LEAST),
    ):
        if found < least:
            raise UsageError(
                f"{found} `{name}` for the line of weights",
                expected=f"at least {least}: of fewer no interval of the gain is known",
                advice="`keep='best'` and `keep='last'` walk no line.",
            )


def _halves(
    original: Classifier, judge: Callable[[Classifier], Judgement], plan: HardeningPlan
) -> tuple[_Half, _Half]:
    """Divide the validation data of a judge by chance, each class as evenly as it goes.

    The half that confirms walks along directions that nothing else of a hardening does, whatever
    its seeds: examples are trained on along those of a seed, and points chosen along them. It is
    asked about two models alone, and so of more samples, as far as there are, and directions.
    """
    check_line(judge)
    assert isinstance(judge, Judge)  # noqa: S101 - as was checked
    confirms = held_out_rows(judge.y, 0.5, plan.seed, part=_HALVING)
    adversary = plan.adversary or default_adversary(original.spec)
    attack = None if original.vjp is None else with_more_steps(adversary)
    random = generator(judge.plan.seed, Stream.HARDENING, _CONFIRMING)
    halves = []
    for rows, seed, samples, directions in (
        (~confirms, judge.plan.seed, 1, 1),
        (confirms, int(random.integers(2**32)), SAMPLES_TO_CONFIRM, DIRECTIONS_TO_CONFIRM),
    ):
        search = replace(
            judge.plan,
            samples=min(samples * len(judge.searched) // 2, int(rows.sum())),
            directions=directions * len(judge.directions),
            seed=seed,
        )
        own = make_judge(original, judge.x[rows], judge.y[rows], search, judge.batch_size)
        halves.append(_Half(own, attack))
    return halves[0], halves[1]
