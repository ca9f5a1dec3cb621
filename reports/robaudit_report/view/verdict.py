"""The sentences that sum up an audit: each a claim, so none is made that chance could make.

They are of the samples that are right at the start: the others have left their class before
any ray was walked.
"""

from robaudit.phrases import called
from robaudit.record.schema.audit import AuditRecord
from robaudit.record.schema.numbers import given
from robaudit.record.schema.randomised import RandomisedRecord
from robaudit_report.view import audit as view
from robaudit_report.view import how
from robaudit_report.view.audit import ERROR, RIGHT
from robaudit_report.view.words import estimate_interval, number, percent


def verdict(record: AuditRecord) -> list[str]:
    """Sum up an audit in a few sentences."""
    walked = _on_crossings(record)
    if record.randomised:
        walked = f"In the first draw: {walked[0].lower()}{walked[1:]}"
    return [*_on_accuracy(record), walked, *_on_classes(record)]


def _on_accuracy(record: AuditRecord) -> list[str]:
    accuracy = record.clean.accuracy
    samples = f"{record.data.samples:,} {called(record.data.image_shape)}"
    if record.randomised:
        return [_on_draws(record.randomised, samples)]
    if accuracy.value is None:
        return []
    order = given(record.data.preprocessing.class_order, None)
    if order is not None:
        return [
            f"It classifies {percent(accuracy.value)} of {samples} as they are labelled, and "
            f"{percent(order.accuracy_in_order)} of {order.samples:,} of them if its outputs are "
            "classes in another order, so that the figures say little of this model."
        ]
    return [f"It classifies {percent(accuracy.value)} of {samples} correctly."]


def _on_draws(randomised: RandomisedRecord, samples: str) -> str:
    """Say how far apart the draws of a model are that answers differently each time."""
    said = f"It answers differently each time, and was audited over {randomised.draws} draws"
    for figure in randomised.figures:
        values = [value for value in figure.values if value is not None]
        if figure.name == "accuracy" and values:
            return (
                f"{said}: it classifies {percent(min(values))} to {percent(max(values))} of "
                f"{samples} correctly."
            )
    return f"{said}."


def _on_crossings(record: AuditRecord) -> str:
    margins, plan = record.margins, record.plan
    ways = "both ways" if plan.signs == 2 else "one way"
    what = "synthetic inputs" if record.data.synthetic else called(record.data.image_shape)
    right = given(margins.right_at_start, None)
    if right is not None and not right.samples:
        return f"None of the {plan.samples:,} {what} searched is {RIGHT}: there was no ray to walk."
    crossing_rate, who = margins.crossing_rate, f"{plan.samples:,} {what}"
    if right is not None and right.samples < plan.samples:
        crossing_rate = right.crossing_rate
        who = f"{right.samples:,} of {who}, those that are {RIGHT},"
    elif right is not None and record.data.reference == "label":
        who = f"{who}, all {RIGHT},"
    return (
        f"Walking from {who} along {how.how_many_directions(record)}, "
        f"{ways}, {percent(crossing_rate.value)} of the rays "
        f"({estimate_interval(crossing_rate, percent)}) leave their class within "
        f"{plan.reach:g} of the pixel range."
    )


def _on_classes(record: AuditRecord) -> list[str]:
    """Name the class that is the easiest to leave, or say what cannot be told of classes."""
    inequality = given(record.inequality.right_at_start, None)
    alike = None if inequality is None else given(inequality.worst_alike, None)
    if inequality is None or alike is None:
        return ["Whether classes differ by more than chance, this record does not say."]
    worst = inequality.worst_class
    if worst is None:
        return []
    if inequality.p_value is None:
        return ["Whether classes differ by more than chance cannot be told."]
    if inequality.p_value >= ERROR:
        return ["Classes that are all the same would often differ as much by chance."]
    if len(alike) == 1:
        margin = inequality.worst_class_margin
        return [
            "Classes differ by more than chance: the easiest to leave is class "
            f"{view.class_name(record, worst)} (mean margin {number(margin.value)}, "
            f"{estimate_interval(margin)})."
        ]
    return [
        "Classes differ by more than chance; which is the easiest to leave cannot be told: "
        f"{view.names(record, alike)} are alike."
    ]
