"""Many rays: block by block, in files beyond a limit, and the same answers all the same."""

import errno
import io
import mmap
import os
import signal
import subprocess
import sys
import tempfile
import tracemalloc
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import robaudit
from robaudit import SearchPlan
from robaudit.audit import Audit
from robaudit.comparison import compare
from robaudit.errors import OutputError, RecordError
from robaudit.metrics import tally
from robaudit.metrics.tally import Tally, tally_rays
from robaudit.record import make_record, to_json
from robaudit.record.write import write_rays
from robaudit.search import rays
from robaudit.search.rays import NONE, Rays, distance_of, locate_rays
from robaudit.stats import bootstrap
from robaudit.stats.bootstrap import bootstrap_weights
from robaudit.stats.intervals import mean_interval
from robaudit.storage import columns
from robaudit.storage.columns import empty_column, release
from robaudit.storage.npz import Pieces, write_archive
from tests.metrics.test_inequality import make_rays, measure
from tests.support.comparisons import NOISE, PLAN, audit, model
from tests.support.files import Run

CLASSES = 4


def tallied(found: Tally) -> dict[str, Any]:
    """Take a tally apart, so that two can be compared."""
    plain = {field.name: getattr(found, field.name) for field in fields(found)}
    entries = plain.pop("endpoints")
    return plain | {
        field.name + " of entries": getattr(entries, field.name) for field in fields(entries)
    }


@settings(deadline=None, max_examples=40)
@given(
    seed=st.integers(0, 10_000),
    samples=st.integers(1, 25),
    directions=st.integers(1, 7),
    signs=st.sampled_from([1, 2]),
    at_a_time=st.integers(1, 60),
)
def test_measures_do_not_depend_on_the_blocks(
    seed: int, samples: int, directions: int, signs: int, at_a_time: int
) -> None:
    plan = SearchPlan(samples, directions, signs=signs, step=0.07, steps=9)
    found = make_rays(seed, samples, plan, CLASSES)
    whole, measured = tallied(tally_rays(found, CLASSES)), measure(found, plan)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rays, "_RAYS_AT_A_TIME", at_a_time)
        patch.setattr(tally, "_MOST_CELLS", 3 * at_a_time)
        assert max(len(block) for block in found.blocks()) <= max(at_a_time, directions * signs)
        in_blocks, again = tallied(tally_rays(found, CLASSES)), measure(found, plan)
    for name, expected in whole.items():
        np.testing.assert_array_equal(in_blocks[name], expected, err_msg=name)
    assert again[1] == measured[1]
    assert again[0].restricted_mean == measured[0].restricted_mean


def test_a_tally_is_what_plain_sums_over_all_rays_are() -> None:
    plan = SearchPlan(30, 5, step=0.07, steps=9)
    found = make_rays(3, 30, plan, CLASSES)
    counted = tally_rays(found, CLASSES)
    crossed = found.step != NONE
    sums = np.zeros((CLASSES, CLASSES))
    entries: dict[tuple[int, int], tuple[int, float]] = {}
    for ray in np.flatnonzero(crossed).tolist():
        place = int(found.sample[ray]), int(found.adjacent[ray])
        sums[found.origin[ray], found.adjacent[ray]] += found.distance[ray]
        count, margin = entries.get(place, (0, 0.0))
        entries[place] = count + 1, margin + found.distance[ray]
    np.testing.assert_array_equal(counted.sums, sums)
    own = counted.endpoints
    listed = zip(own.sample.tolist(), own.adjacent.tolist(), strict=True)
    values = zip(own.count.tolist(), own.margin.tolist(), strict=True)
    assert dict(zip(listed, values, strict=True)) == entries
    assert counted.realised_share == pytest.approx(0.8)
    assert counted.walked.sum() == (found.step > 0).sum()


def test_rays_are_found_by_numbers_beyond_32_bits() -> None:
    plan = SearchPlan(5_000_000, 1000)
    sample, direction, sign = locate_rays(np.array([0, 2**33 + 5]), plan)
    assert sample.tolist() == [0, 4_294_967]
    assert direction.tolist() == [0, 298]
    assert sign.tolist() == [1, -1]
    block = make_rays(0, 4, SearchPlan(4, 3), CLASSES).of_samples(1, 3)
    assert block.sample.tolist() == [1] * 6 + [2] * 6


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let columns of more than ten numbers lie in files, of a folder of their own."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    monkeypatch.setattr(columns, "MOST_IN_MEMORY", 10)
    return folder


def test_long_columns_lie_in_files_that_nobody_has_to_remove(scratch: Path) -> None:
    for dtype, fill in ((np.int16, -1), (np.int32, 7), (np.float32, np.inf)):
        column = empty_column(600_000, dtype, fill)
        assert column.dtype == dtype
        assert (column == fill).all()
        column[[3, 599_999]] = 5
        release(column, column[:2])
        assert column[[2, 3, 599_999]].tolist() == [fill, 5, 5]
        assert isinstance(column.base, memoryview)
        assert isinstance(column.base.obj, mmap.mmap)
        assert not list(scratch.iterdir())
    assert empty_column(10, np.int16, -1).base is None


def test_a_process_that_is_killed_leaves_no_file(tmp_path: Path) -> None:
    code = (
        "from robaudit.storage import columns; columns.MOST_IN_MEMORY = 10\n"
        "column = columns.empty_column(100_000, 'f4', 0)\n"
        "print('ready', flush=True); input()"
    )
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    for kind in (signal.SIGINT, signal.SIGKILL):
        with subprocess.Popen(
            [sys.executable, "-c", code],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
        ) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == b"ready\n"
            process.send_signal(kind)
            try:
                process.wait(20)
            finally:
                process.kill()
        assert not list(tmp_path.iterdir())


FULL = Path("/dev/full")


@pytest.mark.skipif(not FULL.exists(), reason="no device that is always full")
@pytest.mark.usefixtures("scratch")
def test_a_full_disk_is_one_clear_error(
    run: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(tempfile, "TemporaryFile", lambda **_: FULL.open("r+b"))
    with pytest.raises(OutputError, match=r"no room for 0.8 MiB of rays in .*scratch: No space"):
        empty_column(200_000, np.float32, 0)
    assert run() == 2
    told = capsys.readouterr().err
    assert "no room for" in told
    assert "TMPDIR" in told
    assert "Traceback" not in told


@pytest.mark.usefixtures("scratch")
def test_no_temporary_folder_is_one_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere(**_: object) -> None:
        monkeypatch.setattr(tempfile, "tempdir", None)
        raise FileNotFoundError(errno.ENOENT, "No usable temporary directory found")

    monkeypatch.setattr(tempfile, "TemporaryFile", nowhere)
    with pytest.raises(OutputError, match=r"in a temporary folder: No usable"):
        empty_column(200_000, np.float32, 0)


def written(found: Audit) -> tuple[bytes, dict[str, Any]]:
    """Give the rays of an audit as they are written, and what of its record is no hour."""
    record = make_record(found)
    del record["environment"], record["search"]["seconds"]
    for attack in record["attacks"]:
        del attack["seconds"]
    file = io.BytesIO()
    write_rays(found, file)
    return file.getvalue(), record


@pytest.mark.parametrize("at_a_time", [1, 100])
def test_rays_in_files_give_the_same_record_and_the_same_archive(
    at_a_time: int, scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(columns, "MOST_IN_MEMORY", 10**6)
    expected = written(audit(model(), attacks=NOISE))
    monkeypatch.setattr(columns, "MOST_IN_MEMORY", 10)
    monkeypatch.setattr(rays, "_RAYS_AT_A_TIME", at_a_time)
    found = audit(model(), attacks=NOISE)
    assert not isinstance(found.rays.step.base, np.ndarray | None)
    archive, record = written(found)
    assert record == expected[1]
    assert archive == expected[0]
    assert not list(scratch.iterdir())


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


def write_audit(found: Audit, folder: Path) -> None:
    """Write what reading an audit needs."""
    folder.mkdir(exist_ok=True)
    with (folder / "rays.npz").open("wb") as file:
        write_rays(found, file)
    (folder / "audit.json").write_text(to_json(make_record(found)))


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


def test_bootstrap_weights_do_not_depend_on_how_they_are_drawn_and_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    groups = np.repeat([0, 1, 2, 3], [30, 7, 1, 1])
    values = np.random.default_rng(0).random(len(groups))
    drawn = [bootstrap_weights(groups, 5, 200, rescaled=rescaled) for rescaled in (False, True)]
    expected = [mean_interval(values, weights, 1.0) for weights in drawn]
    assert drawn[0].dtype == np.uint8
    assert (drawn[0].sum(axis=1) == len(groups)).all()
    np.testing.assert_allclose(drawn[1].sum(axis=1), len(groups))
    monkeypatch.setattr(bootstrap, "_DRAWN_AT_A_TIME", 100)
    monkeypatch.setattr(bootstrap, "_MOST_NUMBERS", 500)
    for rescaled, tolerance in ((False, 0.0), (True, 1e-6)):
        again = bootstrap_weights(groups, 5, 200, rescaled=rescaled)
        np.testing.assert_allclose(again, drawn[rescaled], rtol=tolerance)
        found = mean_interval(values, again, 1.0)
        assert (found.low, found.high) == pytest.approx(
            (expected[rescaled].low, expected[rescaled].high), rel=1e-12 + tolerance
        )


def peak(found: Rays) -> int:
    """Measure the most memory that counting and writing rays takes at any time."""
    tracemalloc.start()
    try:
        counted = tally_rays(found, CLASSES)
        assert counted.rays == len(found)

        def column(name: str) -> Pieces:
            return Pieces(
                (len(found),), np.float32, lambda: (getattr(b, name) for b in found.blocks())
            )

        names = ("sample", "direction", "sign", "step", "distance", "realised", "adjacent")
        with tempfile.TemporaryFile() as file:
            write_archive(file, {name: column(name) for name in names})
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_memory_does_not_grow_with_the_rays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rays, "_RAYS_AT_A_TIME", 2**11)
    peaks = []
    for directions in (50, 1000):
        plan = SearchPlan(50, directions, step=0.07, steps=9)
        made = make_rays(1, 50, plan, CLASSES)
        step, realised = made.step.astype(np.int16), distance_of(made.step, plan).astype(np.float32)
        peaks.append(peak(replace(made, step=step, realised=realised)))
    assert peaks[1] < 1.3 * peaks[0]
