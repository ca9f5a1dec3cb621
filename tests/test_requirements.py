"""What an adapter needs installed: in which versions, and how it is told of."""

import re
import sys
import tomllib
from importlib import import_module
from itertools import chain

import pytest

import robaudit
from robaudit.errors import MissingDependencyError
from robaudit.plugins import find_plugins
from robaudit.requirements import FLOORS, Requirement, needs
from tests.support.paths import EXAMPLES, ROOT


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


def bounds_of_the_project() -> dict[str, set[str]]:
    """Give the lower bounds that `pyproject.toml` sets, by distribution."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [project["dependencies"], *project["optional-dependencies"].values()]
    bounds: dict[str, set[str]] = {}
    for each in chain(*wanted):
        name, mark, bound = each.partition(">=")
        if mark:
            bounds.setdefault(name.partition("[")[0].replace("-gpu", ""), set()).add(bound)
    return bounds


def test_the_project_has_the_floors_of_the_table() -> None:
    bounds = bounds_of_the_project()
    assert bounds.pop("rich")  # which reads no files
    assert bounds.pop("adv-lib")  # which nothing here imports
    assert bounds.pop("imagecorruptions-imaug")  # which reads no files
    assert bounds.pop("pyarrow")  # of which nothing is read, only written
    assert bounds == {name: {floor.at_least} for name, floor in FLOORS.items()}


def test_what_is_pinned_is_no_older_than_the_floors() -> None:
    lists = (path.read_text(encoding="utf-8") for path in (ROOT / "locked").glob("*.txt"))
    text = "".join(lists).lower().replace("_", "-").replace("-cpu==", "==")
    pinned = dict(re.findall(r"^([\w.-]+)==([^\s;\\]+)", text, re.MULTILINE))
    for name, floor in FLOORS.items():
        pin = Requirement(name, floor.at_least, "")
        assert pin.lack() is None or name in ("tensorflow", "ray"), pin.lack()
        assert [*map(int, pinned[name].split("."))] >= [*map(int, floor.at_least.split("."))], name


def test_the_page_on_security_has_the_table() -> None:
    whole = (ROOT / "docs/security.md").read_text(encoding="utf-8")
    page = whole.partition("## The oldest versions")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| ([\w-]+) \| ([\d.]+) \| (.+) \|$", page, flags=re.MULTILINE)
    assert rows == [(name, floor.at_least, floor.why) for name, floor in FLOORS.items()]


def test_adapters_take_their_floors_from_the_table() -> None:
    required = [
        each
        for adapter in find_plugins("robaudit.adapters").loaded.values()
        for each in getattr(adapter, "requires", ())
        if each.package in FLOORS
    ]
    assert len(required) >= 5
    for each in required:
        assert each.at_least == FLOORS[each.package].at_least, each
