"""Exported programs: what they take, and what in them would run code, with a trace of it."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

import robaudit
from robaudit import OpenOptions
from robaudit.errors import NotAuditableError, UsageError
from tests.support.hostile.exported_programs import HOSTILE, guard_that_is_code
from tests.support.torch_files import export


def test_an_exported_program_says_what_it_takes(tmp_path: Path) -> None:
    export(tmp_path / "model.pt2")
    assert robaudit.load(tmp_path / "model.pt2").spec.shape == (1, 8, 8)
    with pytest.raises(UsageError, match="input_shape"):
        robaudit.load(tmp_path / "model.pt2", OpenOptions(input_shape=(3, 8, 8)))


@pytest.mark.parametrize(("name", "write"), [("model.pt2", write) for write in HOSTILE])
def test_code_in_a_file_is_refused_and_not_run(
    tmp_path: Path, name: str, write: Callable[[Path, Path], None]
) -> None:
    path, trace = tmp_path / name, tmp_path / "trace"
    write(path, trace)
    with pytest.raises(UsageError, match="trust=True"):
        robaudit.load(path)
    assert not trace.exists()


def test_guards_are_dropped_and_not_run(tmp_path: Path) -> None:
    path, trace = tmp_path / "model.pt2", tmp_path / "trace"
    guard_that_is_code(path, trace)
    classifier = robaudit.load(path)
    assert classifier.predict(np.zeros((2, 1, 8, 8), dtype=np.float32)).shape == (2, 10)
    assert not trace.exists()


@pytest.mark.parametrize("classes", [4, 10])
def test_columns_of_scores_are_refused_whatever_the_batch(tmp_path: Path, classes: int) -> None:
    class Columns(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Linear(64, classes)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.layer(x.flatten(1)).t()

    x = torch.zeros(classes, 1, 8, 8)
    torch.export.save(torch.export.export(Columns(), (x,)), tmp_path / "model.pt2")
    with pytest.raises(NotAuditableError, match="a column of scores for each input"):
        robaudit.load(tmp_path / "model.pt2")
