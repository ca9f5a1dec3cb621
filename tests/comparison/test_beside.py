"""Figures beside those of the search, of two audits: paired by their samples, or why not."""

from dataclasses import replace

import msgspec
import numpy as np
import pytest

from robaudit.comparison.beside import beside_rows, pair_beside
from robaudit.metrics.figures import CLOSEST
from robaudit.record.findings import Findings
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
