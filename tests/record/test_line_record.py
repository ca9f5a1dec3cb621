"""What the record says of the line of weights: every point, and why one was kept or none."""

import math
from dataclasses import replace

import numpy as np
import pytest
from msgspec import UNSET

from robaudit import InputSpec
from robaudit.hardening import HardeningPlan, Judgement, Line, Point, Standing
from robaudit.record.line_record import line_record
from robaudit.types import Estimate

PLAN = HardeningPlan(keep="line", max_accuracy_drop=0.02)
SPEC = InputSpec((4,), 2)


def standing(accuracy: float, margin: float, held: int) -> Standing:
    """Stand so on ten samples of class 0, of which some hold, with a reach of 1."""
    right = np.arange(10) < round(10 * accuracy)
    judgement = Judgement(accuracy, margin, (right,), np.full((10, 2), margin))
    return Standing(judgement, tuple((np.arange(10) < held).tolist()), reach=1.0)


ORIGINAL = standing(0.9, 0.3, 1)
BETTER = standing(0.89, 0.5, 3)
FIRST = Point(0.0, ORIGINAL, ORIGINAL)
GAIN = Estimate(0.2, 0.1, 0.3)


def why(*points: Point, kept: float = 0.0, gain: Estimate | None = None) -> str:
    return line_record(Line((FIRST, *points), kept, gain), SPEC, PLAN).why


def test_every_point_is_written_down_with_what_it_may_lose() -> None:
    lossy = standing(0.87, 0.5, 3)
    line = Line((FIRST, Point(0.5, BETTER, BETTER), Point(1.0, lossy, None)), 0.5, GAIN)
    record = line_record(line, SPEC, PLAN)
    assert record.kept == 0.5
    assert [point.share for point in record.points] == [0, 0.5, 1]
    assert [point.choosing.within for point in record.points] == [True, True, False]
    middle = record.points[1].confirming
    assert middle is not None
    assert (middle.accuracy, middle.restricted_mean, middle.attacked) == (0.89, 0.5, 0.3)
    assert middle.robustness == pytest.approx(0.4)
    assert middle.within
    assert middle.worst_class
    assert middle.worst_class.samples == 20, "of both halves"
    assert record.points[2].confirming is None
    assert record.gain
    assert (record.gain.value, record.gain.low, record.gain.high) == (0.2, 0.1, 0.3)


def test_a_point_that_is_kept_says_how_far_it_lies_and_what_that_gave() -> None:
    found = why(Point(0.7, BETTER, BETTER), kept=0.7, gain=GAIN)
    assert "the point 70% of the way" in found
    assert "no more than 2 points of accuracy" in found
    assert "(0.200 before, 0.400 after; 95% interval of the gain 0.100 to 0.300)" in found


def test_what_was_judged_by_accuracy_alone_has_no_robustness() -> None:
    lossy = Standing(Judgement(0.5, math.nan, (np.arange(10) < 5,)), None, reach=1.0)
    (_, point) = line_record(Line((FIRST, Point(1.0, BETTER, lossy)), 0.0), SPEC, PLAN).points
    assert point.confirming
    assert (point.confirming.accuracy, point.confirming.within) == (0.5, False)
    found = point.confirming.restricted_mean, point.confirming.attacked, point.confirming.robustness
    assert found == (None, None, None)


def test_of_several_trainings_it_says_within_which_budget() -> None:
    points = (replace(Point(1.0, BETTER, BETTER), budget=budget) for budget in (0.2, 0.1, 0.05))
    line = Line((FIRST, *points), 1.0, GAIN, 0.1)
    record = line_record(line, SPEC, PLAN)
    assert record.budget == 0.1
    assert [point.budget for point in record.points] == [UNSET, 0.2, 0.1, 0.05]
    said = "the last epoch of training within a budget of 0.1 (of 0.2, 0.1 and 0.05): of those that"
    assert said in record.why
    none = line_record(replace(line, kept=0.0, gain=None, budget=None), SPEC, PLAN)
    assert none.budget is UNSET
    assert "Of the 3 lines, by budgets of 0.2, 0.1 and 0.05 in training, from its" in none.why


def test_where_none_is_kept_it_says_why() -> None:
    lossy, weak = standing(0.5, 0.5, 3), standing(0.9, 0.2, 0)
    assert "every point lost more than 2 points" in why(Point(1.0, lossy, None))
    assert "was more robust on validation data" in why(Point(1.0, weak, None))
    assert "that one half of the validation data chose" in why(Point(1.0, BETTER, lossy))
    unsure = why(Point(1.0, BETTER, weak), gain=Estimate(0.02, -0.1, 0.14))
    assert "is not shown to be more robust on the other" in unsure
    assert "95% interval of the gain -0.100 to 0.140" in unsure
    bare = why(Point(1.0, BETTER, weak), gain=Estimate(0.02, None, None))
    assert "(0.200 before, 0.220 after)" in bare


def test_one_point_of_accuracy_is_one() -> None:
    plan = replace(PLAN, max_accuracy_drop=0.01)
    kept = Line((FIRST, Point(1.0, BETTER, BETTER)), 1.0, GAIN)
    assert "no more than 1 point of accuracy" in line_record(kept, SPEC, plan).why
