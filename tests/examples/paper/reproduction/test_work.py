"""The work of single stages."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("art")

from reproduction.data import read_data
from reproduction.settings import setting_of
from reproduction.work import Bench, go_on_training, hardening_plan
from tests.support.paths import ROOT


def test_retraining_is_augmented_where_the_setting_says_so(folder: Path, tmp_path: Path) -> None:
    assert setting_of("cifar10", "small").augmented
    seed = folder / "stages" / "digits" / "seed-0"
    model, made, kept = (
        next(seed.glob(f"{one}-*"))
        for one in ("original/model", "feedback/examples", "feedback/model")
    )
    bench = Bench(setting_of("digits", "small"), read_data("digits", ROOT / "examples"), "cpu")
    x, _ = bench.data.inputs(np.arange(50))
    scores = {"kept": bench.open(kept).predict(x)}
    for name, augmented in (("plain", False), ("augmented", True)):
        own = replace(bench, setting=replace(bench.setting, augmented=augmented))
        (tmp_path / name).mkdir()
        go_on_training(own, model, made, hardening_plan(own, 0), tmp_path / name)
        scores[name] = bench.open(tmp_path / name).predict(x)
    np.testing.assert_allclose(scores["plain"], scores["kept"], atol=1e-2)
    assert np.abs(scores["augmented"] - scores["plain"]).max() > 0.1
