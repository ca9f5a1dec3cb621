"""What accuracy a hardened model may lose on validation data: of all samples, and of each class.

All samples are many, so what is found of them is held to what is allowed as it is found. Samples
of one class are few: of ten classes that lost nothing some seem to have lost points, by chance.
So a class counts against a model only where it is shown to have lost more than is allowed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from robaudit.hardening.plan import HardeningPlan
from robaudit.stats.paired import Difference, holding_zero, share_difference
from robaudit.types import BoolArray

_ERROR = 0.05


class Judged(Protocol):
    """The accuracy of a model, and which samples of each class it gets right."""

    @property
    def accuracy(self) -> float:
        """Over all samples."""

    @property
    def right(self) -> Sequence[BoolArray]:
        """Of each class (C,) its samples, all in one order; empty where that is not known."""


@dataclass(frozen=True)
class ClassLoss:
    """The accuracy of a class before and after, on so many ``samples`` of it.

    ``low`` and ``high`` bound what it lost, before less after, with 95 % for this class alone.
    ``too_large`` says that more than is allowed is shown to be lost, among all classes.
    """

    class_index: int
    samples: int
    before: float
    after: float
    low: float | None
    high: float | None
    too_large: bool

    @property
    def value(self) -> float:
        """What was lost, below 0 where it was gained."""
        return self.before - self.after


def class_losses(
    before: Sequence[BoolArray], after: Sequence[BoolArray], allowed: float
) -> tuple[ClassLoss, ...]:
    """Compare two models on the same samples of each class (C,), those without samples left out.

    Intervals are Newcombe's for paired shares, and leave out 0 only where McNemar's exact test
    does. Classes are shown to have lost more than ``allowed`` by Holm's method (Scandinavian
    Journal of Statistics 6, 1979), on bounds in the place of p-values: the chance that this is
    said of any class that lost no more is at most 2.5 %.
    """
    there = [index for index, of_one in enumerate(before) if len(of_one)]
    left, shown = list(there), set[int]()
    while left:
        each = _ERROR / len(left)
        beyond = [
            index
            for index in left
            if (_lost(before[index], after[index], each).low or 0.0) > allowed
        ]
        if not beyond:
            break
        shown.update(beyond)
        left = [index for index in left if index not in shown]
    losses = []
    for index in there:
        lost = _lost(before[index], after[index], _ERROR)
        rights = float(before[index].mean()), float(after[index].mean())
        count = len(before[index])
        losses.append(ClassLoss(index, count, *rights, lost.low, lost.high, index in shown))
    return tuple(losses)


def worst_loss(losses: Sequence[ClassLoss]) -> ClassLoss | None:
    """Give the largest loss, of those shown to be too large if there are any."""
    return max(losses, key=lambda loss: (loss.too_large, loss.value), default=None)


def worst_class(now: Judged, original: Judged, plan: HardeningPlan) -> ClassLoss | None:
    """Give what the class lost that lost most, ``None`` where classes are not known."""
    if not now.right:
        return None
    return worst_loss(class_losses(original.right, now.right, plan.max_class_drop))


def is_within(now: Judged, original: Judged, plan: HardeningPlan) -> bool:
    """Tell whether a model loses no more than it may, and no class is shown to lose more."""
    if now.accuracy < original.accuracy - plan.max_accuracy_drop - 1e-9:
        return False
    worst = worst_class(now, original, plan)
    return worst is None or not worst.too_large


def _lost(before: BoolArray, after: BoolArray, error: float) -> Difference:
    return holding_zero(share_difference(after, before, error), error)
