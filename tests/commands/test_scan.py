"""``robaudit scan``: what it writes, what it says, and what its search is asked for."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from PIL import Image

from robaudit.cli import main
from tests.support.files import Run, read_record, save_data
from tests.support.paths import DIGITS, EXAMPLES
from tests.support.small_onnx import affine_onnx


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
    record = read_record()
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
        record = read_record(Path(folder))
        del record["environment"]
        records.append(record)
    assert records[0] == records[1] == records[2]
    assert run("-o", "d", "--seed", "1", "-q") == 0
    assert read_record(Path("d"))["margins"] != records[0]["margins"]


def searched(out: Path) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Read what the record says of the search, and the rays."""
    with np.load(out / "rays.npz") as archive:
        return json.loads((out / "audit.json").read_text())["search"], dict(archive)


def test_the_search_is_traced_and_checked_unless_asked_otherwise(run: Run, tmp_path: Path) -> None:
    size = ("--samples", "100", "--directions", "50")
    assert run(*size, "--search-tolerance", "0.01", "-o", str(tmp_path / "traced")) == 0
    assert run(*size, "--search", "linear", "-o", str(tmp_path / "linear")) == 0
    (traced, some), (linear, others) = (searched(tmp_path / way) for way in ("traced", "linear"))
    assert (traced["strategy"], linear["strategy"]) == ("traced", "linear")
    assert 250 < traced["audited_rays"] < 1000
    assert traced["disagreement_upper_bound"] <= 0.01
    assert linear["audited_rays"] == linear["rays"] == 10_000
    assert linear["forward_evaluations"] == linear["linear_evaluations"]
    assert traced["forward_evaluations"] < 0.7 * traced["linear_evaluations"]
    assert (some["step"] != others["step"]).mean() <= 0.01


def test_a_search_that_is_not_traced_after_all_says_why(run: Run, tmp_path: Path) -> None:
    assert run("--samples", "20", "--directions", "10", "-o", str(tmp_path / "few")) == 0
    found, _ = searched(tmp_path / "few")
    assert found["strategy"] == "linear"
    assert "half of the rays" in found["fallback"]
    assert "half of the rays" in (tmp_path / "few" / "report.html").read_text()


def test_the_batch_changes_nothing_but_the_speed(run: Run, tmp_path: Path) -> None:
    size = ("--samples", "100", "--directions", "30", "--search-tolerance", "0.01")
    ways = {"one": ("--batch-size", "50"), "other": ("--batch-size", "2000"), "own": ()}
    records = []
    for name, way in {**ways, "small": ("--memory", "1M")}.items():
        assert run(*size, *way, "-o", str(tmp_path / name)) == 0
        record = json.loads((tmp_path / name / "audit.json").read_text())
        del record["environment"]
        records.append(record)
    assert records[0]["search"]["strategy"] == "traced"
    assert all(record == records[0] for record in records[1:])


def test_refined_crossings_lie_before_their_step(run: Run, tmp_path: Path) -> None:
    size = ("--samples", "20", "--directions", "20")
    assert run(*size, "--refine", "0.001", "-o", str(tmp_path / "fine")) == 0
    assert run(*size, "-o", str(tmp_path / "coarse")) == 0
    (_, fine), (_, coarse) = (searched(tmp_path / way) for way in ("fine", "coarse"))
    np.testing.assert_array_equal(fine["step"], coarse["step"])
    crossed = coarse["step"] > 0
    step = read_record(tmp_path / "fine")["plan"]["step"]
    nearer = (coarse["distance"][crossed] - fine["distance"][crossed]) / step
    assert nearer.min() >= -1e-6
    assert 0.4 < nearer.mean() < 0.6
    assert nearer.max() < 1
    assert np.isinf(fine["distance"][coarse["step"] == -1]).all()


def test_without_data_the_inputs_are_synthetic_and_everything_says_so(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copy(DIGITS, tmp_path / "alone.onnx")
    assert run(model="alone.onnx") == 0
    record = read_record()
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


def test_a_model_that_never_changes_its_mind_is_no_reason_to_crash(
    run: Run, tmp_path: Path
) -> None:
    onnx.save(affine_onnx(np.zeros((64, 4)), np.arange(4.0), ["N", 8, 8]), "blind.onnx")
    save_data(tmp_path / "blind.npz", np.zeros((8, 8, 8)), np.arange(8) % 4)
    assert run("--fail-under", "crossing-rate=0.5", model="blind.onnx") in (1, 4)


def test_folders_whose_names_nobody_knows_are_refused_until_the_model_has_names(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with np.load(EXAMPLES / "digits.npz") as data:
        for name, label in (("two", 2), ("three", 3), ("zero", 0)):
            (tmp_path / "pictures" / name).mkdir(parents=True)
            for number in np.flatnonzero(data["y_test"] == label)[:10]:
                picture = Image.fromarray(data["x_test"][number])
                picture.save(tmp_path / "pictures" / name / f"{number}.png")
    assert run("--data", "pictures") == 2
    assert "names 3 classes (three, two, zero)" in capsys.readouterr().err
    names = "zero,one,two,three,four,five,six,seven,eight,nine"
    assert run("--data", "pictures", "--class-names", names) == 0
    record = read_record()
    assert record["clean"]["accuracy"]["value"] > 0.9
    assert record["data"]["class_counts"][:4] == [10, 0, 10, 10]
    assert record["model"]["class_names"][3] == "three"


def test_raw_scores_that_no_label_vouched_for_are_told_of(run: Run, tmp_path: Path) -> None:
    shutil.copy(DIGITS, tmp_path / "alone.onnx")
    assert run(model="alone.onnx") == 0
    assert any("taken on trust" in warning for warning in read_record()["warnings"])


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
    assert read_record()["clean"]["accuracy"]["value"] > 0.95
    (tmp_path / "two.npz").unlink()
    assert run("--scores", "logits", model="two.onnx") == 0
