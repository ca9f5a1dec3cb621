"""A scan of an unchanged model is taken from the cache; any change makes it anew."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest

import robaudit.commands.scan
from robaudit.audit import Audit, scan
from robaudit.storage.cache import open_cache
from tests.support.files import Run
from tests.support.paths import DIGITS, EXAMPLES

DATA = ("--data", str(EXAMPLES / "digits.npz"))
GATE = ("--fail-under", "accuracy=0.5")
NOISE = ("--attack", "gaussian-noise:sigma=0.4", "--attack", "pgd:steps=5")


@pytest.fixture
def audits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Audit]:
    """Have a cache, in which nothing is, and a list of the audits that are made."""
    monkeypatch.setenv("ROBAUDIT_CACHE", str(tmp_path / "cache"))
    made: list[Audit] = []

    def counted(*arguments: Any, **named: Any) -> Audit:
        made.append(scan(*arguments, **named))
        return made[-1]

    monkeypatch.setattr(robaudit.commands.scan, "scan", counted)
    return made


def files_of(folder: str) -> dict[str, bytes]:
    """Read what a scan wrote, whatever folder its command named."""
    named = f"-o {folder}".encode()
    return {path.name: path.read_bytes().replace(named, b"-o") for path in Path(folder).iterdir()}


@pytest.mark.parametrize(
    "more", [DATA, (), (*DATA, *NOISE), (*DATA, "--precision", "0.05"), (*DATA, "--refine", "0.01")]
)
def test_an_unchanged_model_is_not_audited_again(
    more: tuple[str, ...],
    run: Run,
    audits: list[Audit],
    capsys: pytest.CaptureFixture[str],
) -> None:
    """What is written and said of it is the same, to the byte."""
    assert run(*more, "-o", "first") == 0
    said = capsys.readouterr()
    assert run(*more, "-o", "second") == 0
    again = capsys.readouterr()
    assert len(audits) == 1
    assert files_of("first") == files_of("second")
    assert again.out == said.out.replace("first/", "second/")
    assert "from the cache: audited" in again.err
    assert "--no-cache does it again" in again.err
    assert "cache" not in said.err


def test_a_quiet_scan_says_nothing_of_it(
    run: Run, audits: list[Audit], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("-q") == run("-q") == 0
    assert capsys.readouterr() == ("", "")
    assert len(audits) == 1


def test_the_verdict_is_worked_out_anew(run: Run, audits: list[Audit]) -> None:
    assert run(*DATA, *GATE, "-o", "first") == 0
    assert run(*DATA, "--fail-under", "accuracy=0.999", "-o", "second") == 1
    assert run(*DATA, "-o", "third") == 0
    assert len(audits) == 1
    records = [json.loads(files_of(name)["audit.json"]) for name in ("first", "second", "third")]
    assert [record["verdict"]["outcome"] for record in records] == ["pass", "fail", None]
    assert [len(record["gates"]) for record in records] == [1, 1, 0]
    assert "99.9" in files_of("second")["report.html"].decode()


def test_no_cache_audits_again_and_keeps_nothing(run: Run, audits: list[Audit]) -> None:
    assert run("--no-cache", "-q") == run("-q") == run("--no-cache", "-q") == 0
    assert len(audits) == 3
    assert run("-q") == 0
    assert len(audits) == 3


@pytest.mark.parametrize(
    "change",
    [
        ("--seed", "1"),
        ("--samples", "21"),
        ("--search", "linear"),
        ("--reference", "prediction"),
        ("--split", "train"),
        ("--mean", "0", "--std", "1"),
        ("--class-names", "a,b,c,d,e,f,g,h,i,j"),
        ("--pixel-range", "255,0"),
        ("--device", "cpu"),
        NOISE,
        ("--precision", "0.05"),
    ],
)
def test_whatever_an_audit_depends_on_makes_it_anew(
    change: tuple[str, ...], run: Run, audits: list[Audit]
) -> None:
    assert run(*DATA, "-q") == run(*DATA, *change, "-q") == 0
    assert len(audits) == 2
    assert run(*DATA, *change, "-q") == 0
    assert len(audits) == 2


def test_how_fast_and_where_to_make_no_difference(run: Run, audits: list[Audit]) -> None:
    assert run(*DATA, "-q") == 0
    same = ("--scores", "logits")  # as is found without it
    for change in (("--batch-size", "7"), ("--memory", "1M"), ("-o", "other"), GATE, same):
        assert run(*DATA, *change, "-q") == 0
    assert len(audits) == 1


def change_weights(path: Path) -> None:
    model = onnx.load(path)
    model.graph.initializer[0].raw_data = bytes(len(model.graph.initializer[0].raw_data))
    onnx.save(model, path)


def change_label(path: Path) -> None:
    with np.load(path) as archive:
        arrays = dict(archive)
    arrays["y_test"][0] = (arrays["y_test"][0] + 1) % 10
    np.savez(path, **arrays)


def name_classes(path: Path) -> None:
    (path.parent / "labels.txt").write_text("".join(f"class {n}\n" for n in range(10)))


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("digits.onnx", change_weights),
        ("digits.npz", change_label),
        ("digits.onnx", name_classes),
    ],
)
def test_changed_files_are_seen(
    name: str, change: Callable[[Path], None], run: Run, audits: list[Audit], tmp_path: Path
) -> None:
    """Also those that lie beside a model, and are read with it."""
    for each in ("digits.onnx", "digits.npz"):
        shutil.copy(EXAMPLES / each, tmp_path)
    for count in (1, 1, 2, 2):
        if count == 2 and len(audits) == 1:
            change(tmp_path / name)
        assert run("-q", model="digits.onnx") == 0
        assert len(audits) == count


def test_gates_are_part_of_what_decides_by_them(run: Run, audits: list[Audit]) -> None:
    """As many samples are searched as these gates need, and with the error of so many looks."""
    decide = ("--decide", "--own-directions", "2", "--samples", "400", *DATA)
    first = ("--fail-under", "crossing-rate=0.9", *decide)
    assert run(*first, "-q", "-o", "first") == run(*first, "-q", "-o", "second") == 0
    assert len(audits) == 1
    assert files_of("first") == files_of("second")
    assert json.loads(files_of("second")["audit.json"])["gates"][0]["looks"]
    run("--fail-under", "crossing-rate=0.8", *decide, "-q")
    assert len(audits) == 2


def test_what_code_makes_is_never_taken(run: Run, audits: list[Audit], tmp_path: Path) -> None:
    """Nothing tells whether the code is still the same."""
    body = "import numpy as np\ndef predict(x):\n    return x.reshape(len(x), -1)[:, :10]\n"
    (tmp_path / "net.py").write_text(body)
    shape = ("--input-shape", "1,8,8")
    for more, model in (
        (shape, "net.py:predict"),
        (("--trust-model",), DIGITS),
        (("--randomised", "--samples", "10"), DIGITS),
    ):
        before = len(audits)
        again = (*more, "-q", "--force")
        assert run(*again, model=model) == run(*again, model=model) == 0
        assert len(audits) == before + 2
    store = open_cache()
    assert store is not None
    assert store.entries() == []


def test_an_audit_that_lacks_attacks_is_not_kept(
    run: Run, audits: list[Audit], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Next time there may be memory enough, or the package that was missing."""
    attacked = (*DATA, *NOISE, "-q")
    with monkeypatch.context() as patch:
        patch.setattr("robaudit.attacks.run.reason_to_skip", lambda *_: "no memory")
        assert run(*attacked) == 2
        assert run(*attacked, "--allow-skipped") == 0
    assert run(*attacked) == 0
    assert len(audits) == 3


def test_an_interrupted_audit_is_not_kept(
    run: Run, audits: list[Audit], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("robaudit.attacks.assessment.trust_flags", interrupt)
        assert run(*DATA, *NOISE, "-q") == 130
    assert run(*DATA, *NOISE, "-q") == 0
    assert len(audits) == 2


def test_a_damaged_entry_is_said_and_audited_again(
    run: Run, audits: list[Audit], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("-q") == 0
    store = open_cache()
    assert store is not None
    (entry,) = store.entries()
    entry.path.write_bytes(entry.path.read_bytes()[:-1])
    assert run() == 0
    assert "is damaged" in capsys.readouterr().err
    assert run() == 0
    assert "from the cache" in capsys.readouterr().err
    assert len(audits) == 2


def test_a_cache_that_cannot_be_used_fails_nothing(
    run: Run, audits: list[Audit], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("ROBAUDIT_CACHE", str(tmp_path / "file"))
    assert run("-q") == run("-q") == 0
    assert len(audits) == 2
