"""What the record says of the line of weights: every point, and why one was kept or none."""

from dataclasses import replace

from robaudit.hardening import HardeningPlan, Line, Point, Standing
from robaudit.record.line_record import line_record

PLAN = HardeningPlan(keep="line", max_accuracy_drop=0.02)
ORIGINAL = Standing(0.9, 0.3, 0.1, 0.2)
BETTER = Standing(0.89, 0.5, 0.3, 0.4)
FIRST = Point(0.0, ORIGINAL, ORIGINAL)


def why(*points: Point, kept: float = 0.0) -> str:
    return line_record(Line((FIRST, *points), kept), PLAN).why


def test_every_point_is_written_down_with_what_it_may_lose() -> None:
    lossy = replace(BETTER, accuracy=0.87)
    line = Line((FIRST, Point(0.5, BETTER, BETTER), Point(1.0, lossy, None)), 0.5)
    record = line_record(line, PLAN)
    assert record.kept == 0.5
    assert [point.share for point in record.points] == [0, 0.5, 1]
    assert [point.choosing.within for point in record.points] == [True, True, False]
    middle = record.points[1].confirming
    assert middle is not None
    assert (middle.accuracy, middle.restricted_mean, middle.attacked) == (0.89, 0.5, 0.3)
    assert (middle.robustness, middle.within) == (0.4, True)
    assert record.points[2].confirming is None


def test_a_point_that_is_kept_says_how_far_it_lies() -> None:
    found = why(Point(0.7, BETTER, BETTER), kept=0.7)
    assert "the point 70% of the way" in found
    assert "no more than 2 points of accuracy" in found


def test_where_none_is_kept_it_says_why() -> None:
    lossy, weak = replace(BETTER, accuracy=0.5), replace(ORIGINAL, robustness=0.1)
    assert "every point lost more than 2 points" in why(Point(1.0, lossy, None))
    assert "had" not in why(Point(1.0, weak, None))
    assert "was more robust on validation data" in why(Point(1.0, weak, None))
    assert "that one half chose" in why(Point(1.0, BETTER, weak))


def test_one_point_of_accuracy_is_one() -> None:
    plan = replace(PLAN, max_accuracy_drop=0.01)
    kept = Line((FIRST, Point(1.0, BETTER, BETTER)), 1.0)
    assert "no more than 1 point of accuracy" in line_record(kept, plan).why
