"""What a program uses: in all its functions, and of all its objects."""

from pathlib import Path

import pytest

from robaudit_torch.archives import read_members
from robaudit_torch.script_graphs import used_by
from tests.support.hostile_scripts import edited, hook, object_of_another_class, saying

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


def text_of(path: Path) -> str:
    members = read_members(path)
    return "\n".join(members[name].decode() for name in members if name.endswith(".py"))


def test_all_functions_are_looked_at(tmp_path: Path) -> None:
    path = tmp_path / "model.pt"
    hook(path, tmp_path / "never")
    assert "aten::save" in used_by(path.read_bytes())
    saying("for i in range(2):\n      if torch.gt(i, 0):\n        x = torch.tanh(x)")(
        path, tmp_path
    )
    assert "aten::tanh" in used_by(path.read_bytes())


def test_casts_to_classes_are_named(tmp_path: Path) -> None:
    """torch believes what a cast says, and would look for attributes where there are none."""
    path = tmp_path / "model.pt"
    edited(path, "layer = self.layer", "x = unchecked_cast(Tensor, x)\n    layer = self.layer")
    assert not any(name.startswith("a cast") for name in used_by(path.read_bytes()))
    kinds = (line.split(" : ")[1] for line in text_of(path).split("\n") if "  layer : " in line)
    kind = next(kinds)
    edited(path, "layer = self.layer", f"layer = unchecked_cast({kind}, self.layer)")
    assert f"a cast to {kind}" in used_by(path.read_bytes())


def test_objects_of_another_class_than_declared_are_named(tmp_path: Path) -> None:
    path = tmp_path / "model.pt"
    object_of_another_class(path, tmp_path)
    assert any("something else as a " in name for name in used_by(path.read_bytes()))
    edited(path, "layer = self.layer", "layer = self.layer")
    assert not any("something else" in name for name in used_by(path.read_bytes()))
