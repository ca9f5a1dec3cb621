"""Modules that want pixels as whole numbers: that is said, in place of what they raise."""

from pathlib import Path

import pytest
import torch
from torch import nn

import robaudit
from robaudit import OpenOptions
from robaudit.errors import NotAuditableError
from tests.support.networks import small

SHAPE = OpenOptions(input_shape=(1, 8, 8))


class Bytes(nn.Module):
    """Takes pixels as bytes, and nothing else."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = small()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if x.dtype != torch.uint8:
            raise ValueError("no bytes")
        scores: torch.Tensor = self.layers(x.float() / 255)
        return scores


class Table(nn.Module):
    """Looks pixels up in a table."""

    def __init__(self) -> None:
        super().__init__()
        self.table, self.last = nn.Embedding(256, 4), nn.Linear(256, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        scores: torch.Tensor = self.last(self.table(x.flatten(1)).flatten(1))
        return scores


class Rounding(nn.Module):
    """Does as the advice says."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = Bytes()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        scores: torch.Tensor = self.inner(x.round().clamp(0, 255).to(torch.uint8))
        return scores


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_what_takes_bytes_is_refused_with_what_to_do(tmp_path: Path) -> None:
    torch.jit.save(torch.jit.script(Bytes()), str(tmp_path / "model.pt"))
    example = (torch.zeros(2, 1, 8, 8, dtype=torch.uint8),)
    sizes = ({0: torch.export.Dim("batch")},)
    program = torch.export.export(Bytes(), example, dynamic_shapes=sizes)
    torch.export.save(program, tmp_path / "model.pt2")
    for source in (Bytes(), tmp_path / "model.pt", tmp_path / "model.pt2"):
        with pytest.raises(NotAuditableError, match="takes uint8 numbers; expected pixels in flo"):
            robaudit.load(source, SHAPE)
    assert robaudit.load(Rounding(), SHAPE).spec.classes == 10


def test_what_takes_places_of_a_table_is_refused_likewise() -> None:
    with pytest.raises(NotAuditableError, match=r"takes int64 numbers.*to\(torch.int64\)"):
        robaudit.load(Table(), SHAPE)


def test_what_fails_on_whole_numbers_too_says_what_it_said() -> None:
    with pytest.raises(NotAuditableError, match="fails on an input of shape"):
        robaudit.load(nn.Linear(3, 2), SHAPE)
