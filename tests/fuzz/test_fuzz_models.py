"""Mutated model files end well or by a clear error."""

from pathlib import Path

import pytest

from tests.fuzz.formats import MODELS
from tests.support.fuzz import fuzz


def test_mutated_models_end_well_or_clearly(tmp_path: Path) -> None:
    for framework in ("skops", "tensorflow", "torch"):
        pytest.importorskip(framework)
    fuzz(MODELS, 100, 1, tmp_path)
