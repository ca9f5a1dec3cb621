"""What is said of words that no parser knows."""

import shutil
from pathlib import Path

import pytest

from robaudit.cli import main
from tests.support.paths import DIGITS, EXAMPLES


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("skan model.onnx", "Did you mean scan? See robaudit --help."),
        ("model.onnx --data x.npz", "Did you mean robaudit scan model.onnx?"),
        ("scan m.onnx --efort quick", "Did you mean --effort? See robaudit scan --help."),
        ("scan m.onnx --fail_under=accuracy=1", "Did you mean --fail-under?"),
        ("scan m.onnx -quiet", "Did you mean --quiet?"),
        ("scan m.onnx -out here", "-out, with one dash. Did you mean --out?"),
        ("scan m.onnx --epochs 3", "--epochs is an option of robaudit harden."),
        (
            "scan m.onnx --effort quik",
            "expected one of quick, standard, paper. Did you mean quick?",
        ),
        ("scan m.onnx --attacks ful", "Did you mean full?"),
        ("scan m.onnx --attack pdg", "Did you mean pgd?"),
        ("scan m.onnx --attack pgd:epsilo=0.1", "Did you mean epsilon?"),
        ("harden m.onnx --adversary pdg", "Did you mean pgd?"),
        ("scan m.onnx --fail-under acuracy=0.9", "Did you mean accuracy?"),
        ("scan m.onnx --precision crossing=0.1", "Did you mean crossing-rate?"),
        ("help", "Did you mean --help?"),
        ("version", "Did you mean --version?"),
        ("--versoin", "Did you mean --version?"),
        ("-q scan m.onnx", "-q in front of a command; expected robaudit COMMAND, and options"),
        ("cache", "required: info|clear."),
        ("cache clera", "expected info or clear. Did you mean clear?"),
        ("scan m.onnx --signs 3", "3; expected one of 1, 2. See robaudit scan --help."),
    ],
)
def test_the_nearest_word_is_asked_about(
    capsys: pytest.CaptureFixture[str], typed: str, meant: str
) -> None:
    assert main(typed.split()) == 2
    out, err = capsys.readouterr()
    assert meant in err
    assert (out, err.count("\n"), err.count("?.")) == ("", 1, 0)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("scan modle.onnx", "no model at modle.onnx"),
        ("scan model.onnx --data imags.npz", "no data at imags.npz"),
        ("scan model.onnx --data images.npz --labels label.txt", "no labels at label.txt"),
        ("scan model.onnx --class-names name.txt", "no class names at name.txt"),
        ("report audi.json", "no record at audi.json"),
        ("report audit.json -f htlm", "Did you mean html?"),
    ],
)
def test_so_is_the_nearest_file(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    typed: str,
    meant: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copy(DIGITS, "model.onnx")
    shutil.copy(EXAMPLES / "digits.npz", "images.npz")
    for name in ("labels.txt", "names.txt", "audit.json"):
        Path(name).touch()
    assert main(typed.split()) == 2
    err = capsys.readouterr().err
    assert meant in err
    assert "Did you mean " in err
