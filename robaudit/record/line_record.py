"""The part of a hardening's record that says which point of the line of weights was kept, and why.

Two halves of the validation data speak: one by which a point is chosen, and one that is asked
whether that point is better.
"""

from collections.abc import Sequence

from msgspec import UNSET, UnsetType

from robaudit.hardening.allowance import is_within, worst_class
from robaudit.hardening.plan import HardeningPlan
from robaudit.hardening.runs import Line, Standing
from robaudit.hardening.validation import Judgement
from robaudit.record.losses_record import allowed, class_loss_record, exceeded
from robaudit.record.schema.hardening import GainRecord, LineRecord, PointRecord, StandingRecord
from robaudit.types import InputSpec


def line_record(line: Line, spec: InputSpec, plan: HardeningPlan) -> LineRecord:
    """Write down a line that was walked."""
    first, gain = line.points[0], line.gain
    return LineRecord(
        kept=line.kept,
        budget=budget_or_unset(line.budget),
        why=why_this_point(line, plan),
        gain=None if gain is None else GainRecord(value=gain.value, low=gain.low, high=gain.high),
        points=[
            PointRecord(
                share=point.share,
                budget=budget_or_unset(point.budget),
                choosing=_standing(
                    point.choosing, point.choosing.judgement, first.choosing.judgement, spec, plan
                ),
                confirming=None
                if point.confirming is None or first.confirming is None
                else _standing(point.confirming, point.confirmed, first.confirmed, spec, plan),
            )
            for point in line.points
        ],
    )


def budget_or_unset(budget: float | None) -> float | UnsetType:
    """Write down the budget of an adversary, where there was one."""
    return UNSET if budget is None else budget


def why_this_point(line: Line, plan: HardeningPlan) -> str:
    """Say in a sentence why a point of the line was kept, or the original."""
    if not line.kept:
        why, lines = _why_none(line, plan), f"the {_walked(line)} from its weights to those of"
        return f"Of {lines} the last epoch nothing is kept: {why}."
    return (
        f"Kept is the point {line.kept:.0%} of the way from the original's weights to those of "
        f"the last epoch{_within(line)}: of those that {allowed(plan)}, it is the most robust on "
        "one half of the validation data, and on the other, which had no say in that, it is more "
        f"robust than the original{_robustness(line)}."
    )


def _walked(line: Line) -> str:
    budgets = _budgets(line)
    if len(budgets) < 2:
        return "line"
    return f"{len(budgets)} lines, by budgets of {_listed(budgets)} in training,"


def _within(line: Line) -> str:
    """Say which training a point is of, where there were several."""
    budgets = _budgets(line)
    if len(budgets) < 2 or line.budget is None:
        return ""
    return f" of training within a budget of {line.budget:.3g} (of {_listed(budgets)})"


def _budgets(line: Line) -> list[float]:
    """List the budgets that were trained within, in their order."""
    budgets = (point.budget for point in line.points if point.budget is not None)
    return list(dict.fromkeys(budgets))


def _listed(budgets: Sequence[float]) -> str:
    *others, last = (f"{budget:.3g}" for budget in budgets)
    return f"{', '.join(others)} and {last}"


def _why_none(line: Line, plan: HardeningPlan) -> str:
    first, *others = line.points
    if line.gain is not None:
        return (
            "the point that is the most robust on one half of the validation data is not shown "
            f"to be more robust on the other, which had no say in that{_robustness(line)}"
        )
    if any(point.confirming is not None for point in others):
        return (
            f"every point that one half of the validation data chose {exceeded(plan)} on the "
            "other, where classes are judged on both"
        )
    original = first.choosing.judgement
    if any(is_within(point.choosing.judgement, original, plan) for point in others):
        return f"none of those that {allowed(plan)}, was more robust on validation data"
    return f"every point {exceeded(plan)}, on validation data"


def _robustness(line: Line) -> str:
    """Give robustness before and after on the half that was asked, and the gain's interval."""
    before, gain = line.points[0].confirming, line.gain
    if before is None or gain is None or gain.value is None:
        return ""
    numbers = f" ({before.robustness:.3f} before, {before.robustness + gain.value:.3f} after"
    if gain.low is None or gain.high is None:
        return f"{numbers})"
    return f"{numbers}; 95% interval of the gain {gain.low:.3f} to {gain.high:.3f})"


def _standing(
    stands: Standing, now: Judgement, first: Judgement, spec: InputSpec, plan: HardeningPlan
) -> StandingRecord:
    searched = now.margins.size > 0
    return StandingRecord(
        accuracy=now.accuracy,
        restricted_mean=now.restricted_mean if searched else None,
        attacked=stands.attacked,
        robustness=stands.robustness if searched else None,
        within=is_within(now, first, plan),
        worst_class=class_loss_record(worst_class(now, first, plan), spec),
    )
