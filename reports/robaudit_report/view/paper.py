"""What every report says of the paper's own measures: R, R_i and the levels of classes.

They choose what a model is trained on; none of them is a property of the model alone.
"""

from dataclasses import dataclass

from robaudit.phrases import printable
from robaudit.record.schema.audit import AuditRecord
from robaudit.record.schema.numbers import given
from robaudit_report.view import audit as view
from robaudit_report.view import words


@dataclass(frozen=True)
class RankRow:
    """The rank of one class: R_i, its interval or why there is none, and its level, if any."""

    name: str
    robustness: str
    interval: str
    level: str


def robustness(record: AuditRecord) -> str:
    """Say what R is, and what it is not; with most pairs never reached it is no number."""
    classes, inequality = record.model.classes, record.inequality
    pairs = classes * (classes - 1)
    reached = sum(count > 0 for row in record.margins.count_matrix for count in row)
    low, high = inequality.intervals.model_robustness
    if reason := given(inequality.intervals.missing, {}).get("model_robustness"):
        return (
            "R (Eq. 2) depends on the effort, and after this one says too little to be given: "
            f"{printable(reason)} ({reached:,} of {pairs:,} pairs were reached)."
        )
    value = inequality.model_robustness
    per_pair = [None if end is None else end / max(pairs, 1) for end in (value, low, high)]
    return (
        f"R (Eq. 2) is {words.number(value, 2)} "
        f"({words.interval((low, high), lambda end: words.number(end, 2))}), "
        f"{words.number(per_pair[0])} ({words.interval(per_pair[1:])}) a pair of classes: its "
        "mean over samples and directions drawn anew under this very plan. It depends on the "
        f"effort, and falls as more pairs are reached: {reached:,} of {pairs:,} were, each other "
        f"one counts as {record.plan.reach:g}."
    )


def ranking(record: AuditRecord) -> list[RankRow]:
    """List the classes shown from the lowest R_i on, those that have none at the end."""
    robustness = record.inequality.class_robustness
    values = {index: robustness[index] for index in view.shown_classes(record)}
    # Of equals, the class with the smaller margin comes first.
    ranked = sorted(values, key=lambda index: (values[index] is None, values[index] or 0.0))
    return [_row(record, index) for index in ranked]


def _row(record: AuditRecord, index: int) -> RankRow:
    inequality, intervals = record.inequality, record.inequality.intervals
    value = inequality.class_robustness[index]
    why = inequality.class_robustness_missing[index]
    if value is not None:
        reasons = given(intervals.class_robustness_missing, None)
        reason = reasons[index] if reasons else None
        why = f"no interval: {reason}" if reason else None
    return RankRow(
        name=view.class_name(record, index),
        robustness=words.number(value),
        interval=printable(why) if why else words.interval(intervals.class_robustness[index]),
        level=inequality.levels[index] or "",
    )
