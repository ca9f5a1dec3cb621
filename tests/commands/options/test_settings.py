"""Settings from a file: whose they are, what goes before them, and what is wrong."""

import os
import shutil
from pathlib import Path

import pytest

from robaudit.cli import main
from tests.support.commands import Harden, compare, read_comparison
from tests.support.files import SMALL_SCAN, Run, read_record
from tests.support.paths import DIGITS, EXAMPLES


def test_settings_name_the_data(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "sub"
    folder.mkdir()
    shutil.copy(DIGITS, folder / "model.onnx")
    shutil.copy(EXAMPLES / "digits.npz", tmp_path / "images.npz")
    (tmp_path / "pyproject.toml").write_text(
        '[tool.robaudit]\ndata = "images.npz"\nsplit = "train"\nno-clip = true\n'
        'mean = 0.1\nfail-under = ["accuracy=0.2", "crossing-rate=0.99"]\n'
    )
    assert run(model=folder / "model.onnx") == 0
    record = read_record()
    assert record["data"]["split"] == "train"
    assert not record["plan"]["clip"]
    assert record["data"]["preprocessing"]["mean"] == [0.1]
    assert [gate["metric"] for gate in record["gates"]] == ["accuracy", "crossing-rate"]
    # What is typed wins, and robaudit.toml comes before pyproject.toml.
    (tmp_path / "robaudit.toml").write_text('data = "images.npz"\nmean = [0.2]\n')
    assert run("--mean", "0.3", model=folder / "model.onnx") == 0
    record = read_record()
    assert record["data"]["split"] == "test"
    assert record["data"]["preprocessing"]["mean"] == [0.3]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("datas = 'x'", "sets 'datas'"),
        ("datas = 'x'", "Did you mean data?"),
        ("[[gates]]", "Did you mean gate?"),
        ("seed = 1\n[scann]", "robaudit.toml, line 2 sets 'scann'"),
        ("[scann]", "Did you mean scan?"),
        ("scan = 1", "scan in robaudit.toml is no table; expected a section [scan]"),
        ("[scan]\nepochs = 3", "line 2 sets 'epochs'; expected names of options of robaudit scan"),
        ("[harden]\nepoch = 3", "Did you mean epochs?"),
        ("[harden]\ntrust-model = true", "Only the command line may say --trust-model"),
        ("[examples]\nfactory = 'zoo:small'", "may say --factory"),
        ("config = 'x'", "Only the command line may say --config."),
        ("[scan]\nsamples = 'many'", "robaudit.toml: argument --samples"),
        ("preset = 'recomended'", "Did you mean recommended?"),
        ("[[gate]]\nmetric = 'acuracy'\nmin = 1", "robaudit.toml, line 1: metric = 'acuracy'"),
        ("\n[[suppress]]\ngate = 'accuracy'", "robaudit.toml, line 2: a suppress without a rea"),
        ("pixel_range = [0, 255]", "Write pixel-range."),
        ("trust-model = true", "Only the command line may say --trust-model"),
        ("factory = 'zoo:small'", "may say --factory"),
        ("data = ", "cannot be read"),
        ("samples = 'many'", "robaudit.toml: argument --samples"),
        ("samples = true", "sets samples to true or false; expected a value: N"),
        ("attacks = false", "expected a value: none, quick, paper, autoattack, full"),
        ("mean = [true, 0.5]", "sets mean to true or false"),
        ("ignore-exif = 'yes'", "sets ignore-exif to 'yes'; expected true or false"),
        ("no-clip = [true]", "sets no-clip to [True]; expected true or false"),
        ("attack = ['fgsm', 'pgdd']", "robaudit.toml: argument --attack: attack 'pgdd'"),
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
    assert main(["scan", DIGITS]) == 2
    assert words in capsys.readouterr().err


def test_settings_of_scan_that_harden_has_are_followed(harden: Harden) -> None:
    Path("robaudit.toml").write_text('seed = 3\nfail-under = ["accuracy=0.5"]\nout = "x"\n')
    assert harden("--keep", "last", "--epochs", "1") == 0
    assert read_comparison()["hardening"]["plan"]["seed"] == 3
    assert not Path("x").exists()


def test_settings_repeat_what_can_be_repeated(run: Run) -> None:
    Path("robaudit.toml").write_text('attack = ["uniform-noise", "blur"]\n')
    assert run("--attack-samples", "4") == 0
    attacks = read_record()["attacks"]
    assert {attack["name"] for attack in attacks} == {"uniform-noise", "blur"}


def test_a_section_is_of_its_command_and_goes_before_the_top(run: Run, tmp_path: Path) -> None:
    other = tmp_path / "other.toml"
    other.write_text('seed = 1\n[scan]\nseed = 2\nattack = ["uniform-noise", "blur"]\n'
                     '[harden]\nseed = 3\nepochs = 4\n')  # fmt: skip
    assert run("--attack-samples", "4", "--config", other) == 0
    record = read_record()
    assert record["plan"]["seed"] == 2
    assert {attack["name"] for attack in record["attacks"]} == {"uniform-noise", "blur"}
    assert run("--seed", "5", "--config", other, "--attack-samples", "4") == 0
    assert read_record()["plan"]["seed"] == 5


def test_the_environment_names_a_file(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("robaudit.toml").write_text("seed = 1\n")
    Path("ci.toml").write_text("seed = 2\n")
    monkeypatch.setenv("ROBAUDIT_CONFIG", "ci.toml")
    assert run() == 0
    assert read_record()["plan"]["seed"] == 2
    assert run("--config", "robaudit.toml") == 0
    assert read_record()["plan"]["seed"] == 1
    monkeypatch.setenv("ROBAUDIT_CONFIG", "none.toml")
    assert run() == 2


def test_compare_takes_settings_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, audits: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("robaudit.toml").write_text('out = "audit"\nseed = 3\n[compare]\nout = "compared"\n')
    assert compare(audits, "-q") == 0
    assert Path("compared/comparison.json").exists()
    assert not Path("audit").exists()


@pytest.fixture(scope="session")
def audits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Scan the demo model twice."""
    folder = tmp_path_factory.mktemp("audits")
    for name in ("before", "after"):
        out = str(folder / name)
        assert main(["scan", DIGITS, *SMALL_SCAN, "--config", os.devnull, "-q", "-o", out]) == 0
    return folder
