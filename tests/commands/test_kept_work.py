"""A scan that is ended goes on where it stopped, and tells what there is where it is asked to."""

import errno
import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import robaudit.commands.scan as command
from robaudit import batches
from robaudit.cli import main
from robaudit.commands.partial_results import FOLDER
from robaudit.storage import blocks as keeping
from robaudit.storage import work_folder
from robaudit.storage.lock import Lock
from tests.support.files import Run, read_record
from tests.support.paths import EXAMPLES
from tests.support.schemas import validate

DATA = ("--data", str(EXAMPLES / "digits.npz"))
ATTACKS = ("--attack", "pgd:steps=5", "--attack", "gaussian-noise", "--strengths", "0.1")
OUT = Path("robaudit-report")
WORK = OUT / ".robaudit"

Stop = Callable[[int | None], None]


@pytest.fixture
def stop(monkeypatch: pytest.MonkeyPatch) -> Stop:
    """Give a function that says after how many blocks runs are to stop; ``None``: never."""
    monkeypatch.setattr(batches, "_LARGEST_BLOCK", 300)
    monkeypatch.setattr(keeping, "SECONDS", 0)
    monkeypatch.setenv("ROBAUDIT_CACHE", "off")

    def stop_after(blocks: int | None) -> None:
        done = 0

        def is_to_stop() -> bool:
            nonlocal done
            done += 1
            return blocks is not None and done > blocks

        @contextmanager
        def stopping() -> Iterator[Callable[[], bool]]:
            yield is_to_stop

        monkeypatch.setattr(command, "stopping", stopping)

    return stop_after


def results(folder: Path) -> tuple[Any, bytes]:
    """Read what a scan wrote, without what depends on the hour."""
    record = read_record(folder)
    del record["environment"], record["files"]
    return record, (folder / "rays.npz").read_bytes()


def lasting(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


@pytest.mark.parametrize(
    "more",
    [(), (*DATA, *ATTACKS), (*DATA, "--precision", "0.05", "--samples", "300"), DATA],
    ids=["synthetic", "attacks", "precision", "data"],
)
def test_a_scan_that_is_stopped_again_and_again_comes_to_the_same(
    more: tuple[str, ...], run: Run, stop: Stop, capsys: pytest.CaptureFixture[str]
) -> None:
    stop(None)
    assert run(*more, "-o", "whole", "-q") == 0
    capsys.readouterr()
    stages = []
    for _ in range(100):
        stop(7)
        code = run(*more)
        if not code:
            break
        assert code == 130
        assert "the same command goes on from here" in capsys.readouterr().err
        assert WORK.is_dir()
        if (OUT / "audit.json").exists():
            record = read_record()
            validate(record)
            stages.append(record["partial"]["stage"])
    assert results(OUT) == results(Path("whole"))
    assert lasting(OUT) == lasting(Path("whole"))
    assert set(stages) >= ({"attacks"} if "--attack" in more else set())
    assert "search" in stages or "--precision" in more  # whose pilot tells nothing
    assert "goes on where it stopped" in capsys.readouterr().err


def test_a_partial_audit_says_so_everywhere_and_passes_nothing(
    run: Run, stop: Stop, capsys: pytest.CaptureFixture[str]
) -> None:
    stop(6)
    outputs = (
        "--batch-size",
        "16",
        "--junit",
        "j.xml",
        "--markdown",
        "m.md",
        "--csv",
        "samples.csv",
    )
    assert run(*DATA, "--fail-under", "accuracy=0.01", *outputs) == 130
    out = capsys.readouterr().out
    record = read_record()
    partial = record["partial"]
    assert partial["stage"] == "search"
    assert 0 < partial["samples"] < partial["of_samples"] == 20
    assert record["plan"]["samples"] == partial["samples"]
    assert record["margins"]["restricted_mean"]["low"] is not None
    assert record["gates"] == []
    assert record.get("verdict") is None
    assert "PARTIAL" in " ".join(record["warnings"][0].split())
    assert "PARTIAL" in out
    assert "PARTIAL" in (OUT / "report.html").read_text()
    assert main(["report", str(OUT), "-f", "summary"]) == 0
    assert "PARTIAL" in capsys.readouterr().out
    assert not Path("j.xml").exists()
    assert len(Path("samples.csv").read_text().splitlines()) == partial["samples"] + 1
    assert main(["baseline", "write", str(OUT)]) == 2
    assert run(*DATA, "--baseline", str(OUT / "audit.json"), "-o", "other") == 2
    shutil.copytree(OUT, "same")
    assert main(["compare", str(OUT), "same", "--fail-on", "worse"]) == 2
    assert capsys.readouterr().err.count("an audit that was interrupted") == 3
    assert main(["compare", str(OUT), "same"]) == 0
    assert "audit before is partial" in " ".join(capsys.readouterr().out.split())


def test_whole_results_stay_until_others_are_whole(run: Run, stop: Stop) -> None:
    stop(None)
    assert run(*DATA, "-q") == 0
    before = results(OUT)
    more = (*DATA, "-q", "--steps", "11", "--batch-size", "16")
    stop(6)
    assert run(*more) == 130
    assert results(OUT) == before
    assert read_record(OUT / FOLDER)["partial"]
    stop(None)
    assert run(*more) == 0
    assert read_record()["plan"]["steps"] == 11
    assert lasting(OUT) == {"audit.json", "rays.npz", "report.html"}


def test_a_run_without_any_answer_leaves_its_blocks_alone(
    run: Run, stop: Stop, capsys: pytest.CaptureFixture[str]
) -> None:
    stop(2)
    assert run(*DATA) == 130
    assert lasting(OUT) == {".robaudit"}
    assert lasting(WORK) == {"own.blocks", "work.json"}
    assert main(["clean", str(OUT)]) == 0
    assert "MiB of unfinished work" in capsys.readouterr().out
    assert not WORK.exists()
    assert main(["clean", str(OUT)]) == 0
    assert main(["clean", "nowhere"]) == 2


def test_work_on_another_model_or_other_data_is_not_mixed_with_it(
    run: Run, stop: Stop, capsys: pytest.CaptureFixture[str]
) -> None:
    with np.load(EXAMPLES / "digits.npz") as data:
        part = {name: data[name][:200] for name in ("x_test", "y_test")}
    np.savez("fewer.npz", **part)
    stop(3)
    assert run(*DATA, "-q") == 130
    stop(None)
    for fresh in ((), ("--fresh",)):
        capsys.readouterr()
        assert run("--data", "fewer.npz", "-q", *fresh) == (0 if fresh else 2)
    assert lasting(OUT) == {"audit.json", "rays.npz", "report.html"}
    stop(3)
    assert run(*DATA, "-q") == 130
    other = shutil.copy(EXAMPLES / "digits.onnx", "other.onnx")
    with Path(other).open("ab") as file:  # an unknown field, which readers pass over
        file.write(b"\xfa\x3f\x01x")
    capsys.readouterr()
    assert run(*DATA, "-q", "--force", model=other) == 2
    said = capsys.readouterr().err
    assert "unfinished work on another model" in said
    assert "--fresh" in said
    assert len([word for word in said.split() if len(word.strip("().,;")) == 16]) >= 2


def test_a_result_that_is_known_already_leaves_work_of_others(
    run: Run,
    stop: Stop,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ROBAUDIT_CACHE", str(tmp_path / "cache"))
    stop(None)
    assert run(*DATA, "-q", "-o", "elsewhere") == 0
    shutil.copy(EXAMPLES / "digits.onnx", "other.onnx")
    with Path("other.onnx").open("ab") as file:  # an unknown field, which readers pass over
        file.write(b"\xfa\x3f\x01x")
    stop(3)
    assert run(*DATA, "-q", model="other.onnx") == 130
    before = (WORK / "own.blocks").read_bytes()
    capsys.readouterr()
    stop(None)
    assert run(*DATA, "-q") == 2
    assert "unfinished work on another model" in capsys.readouterr().err
    assert (WORK / "own.blocks").read_bytes() == before


def test_a_second_run_in_the_same_folder_is_refused(
    run: Run, stop: Stop, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    stop(None)
    monkeypatch.setattr(work_folder, "_TRIES", 1)
    WORK.mkdir(parents=True)
    lock = Lock(WORK / "lock")
    assert lock.take()
    assert run(*DATA) == 2
    assert "is being worked in by process" in capsys.readouterr().err
    assert main(["clean", str(OUT)]) == 2
    lock.remove()
    assert run(*DATA) == 0


def test_blocks_stay_where_they_are_to(run: Run, stop: Stop) -> None:
    stop(None)
    assert run(*DATA, "-q", "--keep-blocks") == 0
    assert lasting(WORK) == {"own.blocks", "work.json"}
    stop(0)  # whatever is not kept would stop it
    assert run(*DATA, "-q") == 0
    assert not WORK.exists()


def test_a_full_disk_ends_it_with_one_error_and_what_was_kept_stays(
    run: Run, stop: Stop, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    stop(5)
    assert run(*DATA, "-q") == 130
    before = (WORK / "own.blocks").read_bytes()
    capsys.readouterr()
    stop(None)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("robaudit.storage.journal.os.fsync", full)
        patch.setattr("robaudit.storage.work_folder.write_files", lambda *_: [])
        assert run(*DATA) == 2
    said = capsys.readouterr().err
    assert said.count("No space left on device") == 1
    assert "the same command goes on from here" in said
    assert (WORK / "own.blocks").read_bytes() == before
    assert run(*DATA, "-q") == 0


def test_a_model_made_by_code_is_told_by_its_answers(
    run: Run, stop: Stop, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(Path.cwd()))
    Path("net40.py").write_text(
        "import numpy as np\nWEIGHTS = np.random.default_rng(0).normal(size=(64, 10))\n"
        "def predict(x):\n    return x.reshape(len(x), -1) @ WEIGHTS\n"
        "def by_chance(x):\n    return predict(x) + np.random.normal(size=(len(x), 10))\n"
    )
    asked = (*DATA, "--input-shape", "1,8,8")
    stop(5)
    assert run(*asked, "-q", model="net40:predict") == 130
    import net40  # type: ignore[import-not-found]

    net40.WEIGHTS[0, 0] += 1
    capsys.readouterr()
    assert run(*asked, model="net40:predict") == 2
    assert "unfinished work on another model" in capsys.readouterr().err
    net40.WEIGHTS[0, 0] -= 1
    stop(None)
    assert run(*asked, model="net40:predict") == 0
    assert "goes on where it stopped" in capsys.readouterr().err
    assert run(*asked, "--randomised", "-o", "out", model="net40:by_chance") == 0
    assert "what is done is not kept" in capsys.readouterr().err


def test_another_setting_does_only_what_depends_on_it_again(
    run: Run, stop: Stop, capsys: pytest.CaptureFixture[str]
) -> None:
    stop(None)
    assert run(*DATA, *ATTACKS, "-q", "--keep-blocks") == 0
    for more in (
        ("--attack", "fgsm", *ATTACKS),
        ("--attack", "pgd:steps=6", "--attack", "gaussian-noise"),
    ):
        capsys.readouterr()
        assert run(*DATA, *more, "--keep-blocks") == 0
        said = capsys.readouterr().err
        assert "goes on where it stopped" in said
        assert "of the search" not in said
    blocks = json.loads((WORK / "work.json").read_text())
    assert set(blocks) == {"model", "model_sha256", "data", "data_sha256"}
