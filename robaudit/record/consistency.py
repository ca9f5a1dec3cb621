"""The part of an audit's record on whether logits tell of margins."""

from msgspec import UNSET, UnsetType

from robaudit.metrics.consistency import Consistency
from robaudit.record.schema.margins import ConsistencyRecord
from robaudit.record.schema.numbers import CorrelationEstimate, share_estimate


def describe_consistency(consistency: Consistency | None) -> ConsistencyRecord | UnsetType:
    """Write down how logit margins go with margins; nothing where that was not measured."""
    if consistency is None:
        return UNSET
    correlation = consistency.rank_correlation
    return ConsistencyRecord(
        samples=consistency.samples,
        rank_correlation=CorrelationEstimate(
            value=correlation.value, low=correlation.low, high=correlation.high
        ),
        margin_threshold=consistency.margin_threshold,
        brittle=consistency.brittle,
        auroc=share_estimate(consistency.auroc),
        logit_threshold=consistency.logit_threshold,
        false_alarms=share_estimate(consistency.false_alarms),
        missing=consistency.missing,
    )
