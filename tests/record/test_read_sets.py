"""What a scan writes is read as one set or refused, whenever a run was killed."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

import robaudit
from robaudit.audit import Audit
from robaudit.cli import main
from robaudit.errors import RecordError
from robaudit.record import make_record
from robaudit.record.write import audit_writers, sealed_record
from robaudit.storage.files import write_files
from tests.support.comparisons import NOISE, audit, model


@pytest.fixture(scope="module")
def old() -> Audit:
    return audit(model(), attacks=NOISE)


@pytest.fixture(scope="module")
def new() -> Audit:
    return audit(model(0.5))


class Killed(BaseException):
    """A process that is no more."""


def write_until(rename: int, patch: pytest.MonkeyPatch, folder: Path, files: Any) -> None:
    """Write files, and be killed after so many of them have their names."""
    replace, calls = os.replace, iter(range(rename))

    def counted(*arguments: Any) -> None:
        if next(calls, None) is None:
            raise Killed
        replace(*arguments)

    with patch.context() as inner:
        inner.setattr(os, "replace", counted)
        with pytest.raises(Killed):
            write_files(folder, files)


def hardening(part: Audit) -> dict[str, Any]:
    """Files as a hardening writes them, of one audit."""
    files = {
        f"{name}/{file}": write
        for name in ("before", "after")
        for file, write in audit_writers(part, make_record(part)).items()
    }
    return {**files, "comparison.json": sealed_record({"kind": "comparison"})}


def mean(path: Path) -> Any:
    return robaudit.read_findings(path).record["margins"]["restricted_mean"]["value"]


def test_a_scan_that_is_killed_leaves_the_old_audit_or_the_new(
    old: Audit, new: Audit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    robaudit.write_audit(old, tmp_path)
    before = mean(tmp_path)
    files = audit_writers(new, make_record(new))
    write_until(0, monkeypatch, tmp_path, files)
    assert mean(tmp_path) == before
    write_until(1, monkeypatch, tmp_path, files)
    found = robaudit.read_findings(tmp_path)
    assert found.record["margins"] == make_record(new)["margins"]
    assert (tmp_path / "attacks.npz").exists()
    assert found.attacks == ()
    assert main(["report", str(tmp_path / "audit.json")]) == 0


@pytest.mark.parametrize("renames", [1, 2, 3])
def test_a_hardening_that_is_killed_leaves_both_audits_of_one_run(
    old: Audit, new: Audit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, renames: int
) -> None:
    write_files(tmp_path, hardening(old))
    write_until(0, monkeypatch, tmp_path, hardening(new))
    assert mean(tmp_path / "before") == mean(tmp_path / "after")
    write_until(renames, monkeypatch, tmp_path, hardening(new))
    now = make_record(new)["margins"]["restricted_mean"]["value"]
    assert mean(tmp_path / "before") == mean(tmp_path / "after") == now


@pytest.mark.parametrize("command", ["report", "compare"])
def test_files_of_two_runs_are_no_set(
    old: Audit, tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    """Even where nothing but the file itself tells."""
    robaudit.write_audit(old, tmp_path)
    rays = tmp_path / "rays.npz"
    rays.write_bytes(rays.read_bytes() + b"\0")
    path = str(tmp_path / "audit.json")
    assert main([command, path, *([path] if command == "compare" else [])]) == 2
    assert "rays.npz is not the file that was written with the record" in capsys.readouterr().err


def test_what_a_record_names_lies_beside_it(old: Audit, tmp_path: Path) -> None:
    robaudit.write_audit(old, tmp_path)
    path = tmp_path / "audit.json"
    record = json.loads(path.read_text())
    for name in ("../rays.npz", "/etc/passwd", "a/../b", ".hidden", "a\\b"):
        path.write_text(json.dumps({**record, "files": {name: "0" * 64}}))
        with pytest.raises(RecordError, match="files"):
            robaudit.read_findings(path)


def test_a_record_of_an_earlier_version_is_held_to_its_figures_alone(
    old: Audit, tmp_path: Path
) -> None:
    robaudit.write_audit(old, tmp_path)
    path = tmp_path / "audit.json"
    record = json.loads(path.read_text())
    del record["files"]
    path.write_text(json.dumps({**record, "schema_version": "1.3"}))
    assert len(robaudit.read_findings(path).attacks) == len(record["attacks"])
