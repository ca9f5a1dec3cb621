"""Wrong use of ``robaudit harden``, and bad luck: one sentence, and no half of a result."""

from pathlib import Path

import numpy as np
import pytest

from robaudit.hardening import retraining
from tests.support.commands import Harden
from tests.support.files import read_record
from tests.support.paths import EXAMPLES

pytest.importorskip("onnx2fx", reason="training ONNX models needs onnx2fx and torch")


def test_nothing_is_overwritten_without_force(
    harden: Harden, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("out").mkdir()
    Path("out/hardened.onnx").write_text("mine")
    assert harden() == 2
    assert "--force" in capsys.readouterr().err
    assert Path("out/hardened.onnx").read_text() == "mine"
    assert len(list(Path("out").iterdir())) == 1


def left() -> list[str]:
    """Name what lies in the folder of the results: nothing, or what is gone on from."""
    return [path.name for path in Path("out").iterdir()]


def test_an_end_in_the_middle_leaves_what_is_gone_on_from(
    harden: Harden, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_arguments: object, **_names: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(retraining, "make_examples", interrupted)
    assert harden() == 130
    assert left() == [".robaudit"]


@pytest.fixture
def untrainable(_elsewhere: None, monkeypatch: pytest.MonkeyPatch) -> str:
    """Give the name of a model that cannot be trained."""
    Path("mine.py").write_text(
        "import numpy as np\n"
        "def predict(x):\n"
        "    pixels = x.reshape(len(x), 64)\n"
        "    return np.stack([pixels[:, i::10].sum(axis=1) for i in range(10)], axis=1)\n"
    )
    monkeypatch.syspath_prepend(".")
    return "mine:predict"


def test_a_model_that_cannot_be_trained_gets_the_reason_and_the_examples(
    harden: Harden, capsys: pytest.CaptureFixture[str], untrainable: str
) -> None:
    assert harden("--data", EXAMPLES / "digits.npz", "-q", model=untrainable) == 2
    error = capsys.readouterr().err
    assert "cannot be trained" in error
    assert "out/examples.npz holds what to train it on" in error
    assert [path.name for path in Path("out").iterdir()] == ["examples.npz"]
    with np.load("out/examples.npz") as made:
        assert made["x"].shape[1:] == (8, 8, 1)
        assert len(made["x"]) == len(made["y"]) > 0


@pytest.mark.parametrize(
    "asked", ["continued", "combined --clean-share 1 --attacked-share 0 --feedback-share 0"]
)
def test_without_examples_in_the_training_it_gets_the_reason_alone(
    harden: Harden, capsys: pytest.CaptureFixture[str], untrainable: str, asked: str
) -> None:
    assert (
        harden(
            "--data", EXAMPLES / "digits.npz", "-q", "--method", *asked.split(), model=untrainable
        )
        == 2
    )
    error = capsys.readouterr().err
    assert "cannot be trained" in error
    assert "examples.npz" not in error
    assert not list(Path().glob("out/*"))


def test_labels_are_needed_for_test_images_too(
    harden: Harden, capsys: pytest.CaptureFixture[str]
) -> None:
    data = np.load(EXAMPLES / "digits.npz")
    np.savez("bare.npz", x_train=data["x_train"], y_train=data["y_train"], x_test=data["x_test"])
    assert harden("--data", "bare.npz") == 2
    assert "test images in bare.npz have no labels" in capsys.readouterr().err


def test_an_interrupt_in_the_attacks_before_ends_it_all(
    harden: Harden, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("art")

    def interrupted(*_arguments: object, **_names: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("robaudit.attacks.run.run_attack", interrupted)
    assert harden("--attack", "fgsm") == 130
    assert sorted(left()) == [".robaudit", "partial"]
    record = read_record(Path("out/partial"))
    assert record["partial"]["stage"] == "attacks"
    assert "training" not in record["partial"]


def test_a_full_disk_leaves_what_is_gone_on_from(
    harden: Harden, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(*_arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("robaudit.commands.harden.write_split", full)
    assert harden("--keep", "last", "--epochs", "1") == 2
    assert "No space left" in capsys.readouterr().err
    assert left() == [".robaudit"]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (["--strength", "2,1"], "--strength"),
        (["--method", "magic"], "--method"),
        (["--high-samples", "-3"], "--high-samples"),
        (["--gradient-directions", "-1"], "--gradient-directions"),
        (["--high-share", "0.8", "--low-share", "0.5"], "no more than 1 together"),
        (["--adversary", "magic"], "attack 'magic'"),
        (["--adversary", "fgsm:epsilon=0.1"], "--adversary with --method feedback"),
        (
            ["--method", "reduced", "--compensation", "neighbours"],
            "--compensation with --method reduced",
        ),
        (["--max-accuracy-drop", "2"], "a share from 0 to 1"),
        (["--data", "nowhere.npz"], "no data at nowhere.npz"),
    ],
)
def test_wrong_use_is_said_in_one_line(
    harden: Harden, capsys: pytest.CaptureFixture[str], wrong: list[str], said: str
) -> None:
    assert harden(*wrong) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1
    assert not Path("out").exists()


def test_training_needs_labels(harden: Harden, capsys: pytest.CaptureFixture[str]) -> None:
    np.savez("bare.npz", x=np.load(EXAMPLES / "digits.npz")["x_train"])
    assert harden("--data", "bare.npz") == 2
    assert "no labels" in capsys.readouterr().err
