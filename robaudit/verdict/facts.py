"""What stands out of an audit, gates or not: its weakest points, worst first."""

from collections.abc import Iterator

from robaudit.record.schema.audit import AuditRecord
from robaudit.record.schema.numbers import ShareEstimate, given
from robaudit.types import Estimate
from robaudit.verdict.sentences import (
    attack_with_budget,
    class_called,
    interval,
    percent,
    strongest,
)

MOST = 3


def facts(record: AuditRecord) -> list[str]:
    """Say in up to `MOST` sentences where a model is weakest, worst first."""
    found = sorted(_facts(record), key=lambda fact: fact[0], reverse=True)
    return [sentence for _, sentence in found[:MOST]]


def _facts(record: AuditRecord) -> Iterator[tuple[float, str]]:
    """Give facts, each with the share of what there was that is lost."""
    accuracy, plan = record.clean.accuracy, given(record.attack_plan, None)
    images = "made-up inputs" if record.data.synthetic else "images"
    attack = strongest(record)
    if attack is not None and plan is not None and attack.accuracy.value is not None:
        yield (
            1 - attack.accuracy.value,
            f"{attack_with_budget(attack)} leaves {percent(attack.accuracy.value)} of "
            f"{plan.samples:,} {images} ({_share(given(plan.lowest, attack.accuracy))})",
        )
    if accuracy.value is not None:
        yield (
            1 - accuracy.value,
            f"{percent(accuracy.value)} of {record.data.samples:,} {images} are classified right "
            f"({_share(accuracy)})",
        )
    rate = record.margins.crossing_rate
    if rate.value is not None:
        yield (
            rate.value,
            f"{percent(rate.value)} of rays from {record.plan.samples:,} {images} meet another "
            f"class within {record.plan.reach:g} of the pixel range ({_share(rate)})",
        )
    yield from _worst_class(record)


def _worst_class(record: AuditRecord) -> Iterator[tuple[float, str]]:
    """Name the worst class only where it can be told from all others."""
    inequality, margins = record.inequality, record.margins
    alike, mean = given(inequality.worst_alike, []), margins.restricted_mean
    worst = inequality.worst_class
    if len(alike) != 1 or not mean.value or mean.low is None or worst is None:
        return
    margin = inequality.worst_class_margin
    if margin.value is None or margin.low is None:
        return
    yield (
        1 - margin.value / mean.value,
        f"{class_called(record, worst).capitalize()} is the easiest to leave: its mean margin is "
        f"{margin.value:.3f} ({interval(margin, share=False)}), of all classes {mean.value:.3f} "
        f"({interval(Estimate(mean.value, mean.low, mean.high), share=False)})",
    )


def _share(estimate: Estimate | ShareEstimate) -> str:
    return interval(Estimate(estimate.value, estimate.low, estimate.high), share=True)
