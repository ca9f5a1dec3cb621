"""The study of intervals: populations whose truth is exact, its sums, and its quick form."""

import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks.coverage.__main__ import main
from benchmarks.coverage.populations import MODELS, changed, directions_of, draw, population
from benchmarks.coverage.results import Found
from benchmarks.coverage.tabulate import cells_of
from robaudit import Images, SearchPlan, load, scan
from robaudit.record.findings import findings_of
from tests.support.paths import DIGITS


@pytest.mark.parametrize("model", MODELS)
def test_what_is_drawn_has_the_means_that_are_said(model: str) -> None:
    one = population(model, 2)
    other = changed(one)
    group = np.arange(400) % 2
    drawn = draw((one, other), group, directions_of(400, 4, 64), 64, 200, np.random.default_rng(0))
    for truth, audits in zip((one, other), drawn, strict=True):
        for index in range(2):
            own = group == index
            assert audits.margins[:, own].mean() == pytest.approx(truth.margin[index], abs=0.01)
            assert audits.crossed[:, own].mean() == pytest.approx(truth.crossing[index], abs=0.02)
            wrong = audits.wrong[:, own].mean()
            assert wrong == pytest.approx(truth.misclassified[index], abs=0.01)


def test_directions_of_their_own_are_balanced() -> None:
    taken = directions_of(100, 4, 32)
    assert all(len(set(row)) == 4 for row in taken.tolist())
    counts = np.bincount(taken.ravel(), minlength=32)
    assert np.ptp(counts) <= 1
    assert directions_of(5, 3, 3).tolist() == [[0, 1, 2]] * 5


def test_a_result_says_on_which_side_the_truth_was_missed() -> None:
    found = Found()
    for value, low, high in ((1.0, 0.5, 1.5), (3.0, 2.5, 3.5), (2.0, np.nan, np.nan)):
        found.add(value, low, high)
    result = found.result("figure", "cell", truth=1.0)
    assert (result.coverage, result.below, result.above) == (0.5, 0, 0.5)
    assert result.without == pytest.approx(1 / 3)


def test_a_real_population_is_drawn_from_its_table(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    random = np.random.default_rng(0)
    margins = np.clip(random.normal(0.6, 0.2, (200, 1)) + random.normal(0, 0.1, (200, 40)), 0, 1)
    path = tmp_path / "model.npz"
    np.savez(path, margins=margins, crossed=margins < 1, origin=np.arange(200) % 4)
    main(["--population", str(path), "--audits", "30", "-o", str(tmp_path / "coverage.json")])
    assert "| mean margin, from a file | 8 |" in capsys.readouterr().out
    found = json.loads((tmp_path / "coverage.json").read_text())["results"]
    assert np.mean([one["coverage"] for one in found]) > 0.9


@pytest.mark.slow
def test_intervals_hold(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The quick form of the study, with three errors of what 200 audits or 100 can tell."""
    main(["--quick", "-o", str(tmp_path / "coverage.json")])
    assert "| mean margin |" in capsys.readouterr().out
    found = json.loads((tmp_path / "coverage.json").read_text())
    for one in found["results"]:
        if one["without"] < 0.5:
            allowed = 0.93 - 3.5 * (0.93 * 0.07 / one["audits"]) ** 0.5
            assert one["coverage"] > allowed, one
    for one in found["shares"]:
        if "named" in one["what"]:
            assert one["share"] < 0.05 + 3.5 * (0.05 * 0.95 / one["audits"]) ** 0.5, one


def test_a_table_has_the_means_of_its_audit(digits: Images) -> None:
    plan = SearchPlan(60, 8, steps=10)
    findings = findings_of(scan(load(DIGITS), digits, plan=plan))
    margins, crossed = cells_of(findings)
    assert margins.shape == crossed.shape == (60, 8)
    record = findings.audit_record.margins
    each = [findings.origin == index for index in range(10)]
    mean, rate = (np.mean([part[rows].mean() for rows in each]) for part in (margins, crossed))
    assert mean * plan.reach == pytest.approx(record.restricted_mean.value, abs=1e-6)
    assert rate == pytest.approx(record.crossing_rate.value)
