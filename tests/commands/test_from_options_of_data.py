"""What the options of data do, from the command line to the record."""

import tempfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from robaudit.cli import main
from robaudit.storage import mapped
from tests.support.files import Run, read_record
from tests.support.paths import EXAMPLES


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Test images of the demo as transparent pictures, dark where they are opaque."""
    with np.load(EXAMPLES / "digits.npz") as data:
        for number in range(60):
            folder = tmp_path / "pictures" / str(data["y_test"][number])
            folder.mkdir(parents=True, exist_ok=True)
            opacity = 255 - data["x_test"][number]
            picture = np.dstack([np.zeros_like(opacity), opacity])
            Image.fromarray(picture).save(folder / f"{number}.png")
    return tmp_path / "pictures"


def test_the_background_of_transparent_pictures(run: Run, pictures: Path) -> None:
    assert run("--data", pictures, "-q") == 0
    assert read_record()["clean"]["accuracy"]["value"] > 0.9
    Path("robaudit.toml").write_text('background = "black"\nignore-exif = true\n')
    assert run("--data", pictures, "-q") == 0
    assert read_record()["clean"]["accuracy"]["value"] < 0.5
    assert run("--data", pictures, "-q", "--background", "#ffffff") == 0
    assert read_record()["clean"]["accuracy"]["value"] > 0.9


def test_a_background_that_is_no_colour(
    run: Run, pictures: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("--data", pictures, "--background", "blurple") == 2
    assert "--background 'blurple'" in capsys.readouterr().err


def test_arrays_named_behind_the_file_and_labels_in_another(run: Run) -> None:
    with np.load(EXAMPLES / "digits.npz") as data:
        np.savez("d.npz", left=data["x_train"], right=data["x_test"], truth=data["y_test"])
        Path("labels.csv").write_text("".join(f"{y}.0\n" for y in data["y_test"]))
    for arguments in (["d.npz:right,truth"], ["d.npz:right", "--labels", "labels.csv"]):
        assert run("--data", *arguments, "-q") == 0
        assert read_record()["clean"]["accuracy"]["value"] > 0.9
    assert read_record()["data"]["source"] == "d.npz:right"


def test_what_has_to_be_unpacked_first_is_said_with_its_size(
    run: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with np.load(EXAMPLES / "digits.npz") as data:
        np.savez_compressed("d.npz", x=data["x_test"], y=data["y_test"])
    assert run("--data", "d.npz", "-q") == 0
    at_once = read_record()
    monkeypatch.setattr(mapped, "MOST_IN_MEMORY", 0)
    assert run("--data", "d.npz", "--no-cache") == 0
    told = capsys.readouterr().err.splitlines()
    assert told[0] == "unpacking x: 0 MiB to a temporary file"
    assert run("--data", "d.npz", "--no-cache", "-q") == 0
    assert not capsys.readouterr().err
    assert read_record()["margins"] == at_once["margins"]
    monkeypatch.setattr(tempfile, "gettempdir", lambda: "nowhere")
    assert run("--data", "d.npz", "--no-cache", "-q") == 2
    assert "no room to unpack 0 MiB of data" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("pixels", "words"),
    [
        (np.arange(64.0 * 20).reshape(20, 8, 8) / 1280 * 255, "e.g. --pixel-range 0,255;"),
        (np.zeros((20, 2, 8, 8)), "images of shape (20, 2, 8, 8)"),
    ],
)
def test_advice_is_given_in_flags(
    run: Run, capsys: pytest.CaptureFixture[str], pixels: np.ndarray, words: str
) -> None:
    np.savez("d.npz", x=pixels, y=np.arange(20) % 10)
    assert run("--data", "d.npz") == 2
    assert words in capsys.readouterr().err


def test_a_part_is_asked_for_with_its_flag(capsys: pytest.CaptureFixture[str], run: Run) -> None:
    np.savez("d.npz", x_train=np.zeros((20, 8, 8)), y_train=np.arange(20) % 10)
    assert run("--data", "d.npz") == 2
    assert "Choose one with --split train." in capsys.readouterr().err
    assert main(["scan", "none.onnx", "--data", "d.npz", "--image-size", "8,8,8"]) == 2
    assert "--image-size" in capsys.readouterr().err
