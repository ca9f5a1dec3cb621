"""Audits read back into columns: in files, with crossings between steps, or refused."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import robaudit
from robaudit.comparison import compare
from robaudit.errors import RecordError
from robaudit.search import rays
from robaudit.storage import columns
from tests.support.comparisons import PLAN, audit, model
from tests.support.written_audits import write_audit


@pytest.mark.parametrize("limit", [10, 10**6])
def test_crossings_between_steps_are_kept_and_read_back(
    limit: int, scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(columns, "MOST_IN_MEMORY", limit)
    monkeypatch.setattr(rays, "_RAYS_AT_A_TIME", 100)
    classifier, precision = model(), PLAN.step / 64
    coarse, found = (
        audit(classifier, plan=replace(PLAN, refine=refine)) for refine in (None, precision)
    )
    crossed = found.rays.step > 0
    gained = coarse.rays.distance[crossed] - found.rays.distance[crossed]
    np.testing.assert_array_equal(found.rays.step, coarse.rays.step)
    assert (gained >= -1e-6).all()
    assert (gained < PLAN.step).all()
    assert len(np.unique(np.rint(gained / precision))) > 32
    np.testing.assert_allclose(
        found.rays.realised[crossed], found.rays.distance[crossed], rtol=1e-4
    )
    assert found.margins.tally.sums.sum() == pytest.approx(found.rays.distance[crossed].sum())
    write_audit(found, scratch.parent)
    read = robaudit.read_findings(scratch.parent)
    np.testing.assert_allclose(read.rays.distance, found.rays.distance, rtol=1e-6)
    np.testing.assert_allclose(read.tally.restricted, found.margins.tally.restricted, rtol=1e-6)


def test_distances_that_are_not_of_their_steps_are_refused(tmp_path: Path) -> None:
    write_audit(audit(model(), plan=replace(PLAN, refine=0.001)), tmp_path)
    with np.load(tmp_path / "rays.npz") as archive:
        arrays = {**archive}
    arrays["distance"] = arrays["distance"] - np.float32(PLAN.step)
    np.savez(tmp_path / "rays.npz", **arrays)
    with pytest.raises(RecordError, match="distances"):
        robaudit.read_findings(tmp_path)


@pytest.mark.parametrize("at_a_time", [1, 100])
def test_audits_are_read_back_into_files(
    at_a_time: int, scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, after = audit(model()), audit(model(0.5))
    expected = compare(before, after)["differences"]
    for found, name in ((before, "before"), (after, "after")):
        write_audit(found, scratch.parent / name)
    monkeypatch.setattr(rays, "_RAYS_AT_A_TIME", at_a_time)
    one, other = (robaudit.read_findings(scratch.parent / name) for name in ("before", "after"))
    assert compare(one, other)["differences"] == expected
    np.testing.assert_array_equal(one.rays.realised, before.rays.realised)
