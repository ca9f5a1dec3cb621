"""Whole PyTorch models in files."""

from pathlib import Path

import torch

from tests.support.networks import small


def export(path: Path, *, dynamic: bool = True, batch: int = 2) -> None:
    """Write the small network for the embedded digits as an exported program."""
    sizes = ({0: torch.export.Dim("batch")},) if dynamic else None
    x = torch.zeros(batch, 1, 8, 8)
    torch.export.save(torch.export.export(small().eval(), (x,), dynamic_shapes=sizes), path)


def script(path: Path) -> None:
    """Write it as TorchScript."""
    torch.jit.save(torch.jit.script(small().eval()), str(path))
