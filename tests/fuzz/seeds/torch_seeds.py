"""Files of PyTorch: weights, whole modules, programs; and safetensors."""

import io
import pickle
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from torch import nn

from tests.fuzz.seeds.seed import Seed, scanned, undated, weights, written

FACTORY = b"""import torch
def make():
    return torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(64, 3))
"""
BY_FACTORY = ("--factory", "networks.py:make")


def network() -> Any:
    """Make a network that tells the pictures apart."""
    matrix, bias = weights()
    made = nn.Sequential(nn.Flatten(), nn.Linear(64, 3))
    with torch.no_grad():
        made[1].weight.copy_(torch.from_numpy(matrix.T.copy()))
        made[1].bias.copy_(torch.from_numpy(bias))
    return made.eval()


def weight_seeds() -> list[Seed]:
    """Weights alone, as archives and as the older files, and in a checkpoint."""
    state = network().state_dict()
    checkpoint = {
        "state_dict": {f"net.{name}": value for name, value in state.items()},
        "epoch": 3,
        "hyper_parameters": {"width": 8, "names": ["low", "middle", "high"]},
    }
    contents = {
        "model.pth": _saved(state),
        "model.pt": _saved(checkpoint),
        "old.pth": _saved(state, archive=False),
    }
    return [_by_factory(name, content) for name, content in contents.items()]


def module_seeds() -> list[Seed]:
    """Whole modules, which are pickles and so refused."""
    return [
        scanned({"model.pt": _saved(network())}, "model.pt", refused=True),
        scanned({"model.pt": _saved(network(), archive=False)}, "model.pt", refused=True),
        scanned({"model.pt": pickle.dumps({"net": [1, 2]})}, "model.pt", refused=True),
    ]


def script_seeds() -> list[Seed]:
    """TorchScript, compiled and traced."""
    x = torch.zeros(2, 1, 8, 8)
    programs = (torch.jit.script(network()), torch.jit.trace(network(), x))
    return [
        scanned({"model.pt": undated(written(one.save, "m.pt"))}, "model.pt") for one in programs
    ]


def exported_seeds() -> list[Seed]:
    """An exported program."""

    def save(path: Path) -> None:
        sizes = ({0: torch.export.Dim("batch", min=1, max=4096)},)
        x = (torch.rand(2, 1, 8, 8),)
        torch.export.save(torch.export.export(network(), x, dynamic_shapes=sizes), path)

    return [scanned({"model.pt2": undated(written(save, "model.pt2"))}, "model.pt2")]


def safetensors_seeds() -> list[Seed]:
    """Weights as safetensors."""
    state = {name: value.contiguous() for name, value in network().state_dict().items()}
    return [_by_factory("model.safetensors", safetensors.torch.save(state, {"format": "pt"}))]


def _by_factory(name: str, content: bytes) -> Seed:
    files = {name: content, "networks.py": FACTORY}
    return scanned(files, name, *BY_FACTORY, hardened=True)


def _saved(value: Any, *, archive: bool = True) -> bytes:
    kept = io.BytesIO()
    torch.save(value, kept, _use_new_zipfile_serialization=archive)
    return undated(kept.getvalue()) if archive else kept.getvalue()
