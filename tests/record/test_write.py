"""Audits that are written: whole, as NumPy reads them, with nothing left of an older one."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import robaudit
from robaudit import AttackPlan, SearchPlan
from robaudit.record.write import write_rays
from robaudit.search import rays
from tests.support.comparisons import NOISE as PLAN_OF_NOISE
from tests.support.comparisons import PLAN, audit, images, model

CLASSIFIER, IMAGES = model(), images()
NOISE = PLAN_OF_NOISE.attacks[0]


@pytest.mark.parametrize("attacked", [True, False])
def test_an_audit_that_is_written_is_read_back(attacked: bool, tmp_path: Path) -> None:
    attacks = AttackPlan((NOISE,)) if attacked else None
    audit = robaudit.scan(CLASSIFIER, IMAGES, plan=SearchPlan(30, 4), attacks=attacks)
    (tmp_path / "attacks.npz").write_bytes(b"of an older audit")
    written = robaudit.write_audit(audit, tmp_path)
    assert {path.name for path in written} == {path.name for path in tmp_path.iterdir()}
    found = robaudit.read_findings(tmp_path)
    np.testing.assert_array_equal(found.rays.step, audit.rays.step)
    assert len(found.attacks) == attacked
    before = robaudit.make_record(audit)
    assert set(found.record["files"]) == {path.name for path in written} - {"audit.json"}
    read = {**found.record, "environment": before["environment"]}
    assert read == {**before, "files": found.record["files"]}


def test_what_is_written_is_what_numpy_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    found = audit(model())
    monkeypatch.setattr(rays, "_RAYS_AT_A_TIME", 30)
    sample, direction, sign = np.indices((60, 6, 2)).reshape(3, -1)
    step = found.rays.step
    expected: dict[str, Any] = {
        "sample": found.samples.rows[sample].astype(np.int64),
        "direction": direction.astype(np.int32),
        "sign": (1 - 2 * sign).astype(np.int8),
        "step": np.array(step, dtype=np.int16),
        "distance": np.where(step < 0, np.inf, step * PLAN.step).astype(np.float32),
        "realised": np.array(found.rays.realised, dtype=np.float32),
        "origin": found.origin[sample].astype(np.int32),
        "adjacent": np.array(found.rays.adjacent, dtype=np.int32),
        "directions": found.directions,
        "predicted": found.predicted.astype(np.int32),
        "labels": np.asarray(found.prepared.images.labels).astype(np.int32),
    }
    file = io.BytesIO()
    write_rays(found, file)
    file.seek(0)
    with np.load(file, allow_pickle=False) as archive:
        assert archive.files == list(expected)
        for name, array in expected.items():
            assert archive[name].dtype == array.dtype, name
            np.testing.assert_array_equal(archive[name], array)
