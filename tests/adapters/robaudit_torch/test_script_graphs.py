"""What a program uses: in all its functions, and of all its objects."""

from pathlib import Path

import pytest

from robaudit_torch.script_graphs import used_by
from tests.support.hostile_scripts import edited, hook, object_of_another_class, saying

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
LINEAR = "__torch__.torch.nn.modules.linear.Linear"


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
    edited(path, "layer = self.layer", f"layer = unchecked_cast({LINEAR}, self.layer)")
    assert f"a cast to {LINEAR}" in used_by(path.read_bytes())
    edited(path, "layer = self.layer", "layer = self.layer")
    assert not any(name.startswith("a cast") for name in used_by(path.read_bytes()))


def test_objects_of_another_class_than_declared_are_named(tmp_path: Path) -> None:
    path = tmp_path / "model.pt"
    object_of_another_class(path, tmp_path)
    assert f"something else as a {LINEAR}" in used_by(path.read_bytes())
    edited(path, "layer = self.layer", "layer = self.layer")
    assert not any("something else" in name for name in used_by(path.read_bytes()))
