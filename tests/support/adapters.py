"""Adapters of strangers, and how they come to stand beside the real ones."""

import logging
import warnings
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

import pytest

from robaudit import Classifier, InputSpec, OpenOptions
from robaudit.requirements import Requirement


@dataclass(frozen=True)
class Bare:
    """An adapter that says as little as it can."""

    opens: str = "models (.bare)"

    def recognises(self, source: object) -> bool:
        return str(source).endswith(".bare")

    def open(self, source: object, _options: OpenOptions) -> Classifier:
        return Classifier(str(source), InputSpec((4,), 3), lambda x: x[:, :3])


@dataclass(frozen=True)
class Lacking(Bare):
    """An adapter whose framework is not installed."""

    abilities: tuple[str, ...] = ("predict",)
    requires: tuple[Requirement, ...] = (Requirement("no-such-package", "1", "pip install it"),)


@dataclass(frozen=True)
class Failing(Bare):
    """An adapter that fails at all it is asked."""

    def recognises(self, _source: object) -> bool:
        raise RuntimeError("cannot recognise")

    def devices(self) -> tuple[str, ...]:
        raise RuntimeError("cannot say")


@dataclass(frozen=True)
class Tripping(Bare):
    """An adapter whose framework warns of every file, and trips over it."""

    opens: str = "models (.trips)"

    def recognises(self, source: object) -> bool:
        return str(source).endswith(".trips")

    def open(self, source: object, _options: OpenOptions) -> Classifier:
        warnings.warn("strange", stacklevel=1)
        logging.getLogger("framework").error("strange")
        raise {"memory": MemoryError, "index": IndexError}[Path(str(source)).stem]("of 3")


BARE, LACKING, FAILING, TRIPPING = Bare(), Lacking(), Failing(), Tripping()


def install(monkeypatch: pytest.MonkeyPatch, **values: str) -> None:
    """Put adapters by name beside the real ones."""
    real = list(entry_points(group="robaudit.adapters"))
    group = "robaudit.adapters"
    more = [EntryPoint(name, value, group) for name, value in values.items()]
    monkeypatch.setattr("robaudit.plugins.entry_points", lambda **_: [*more, *real])
