"""The part of a hardening's record that says which point of the line of weights was kept, and why.

Two halves of the validation data speak: one by which a point is chosen, one that confirms it.
"""

from robaudit.hardening.plan import HardeningPlan
from robaudit.hardening.runs import Line, Standing
from robaudit.hardening.weight_line import is_within
from robaudit.record.schema.hardening import LineRecord, PointRecord, StandingRecord


def line_record(line: Line, plan: HardeningPlan) -> LineRecord:
    """Write down a line that was walked."""
    first = line.points[0]
    return LineRecord(
        kept=line.kept,
        why=why_this_point(line, plan),
        points=[
            PointRecord(
                share=point.share,
                choosing=_standing(point.choosing, first.choosing, plan),
                confirming=None
                if point.confirming is None or first.confirming is None
                else _standing(point.confirming, first.confirming, plan),
            )
            for point in line.points
        ],
    )


def why_this_point(line: Line, plan: HardeningPlan) -> str:
    """Say in a sentence why a point of the line was kept, or the original."""
    points = f"{100 * plan.max_accuracy_drop:g}"
    drop = f"{points} {'point' if points == '1' else 'points'} of accuracy"
    if line.kept:
        return (
            f"Kept is the point {line.kept:.0%} of the way from the original's weights to those "
            f"of the last epoch: of those that lost no more than {drop} on one half of the "
            "validation data the most robust that the other half confirmed."
        )
    first, *others = line.points
    if any(point.confirming is not None for point in others):
        why = f"no point that one half chose was, on the other, more robust and within {drop}"
    elif not any(is_within(point.choosing, first.choosing, plan) for point in others):
        why = f"every point lost more than {drop} on validation data"
    else:
        why = f"no point that lost no more than {drop} was more robust on validation data"
    return f"Of the line from its weights to those of the last epoch nothing is kept: {why}."


def _standing(stands: Standing, original: Standing, plan: HardeningPlan) -> StandingRecord:
    return StandingRecord(**vars(stands), within=is_within(stands, original, plan))
