"""Audits read back from their files: the same as in memory, or refused."""

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import robaudit
from robaudit.audit import Audit
from robaudit.comparison import compare
from robaudit.errors import RecordError, UsageError
from robaudit.record import make_record, to_json
from robaudit.record.findings import findings_of
from robaudit.record.read import read_record
from robaudit.record.write import write_attacks, write_rays
from robaudit.storage.files import write_files
from tests.support.comparisons import NOISE, PLAN, audit, model

_TWICE = replace(
    NOISE, attacks=(*NOISE.attacks, replace(NOISE.attacks[0], parameters={"sigma": 0.1}))
)


def write(found: Audit, folder: Path) -> Path:
    """Write what a scan writes, the page left out."""
    record = (to_json(make_record(found)) + "\n").encode()
    files: dict[str, Any] = {
        "rays.npz": lambda file: write_rays(found, file),
        "audit.json": lambda file: file.write(record),
    }
    if found.assessment is not None:
        files["attacks.npz"] = lambda file: write_attacks(found, file)
    write_files(folder, files)
    return folder / "audit.json"


@pytest.fixture(scope="module")
def found() -> Audit:
    return audit(model(), attacks=_TWICE)


@pytest.fixture
def path(found: Audit, tmp_path: Path) -> Path:
    return write(found, tmp_path)


def without_hours(comparison: Any) -> Any:
    """Leave out what depends on the hour: environments."""
    plain = json.loads(to_json(comparison))
    for when in ("before", "after"):
        del plain[when]["environment"]
    return plain


def test_files_hold_all_that_a_comparison_needs(found: Audit, path: Path) -> None:
    other = audit(model(0.5), attacks=_TWICE)
    write(other, path.parent / "after")
    from_files = compare(
        robaudit.read_findings(path), robaudit.read_findings(path.parent / "after")
    )
    from_memory = compare(found, other)
    assert without_hours(from_files) == without_hours(from_memory)
    assert sum(one["attack"] is not None for one in from_files["differences"]) == 3


def test_findings_are_read_as_they_were(found: Audit, path: Path) -> None:
    told, read = findings_of(found), robaudit.read_findings(path)
    for name in ("rows", "origin", "labels", "predicted", "directions"):
        np.testing.assert_array_equal(getattr(told, name), getattr(read, name), strict=False)
    for name in ("sample", "direction", "sign", "step", "distance", "realised", "origin"):
        np.testing.assert_array_equal(getattr(told.rays, name), getattr(read.rays, name))
    np.testing.assert_array_equal(told.rays.adjacent, read.rays.adjacent)
    assert read.plan == told.plan == replace(PLAN, samples=len(told.rows))
    for attack, again in zip(told.attacks, read.attacks, strict=True):
        assert attack is not None
        assert again is not None
        np.testing.assert_array_equal(attack.rows, again.rows)
        np.testing.assert_array_equal(attack.success, again.success)


def test_without_the_file_of_attacks_the_rest_is_compared(found: Audit, path: Path) -> None:
    path.with_name("attacks.npz").unlink()
    comparison = compare(robaudit.read_findings(path), found)
    assert not any(one["attack"] is not None for one in comparison["differences"])
    assert sum("no attacks.npz" in text for text in comparison["warnings"]) == 3


def change(path: Path, **changed: Any) -> None:
    """Write an archive again with some arrays changed, or left out for ``None``."""
    with np.load(path) as archive:
        arrays = {**archive, **changed}
    np.savez(path, **{name: array for name, array in arrays.items() if array is not None})


def rays_of(path: Path) -> dict[str, Any]:
    with np.load(path.with_name("rays.npz")) as archive:
        return dict(archive)


Damage = Callable[[dict[str, Any]], dict[str, Any]]
DAMAGED: dict[str, Damage] = {
    "the class of each image": lambda _: {"predicted": None},
    "adjacent": lambda a: {"adjacent": a["adjacent"][:-1]},
    "step": lambda a: {"step": a["step"] + 100},
    "origin": lambda a: {"origin": np.roll(a["origin"], 1)},
    "reference classes": lambda a: {"sample": a["sample"][::-1]},
    "crossed rays": lambda a: {
        "step": np.where(np.arange(len(a["step"])) == _held(a), 1, a["step"]),
        "adjacent": np.where(
            np.arange(len(a["step"])) == _held(a), (a["origin"] + 1) % 4, a["adjacent"]
        ),
    },
    "mean margin": lambda a: {"step": np.where(a["step"] > 1, a["step"] - 1, a["step"])},
    "sample": lambda a: {"sample": a["sample"][1:]},
    "rows of samples": lambda a: {"sample": a["sample"] * 0},
    "directions": lambda a: {"directions": a["directions"][:, 0]},
    "predicted": lambda a: {"predicted": a["predicted"] + 1},
    "clean accuracy": lambda a: {"predicted": a["predicted"] * 0},
    "labels": lambda _: {"labels": None},
    "the order of signs": lambda a: {"sign": -a["sign"]},
    "realised": lambda _: {"realised": None},
}


def _held(arrays: dict[str, Any]) -> int:
    return int(np.flatnonzero(arrays["step"] < 0)[0])


@pytest.mark.parametrize("what", DAMAGED)
def test_rays_that_are_not_those_of_the_record_are_refused(path: Path, what: str) -> None:
    change(path.with_name("rays.npz"), **DAMAGED[what](rays_of(path)))
    with pytest.raises(RecordError, match=what):
        robaudit.read_findings(path)


def test_the_rays_of_another_audit_are_refused(path: Path) -> None:
    write(audit(model(0.5)), path.parent / "other")
    path.with_name("rays.npz").write_bytes((path.parent / "other" / "rays.npz").read_bytes())
    with pytest.raises(RecordError, match="do not belong together"):
        robaudit.read_findings(path)


def test_outcomes_of_attacks_that_are_not_those_of_the_record_are_refused(path: Path) -> None:
    attacks = path.with_name("attacks.npz")
    with np.load(attacks) as archive:
        success = archive["jpeg.success"]
    change(attacks, **{"jpeg.success": ~success})
    with pytest.raises(RecordError, match="jpeg"):
        robaudit.read_findings(path)
    change(attacks, **{"jpeg.success": None})
    with pytest.raises(RecordError, match="jpeg"):
        robaudit.read_findings(path)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 no archive", b"plain text"])
def test_a_damaged_file_is_refused(path: Path, content: bytes) -> None:
    path.with_name("rays.npz").write_bytes(content)
    with pytest.raises(RecordError, match=r"rays\.npz cannot be read"):
        robaudit.read_findings(path)


def test_half_a_file_is_refused(path: Path) -> None:
    rays = path.with_name("rays.npz")
    whole = rays.read_bytes()
    damaged = whole[: len(whole) // 3] + b"\0" * 100 + whole[len(whole) // 3 + 100 :]
    for content in (whole[: len(whole) // 2], damaged):
        rays.write_bytes(content)
        with pytest.raises(RecordError):
            robaudit.read_findings(path)


def test_nothing_is_unpickled(path: Path) -> None:
    change(path.with_name("rays.npz"), labels=np.array([print], dtype=object))
    with pytest.raises(RecordError, match="allow_pickle"):
        robaudit.read_findings(path)


def test_missing_files_are_named(path: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no record at .*nowhere.json"):
        robaudit.read_findings(tmp_path / "nowhere.json")
    path.with_name("rays.npz").unlink()
    with pytest.raises(UsageError, match=r"no rays.npz beside .*audit.json"):
        robaudit.read_findings(tmp_path)


@pytest.mark.parametrize("kind", ["pipe", "device"])
def test_what_has_no_end_is_no_record(path: Path, kind: str) -> None:
    """It would be waited for, or fill the memory."""
    path.unlink()
    if kind == "pipe":
        os.mkfifo(path)
    else:
        path.symlink_to("/dev/zero")
    with pytest.raises(UsageError, match="is a device or a pipe"):
        read_record(path)


def test_a_record_is_read_from_what_a_shell_lends(path: Path) -> None:
    with path.open() as file:
        assert read_record(Path(f"/dev/fd/{file.fileno()}")) == json.loads(path.read_text())
    reading, writing = os.pipe()
    os.write(writing, b"{}")
    os.close(writing)
    assert read_record(Path(f"/dev/fd/{reading}")) == {}
    os.close(reading)


def test_a_pipe_beside_a_record_that_waits_is_not_waited_for(path: Path) -> None:
    path.with_name(".audit.json.1.part").write_text("{}")
    os.mkfifo(path.parents[1] / "comparison.json")
    assert read_record(path) == json.loads(path.read_text())


@pytest.mark.parametrize("record", ["[]", "{}", '{"plan": 3}', '{"plan": {"samples": "many"}}'])
def test_what_is_no_record_is_refused(path: Path, record: str) -> None:
    path.write_text(record)
    with pytest.raises(RecordError):
        robaudit.read_findings(path)


def test_half_a_character_is_refused(tmp_path: Path) -> None:
    """JSON can hold one, and no report could be written of it."""
    record = tmp_path / "audit.json"
    record.write_text('{"model": {"name": "\\ud800"}}')
    with pytest.raises(RecordError, match="is no JSON"):
        read_record(record)
