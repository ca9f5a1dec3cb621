"""No command writes anywhere but where it was told to, or tells anybody anything."""

import json
import os
import re
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.support.commands import QUICK
from tests.support.files import SMALL_SCAN
from tests.support.paths import DIGITS, EXAMPLES, ROOT

DATA = ["--data", "digits.npz", "-q"]
KERAS = """
import keras
layers = [keras.Input((8, 8, 1)), keras.layers.Flatten(), keras.layers.Dense(10)]
keras.Sequential(layers).save("model.keras")
"""
TORCH = """
import torch
network = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(64, 10)).eval()
shapes = ({0: torch.export.Dim("batch", min=1, max=4096)},)
program = torch.export.export(network, (torch.rand(2, 1, 8, 8),), dynamic_shapes=shapes)
torch.export.save(program, "model.pt2")
"""
SKLEARN = """
import numpy as np, skops.io
from sklearn.tree import DecisionTreeClassifier
with np.load("digits.npz") as data:
    x, y = data["x_train"], data["y_train"]
tree = DecisionTreeClassifier(max_depth=8).fit(x.reshape(len(x), -1) / 255, y)
skops.io.dump(tree, "model.skops")
"""

HARMLESS = ("/dev/null", "/dev/tty", "/dev/shm/", "/proc/")
"""Devices, and what lies in memory and is gone with the process."""

WRITES = re.compile(
    r"(?:open(?:at)?\((?:[^,\"]+, )?\"(?P<opened>[^\"]*)\", [^)]*O_(?:WRONLY|RDWR|CREAT)"
    r"|(?:creat|mkdir|rename|link|symlink|truncate)\w*\(.*\"(?P<made>[^\"]*)\").*= \d"
)
TELLS = re.compile(r"(?:connect|sendto|sendmsg|sendmmsg)\(.*AF_INET|listen\(")


@dataclass(frozen=True)
class Place:
    """A folder to work in, and beside it a home and a temporary folder, both empty at first."""

    root: Path

    def __post_init__(self) -> None:
        for name in ("work", "home", "temporary"):
            (self.root / name).mkdir()
        shutil.copy(DIGITS, self.root / "work")
        shutil.copy(EXAMPLES / "digits.npz", self.root / "work")

    def process(self, *command: str) -> list[str]:
        """Run Python in the place, in a process of its own; give the system calls it traced."""
        trace = self.root / "trace"
        calls = "trace=network,open,openat,creat,mkdir,mkdirat,rename,renameat,renameat2,link"
        calls += ",linkat,symlink,symlinkat,truncate"
        tracer = ["strace", "-f", "-qq", "--seccomp-bpf", "-e", calls, "-o", str(trace)]
        home = {"HOME": "home", "TMPDIR": "temporary"}
        kept = {
            name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ
        }
        paths = [ROOT, ROOT / "adapters", ROOT / "reports"]
        done = subprocess.run(
            [*(tracer if can_trace() else []), sys.executable, *command],
            cwd=self.root / "work",
            env={
                **kept,
                **{name: str(self.root / folder) for name, folder in home.items()},
                "PYTHONPATH": os.pathsep.join(map(str, paths)),
                "PYTHONDONTWRITEBYTECODE": "1",  # Python's own, where it is run from its sources
                "OMP_NUM_THREADS": "1",
            },
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-3000:]
        return trace.read_text(errors="replace").splitlines() if can_trace() else []

    def run(self, *arguments: str, out: str = "out") -> None:
        """Run a command, and hold it to what it may write: results, and its own cache folder."""
        cache = self.root / "home/.cache/robaudit"
        before = set(self.files())
        calls = self.process("-m", "robaudit", *arguments)
        at_home = set((self.root / "home").rglob("*")) - {cache.parent}
        assert {path for path in at_home if not path.is_relative_to(cache)} == set()
        after = set(self.files())
        assert before <= after
        strange = {path for path in after - before if not path.startswith(out)}
        assert strange == set()
        places = (self.root / "temporary", self.root / "work" / out, cache)
        allowed = (out, *map(str, places), *HARMLESS)
        strange = {path for path in written(calls) if not path.startswith(allowed)}
        strange -= {str(cache.parent)}  # made where there is none
        assert strange == set()
        assert [call for call in calls if TELLS.search(call)] == []

    def files(self) -> Iterator[str]:
        work = self.root / "work"
        return (str(path.relative_to(work)) for path in work.rglob("*"))


def can_trace() -> bool:
    """Tell whether system calls can be seen here."""
    if shutil.which("strace") is None:
        return False
    return (
        subprocess.run(["strace", "-qq", "true"], capture_output=True, check=False).returncode == 0
    )


def written(calls: list[str]) -> Iterator[str]:
    """Give the paths that calls which succeeded wrote to.

    A file without a name, by which a folder is tried before the work, never lies anywhere.
    """
    for call in calls:
        match = None if "O_TMPFILE" in call else WRITES.search(call)
        if match:
            yield match["opened"] or match["made"] or ""


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_a_scan_of_onnx_and_what_is_made_of_it(place: Place) -> None:
    for name in ("one", "other"):
        place.run("scan", "digits.onnx", *SMALL_SCAN, *DATA, "-o", name, out=name)
    cache = place.root / "home/.cache/robaudit"
    assert stat.S_IMODE(cache.stat().st_mode) == 0o700
    assert len([path for path in cache.rglob("*") if path.is_file()]) == 1  # both are the same
    place.run("compare", "one", "other", "-q", "-o", "out")
    place.run("report", "one/audit.json", "-f", "markdown", "-o", "out/page.md")
    place.run("report", "one/audit.json", out="one")


def test_attacks_by_art(place: Place) -> None:
    pytest.importorskip("art")
    attack = ["--attack", "square:queries=9", "--attack-samples", "2"]
    place.run("scan", "digits.onnx", *SMALL_SCAN, *DATA, *attack, "--allow-skipped", "-o", "out")


def test_art_keeps_its_data_where_it_would_have(place: Place) -> None:
    pytest.importorskip("art")
    script = (
        "import robaudit; model = robaudit.load('digits.onnx'); robaudit.art_estimator(model)\n"
        "from art import config; print(config.ART_DATA_PATH, file=open('said', 'w'))"
    )
    place.process("-c", script)
    assert (place.root / "work/said").read_text().strip() == str(place.root / "home/.art/data")
    assert list((place.root / "home").iterdir()) == []
    settings = place.root / "home/.art/config.json"
    settings.parent.mkdir()
    settings.write_text(json.dumps({"ART_DATA_PATH": str(place.root / "temporary/art")}))
    place.process("-c", script)
    assert (place.root / "work/said").read_text().strip() == str(place.root / "temporary/art")


@pytest.mark.parametrize(
    ("framework", "script", "model"),
    [
        ("keras", KERAS, "model.keras"),
        ("torch", TORCH, "model.pt2"),
        ("skops", SKLEARN, "model.skops"),
    ],
)
def test_a_scan_of_other_frameworks(place: Place, framework: str, script: str, model: str) -> None:
    pytest.importorskip(framework)
    place.process("-c", script)
    shutil.rmtree(place.root / "home")
    (place.root / "home").mkdir()
    place.run("scan", model, *SMALL_SCAN, *DATA, "-o", "out")


def test_settings_of_keras_are_honoured_and_not_written(place: Place) -> None:
    pytest.importorskip("keras")
    script = (
        "import robaudit_keras; robaudit_keras.ADAPTER.devices(); import keras, sys\n"
        "from keras.src.backend.config import keras_home\n"
        "print(keras.config.floatx(), keras_home(), file=open('said', 'w'))"
    )
    home = place.root / "home"
    place.process("-c", script)
    assert (place.root / "work/said").read_text().split() == ["float32", str(home / ".keras")]
    assert list(home.iterdir()) == []
    (home / ".keras").mkdir()
    (home / ".keras/keras.json").write_text('{"floatx": "float64"}')
    place.process("-c", script)
    assert (place.root / "work/said").read_text().split() == ["float64", str(home / ".keras")]
    assert (home / ".keras/keras.json").read_text() == '{"floatx": "float64"}'


def test_code_that_is_named_is_not_compiled_beside_itself(place: Place) -> None:
    """Python would keep what it compiles in a folder beside the file."""
    body = "def predict(x):\n    return x.reshape(len(x), -1)[:, :10]\n"
    (place.root / "work/mine.py").write_text(body)
    script = (
        "import sys; sys.dont_write_bytecode = False; from robaudit.user_code import find_object\n"
        "find_object('mine.py:predict'); find_object('mine:predict')"
    )
    before = set(place.files())
    place.process("-c", script)
    assert set(place.files()) == before


def test_what_can_be_opened_here(place: Place) -> None:
    place.run("adapters")


@pytest.mark.skipif(find_spec("onnx2fx") is None, reason="training ONNX models needs onnx2fx")
def test_hardening_and_examples(place: Place) -> None:
    place.run("harden", "digits.onnx", *QUICK, *DATA, "--epochs", "1", "-o", "out")
    examples = ("--search-samples", "60", "--search-directions", "8", "-o", "out/made.npz")
    place.run("examples", "digits.onnx", "--effort", "quick", *DATA, *examples)


def test_a_stranger_who_writes_and_tells_is_seen(tmp_path: Path) -> None:
    """The test itself is tested: what it looks for is there where somebody does it."""
    if not can_trace():
        pytest.skip("strace is not here, or cannot trace")
    place = Place(tmp_path)
    script = "open('elsewhere', 'w'); import socket; s = socket.socket(type=socket.SOCK_DGRAM)\n"
    script += "s.connect(('127.0.0.1', 9))"
    calls = place.process("-c", script)
    assert "elsewhere" in set(written(calls))
    assert any(TELLS.search(call) for call in calls)
