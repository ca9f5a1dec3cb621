"""``robaudit scan --baseline``, ``baseline write``, and gates of comparisons."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from robaudit.cli import main
from robaudit.errors import UsageError
from tests.support.commands import DATA, compare
from tests.support.files import read_record
from tests.support.paths import DIGITS, EXAMPLES

pytestmark = pytest.mark.usefixtures("_elsewhere")
SCAN = ("--effort", "quick", "--samples", "60", "--seed", "7", "--attack", "gaussian-noise")


def scan(model: Path | str, *arguments: str, out: str = "now") -> int:
    return main(["scan", str(model), *DATA, "-q", "-o", out, *arguments])


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Audit the demo model, and a much worse one, and make a baseline of each."""
    folder = tmp_path_factory.mktemp("first")
    model = onnx.load(DIGITS)
    random = np.random.default_rng(0)
    for weights in model.graph.initializer:
        array = numpy_helper.to_array(weights)
        if array.ndim > 1 and array.dtype == np.float32:
            moved = array + random.normal(0, 0.9 * array.std(), array.shape)
            weights.CopyFrom(numpy_helper.from_array(moved.astype(np.float32), weights.name))
    onnx.save(model, folder / "worse.onnx")
    for name, source in (("good", DIGITS), ("bad", folder / "worse.onnx")):
        assert scan(source, *SCAN, out=str(folder / name)) == 0
        path = folder / f"{name}.npz"
        assert main(["baseline", "write", str(folder / name), "-o", str(path)]) == 0
    return folder


def figures(record: dict[str, Any]) -> list[Any]:
    """Give all that is the same for the same model."""
    return [record[part] for part in ("clean", "plan", "margins", "inequality", "attacks")]


def told(folder: str = "now") -> Any:
    return read_record(Path(folder))


@pytest.mark.parametrize("form", ["good.npz", "good", "good/audit.json"])
def test_an_unchanged_model_gives_equal_figures_and_passes(first: Path, form: str) -> None:
    """Seed, plan and attacks are the baseline's."""
    assert scan(DIGITS, "--baseline", str(first / form)) == 0
    now, before = told(), told(str(first / "good"))
    assert figures(now) == figures(before)
    assert now["plan"]["seed"] == 7
    assert now["verdict"]["outcome"] == "pass"
    assert {gate["value"] for gate in now["gates"]} == {0.0}
    baseline = now["verdict"]["baseline"]
    assert (baseline["model"], baseline["comparable"]) == ("digits.onnx", True)


def test_what_is_typed_is_not_taken_from_it(
    first: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Even the usual seed, where it is typed: then nothing can be compared."""
    assert scan(DIGITS, "--baseline", str(first / "good.npz"), "--seed", "0") == 4
    now = told()
    assert now["plan"]["seed"] == 0
    assert now["plan"]["samples"] == 60
    assert not now["verdict"]["baseline"]["comparable"]
    assert "seed 7 before, 0 after" in capsys.readouterr().err


def test_a_worse_model_fails_with_1(first: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert scan(first / "worse.onnx", "--baseline", str(first / "good.npz")) == 1
    assert "Clean accuracy lost" in capsys.readouterr().err
    assert told()["gates"][0]["state"] == "worse"


def test_a_better_model_raises_the_ratchet(first: Path) -> None:
    shutil.copy(first / "bad.npz", "kept.npz")
    shutil.copytree(first / "bad", "kept")
    for form in ("kept.npz", "kept"):
        arguments = ("--baseline", form, "--update-baseline")
        assert scan(DIGITS, *arguments, out=f"better-than-{form}") == 0
        baseline = told(f"better-than-{form}")["verdict"]["baseline"]
        assert baseline["updated"] is True
        assert "better by more than chance: accuracy/max-drop" in baseline["why"]
        # From now on it is what to come up to.
        assert scan(first / "worse.onnx", "--baseline", form, out=f"worse-than-{form}") == 1
    assert told("kept")["model"]["name"] == "digits.onnx"


def test_an_equal_one_leaves_it_and_says_why(first: Path) -> None:
    shutil.copy(first / "good.npz", "kept.npz")
    content = Path("kept.npz").read_bytes()
    assert scan(DIGITS, "--baseline", "kept.npz", "--update-baseline") == 0
    baseline = told()["verdict"]["baseline"]
    assert baseline["updated"] is False
    assert baseline["why"] == "no gate is better by more than chance"
    assert Path("kept.npz").read_bytes() == content


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--update-baseline",), "--update-baseline without --baseline"),
        (("--baseline", "none.npz"), "no baseline at none.npz"),
        (("--baseline", "none.json"), "no record at none.json"),
        (("--baseline", "good.npz", "--decide"), "--decide with --baseline"),
    ],
)
def test_wrong_use_ends_with_2(
    first: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], said: str
) -> None:
    shutil.copy(first / "good.npz", "good.npz")
    assert scan(DIGITS, *arguments) == 2
    assert said in capsys.readouterr().err
    assert not Path("now").exists()


def test_a_renamed_data_file_ends_with_2(first: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Named, it is missed; beside the model, nothing is made up in its place."""
    shutil.copy(DIGITS, "m.onnx")
    shutil.copy(EXAMPLES / "digits.npz", "renamed.npz")
    arguments = ["scan", "m.onnx", "--baseline", str(first / "good.npz"), "-q", "-o", "now"]
    assert main([*arguments, "--data", "data.npz"]) == 2
    assert main(arguments) == 2
    assert "a baseline without data" in capsys.readouterr().err
    assert main([*arguments, "--data", "renamed.npz"]) == 0


def test_a_baseline_is_not_overwritten_unasked(
    first: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write = ["baseline", "write", str(first / "good"), "-o", "b.npz"]
    assert main(write) == 0
    assert capsys.readouterr().out == "b.npz\n"
    assert main(write) == 2
    assert main([*write, "--force", "-q"]) == 0
    assert main(["baseline", "read", str(first / "good")]) == 2
    assert main(["baseline", "write", str(first / "good"), "-o", "b.json"]) == 2
    assert "ends in .npz" in capsys.readouterr().err


@pytest.mark.parametrize("form", ["text", "markdown", "html"])
def test_compare_fails_on_what_became_worse(
    first: Path, capsys: pytest.CaptureFixture[str], form: str
) -> None:
    audits = [str(first / "good.npz"), str(first / "bad")]
    assert main(["compare", *audits, "-q", "--fail-on", "worse"]) == 1
    assert "became worse by more than chance" in capsys.readouterr().err
    comparison = json.loads(Path("robaudit-comparison/comparison.json").read_text())
    assert comparison["judgement"]["outcome"] == "fail"
    assert main(["report", "robaudit-comparison", "-f", form, "-o", "-"]) == 0
    page = " ".join(capsys.readouterr().out.split())
    verdict = page.lower().index("became worse by more than chance")
    assert verdict < page.index(comparison["verdict"][0][:20])
    assert main(["compare", *audits, "-q", "--force"]) == 0


def test_compare_takes_gates(audits: Path) -> None:
    assert compare(audits, "-q", "--fail-under", "accuracy=0.9999") == 1
    written = json.loads(Path("robaudit-comparison/comparison.json").read_text())
    assert written["gates"][0]["outcome"] == "failed"
    assert compare(audits, "-q", "--force", "--fail-under", "accuracy=0.1") == 0


def test_harden_takes_gates(capsys: pytest.CaptureFixture[str], harden: Any) -> None:
    assert harden("-q", "--fail-under", "accuracy=1.0") == 1
    assert "wanted at least 100%" in capsys.readouterr().err
    assert json.loads(Path("out/comparison.json").read_text())["judgement"]["outcome"] == "fail"


def test_a_hardening_is_kept_where_a_gate_turns_out_to_have_no_figure(
    harden: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise UsageError("a gate on what was not measured")

    monkeypatch.setattr("robaudit.commands.harden.judge_comparison", refuse)
    assert harden("-q", "--fail-under", "accuracy=0.5", "--junit", "gates.xml") == 2
    assert Path("out/hardened.onnx").is_file()
    assert "judgement" not in json.loads(Path("out/comparison.json").read_text())
    assert not Path("gates.xml").exists()
