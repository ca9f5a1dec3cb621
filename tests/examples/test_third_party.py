"""An adapter that is a distribution of its own, and the document that walks through it."""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import robaudit
from robaudit import Images
from robaudit.cli import main
from robaudit.commands.options.parser import make_parser
from robaudit.plugins import find_plugins
from robaudit.requirements import version_of
from tests.support.documents import commands_in
from tests.support.files import Run, read_record
from tests.support.paths import EXAMPLES, ROOT

HOME = EXAMPLES / "third_party"
MODEL = HOME / "digits.model"
DOCUMENT = "docs/writing-an-adapter.md"


@pytest.fixture
def installed() -> None:
    """Skip where the distribution is not installed; `make setup` does it."""
    if version_of("robaudit-liblinear") is None:
        pytest.skip("robaudit-liblinear is not installed (pip install -e examples/third_party)")


@pytest.mark.usefixtures("installed")
def test_it_is_found_by_its_entry_point_and_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert "liblinear" in find_plugins("robaudit.adapters").loaded
    assert main(["adapters"]) == 0
    assert "liblinear: LIBLINEAR models (.model)" in capsys.readouterr().out


@pytest.mark.usefixtures("installed")
def test_what_liblinear_trained_is_as_accurate_as_it_says(digits: Images) -> None:
    """LIBLINEAR's own `predict` gives 577 of the 600 right."""
    classifier = robaudit.load(MODEL)
    x = (np.asarray(digits.pixels) / 255).reshape(len(digits.pixels), 64)
    assert (classifier.predict(x).argmax(axis=1) == digits.labels).sum() == 577


@pytest.mark.usefixtures("installed")
def test_its_models_are_scanned_end_to_end(run: Run) -> None:
    assert run("--data", EXAMPLES / "digits.npz", "--mean", "0", "--std", "1", model=MODEL) == 0
    record = read_record()
    assert record["model"]["adapter"] == "liblinear"
    assert record["model"]["capabilities"] == ["predict", "vjp", "save"]
    assert record["model"]["class_names"] == [str(digit) for digit in range(10)]
    assert record["clean"]["accuracy"]["value"] == pytest.approx(577 / 600)
    assert 0 < record["margins"]["crossing_rate"]["value"] < 1


@pytest.mark.usefixtures("installed")
def test_attacks_of_art_run_on_its_models(digits: Images) -> None:
    evasion = pytest.importorskip("art.attacks.evasion")
    estimator = robaudit.art_estimator(robaudit.load(MODEL))
    x = (digits.pixels[:50] / 255).reshape(50, 64).astype(np.float32)
    attacked = evasion.FastGradientMethod(estimator, eps=0.1).generate(x)
    right = [
        (estimator.predict(pixels).argmax(axis=1) == digits.labels[:50]).mean()  # type: ignore[index]
        for pixels in (x, attacked)
    ]
    assert right[1] < right[0] - 0.2


@pytest.mark.usefixtures("installed")
def test_its_own_tests_pass(tmp_path: Path) -> None:
    """They are run as a stranger would: alone, elsewhere."""
    shutil.copy(HOME / "test_robaudit_liblinear.py", tmp_path)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 0, done.stdout
    assert re.search(r"\d\d passed", done.stdout), done.stdout


def blocks(language: str) -> list[str]:
    """List the code blocks of the document in one language."""
    text = (ROOT / DOCUMENT).read_text(encoding="utf-8")
    return re.findall(rf"```{language}\n(.*?)```", text, flags=re.DOTALL)


def test_the_document_shows_the_adapter_as_it_is() -> None:
    module, contract = blocks("python")
    assert module == (HOME / "robaudit_liblinear.py").read_text(encoding="utf-8")
    assert contract in (HOME / "test_robaudit_liblinear.py").read_text(encoding="utf-8")
    assert blocks("toml") == [(HOME / "pyproject.toml").read_text(encoding="utf-8")]


@pytest.mark.parametrize("document", [DOCUMENT, "examples/third_party/README.md"])
def test_its_commands_are_understood(document: str) -> None:
    commands = commands_in(document)
    assert commands
    for words in commands:
        make_parser().parse_args(words)


def test_the_distribution_is_one_module_and_one_entry_point() -> None:
    project: dict[str, Any] = tomllib.loads((HOME / "pyproject.toml").read_text())["project"]
    assert project["entry-points"] == {
        "robaudit.adapters": {"liblinear": "robaudit_liblinear:ADAPTER"}
    }
    assert project["dependencies"] == ["numpy>=1.26", "robaudit"]
