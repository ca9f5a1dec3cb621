"""adv-lib, where it is installed: it asks for torchvision and visdom, which attacks never use."""

import importlib.machinery
import importlib.util
import sys
from types import ModuleType
from typing import Any

import pytest

_ASKED_FOR = ("torchvision", "visdom")


def adv_lib_attacks(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Import the attacks of adv-lib, or skip; empty stand-ins are there for what is not."""
    for name in _ASKED_FOR:
        if name not in sys.modules and not _can_be_imported(name):
            monkeypatch.setitem(sys.modules, name, _empty(name))
            if name == "torchvision":
                for part in ("models", "transforms"):
                    full = f"{name}.{part}"
                    monkeypatch.setitem(sys.modules, full, _empty(full))
    pytest.importorskip("adv_lib")
    return pytest.importorskip("adv_lib.attacks")


def _can_be_imported(name: str) -> bool:
    if importlib.util.find_spec(name) is None:
        return False
    try:
        importlib.import_module(name)
    except Exception:  # noqa: BLE001 - torchvision fails in its own ways beside another torch
        return False
    return True


def _empty(name: str) -> ModuleType:
    module = ModuleType(name)
    module.__spec__ = importlib.machinery.ModuleSpec(name, None)
    return module
