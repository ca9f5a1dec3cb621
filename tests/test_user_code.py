"""What a user names by module and name: found, called, and refused in words."""

import json
import pickle
from pathlib import Path

import pytest

from robaudit.cli import main
from robaudit.errors import UsageError
from robaudit.user_code import find_object
from tests.support.paths import EXAMPLES

SMALL = ["--samples", "10", "--directions", "2", "--steps", "5", "-q"]
DATA = ["--data", str(EXAMPLES / "digits.npz")]
MODULE = """
import numpy as np
import robaudit

weights = np.random.default_rng(0).normal(0, 1, (64, 10))
number = 3

def scores(x):
    return x.reshape(len(x), -1) @ weights

def scaled(factor=1.0):
    return lambda x: factor * scores(x)

classifier = robaudit.Classifier("mine", robaudit.InputSpec((8, 8), 10), scores)
"""


@pytest.mark.parametrize("name", ["scores", "scaled(factor=2)", "classifier"])
@pytest.mark.parametrize("module", ["my_models", "my_models.py"])
def test_a_module_names_the_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: str, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delitem(__import__("sys").modules, "my_models", raising=False)
    (tmp_path / "my_models.py").write_text(MODULE)
    assert main(["scan", f"{module}:{name}", *DATA, *SMALL]) == 0
    record = json.loads(Path("robaudit-report/audit.json").read_text())
    assert record["model"]["adapter"] == "function"
    assert record["model"]["sha256"] != "" or name == "classifier"


def test_a_file_that_is_broken_by_an_edit_leaves_what_it_gave_before(tmp_path: Path) -> None:
    file = tmp_path / "my.models.py"
    file.write_text("class Kept:\n    pass\n")
    kept = find_object(f"{file}:Kept()")
    file.write_text("class Kept:\n    pass\n\nraise ValueError\n")
    with pytest.raises(UsageError, match="ValueError"):
        find_object(f"{file}:Kept()")
    assert type(pickle.loads(pickle.dumps(kept))) is type(kept)


@pytest.mark.parametrize(
    ("reference", "words"),
    [
        ("my_models:nothing", "nothing"),
        ("my_models:number", "is a int"),
        ("no_such_module:scores", "no_such_module"),
        ("my_models.py:scaled(factor=x)", "arguments"),
        ("my_models.py:scores()", "fails"),
        ("other.py:scores", "fails"),
    ],
)
def test_references_that_lead_nowhere(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    reference: str,
    words: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delitem(__import__("sys").modules, "my_models", raising=False)
    (tmp_path / "my_models.py").write_text(MODULE)
    assert main(["scan", reference, *DATA, *SMALL]) == 2
    err = capsys.readouterr().err
    assert words in err
    assert "Traceback" not in err


LEAVING = {
    "at import": "import sys\nsys.exit(0)\n",
    "in the factory": "import sys\ndef make():\n    sys.exit(0)\n",
    "with argparse": "import argparse\nargparse.ArgumentParser().parse_args(['--what'])\n",
    "in the model": "def make():\n    return lambda x: exit()\n",
}


@pytest.mark.parametrize("where", LEAVING)
def test_code_that_ends_the_program_is_an_error_and_no_pass(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], where: str
) -> None:
    (tmp_path / "net.py").write_text(LEAVING[where])
    assert main(["scan", f"{tmp_path / 'net.py'}:make()", *DATA, *SMALL]) == 2
    assert "ends the program (SystemExit: " in capsys.readouterr().err


NETWORK = """
import sys
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(64, 10)

    def forward(self, x):
        if len(x) > 8:
            sys.exit(0)
        return self.layer(x.flatten(1))
"""


def test_a_network_that_ends_the_program_later_is_an_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    torch = pytest.importorskip("torch")
    (tmp_path / "net.py").write_text(NETWORK)
    layer = torch.nn.Linear(64, 10)
    weights = {f"layer.{name}": tensor for name, tensor in layer.state_dict().items()}
    torch.save(weights, tmp_path / "net.pth")
    factory = ["--factory", f"{tmp_path / 'net.py'}:Net"]
    assert main(["scan", str(tmp_path / "net.pth"), *factory, *DATA, *SMALL]) == 2
    assert "ends the program (SystemExit: 0)" in capsys.readouterr().err
