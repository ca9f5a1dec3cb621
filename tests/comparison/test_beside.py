"""Figures beside those of the search, of two audits: paired by their samples, or why not."""

from dataclasses import replace

import msgspec
import numpy as np
import pytest

from robaudit.comparison.beside import beside_rows, pair_beside
from robaudit.metrics.figures import CLOSEST
from robaudit.record.findings import Findings
from robaudit.record.schema.attacks import LookedRecord
from robaudit.types import FloatArray
from tests.support.beside import with_distances


@pytest.fixture
def distances(before: Findings) -> FloatArray:
    return np.linspace(0.01, 0.05, len(before.rows)) ** 1.5


def test_what_came_nearer_is_worse(before: Findings, distances: FloatArray) -> None:
    nearer = distances * np.linspace(0.4, 0.6, len(distances))
    one, other = (with_distances(before, each) for each in (distances, nearer))
    (row,) = beside_rows(one, other)
    assert (row.name, row.better, row.unit) == ("closest-boundary", "higher", "rms")
    assert row.before == pytest.approx(float(np.median(distances)))
    assert row.after == pytest.approx(float(np.median(nearer)))
    assert row.high is not None
    assert row.high < 0
    assert row.p_value is not None
    assert row.p_value < 0.01
    (back,) = beside_rows(other, one)
    assert (back.low, back.high) == pytest.approx((-row.high, -(row.low or 0)))


def test_what_cannot_be_paired_says_why(before: Findings, distances: FloatArray) -> None:
    whole = with_distances(before, distances)
    fewer = with_distances(before, distances[:-1])
    assert pair_beside(CLOSEST, whole, fewer) == "it was measured on other samples"
    (row,) = beside_rows(whole, replace(whole, beside={}))
    assert row.difference is None
    assert "no attacks.npz" in str(row.missing)
    silent = msgspec.structs.replace(whole.audit_record, closest=None)
    assert list(beside_rows(whole, replace(whole, audit_record=silent))) == []
    assert "the audit after did not" in str(
        pair_beside(CLOSEST, whole, replace(whole, audit_record=silent))
    )


def test_distances_found_by_other_attacks_are_another_figure(
    before: Findings, distances: FloatArray
) -> None:
    """One more attack comes nearer on the very same model."""

    def looked(findings: Findings, *names: str) -> Findings:
        record = findings.audit_record
        assert record.closest
        closest = msgspec.structs.replace(
            record.closest, looked=[LookedRecord(name=name, parameters={}) for name in names]
        )
        return replace(findings, audit_record=msgspec.structs.replace(record, closest=closest))

    one, other = with_distances(before, distances), with_distances(before, distances * 0.7)
    alone, both = looked(one, "square"), looked(other, "square", "hopskipjump")
    assert pair_beside(CLOSEST, alone, both) == "it was measured by other means"
    (row,) = beside_rows(alone, both)
    assert row.difference is None
    assert not isinstance(pair_beside(CLOSEST, alone, looked(other, "square")), str)


def test_a_median_that_is_infinite_has_no_difference(
    before: Findings, distances: FloatArray
) -> None:
    lost = np.where(np.arange(len(distances)) % 3 > 0, np.inf, distances)
    pair = pair_beside(CLOSEST, with_distances(before, distances), with_distances(before, lost))
    assert pair == "for half of the samples nothing was found"
