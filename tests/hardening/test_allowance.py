"""What a model may lose: of all samples as it is found, of a class where it is shown."""

from dataclasses import replace

import numpy as np
import pytest

from robaudit.hardening import HardeningPlan, Judgement
from robaudit.hardening.allowance import class_losses, is_within, worst_class, worst_loss
from robaudit.stats.paired import share_difference

PLAN = HardeningPlan(max_accuracy_drop=0.01, max_class_drop=0.03)


def right(count: int, wrong: int = 0) -> np.ndarray:
    """Mark all but the last few of so many samples."""
    return np.arange(count) < count - wrong


def test_a_loss_is_that_of_the_same_samples_with_its_interval() -> None:
    before, after = right(50, 2), right(50, 12)
    (loss,) = class_losses([before], [after], 0.03)
    assert (loss.class_index, loss.samples) == (0, 50)
    assert (loss.before, loss.after, loss.value) == pytest.approx((0.96, 0.76, 0.2))
    exact = share_difference(after, before)
    assert (loss.low, loss.high) == (exact.low, exact.high)
    assert loss.too_large


def test_the_more_classes_there_are_the_clearer_a_loss_has_to_be() -> None:
    """Nine of sixty are shown to be more than 3 points alone, and not among forty classes."""
    few = class_losses([right(60)], [right(60, 9)], 0.03)
    assert few[0].too_large
    many = class_losses([right(60)] * 40, [right(60, 9), *[right(60)] * 39], 0.03)
    assert not any(loss.too_large for loss in many)
    assert (many[0].low, many[0].high) == (few[0].low, few[0].high)


def test_where_one_class_is_shown_the_others_are_held_to_less() -> None:
    """Holm's method: what is left, once the clearest is shown, is one class fewer."""
    after = [right(60, 30), *[right(60, 10)] * 2]
    alone = class_losses([right(60)] * 3, [right(60, 10), right(60), right(60)], 0.03)
    assert [loss.too_large for loss in alone] == [True, False, False]
    assert all(loss.too_large for loss in class_losses([right(60)] * 3, after, 0.03))


def test_classes_without_samples_are_left_out_and_few_samples_show_nothing() -> None:
    losses = class_losses([right(0), right(3)], [right(0), right(3, 3)], 0.03)
    assert [loss.class_index for loss in losses] == [1]
    assert not losses[0].too_large
    assert worst_loss(()) is None


def test_the_worst_class_is_the_one_that_is_shown() -> None:
    """Two of four are more than a quarter of a hundred, and show nothing."""
    losses = class_losses([right(4), right(100)], [right(4, 2), right(100, 25)], 0.03)
    assert [loss.too_large for loss in losses] == [False, True]
    assert worst_loss(losses) == losses[1]
    assert worst_loss(losses[:1]) == losses[0]


def test_within_is_what_loses_no_more_over_all_and_in_each_class() -> None:
    original = Judgement(0.9, 0.2, (right(100), right(100)))
    assert is_within(Judgement(0.89, 0.2, original.right), original, PLAN)
    assert not is_within(Judgement(0.88, 0.2, original.right), original, PLAN)
    lost = Judgement(0.9, 0.2, (right(100), right(100, 20)))
    assert not is_within(lost, original, PLAN)
    assert is_within(lost, original, replace(PLAN, max_class_drop=0.2))
    worst = worst_class(lost, original, PLAN)
    assert worst is not None
    assert worst.class_index == 1


def test_of_a_function_that_tells_no_classes_none_is_the_price() -> None:
    assert worst_class(Judgement(0.9, 0.2), Judgement(0.9, 0.2), PLAN) is None
    assert is_within(Judgement(0.9, 0.2), Judgement(0.9, 0.2), PLAN)


def test_ten_classes_that_lost_just_what_they_may_are_seldom_blamed() -> None:
    """All lose 13 of 100 samples and gain 10 others: of 300 models in few is a class blamed."""
    random, blamed = np.random.default_rng(0), 0
    for _ in range(300):
        drawn = random.random((10, 60))
        before = (drawn < 0.13) | (drawn >= 0.23)
        after = drawn >= 0.13
        blamed += any(loss.too_large for loss in class_losses([*before], [*after], 0.03))
    assert blamed <= 15
