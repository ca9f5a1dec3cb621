"""The command line: what it writes, what it says, and how it exits."""

import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from PIL import Image

import robaudit
from robaudit.cli import main
from robaudit.commands.options import make_parser
from robaudit.gates import judge, parse_gate

from .conftest import EXAMPLES, affine_onnx

Run = Callable[..., int]
MODEL = str(EXAMPLES / "digits.onnx")
SMALL = ["--samples", "20", "--directions", "6", "--steps", "10", "--step", "0.05"]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Give a function that runs a small scan in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")

    def run_scan(*arguments: object, model: object = MODEL) -> int:
        return main(["scan", str(model), *SMALL, *map(str, arguments)])

    return run_scan


def read(folder: Path = Path("robaudit-report")) -> Any:
    return json.loads((folder / "audit.json").read_text())


def test_a_scan_writes_three_files_and_a_summary(
    run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run() == 0
    out, err = capsys.readouterr()
    assert sorted(p.name for p in Path("robaudit-report").iterdir()) == [
        "audit.json",
        "rays.npz",
        "report.html",
    ]
    assert "digits.onnx" in out
    assert "Crossing rate" in out
    assert str(Path("robaudit-report/report.html")) in out
    assert "search: 240 of 240 rays" in err
    assert "\x1b" not in out + err


def test_the_record_and_the_rays_say_the_same(run: Run) -> None:
    assert run() == 0
    record = read()
    with np.load("robaudit-report/rays.npz") as rays:
        columns = {name: rays[name] for name in rays.files}
    plan = record["plan"]
    assert columns["directions"].shape == (plan["directions"], *record["model"]["input"]["shape"])
    assert len(columns["step"]) == plan["samples"] * plan["directions"] * plan["signs"]
    assert len(columns["step"]) == record["search"]["rays"]
    crossed = columns["adjacent"] >= 0
    assert crossed.sum() == record["search"]["crossed"]
    assert crossed.mean() == pytest.approx(record["margins"]["crossing_rate"]["value"])
    walked = columns["step"] > 0
    np.testing.assert_allclose(
        columns["distance"][walked], columns["step"][walked] * plan["step"], rtol=1e-6
    )
    assert np.isinf(columns["distance"][~crossed]).all()
    restricted = np.minimum(columns["distance"], plan["reach"]).mean()
    assert restricted == pytest.approx(record["margins"]["restricted_mean"]["value"])
    with np.load(EXAMPLES / "digits.npz") as data:
        labels = data["y_test"]
    np.testing.assert_array_equal(columns["origin"], labels[columns["sample"]])


def test_the_same_seed_gives_the_same_record(run: Run) -> None:
    records = []
    for batch_size, folder in ((7, "a"), (300, "b"), (None, "c")):
        size = [] if batch_size is None else ["--batch-size", batch_size]
        assert run("-o", folder, "-q", *size) == 0
        record = read(Path(folder))
        del record["environment"], record["search"]["seconds"]
        records.append(record)
    assert records[0] == records[1] == records[2]
    assert run("-o", "d", "--seed", "1", "-q") == 0
    assert read(Path("d"))["margins"] != records[0]["margins"]


def test_without_data_the_inputs_are_synthetic_and_everything_says_so(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copy(MODEL, tmp_path / "alone.onnx")
    assert run(model="alone.onnx") == 0
    record = read()
    assert record["data"]["synthetic"]
    assert record["data"]["reference"] == "prediction"
    assert record["clean"]["accuracy"]["value"] is None
    for text in (
        capsys.readouterr().out,
        Path("robaudit-report/report.html").read_text(),
        json.dumps(record["warnings"]),
    ):
        assert "Synthetic inputs" in text
        assert "--data" in text
    with np.load("robaudit-report/rays.npz") as rays:
        inputs = rays["inputs"]
        assert inputs.shape == (record["data"]["samples"], 1, 8, 8)
        assert rays["sample"].max() < len(inputs)


def test_settings_name_the_data(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "sub"
    folder.mkdir()
    shutil.copy(MODEL, folder / "model.onnx")
    shutil.copy(EXAMPLES / "digits.npz", tmp_path / "images.npz")
    (tmp_path / "pyproject.toml").write_text(
        '[tool.robaudit]\ndata = "images.npz"\nsplit = "train"\nno-clip = true\n'
        'mean = 0.1\nfail-under = ["accuracy=0.2", "crossing-rate=0.99"]\n'
    )
    assert run(model=folder / "model.onnx") == 0
    record = read()
    assert record["data"]["split"] == "train"
    assert not record["plan"]["clip"]
    assert record["data"]["preprocessing"]["mean"] == [0.1]
    assert [gate["metric"] for gate in record["gates"]] == ["accuracy", "crossing-rate"]
    # What is typed wins, and robaudit.toml comes before pyproject.toml.
    (tmp_path / "robaudit.toml").write_text('data = "images.npz"\nmean = [0.2]\n')
    assert run("--mean", "0.3", model=folder / "model.onnx") == 0
    record = read()
    assert record["data"]["split"] == "test"
    assert record["data"]["preprocessing"]["mean"] == [0.3]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("datas = 'x'", "sets 'datas'"),
        ("data = ", "cannot be read"),
        ("samples = 'many'", "--samples"),
        ("data = 5", "no data at 5"),
        ("data = {a = 1}", "no data"),
    ],
)
def test_settings_that_are_wrong(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    content: str,
    words: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "robaudit.toml").write_text(content)
    assert main(["scan", MODEL]) == 2
    assert words in capsys.readouterr().err


@pytest.mark.parametrize(
    ("gate", "code"),
    [
        ("accuracy=0.5", 0),
        ("accuracy=0.999", 1),
        ("accuracy=0.985", 4),
        ("crossing-rate=1", 0),
        ("crossing-rate=0", 1),
        ("crossing_rate=0.001", 1),
        ("restricted-mean-margin=0.001", 0),
        ("restricted_mean_margin=0.5", 1),
        ("worst-class-margin=0.001", 0),
    ],
)
def test_gates(run: Run, gate: str, code: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--fail-under", gate) == code
    outcome = {0: "passed", 1: "failed", 4: "inconclusive"}[code]
    assert f"gate {outcome}" in capsys.readouterr().out
    assert read()["gates"][0]["outcome"] == outcome
    assert outcome in Path("robaudit-report/report.html").read_text()


def test_the_worst_gate_decides(run: Run) -> None:
    assert run("--fail-under", "accuracy=0.985", "--fail-under", "accuracy=0.999") == 1
    assert run("--fail-under", "accuracy=0.985", "--fail-under", "accuracy=0.5") == 4


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--samples", "0"], "--samples"),
        (["--step", "-1"], "--step"),
        (["--step", "nan"], "--step"),
        (["--directions", "65"], "at most 64"),
        (["--mean", "a"], "--mean"),
        (["--mean", "0.1,0.2"], "--mean"),
        (["--std", "0"], "--std"),
        (["--mean", "123.7", "--std", "58.4"], "0..1 units"),
        (["--effort", "huge"], "--effort"),
        (["--data", "none.npz"], "no data at none.npz"),
        (["--fail-under", "speed=1"], "restricted-mean-margin"),
        (["--fail-under", "accuracy=97"], "from 0 to 1"),
        (["--fail-under", "accuracy"], "METRIC=VALUE"),
        (["--pixel-range", "5,1"], "--pixel-range"),
        (["--image-size", "12"], "--image-size"),
        (["--split", "nothing"], "x_nothing"),
        (["--class-names", "a,b"], "2 class names for a model of 10"),
        (["--no-such-flag"], "--no-such-flag"),
        (["--device", "cuda"], "onnx-gpu"),
        (["-o", MODEL], "is not a folder"),
        (["--split", "train", "--data", str(EXAMPLES / "digits.onnx")], "no parts"),
    ],
)
def test_wrong_use_exits_with_2_and_one_sentence(
    run: Run, capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    assert run(*arguments) == 2
    out, err = capsys.readouterr()
    assert words in err
    assert err.startswith("robaudit: ") or "preprocessing" in err
    assert "Traceback" not in out + err
    assert not Path("robaudit-report").exists()


def save_data(path: Path, x: np.ndarray, y: np.ndarray) -> Path:
    np.savez(path, x=x, y=y)
    return path


@pytest.mark.parametrize(
    ("x", "y", "words"),
    [
        (np.full((4, 8, 8), np.nan), np.arange(4), "NaN"),
        (np.zeros((0, 8, 8)), np.zeros(0), "no images"),
        (np.zeros((4, 9, 9)), np.arange(4), "(1, 8, 8)"),
        (np.zeros((4, 8, 8)), np.arange(4) + 7, "labels from 0 to 9"),
        (np.zeros((4, 8, 8)), np.arange(3), "labels of shape"),
    ],
)
def test_data_that_does_not_fit_exits_with_2(
    run: Run, capsys: pytest.CaptureFixture[str], x: np.ndarray, y: np.ndarray, words: str
) -> None:
    path = save_data(Path("data.npz"), x, y)
    assert run("--data", path) == 2
    err = capsys.readouterr().err
    assert words in err
    assert "data.npz" in err
    assert not Path("robaudit-report").exists()


def test_a_model_that_is_none_exits_with_3(
    run: Run, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "bad.onnx").write_bytes(b"")
    assert run(model="bad.onnx") == 3
    assert run(model=tmp_path) == 3
    assert run(model="none.onnx") == 2
    assert not Path("robaudit-report").exists()
    assert capsys.readouterr().err.count("robaudit: ") == 3


def test_a_threshold_itself_is_good_enough_but_does_not_make_sure() -> None:
    record = {"clean": {"accuracy": {"value": 1.0, "low": 0.99, "high": 1.0}}}
    assert judge(record, parse_gate("accuracy=1")).outcome == "inconclusive"
    assert judge(record, parse_gate("accuracy=0.99")).outcome == "passed"
    record = {"margins": {"crossing_rate": {"value": 0.0, "low": 0.0, "high": 0.1}}}
    assert judge(record, parse_gate("crossing-rate=0")).outcome == "inconclusive"
    assert judge(record, parse_gate("crossing-rate=0.1")).outcome == "passed"


def test_a_model_that_never_changes_its_mind_is_no_reason_to_crash(
    run: Run, tmp_path: Path
) -> None:
    onnx.save(affine_onnx(np.zeros((64, 4)), np.arange(4.0), ["N", 8, 8]), "blind.onnx")
    save_data(tmp_path / "blind.npz", np.zeros((8, 8, 8)), np.arange(8) % 4)
    assert run("--fail-under", "crossing-rate=0.5", model="blind.onnx") in (1, 4)


def test_what_was_not_foreseen_does_not_look_like_a_failed_gate(
    run: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError("oh")

    monkeypatch.setattr("robaudit.commands.scan.scan", fail)
    assert run() == 2
    err = capsys.readouterr().err
    assert "ZeroDivisionError: oh" in err
    assert "Traceback" not in err
    monkeypatch.setenv("ROBAUDIT_DEBUG", "1")
    with pytest.raises(ZeroDivisionError):
        run()


def test_a_result_that_cannot_be_replaced_is_noticed_before_the_work(
    run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("robaudit-report/audit.json").mkdir(parents=True)
    assert run() == 2
    err = capsys.readouterr().err
    assert "is a folder" in err
    assert "search" not in err


def test_folders_whose_names_are_not_the_models_classes_are_told_of(
    run: Run, tmp_path: Path
) -> None:
    with np.load(EXAMPLES / "digits.npz") as data:
        for name, label in (("two", 2), ("three", 3), ("zero", 0)):
            (tmp_path / "pictures" / name).mkdir(parents=True)
            for number in np.flatnonzero(data["y_test"] == label)[:10]:
                picture = Image.fromarray(data["x_test"][number])
                picture.save(tmp_path / "pictures" / name / f"{number}.png")
    assert run("--data", "pictures") == 0
    record = read()
    assert any("alphabetical order" in warning for warning in record["warnings"])
    names = "zero,one,two,three,four,five,six,seven,eight,nine"
    assert run("--data", "pictures", "--class-names", names) == 0
    record = read()
    assert record["clean"]["accuracy"]["value"] > 0.9
    assert record["data"]["class_counts"][:4] == [10, 0, 10, 10]
    assert record["model"]["class_names"][3] == "three"


def test_raw_scores_that_no_label_vouched_for_are_told_of(run: Run, tmp_path: Path) -> None:
    shutil.copy(MODEL, tmp_path / "alone.onnx")
    assert run(model="alone.onnx") == 0
    assert any("taken on trust" in warning for warning in read()["warnings"])


def test_a_gate_on_accuracy_needs_labels(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copy(MODEL, tmp_path / "alone.onnx")
    assert run("--fail-under", "accuracy=0.5", model="alone.onnx") == 2
    assert "without labels" in capsys.readouterr().err


def test_a_full_disk_loses_nothing_and_leaves_nothing(
    run: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("-q") == 0
    before = {p: p.read_bytes() for p in Path("robaudit-report").iterdir()}

    def no_space(_file: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", no_space)
    assert run("-q", "--seed", "5") == 2
    assert "No space left" in capsys.readouterr().err
    assert {p: p.read_bytes() for p in Path("robaudit-report").iterdir()} == before
    assert run("-q", "-o", "new") == 2
    assert not Path("new").exists()


def test_a_folder_that_cannot_be_written_is_noticed_before_the_work(
    run: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert run("-o", "locked/report") == 2
    err = capsys.readouterr().err
    assert "no permission" in err
    assert "search" not in err


def test_an_interrupt_ends_quietly(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "robaudit", "scan", MODEL, "--effort", "standard"]
    process = subprocess.Popen(
        [*command, "--samples", "600", "--steps", "20000", "--step", "0.00001"],
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith("clean accuracy"):
            break
    time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    err = process.communicate(timeout=60)[1]
    assert process.returncode == 130
    assert "interrupted" in err
    assert "Traceback" not in err
    assert list(tmp_path.iterdir()) == []


def test_quiet_says_nothing(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--quiet") == 0
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("width", [40, 60, 120])
def test_the_summary_fits_the_terminal(
    run: Run, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    assert run() == 0
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= width


def test_reports_are_written_again_from_the_record(
    run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("-q", "--fail-under", "accuracy=0.5") == 0
    page = Path("robaudit-report/report.html")
    first = page.read_text()
    page.unlink()
    record = "robaudit-report/audit.json"
    assert main(["report", record]) == 0
    assert page.read_text() == first
    capsys.readouterr()
    assert main(["report", record, "-f", "json"]) == 0
    assert capsys.readouterr().out == Path(record).read_text()
    for name in ("text", "markdown"):
        assert main(["report", record, "-f", name]) == 0
        assert "Crossing rate" in capsys.readouterr().out
    assert main(["report", record, "-f", "markdown", "-o", "summary.md"]) == 0
    assert Path("summary.md").read_text().startswith("# Robustness audit: digits.onnx")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "no JSON"),
        ("[]", "no audit record"),
        ("{}", "no audit record"),
        ("[" * 100_000, "no JSON"),
        ('{"schema_version": "2.0"}', "no audit record"),
        ('{"schema_version": NaN}', "NaN is no number"),
    ],
)
def test_what_is_no_record_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str, words: str
) -> None:
    path = tmp_path / "audit.json"
    path.write_text(content)
    assert main(["report", str(path)]) == 2
    assert words in capsys.readouterr().err
    assert main(["report", str(tmp_path / "none.json")]) == 2
    assert main(["report", str(path), "-f", "poem"]) == 2
    assert "one of html, json, markdown, text" in capsys.readouterr().err
    assert [p.name for p in tmp_path.iterdir()] == ["audit.json"]


def test_names_from_files_cannot_command_the_terminal(
    run: Run, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    names = ["\x1b[31mred", "[bold]b[/bold]", "<script>alert(1)</script>", *"3456789"]
    (tmp_path / "names.txt").write_text("\n".join(names))
    assert run("--class-names", "names.txt") == 0
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert "[bold]b[/bold]" in out
    html = Path("robaudit-report/report.html").read_text()
    assert "<script" not in html
    assert "&lt;script&gt;" in html
    assert main(["report", "robaudit-report/audit.json", "-f", "markdown"]) == 0
    assert "<script" not in capsys.readouterr().out
    assert main(["scan", "\x1b[31m.onnx"]) == 2
    assert "\x1b" not in capsys.readouterr().err


def test_adapters_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["adapters"]) == 0
    assert "onnx: ONNX models (.onnx)" in capsys.readouterr().out


def test_help_and_version(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (["--help"], ["scan", "--help"], ["report", "--help"]):
        with pytest.raises(SystemExit) as ended:
            make_parser().parse_args(arguments)
        assert ended.value.code == 0
    with pytest.raises(SystemExit):
        make_parser().parse_args(["--version"])
    assert robaudit.__version__ in capsys.readouterr().out
    assert main([]) == 2
    assert "COMMAND" in capsys.readouterr().err


def test_a_classifier_of_two_raw_scores_is_audited_on_labels_that_prove_it(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with np.load(EXAMPLES / "digits.npz") as data:
        x, y = data["x_test"], data["y_test"]
    zero_or_one = np.isin(y, (0, 1))
    flat = x[zero_or_one].reshape(-1, 64) / 255
    template = flat[y[zero_or_one] == 1].mean(axis=0) - flat[y[zero_or_one] == 0].mean(axis=0)
    weights = np.stack([-template, template], axis=1)
    onnx.save(affine_onnx(weights, -(flat @ weights).mean(axis=0), ["N", 8, 8]), "two.onnx")
    assert run(model="two.onnx") == 3
    assert "--scores logits" in capsys.readouterr().err
    save_data(tmp_path / "two.npz", x[zero_or_one], y[zero_or_one])
    assert run(model="two.onnx") == 0
    assert read()["clean"]["accuracy"]["value"] > 0.95
    (tmp_path / "two.npz").unlink()
    assert run("--scores", "logits", model="two.onnx") == 0
