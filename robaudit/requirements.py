"""What an adapter needs installed, in which versions, and what to do where it is missing.

The door through which frameworks come: `robaudit.plugins` imports it before it loads any
adapter, and so does any adapter before its framework. So this is where frameworks are kept
from telling anybody of their use.
"""

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

from robaudit.errors import MissingDependencyError

# From 1.29 on onnxruntime reports its use to its makers, and keeps an identifier in the home
# folder, unless this is set when it is first imported. An audit tells nobody.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")


@dataclass(frozen=True)
class Floor:
    """The oldest version of a distribution that is used, and what was mended in it."""

    at_least: str
    why: str


_UNDECIDED = "no hole that is known decides it"

FLOORS: Mapping[str, Floor] = {
    "onnx": Floor(
        "1.21",
        "files outside the model's folder were read, and attributes of objects set by a file: "
        "CVE-2026-27489, CVE-2026-34445, CVE-2026-34446, CVE-2026-34447",
    ),
    "onnxruntime": Floor("1.20", f"{_UNDECIDED}; files beside a model are read before it"),
    "onnx2fx": Floor("0.0.1", f"{_UNDECIDED}; it reads no files"),
    "torch": Floor("2.10", "`weights_only` could be made to corrupt memory: CVE-2026-24747"),
    "safetensors": Floor("0.5", f"{_UNDECIDED}; lengths and overlaps are checked as it reads"),
    "keras": Floor(
        "3.15.1",
        "links in `.h5` are followed up to 3.14, groups on the way to an array in 3.15.0, and "
        "assets may unpack to anything there; 3.13.2 mended CVE-2026-1669, CVE-2026-0897 and "
        "CVE-2026-1462",
    ),
    "tensorflow": Floor("2.18", f"{_UNDECIDED}; the first for NumPy 2"),
    "tf-keras": Floor("2.18", f"{_UNDECIDED}; HDF5 is looked into before it reads any"),
    "h5py": Floor("3.11", f"{_UNDECIDED}; the first for NumPy 2"),
    "scikit-learn": Floor("1.5", "an estimator kept texts that it was fitted on: CVE-2024-5206"),
    "skops": Floor(
        "0.13",
        "code was hidden behind types that are trusted: CVE-2025-54412, CVE-2025-54413; pickles "
        "were read without asking: CVE-2025-54886",
    ),
    "pillow": Floor(
        "13.0",
        "the JPEG decoder wrote, and the TIFF decoder read, beyond its memory: CVE-2026-112403 "
        "(GHSA-8g5g-8vmr-9782), GHSA-462x-pgg6-55fp",
    ),
    "numpy": Floor("1.26", f"{_UNDECIDED}; heads of arrays have a largest size"),
    "jinja2": Floor("3.1.6", "what ran in its sandbox could leave it: CVE-2025-27516"),
    "msgspec": Floor("0.20", _UNDECIDED),
    "ray": Floor(
        "2.60",
        "a page in a browser could run code on a cluster that listens to its machine alone: "
        "CVE-2025-62593; the first of which was looked at to whom a cluster listens",
    ),
    "adversarial-robustness-toolbox": Floor("1.20", f"{_UNDECIDED}; it reads no files"),
}
"""Whatever reads a stranger's file, or stands near: which version is old enough, and why.

`pyproject.toml` and docs/security.md say the same: tests/test_requirements.py holds them to it.
"""


@dataclass(frozen=True)
class Requirement:
    """A distribution that is needed, from which version on, and the command that installs it.

    ``instead`` names distributions that do as well.
    """

    package: str
    at_least: str
    install: str
    instead: tuple[str, ...] = ()

    def found(self) -> str | None:
        """Give the version that is installed, ``None`` where there is none."""
        versions = map(version_of, (self.package, *self.instead))
        return next((given for given in versions if given is not None), None)

    def lack(self) -> str | None:
        """Say what is wrong with what is installed here, ``None`` where nothing is."""
        version = self.found()
        if version is None:
            return f"{self.package} is not installed"
        if _release(version) < _release(self.at_least):
            return f"{self.package} {version} is too old, {self.at_least} is needed"
        return None


def requirement(package: str, install: str, *instead: str) -> Requirement:
    """Make the requirement of a distribution in the version that `FLOORS` has."""
    return Requirement(package, FLOORS[package].at_least, install, instead)


@contextmanager
def needs(requirements: Iterable[Requirement]) -> Iterator[None]:
    """Import frameworks inside this: MissingDependencyError says how to install what is missing.

    A framework that is too old is refused like one that is missing: loaders had
    holes that later versions closed.
    """
    install = ""
    for requirement in requirements:
        install = install or requirement.install
        lack = requirement.lack()
        if lack:
            raise MissingDependencyError(lack, advice=f"Install it with: {requirement.install}")
    try:
        yield
    except ModuleNotFoundError as error:
        raise MissingDependencyError(
            f"{error.name} is not installed", advice=f"Install it with: {install}"
        ) from error


def version_of(package: str) -> str | None:
    """Give the version of an installed distribution, ``None`` where there is none."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _release(text: str) -> tuple[int, ...]:
    """Read the numbers that a version begins with.

    >>> _release("2.13.0+cpu") >= _release("2.10")
    True
    """
    return tuple(map(int, re.findall(r"\d+", re.split(r"[^\d.]", text)[0])))
