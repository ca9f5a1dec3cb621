"""What was measured beside attacks, as the record has it."""

from dataclasses import replace

import numpy as np
import pytest

from robaudit import AttackPlan, SearchPlan, load, make_record, scan
from robaudit.attacks.boundaries.detection import Detection
from robaudit.attacks.boundaries.subspace import Subspaces
from robaudit.attacks.common_corruptions.error import summarise
from robaudit.attacks.measuring import Measured
from robaudit.audit import Audit
from robaudit.data.images import Images
from robaudit.metrics.figures import CORRUPTION_ERROR, DETECTION
from robaudit.record.beside import sampled_beside
from robaudit.record.findings import findings_of
from robaudit.record.headline_figures import headlines_beside
from robaudit.types import Estimate
from tests.support.paths import DIGITS
from tests.support.schemas import validate

SAMPLES = 20


@pytest.fixture(scope="module")
def audit(digits: Images) -> Audit:
    """An audit with what was measured, made up where a library is needed."""
    plan = AttackPlan((), SAMPLES, measures=("directions",))
    found = scan(load(DIGITS), digits, plan=SearchPlan(SAMPLES, 4, steps=5), attacks=plan)
    assert found.assessment is not None
    rows = found.samples.rows
    wrong = np.zeros((2, 5, SAMPLES), dtype=bool)
    wrong[0, 3:, :10] = True
    crossing = np.where(np.arange(SAMPLES) < 4, -1, 3)
    crossing[-1] = 8
    share = Estimate(0.8, 0.6, 0.9)
    measured = Measured(
        corruptions=summarise(rows, wrong[0, 0], ("fog", "snow"), (1, 2, 3, 4, 5), wrong),
        detection=(
            Detection("PGD", "PGD", 10, 12, share, share, Estimate(0.8, 0.7, 0.9), share),
            Detection("PGD", "DDN", 10, 12, share, share, Estimate(0.1, 0.0, 0.2), share),
            Detection("DDN", "DDN", 10, 12, share, share, Estimate(0.75, 0.72, 0.8),
                      Estimate(0.75, 0.7, 0.85)),
        ),
        directions=Subspaces(crossing, crossing + 1, 8),
        budget=1.5,
        skipped={"directions": "of another kind"},
    )  # fmt: skip
    return replace(found, assessment=replace(found.assessment, measured=measured))


def test_the_record_is_that_of_the_schema(audit: Audit) -> None:
    record = make_record(audit)
    validate(record)
    assert record["measures"]["asked"] == ["directions"]
    assert record["measures"]["skipped"] == {"directions": "of another kind"}


def test_the_mean_error_is_over_corruptions_and_severities(audit: Audit) -> None:
    record = findings_of(audit).audit_record
    figures = headlines_beside(record)
    assert figures[CORRUPTION_ERROR].value == pytest.approx(0.1)
    values = sampled_beside(audit)[CORRUPTION_ERROR].values
    assert values.tolist() == pytest.approx([0.2] * 10 + [0.0] * 10)


def test_detection_is_the_least_on_what_a_detector_was_trained_on(audit: Audit) -> None:
    """Its lower bound needs no allowance for how many there are, its upper one does."""
    least = headlines_beside(findings_of(audit).audit_record)[DETECTION]
    assert (least.value, least.low, least.high) == (0.75, 0.7, 0.85)


def test_directions_are_averaged_over_samples_right_at_the_start(audit: Audit) -> None:
    found = make_record(audit)["measures"]["directions"]
    assert found["samples"] == SAMPLES - 4
    assert found["directions"]["value"] == pytest.approx((15 * 3 + 8) / 16)
    assert found["linear"]["value"] == pytest.approx((15 * 4 + 9) / 16)
    assert (found["at_most"], found["most"], found["budget"]) == (1, 8, 1.5)
    assert sum(one["samples"] for one in found["per_class"]) == SAMPLES - 4
