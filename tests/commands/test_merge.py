"""Shards of a scan: each on its own, and what they come to when they are merged."""

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
from robaudit.storage import blocks as keeping
from tests.support.files import Run, read_record
from tests.support.paths import EXAMPLES

DATA = ("--data", str(EXAMPLES / "digits.npz"), "-q")
ATTACKS = ("--attack", "fgsm", "--attack", "gaussian-noise", "--strengths", "0.1")


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "_LARGEST_BLOCK", 300)
    monkeypatch.setattr(batches, "_LARGEST_BATCH", 8)


def results(folder: str) -> tuple[Any, bytes]:
    """Read what a scan wrote, without what depends on the hour."""
    record = read_record(Path(folder))
    del record["environment"], record["files"]
    return record, (Path(folder) / "rays.npz").read_bytes()


def shards(run: Run, of: int, *more: str) -> list[str]:
    """Do all shards of a scan; give their folders."""
    for number in range(1, of + 1):
        assert run(*DATA, *more, "--shard", f"{number}/{of}") == 0
    return [f"robaudit-report-{number}-of-{of}" for number in range(1, of + 1)]


@pytest.mark.parametrize("of", [1, 2, 7])
def test_merged_shards_are_one_run(of: int, run: Run) -> None:
    assert run(*DATA, *ATTACKS, "-o", "whole") == 0
    folders = shards(run, of, *ATTACKS)
    for folder in folders:
        assert {path.name for path in Path(folder).iterdir()} == {"shard.json", "shard.blocks"}
    assert main(["merge", *reversed(folders), "-o", "merged", "-q"]) == 0
    assert results("merged") == results("whole")
    names = [{path.name for path in Path(each).iterdir()} for each in ("merged", "whole")]
    assert names[0] == names[1]
    assert read_record(Path("merged"))["environment"]["command"].startswith("robaudit merge")


def test_a_shard_says_how_to_go_on_and_can_be_done_again(
    run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*DATA[:-1], "--shard", "1/2") == 0
    said = capsys.readouterr().out
    assert "robaudit merge" in said
    before = Path("robaudit-report-1-of-2/shard.json").read_text()
    size = Path("robaudit-report-1-of-2/shard.blocks").stat().st_size
    assert run(*DATA[:-1], "--shard", "1/2") == 0
    assert Path("robaudit-report-1-of-2/shard.json").read_text() == before
    assert Path("robaudit-report-1-of-2/shard.blocks").stat().st_size == size


def stop_after(monkeypatch: pytest.MonkeyPatch, blocks: int) -> None:
    """Have a scan stop after so many blocks; the folder of work is written at each."""
    done = 0

    def is_to_stop() -> bool:
        nonlocal done
        done += 1
        return done > blocks

    @contextmanager
    def stopping() -> Iterator[Callable[[], bool]]:
        yield is_to_stop

    monkeypatch.setattr(keeping, "SECONDS", 0)
    monkeypatch.setattr(command, "stopping", stopping)


@pytest.mark.parametrize("shard", ["1/1", "1/2"])
def test_a_shard_that_is_stopped_is_not_done(
    shard: str, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        stop_after(patched, 6)
        assert run(*DATA, "--shard", shard, "-o", "part") == 130
    assert {path.name for path in Path("part").iterdir()} == {".robaudit"}
    assert run(*DATA, "--shard", shard, "-o", "part") == 0
    assert {path.name for path in Path("part").iterdir()} == {"shard.json", "shard.blocks"}


def test_a_shard_that_is_done_stays_until_another_is(
    run: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*DATA, "--shard", "1/2", "-o", "part") == 0
    before = {path.name: path.read_bytes() for path in Path("part").iterdir()}
    with monkeypatch.context() as patched:
        stop_after(patched, 2)
        assert run(*DATA, "--shard", "1/2", "-o", "part", "--steps", "9") == 130
    assert {name: Path("part", name).read_bytes() for name in before} == before
    capsys.readouterr()
    assert run(*DATA, "--shard", "2/2", "-o", "part") == 2
    assert "differs in which it is: 1" in " ".join(capsys.readouterr().err.split())
    assert {name: Path("part", name).read_bytes() for name in before} == before


@pytest.mark.parametrize("failing", ["write_files", "Journal.gathered"])
def test_a_shard_that_cannot_be_handed_over_is_gone_on_from(
    failing: str,
    run: Run,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    arguments = (*DATA[:-1], "--shard", "1/2", "-o", "part")
    with monkeypatch.context() as patched:
        patched.setattr(f"robaudit.storage.shard.{failing}", full)
        assert run(*arguments) == 2
    assert "the same command goes on from here" in capsys.readouterr().err
    with monkeypatch.context() as patched:
        stop_after(patched, 1)  # asked at the end of the search; what is not kept would ask more
        assert run(*arguments) == 0
    assert {path.name for path in Path("part").iterdir()} == {"shard.json", "shard.blocks"}


def test_what_workers_had_done_is_handed_over_too(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = (*DATA, "--shard", "1/1", "-o", "part")
    with monkeypatch.context() as patched:
        stop_after(patched, 6)
        assert run(*arguments) == 130
    work = Path("part/.robaudit")
    (work / "own.blocks").rename(work / "worker-0.blocks")
    assert run(*arguments) == 0
    assert run(*DATA, "--shard", "1/1", "-o", "whole") == 0
    sizes = [Path(each, "shard.blocks").stat().st_size for each in ("part", "whole")]
    assert sizes[0] == sizes[1]


def test_a_shard_is_not_written_through_links(run: Run) -> None:
    assert run(*DATA, "--shard", "1/2", "-o", "part") == 0
    Path("precious.txt").write_text("precious")
    Path("part/shard.blocks").unlink()
    Path("part/shard.blocks").symlink_to(Path("precious.txt").absolute())
    assert main(["merge", "part", "-q"]) == 2
    assert run(*DATA, "--shard", "1/2", "-o", "part") == 0
    assert Path("precious.txt").read_text() == "precious"
    assert not Path("part/shard.blocks").is_symlink()


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"of": 10**12}, "is not what a shard of this version has written"),
        ({"of": 999_999}, "shards 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 and 999,988 others of 999999"),
        ({"command_line": "robaudit scan 'm"}, "expected one of a scan"),
        ({"command_line": ""}, "expected one of a scan"),
        ({"command_line": "robaudit scan m.onnx --help"}, "expected one of a scan"),
    ],
)
def test_a_manifest_that_nobody_wrote_is_refused(
    changed: dict[str, Any], said: str, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*DATA, "--shard", "1/1", "-o", "part") == 0
    path = Path("part/shard.json")
    path.write_text(json.dumps({**json.loads(path.read_text()), **changed}))
    capsys.readouterr()
    assert main(["merge", "part", "-q"]) == 2
    assert said in " ".join(capsys.readouterr().err.split())


def test_files_beside_the_record_are_those_that_the_merge_names(run: Run) -> None:
    """Who made the shards may have named any file."""
    assert run(*DATA, "--shard", "1/1", "-o", "part", "--markdown", "theirs.md") == 0
    assert main(["merge", "part", "-q", "-o", "merged", "--markdown", "ours.md"]) == 0
    assert Path("ours.md").exists()
    assert not Path("theirs.md").exists()


def test_what_is_not_one_whole_run_is_refused(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    one, two, three = shards(run, 3)
    with np.load(EXAMPLES / "digits.npz") as data:
        np.savez("fewer.npz", **{name: data[name][:200] for name in ("x_test", "y_test")})
    model = shutil.copy(EXAMPLES / "digits.onnx", "other.onnx")
    with Path(model).open("ab") as file:  # an unknown field, which readers pass over
        file.write(b"\xfa\x3f\x01x")
    assert run("--data", "fewer.npz", "-q", "--shard", "3/3", "-o", "data") == 0
    assert run(*DATA, "--shard", "3/3", "-o", "model", model=model) == 0
    assert run(*DATA, "--shard", "3/3", "-o", "plan", "--steps", "9") == 0
    assert run(*DATA, "--shard", "3/4", "-o", "four") == 0
    shutil.copytree(three, "versions")
    manifest = json.loads(Path(three, "shard.json").read_text())
    manifest["computing"]["the version of numpy"] = "1.0"
    Path("versions/shard.json").write_text(json.dumps(manifest))
    shutil.copytree(three, "began")
    manifest = json.loads(Path(three, "shard.json").read_text())
    manifest["began_with"]["search"] = 64 * "0"
    Path("began/shard.json").write_text(json.dumps(manifest))
    Path("nothing").mkdir()
    Path("broken").mkdir()
    for name in ("shard.json", "shard.blocks"):
        Path("broken", name).write_text("{}")
    capsys.readouterr()
    for folders, said in {
        (one,): "shards 2, 3 of 3 are missing",
        (one, three): "shard 2 of 3 is missing",
        (one, two, two, three): f"shard 2 twice: {two} and {two}",
        (one, two, "data"): "in the data: fewer.npz",
        (one, two, "model"): "in the model: other.onnx",
        (one, two, "plan"): "--steps 9",
        (one, two, "four"): "in how many there are: 4",
        (one, two, "versions"): "in the version of numpy: 1.0",
        (one, two, "began"): "what the search began with",
        (one, two, "nothing"): "nothing holds no shard that is done",
        (one, two, "nowhere"): "no folder nowhere",
        (one, two, "broken"): "is not what a shard of this version has written",
    }.items():
        assert main(["merge", *folders, "-o", "merged", "-q"]) == 2
        assert said in " ".join(capsys.readouterr().err.split()), said
        assert not Path("merged").exists()


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--shard", "0/3"), "Where shards are counted from 0, add 1"),
        (("--shard", "4/3"), "with I from 1 to N"),
        (("--shard", "1"), "such as 1/4"),
        (("--shard", "1/2", "--precision", "0.05"), "hangs on what all shares find"),
        (("--shard", "1/2", "--randomised"), "other draws of the model"),
    ],
)
def test_shards_that_cannot_be_are_refused(
    more: tuple[str, ...], said: str, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*DATA, *more) == 2
    assert said in " ".join(capsys.readouterr().err.split())
    assert not list(Path().glob("robaudit-report*"))


def test_the_model_and_the_data_may_lie_elsewhere(
    run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    model = shutil.copy(EXAMPLES / "digits.onnx", "here.onnx")
    data = shutil.copy(EXAMPLES / "digits.npz", "here.npz")
    for number in (1, 2):
        assert run("--data", data, "-q", "--shard", f"{number}/2", model=model) == 0
    folders = [f"robaudit-report-{number}-of-2" for number in (1, 2)]
    Path("there").mkdir()
    Path(model).rename("there/here.onnx")
    Path(data).rename("there/here.npz")
    assert main(["merge", *folders, "-q"]) == 2
    there = ("--model", "there/here.onnx", "--data", "there/here.npz")
    assert main(["merge", *folders, *there, "-q"]) == 0
    capsys.readouterr()
    assert main(["merge", *folders, "--model", str(EXAMPLES / "digits.npz"), "-q"]) in (2, 3)
    assert read_record(Path("robaudit-report"))["plan"]["samples"] == 20


def test_code_of_shards_is_run_only_where_that_is_asked_for(
    run: Run, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(Path.cwd()))
    Path("net41.py").write_text(
        "import numpy as np\nWEIGHTS = np.random.default_rng(0).normal(size=(64, 10))\n"
        "def predict(x):\n    return x.reshape(len(x), -1) @ WEIGHTS\n"
    )
    more = ("--input-shape", "1,8,8", "--shard", "1/1")
    assert run(*DATA, *more, model="net41:predict") == 0
    assert main(["merge", "robaudit-report-1-of-1", "-q"]) == 2
    assert "is made by code" in " ".join(capsys.readouterr().err.split())
    assert main(["merge", "robaudit-report-1-of-1", "-q", "--trust-model"]) == 0


def test_a_damaged_shard_is_mended_by_the_merge(
    run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*DATA, "-o", "whole") == 0
    folders = shards(run, 2)
    path = Path(folders[0], "shard.blocks")
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    capsys.readouterr()
    assert main(["merge", *folders, "-o", "merged"]) == 0
    assert "damaged" in capsys.readouterr().err
    assert results("merged") == results("whole")
