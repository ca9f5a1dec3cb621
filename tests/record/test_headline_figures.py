"""The headline figures of a record, and why some have no interval."""

import copy
from typing import Any

from robaudit import Images, load
from robaudit.metrics.figures import GINI, MEAN_MARGIN, MODEL_ROBUSTNESS, WORST_CLASS
from robaudit.record.headline_figures import headlines, headlines_right_at_start
from robaudit.record.schema.check import check_audit
from tests.support.audit_samples import record_of
from tests.support.paths import DIGITS


def test_r_is_no_headline(record: Any) -> None:
    assert MODEL_ROBUSTNESS not in headlines(check_audit(record))


def test_figures_without_an_interval_come_with_the_reason(digits: Images) -> None:
    """Of ten samples each class has one, and shows nothing of how much samples differ."""
    record = check_audit(record_of(load(DIGITS), digits, samples=10))
    for figures in (headlines(record), headlines_right_at_start(record)):
        for figure in (WORST_CLASS, GINI):
            estimate = figures[figure]
            assert estimate.value is not None
            assert estimate.low is estimate.high is None
            assert estimate.reason == "classes have too few samples to tell noise from " + (
                "differences between them"
            )
        assert figures[MEAN_MARGIN].reason is None
    of_class = record.margins.per_class[0].restricted_mean
    assert of_class.low is None
    assert of_class.reason == "a single sample, or direction, does not tell how much they differ"
    assert set(record.inequality.intervals.class_robustness_missing) <= {  # type: ignore[arg-type]
        "too few samples have rays that cross into or out of this class",
        None,
    }


def test_records_from_before_reasons_have_none(record: Any) -> None:
    record = copy.deepcopy(record)
    for inequality in (record["inequality"], record["inequality"]["right_at_start"]):
        inequality["intervals"].pop("missing", None)
    assert headlines(check_audit(record))[GINI].reason is None
