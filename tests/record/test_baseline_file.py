"""An audit in one small file: all that a comparison needs, and nothing that is not so."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from robaudit.errors import RecordError, UsageError
from robaudit.metrics.figures import MEAN_MARGIN, WORST_CLASS
from robaudit.metrics.gates import Gate
from robaudit.record.baseline_file import read_baseline, read_either, write_baseline
from robaudit.record.findings import Findings
from robaudit.verdict.baseline import evaluate_against
from tests.support.comparisons import PLAN, findings, model
from tests.support.lives import ADVERSARIES, NOT_WORSE, attacked


@pytest.fixture(scope="module")
def found() -> Findings:
    return attacked()


@pytest.fixture
def path(found: Findings, tmp_path: Path) -> Path:
    return written(found, tmp_path / "baseline.npz")


def written(found: Findings, path: Path) -> Path:
    with path.open("w+b") as file:
        write_baseline(found, file)
    return path


@pytest.mark.parametrize("refine", [None, 0.005])
def test_audits_are_held_against_it_as_against_the_audit(
    found: Findings, tmp_path: Path, refine: float | None
) -> None:
    if refine:
        found = findings(model(), plan=replace(PLAN, refine=refine), attacks=ADVERSARIES)
    again = read_either(written(found, tmp_path / "b.npz"))
    other = findings(model(0.5), plan=found.plan, attacks=ADVERSARIES)
    gates = [*NOT_WORSE, Gate(MEAN_MARGIN, 0.0, drop=True), Gate(WORST_CLASS, 0.0, drop=True)]
    told, read = (evaluate_against(gates, other, before) for before in (found, again))
    assert read == told
    for name in ("rows", "origin", "labels", "predicted"):
        np.testing.assert_array_equal(getattr(found, name), getattr(again, name))


def test_it_is_small_enough_to_commit(tmp_path: Path) -> None:
    """5,000 samples of ten classes, as standard effort searches them, come to less than 1 MB."""
    rng = np.random.default_rng(0)
    count = 5000 * 8
    path = tmp_path / "columns.npz"
    step = np.where(rng.random(count) < 0.5, -1, rng.integers(1, 26, count))
    columns: dict[str, Any] = {
        "step": step.astype(np.int16),
        "adjacent": np.where(step < 0, -1, rng.integers(0, 10, count)).astype(np.int16),
        "row": rng.permutation(10_000)[:5000].astype(np.int32),
        "predicted": rng.integers(0, 10, 10_000).astype(np.int16),
        "labels": rng.integers(0, 10, 10_000).astype(np.int16),
        "directions": rng.normal(size=(784, 16)).astype(np.float32),
        "fell": rng.random((8, 5000)) < 0.5,
    }
    np.savez_compressed(path, **columns)
    assert path.stat().st_size < 400_000


def test_it_has_no_pictures(path: Path) -> None:
    with np.load(path) as arrays:
        record = json.loads(arrays["settings"].tobytes())["record"]
        assert arrays["directions"].shape[1] <= 16
    assert record["gallery"] == []
    assert "attack_gallery" not in record
    assert all(center["picture"] is None for center in record["class_centers"])


def _without(name: str) -> Callable[[dict[str, Any]], object]:
    return lambda arrays: arrays.pop(name)


def _set(name: str, place: Any, value: Any) -> Callable[[dict[str, Any]], object]:
    def change(arrays: dict[str, Any]) -> None:
        arrays[name] = arrays[name].copy()
        arrays[name][place] = value

    return change


@pytest.mark.parametrize(
    "damage",
    [
        *map(_without, ("settings", "step", "adjacent", "row", "predicted", "labels")),
        *map(_without, ("directions", "attacked")),
        _set("step", 0, 1000),
        _set("step", slice(None), 1),
        _set("adjacent", 0, 99),
        _set("row", 0, -1),
        _set("row", 0, 1_000_000),
        _set("row", slice(None), 3),
        _set("predicted", slice(None), 0),
        _set("labels", slice(None), 0),
        _set("directions", 0, np.nan),
        _set("fell", slice(None), True),
        lambda arrays: arrays.update(fell=arrays["fell"][:1]),
        lambda arrays: arrays.update(row=arrays["row"].astype(np.float64)),
        lambda arrays: arrays.update(directions=arrays["directions"][:1]),
        lambda arrays: arrays.update(settings=arrays["settings"][:-5]),
    ],
)
def test_what_does_not_belong_together_is_refused(
    path: Path, damage: Callable[[dict[str, Any]], object]
) -> None:
    with np.load(path) as archive:
        arrays = dict(archive)
    damage(arrays)
    np.savez(path, **arrays)
    with pytest.raises(RecordError):
        read_baseline(path)


def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no baseline at .*b\.npz"):
        read_either(tmp_path / "b.npz")
    (tmp_path / "b.npz").write_bytes(b"PK")
    with pytest.raises(RecordError):
        read_either(tmp_path / "b.npz")
