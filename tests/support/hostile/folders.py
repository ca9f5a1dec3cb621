"""What may lie in the folder that a command is run in: settings, modules, folders of results."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.support.hostile.canaries import ESCAPES, MARKUP, Place
from tests.support.hostile.fixture import SCAN, Hostile
from tests.support.hostile.pickles import DATA, plain
from tests.support.paths import DIGITS

_MODULES = ("numpy", "torch", "onnx", "keras", "robaudit_onnx", "sitecustomize", "art", "msgspec")


def _settings(
    text: str, name: str = "robaudit.toml", scanned: str = "model.pkl"
) -> Callable[[Place], list[str]]:
    """Lay settings beside a pickle, and code beside them."""

    def make(place: Place) -> list[str]:
        filled = text.replace("SECRET", str(place.secret)).replace("WRITTEN", str(place.written))
        Path(place.work, name).write_text(filled)
        Path(place.work, "mine.py").write_text(f"def make():\n    return {place.code}\n")
        Path(place.work, "model.pkl").write_bytes(plain(place))
        return ["scan", scanned, *([] if "data" in text else DATA), *SCAN]

    return make


def linked_settings(place: Place) -> list[str]:
    Path(place.work, "robaudit.toml").symlink_to(place.secret)
    return ["scan", DIGITS, *DATA, *SCAN]


def pipe_of_settings(place: Place) -> list[str]:
    for name in ("robaudit.toml", "pyproject.toml"):
        os.mkfifo(place.work / name)
    return ["scan", DIGITS, *DATA, *SCAN]


def modules(place: Place) -> list[str]:
    """Lay code under the names of what is imported, and a plugin, where the command is run."""
    for name in _MODULES:
        Path(place.work, f"{name}.py").write_text(place.code)
    about = place.work / "mine-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: mine\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text("[robaudit.adapters]\nmine = numpy:ADAPTER\n")
    (place.work / "matplotlibrc").write_text("backend: module://numpy\n")
    return ["scan", DIGITS, *DATA, *SCAN]


def waiting_links(place: Place) -> list[str]:
    """Lay links where results would wait for their names, for all processes that come next."""
    latest = subprocess.Popen([sys.executable, "-c", ""])
    latest.wait()
    (place.work / "out").mkdir()
    for name in ("audit.json", "report.html", "rays.npz"):
        (place.work / "out" / name).symlink_to(place.written)
        for number in range(latest.pid, latest.pid + 300):
            waiting = place.work / f"out/.{name}.{number}.part"
            waiting.symlink_to(place.written)
    return ["scan", DIGITS, *DATA, *SCAN]


def named_to_speak(place: Place) -> list[str]:
    name = f"{ESCAPES}{MARKUP}"
    shutil.copy(DIGITS, place.work / f"{name}.onnx")
    shutil.copy(DATA[1], place.work / f"{name}.npz")
    return ["scan", f"{name}.onnx", "--data", f"{name}.npz", *SCAN]


def missing_to_speak(_: Place) -> list[str]:
    return ["scan", f"{ESCAPES}.onnx", *SCAN]


def _all() -> Iterator[Hostile]:
    consent = "lets code run|trust_model|--trust-model"
    for text in (
        "trust-model = true",
        "trust_model = true",
        'factory = "mine:make"',
        '"trust-model" = true\nfactory = "mine.py:make"',
    ):
        yield Hostile(f"settings {text[:18]!r}", _settings(text), consent)
    shared = _settings("[tool.robaudit]\ntrust-model = true", "pyproject.toml")
    yield Hostile("settings of a project", shared, consent)
    for text in ('data = "SECRET"', 'labels = "SECRET"', "MODEL = 1", f'"{ESCAPES[:1]}" = 1'):
        made = _settings(text, scanned=DIGITS)
        yield Hostile(f"settings {text[:18]!r}", made, "expected")
    yield Hostile("secret for settings", linked_settings, "cannot be read")
    yield Hostile("pipe for settings", pipe_of_settings, "")
    yield Hostile("modules", modules, "")
    yield Hostile("links where results wait", waiting_links, "")
    yield Hostile("model that is named to speak", named_to_speak, "")
    yield Hostile("no model, named to speak", missing_to_speak, "no model at")


MADE = [*_all()]
