"""What an adapter needs installed: in which versions, and how it is told of."""

import sys
from importlib import import_module

import pytest

import robaudit
from robaudit.errors import MissingDependencyError
from robaudit.requirements import Requirement, needs
from tests.support.paths import EXAMPLES


def test_old_versions_are_refused() -> None:
    old = Requirement("numpy", "99", "pip install numpy")
    with pytest.raises(MissingDependencyError, match="too old, 99 is needed"), needs([old]):
        pass
    with needs([Requirement("no-such-package", "1", "", instead=("numpy",))]):
        pass
    new = Requirement("numpy", "1", "pip install it")
    with pytest.raises(MissingDependencyError, match="pip install it"), needs([new]):
        import_module("no_such_module")


def test_a_missing_framework_names_the_command_that_installs_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "robaudit_onnx.opening", None)
    with pytest.raises(MissingDependencyError, match=r"robaudit\[onnx\]"):
        robaudit.load(EXAMPLES / "digits.onnx")
