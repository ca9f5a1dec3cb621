"""What an adapter needs installed, in which versions, and what to do where it is missing.

The door through which frameworks come: `robaudit.plugins` imports it before it loads any
adapter, and so does any adapter before its framework. So this is where frameworks are kept
from telling anybody of their use.
"""

import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

from robaudit.errors import MissingDependencyError

# From 1.29 on onnxruntime reports its use to its makers, and keeps an identifier in the home
# folder, unless this is set when it is first imported. An audit tells nobody.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")


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
