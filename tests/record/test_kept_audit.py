"""An audit that was kept is read back as it was; what is none is not."""

import io
import json
import warnings
import zipfile
from pathlib import Path

import numpy as np
import pytest

import robaudit
from robaudit import AttackPlan, Classifier, Images, SearchPlan
from robaudit.attacks.catalogue import parse_attack
from robaudit.metrics.deciding import Looks
from robaudit.record.findings import Findings, findings_of
from robaudit.record.kept_audit import ARRAYS, keep_audit, kept_audit, read_kept
from robaudit.storage.store import Store
from tests.support.paths import DIGITS

KEY, LOOKS = "ab" * 32, Looks(5, 2, 0.01)


@pytest.fixture(scope="module")
def written(digits: Images, tmp_path_factory: pytest.TempPathFactory) -> tuple[Findings, Path]:
    model = robaudit.load(DIGITS)
    noise = AttackPlan((parse_attack("gaussian-noise:sigma=0.4", model.spec),))
    audit = robaudit.scan(model, digits, plan=SearchPlan(20, 6, steps=10), attacks=noise)
    folder = tmp_path_factory.mktemp("written")
    robaudit.write_audit(audit, folder)
    return findings_of(audit), folder


@pytest.fixture
def store(tmp_path: Path, written: tuple[Findings, Path]) -> Store:
    findings, folder = written
    store = Store(tmp_path / "store", 2**30)
    assert keep_audit(store, KEY, findings, LOOKS, {name: folder / name for name in ARRAYS})
    return store


def test_it_is_read_back_as_it_was(
    store: Store, written: tuple[Findings, Path], tmp_path: Path
) -> None:
    findings, folder = written
    (tmp_path / "unpacked").mkdir()
    kept = kept_audit(store, KEY, tmp_path / "unpacked")
    assert kept is not None
    assert kept.looks == LOOKS
    assert {**kept.findings.record, "files": None} == {**findings.record, "files": None}
    assert kept.findings.plan == findings.plan
    np.testing.assert_array_equal(kept.findings.rays.step, findings.rays.step)
    np.testing.assert_array_equal(kept.findings.predicted, findings.predicted)
    assert kept.findings.attacks[0] is not None
    assert findings.attacks[0] is not None
    np.testing.assert_array_equal(kept.findings.attacks[0].success, findings.attacks[0].success)
    assert {name: path.read_bytes() for name, path in kept.files.items()} == {
        name: (folder / name).read_bytes() for name in ARRAYS
    }


def test_there_is_none_under_another_key(store: Store, tmp_path: Path) -> None:
    assert kept_audit(store, "cd" * 32, tmp_path) is None


def archive(members: list[tuple[str, bytes]], packed: bool = False) -> bytes:
    content = io.BytesIO()
    kind = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
    with warnings.catch_warnings(), zipfile.ZipFile(content, "w", kind) as made:
        warnings.simplefilter("ignore")  # of a name that is there twice
        for name, each in members:
            made.writestr(name, each)
    return content.getvalue()


@pytest.fixture
def members(store: Store) -> dict[str, bytes]:
    with store.opened("audits", KEY) as file:
        assert file is not None
        with zipfile.ZipFile(file) as kept:
            return {name: kept.read(name) for name in kept.namelist()}


@pytest.mark.parametrize(
    "wrong",
    [
        "nothing",
        "elsewhere",
        "twice",
        "packed",
        "rays of another",
        "no record",
        "many looks",
        "no looks",
        "no archive",
    ],
)
def test_what_is_none_is_removed_and_said(
    wrong: str, members: dict[str, bytes], tmp_path: Path
) -> None:
    """A right SHA-256 tells only that it was written so: anybody can write one."""
    listed = list(members.items())
    contents = {
        "nothing": archive([]),
        "elsewhere": archive([*listed, ("../elsewhere", b"x")]),
        "twice": archive([*listed, listed[0]]),
        "packed": archive(listed, packed=True),
        "rays of another": archive([*{**members, "rays.npz": members["attacks.npz"]}.items()]),
        "no record": archive([*{**members, "audit.json": b"{}"}.items()]),
        "many looks": archive([*{**members, "looks.json": b"[" * 2000}.items()]),
        "no looks": archive([*{**members, "looks.json": json.dumps({"x": 1}).encode()}.items()]),
        "no archive": b"not an archive",
    }
    told: list[str] = []
    store = Store(tmp_path / "other", 2**30, told.append)
    store.write("audits", KEY, lambda file: file.write(contents[wrong]))
    (tmp_path / "unpacked").mkdir()
    assert kept_audit(store, KEY, tmp_path / "unpacked") is None
    assert "is damaged" in told[0]
    assert store.entries() == []
    assert not (tmp_path / "elsewhere").exists()


def test_an_archive_is_read_wherever_it_lies(members: dict[str, bytes], tmp_path: Path) -> None:
    kept = read_kept(io.BytesIO(archive([*members.items()])), tmp_path)
    assert kept.findings.classes == 10


def test_one_without_attacks_and_looks(
    digits: Images, digits_model: Classifier, tmp_path: Path
) -> None:
    audit = robaudit.scan(digits_model, digits, plan=SearchPlan(10, 4, steps=10))
    robaudit.write_audit(audit, tmp_path)
    store = Store(tmp_path / "store", 2**30)
    files = {"rays.npz": tmp_path / "rays.npz"}
    assert keep_audit(store, KEY, findings_of(audit), None, files)
    (tmp_path / "unpacked").mkdir()
    kept = kept_audit(store, KEY, tmp_path / "unpacked")
    assert kept is not None
    assert kept.looks is None
    assert set(kept.files) == {"rays.npz"}
