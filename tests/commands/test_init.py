"""The file to start with: what it says, and that the same model passes it."""

import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from robaudit.cli import main
from robaudit.commands.options.settings_schema import settings_schema
from tests.support.files import read_record
from tests.support.paths import DIGITS, EXAMPLES

SMALL = ["--samples", "60", "--directions", "8", "--attack-samples", "20"]


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def written(path: str = "robaudit.toml") -> dict[str, Any]:
    return tomllib.loads(Path(path).read_text(encoding="utf-8"))


def test_the_same_model_passes_what_is_written(capsys: pytest.CaptureFixture[str]) -> None:
    """At once, and with other samples and directions."""
    assert main(["init", DIGITS]) == 0
    assert capsys.readouterr().out == "robaudit.toml\n"
    table = written()
    assert table["scan"] == {"effort": "quick", "attacks": "quick"}
    assert (table["mean"], table["std"]) == ([0.0], [1.0])
    assert Path(table["data"]) == EXAMPLES / "digits.npz"
    gates = [(gate["metric"], gate.get("class")) for gate in table["gate"]]
    assert gates == [
        ("accuracy", None),
        ("accuracy", "worst"),
        ("restricted-mean-margin", None),
        ("crossing-rate", None),
    ]
    text = Path("robaudit.toml").read_text()
    assert "No gate: what new samples pass would allow all." in text.replace("\n# ", " ")
    for seed in ("0", "11"):
        assert main(["scan", DIGITS, "--seed", seed, "-q"]) == 0
        record = read_record()
        assert record["verdict"]["outcome"] == "pass"
        assert [gate["source"]["file"] for gate in record["gates"]] == ["robaudit.toml"] * 4
        assert record["gates"][0]["source"]["line"] == text.splitlines().index("[[gate]]") + 1


def test_gates_lie_beyond_the_interval_and_not_at_the_figure() -> None:
    assert main(["init", DIGITS, *SMALL, "-q", "--attacks", "none"]) == 0
    assert main(["scan", DIGITS, "-q"]) == 0
    for gate in read_record()["gates"]:
        if gate["better"] == "higher":
            assert gate["threshold"] < gate["low"] < gate["value"]
        else:
            assert gate["threshold"] > gate["high"] > gate["value"]


def test_what_was_typed_is_kept_but_not_consent() -> None:
    names = "zero,one,two,three,four,five,six,seven,eight,nine"
    arguments = ["--class-names", names, "--seed", "4", "--trust-model", "--data"]
    data = str(EXAMPLES / "digits.npz")
    arguments += [data, "--split", "train", *SMALL, "--attack", "blur", "--attacks", "none"]
    assert main(["init", DIGITS, *arguments, "-q", "--config", "ci.toml"]) == 0
    table, text = written("ci.toml"), Path("ci.toml").read_text().replace("\n# ", " ")
    assert table["class-names"] == names
    assert (table["data"], table["split"]) == (data, "train")
    assert table["scan"] == {
        "effort": "quick",
        "attacks": "none",
        "samples": 60,
        "directions": 8,
        "seed": 4,
        "attack": ["blur"],
        "attack-samples": 20,
    }
    assert not {"trust-model", "config", "quiet", "timeout"} & set(table)
    assert "robaudit scan MODEL --config ci.toml, with --trust-model typed again" in text
    assert "The 10 classes: zero, one, two" in text
    assert set(table) <= set(settings_schema()["properties"])
    assert main(["scan", DIGITS, "--config", "ci.toml", "-q"]) == 0
    assert read_record()["data"]["split"] == "train"


def test_without_labels_the_preprocessing_is_not_settled() -> None:
    with np.load(EXAMPLES / "digits.npz") as data:
        np.save("unlabelled.npy", data["x_test"])
    assert main(["init", DIGITS, "--data", "unlabelled.npy", *SMALL, "--attacks", "none"]) == 0
    table = written()
    assert "mean" not in table
    assert "was assumed: no labels tell" in Path("robaudit.toml").read_text().replace("\n# ", " ")
    assert {gate["metric"] for gate in table["gate"]} == {"restricted-mean-margin", "crossing-rate"}


def test_a_file_that_is_there_is_left(capsys: pytest.CaptureFixture[str]) -> None:
    Path("robaudit.toml").write_text("not = TOML at all")
    assert main(["init", DIGITS]) == 2
    said = capsys.readouterr().err
    assert "robaudit.toml is there already" in said
    assert "Name another with --config, or overwrite it with --force." in said
    assert Path("robaudit.toml").read_text() == "not = TOML at all"
    assert main(["init", DIGITS, *SMALL, "--attacks", "none", "-q", "--force"]) == 0
    assert written()["gate"]


def test_it_needs_real_inputs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "alone.onnx").write_bytes(Path(DIGITS).read_bytes())
    assert main(["init", "alone.onnx"]) == 2
    assert "no data: gates hold on real inputs alone; expected --data" in capsys.readouterr().err
    assert not Path("robaudit.toml").exists()


def test_nothing_is_written_where_an_attack_did_not_run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("robaudit.attacks.run._are_pictures", lambda _targets: False)
    arguments = [DIGITS, *SMALL, "--attacks", "none", "--attack", "blur", "-q"]
    assert main(["init", *arguments]) == 2
    said = capsys.readouterr().err
    assert "did not run: Blur (it needs pictures" in said
    assert "Leave them out, --attacks none, or write the rest with --allow-skipped." in said
    assert not Path("robaudit.toml").exists()
    assert main(["init", *arguments, "--allow-skipped"]) == 0
    assert main(["scan", DIGITS, "-q"]) == 0
