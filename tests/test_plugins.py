"""Plugins: what is installed is found, what is broken or lacks something is told of."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points

import pytest

import robaudit
from robaudit import Classifier, InputSpec, OpenOptions
from robaudit.cli import main
from robaudit.errors import MissingDependencyError, NotAuditableError
from robaudit.plugins import find_plugins
from robaudit.requirements import Requirement, needs

Install = Callable[..., None]


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


BARE, LACKING, FAILING = Bare(), Lacking(), Failing()


@pytest.fixture
def install(monkeypatch: pytest.MonkeyPatch) -> Install:
    """Give a function that puts adapters by name beside the real ones."""

    def put(**values: str) -> None:
        real = list(entry_points(group="robaudit.adapters"))
        group = "robaudit.adapters"
        more = [EntryPoint(name, value, group) for name, value in values.items()]
        monkeypatch.setattr("robaudit.plugins.entry_points", lambda **_: [*more, *real])

    return put


def test_a_plugin_that_fails_to_load_is_reported_and_stops_nothing(
    install: Install, capsys: pytest.CaptureFixture[str]
) -> None:
    install(a_broken="no_such_module:ADAPTER", bare="tests.test_plugins:BARE")
    found = find_plugins("robaudit.adapters")
    assert "no_such_module" in found.broken["a_broken"]
    assert {"bare", "onnx", "torch", "keras", "function"} <= set(found.loaded)
    assert robaudit.load("model.bare").spec.classes == 3
    assert main(["adapters"]) == 0
    out = capsys.readouterr().out
    assert "failed to load: a_broken (no_such_module:ADAPTER)" in out
    assert "bare: models (.bare)" in out
    with pytest.raises(NotAuditableError, match="no_such_module"):
        robaudit.load(__file__)


def test_an_adapter_that_fails_stops_nothing(
    install: Install, capsys: pytest.CaptureFixture[str]
) -> None:
    install(a_failing="tests.test_plugins:FAILING", bare="tests.test_plugins:BARE")
    assert robaudit.load("model.bare").spec.classes == 3
    assert main(["adapters"]) == 0
    assert "cannot say" in capsys.readouterr().out
    with pytest.raises(NotAuditableError, match="cannot recognise"):
        robaudit.load(__file__)


def test_what_is_missing_comes_with_the_command_that_installs_it(
    install: Install, capsys: pytest.CaptureFixture[str]
) -> None:
    install(lacking="tests.test_plugins:LACKING")
    assert main(["adapters"]) == 0
    out = capsys.readouterr().out
    assert "missing: no-such-package is not installed; install it with: pip install it" in out


def test_every_adapter_of_ours_says_what_it_can_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["adapters"]) == 0
    blocks = capsys.readouterr().out.split("\n")
    for name in ("function", "keras", "onnx", "torch"):
        start = next(i for i, line in enumerate(blocks) if line.startswith(f"{name}: "))
        assert blocks[start + 1].startswith("  can: predict")
        assert any(line.startswith("  on: cpu") for line in blocks[start : start + 5])


def test_old_versions_are_refused() -> None:
    old = Requirement("numpy", "99", "pip install numpy")
    with pytest.raises(MissingDependencyError, match="too old, 99 is needed"), needs([old]):
        pass
    with needs([Requirement("no-such-package", "1", "", instead=("numpy",))]):
        pass
    new = Requirement("numpy", "1", "pip install it")
    with pytest.raises(MissingDependencyError, match="pip install it"), needs([new]):
        import_module("no_such_module")
