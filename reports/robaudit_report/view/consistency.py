"""What every report says of logit margins beside margins."""

from robaudit.record.schema.audit import AuditRecord
from robaudit.record.schema.numbers import given
from robaudit_report.view.audit import RIGHT
from robaudit_report.view.words import Estimated, estimate_interval, number


def sentence(record: AuditRecord) -> str:
    """Say how far logits tell of margins; nothing where there are no logits to tell."""
    consistency = given(record.margins.consistency, None)
    if consistency is None or consistency.rank_correlation.value is None:
        return ""
    said = (
        f"Of {consistency.samples:,} samples {RIGHT}, the lead of the best logit goes with the "
        f"margin at a rank correlation of {_with_interval(consistency.rank_correlation)}"
    )
    if consistency.auroc.value is None:
        return f"{said}."
    return (
        f"{said}; it tells the {consistency.brittle:,} with the smallest margins from the others "
        f"with an area under the ROC curve of {_with_interval(consistency.auroc)}."
    )


def _with_interval(estimate: Estimated) -> str:
    return f"{_two_digits(estimate.value)} ({estimate_interval(estimate, _two_digits)})"


def _two_digits(value: float | None) -> str:
    return number(value, 2)
