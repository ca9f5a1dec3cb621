"""Figures beside those of the search, sample by sample: written, read back, and held together."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from robaudit import AttackPlan, SearchPlan, load, parse_attack, read_findings, scan, write_audit
from robaudit.audit import Audit
from robaudit.data.images import Images
from robaudit.errors import RecordError
from robaudit.metrics.figures import CLOSEST
from robaudit.record.baseline_file import read_baseline, write_baseline
from robaudit.record.beside import sampled_beside
from robaudit.record.findings import findings_of
from robaudit.record.headline_figures import headlines_beside
from tests.support.paths import DIGITS


@pytest.fixture(scope="module")
def audit(digits: Images) -> Audit:
    """An audit of 40 samples, of which 25 were attacked."""
    classifier = load(DIGITS)
    plan = AttackPlan((parse_attack("fgsm:epsilon=0.1", classifier.spec),), 25)
    return scan(classifier, digits, plan=SearchPlan(40, 4, steps=5), attacks=plan)


def test_the_closest_boundary_is_the_median_of_what_was_found(audit: Audit) -> None:
    sampled = sampled_beside(audit)[CLOSEST]
    figure = headlines_beside(findings_of(audit).audit_record)[CLOSEST]
    assert figure.value == pytest.approx(float(np.median(sampled.values)))
    assert figure.low is not None
    assert figure.high is not None
    ordered = np.sort(sampled.values)  # of 25, the 8th and the 18th: see test_medians
    assert (figure.low, figure.high) == pytest.approx((ordered[7], ordered[17]))
    assert np.array_equal(sampled.rows, audit.samples.rows[:25])


def test_values_come_back_from_files(audit: Audit, tmp_path: Path) -> None:
    write_audit(audit, tmp_path)
    with (tmp_path / "one.npz").open("wb") as file:
        write_baseline(read_findings(tmp_path), file)
    for read in (read_findings(tmp_path), read_baseline(tmp_path / "one.npz")):
        sampled = read.beside[CLOSEST]
        assert np.array_equal(sampled.values, sampled_beside(audit)[CLOSEST].values)
        assert np.array_equal(sampled.rows, audit.samples.rows[:25])


def test_values_that_the_record_does_not_tell_of_are_refused(audit: Audit, tmp_path: Path) -> None:
    write_audit(audit, tmp_path)
    path = tmp_path / "audit.json"
    record = json.loads(path.read_text())
    record["closest"]["distance"]["value"] *= 1.01
    path.write_text(json.dumps(record))
    with pytest.raises(RecordError, match="Closest boundary"):
        read_findings(tmp_path)


def test_without_the_file_the_figure_is_there_and_its_samples_are_not(
    audit: Audit, tmp_path: Path
) -> None:
    write_audit(audit, tmp_path / "all")
    shutil.copytree(tmp_path / "all", tmp_path / "some", ignore=lambda *_: ["attacks.npz"])
    findings = read_findings(tmp_path / "some")
    assert findings.beside == {}
    assert CLOSEST in headlines_beside(findings.audit_record)
