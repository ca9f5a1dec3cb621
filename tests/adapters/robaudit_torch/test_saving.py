"""What is saved of a module: in each format, as it came, and trained."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

import robaudit
from robaudit import Images, OpenOptions, TrainPlan, load
from robaudit.errors import UsageError
from tests.support.digit_inputs import DIGITS_SHAPE, SPEC
from tests.support.networks import small
from tests.support.torch_files import export, script

random = np.random.default_rng(0)


@pytest.mark.parametrize("suffix", [".pt2", ".safetensors", ".pt"])
def test_what_is_saved_can_be_opened_again(tmp_path: Path, x: np.ndarray, suffix: str) -> None:
    classifier = load(small(), spec=SPEC)
    assert classifier.save is not None
    path = tmp_path / f"model{suffix}"
    classifier.save(path)
    options = OpenOptions(
        spec=SPEC, factory=None if suffix == ".pt2" else "tests.support.networks:small()"
    )
    again = load(path, options)
    np.testing.assert_allclose(again.predict(x), classifier.predict(x), rtol=1e-5, atol=1e-6)


def test_a_pickled_module_is_saved_as_one(tmp_path: Path) -> None:
    torch.save(small(), tmp_path / "whole.pt")
    options = replace(DIGITS_SHAPE, trust=True)
    classifier = robaudit.load(tmp_path / "whole.pt", options)
    assert classifier.save is not None
    classifier.save(tmp_path / "again.pt")
    again = robaudit.load(tmp_path / "again.pt", options)
    x = random.random((5, 1, 8, 8)).astype(np.float32)
    np.testing.assert_array_equal(again.predict(x), classifier.predict(x))
    with pytest.raises(UsageError, match="holds a whole module"):
        robaudit.load(tmp_path / "again.pt", DIGITS_SHAPE)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize(("name", "write"), [("model.pt2", export), ("model.pt", script)])
def test_whole_models_are_trained_and_saved_as_what_they_are(
    tmp_path: Path, name: str, write: Callable[[Path], None], digits: Images
) -> None:
    write(tmp_path / name)
    classifier = robaudit.load(tmp_path / name, DIGITS_SHAPE)
    assert digits.labels is not None
    x, y = digits.unit_pixels(slice(0, 300)).transpose(0, 3, 1, 2), digits.labels[:300]
    before = classifier.predict(x)
    assert classifier.train is not None
    after = classifier.train(x, y, TrainPlan(epochs=8, learning_rate=0.01))
    np.testing.assert_array_equal(classifier.predict(x), before)
    assert (after.predict(x).argmax(axis=1) == y).mean() > 0.9
    assert after.save is not None
    after.save(tmp_path / f"after_{name}")
    again = robaudit.load(tmp_path / f"after_{name}", DIGITS_SHAPE)
    np.testing.assert_allclose(again.predict(x), after.predict(x), rtol=1e-5, atol=1e-6)


class Compiled(nn.Module):
    """Takes any arguments, and keeps the network under the name that torch.compile gives it."""

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self._orig_mod = module

    def forward(self, *args: torch.Tensor) -> torch.Tensor:
        scores: torch.Tensor = self._orig_mod(*args)
        return scores


@pytest.mark.parametrize("wrap", [nn.DataParallel, Compiled])
def test_a_wrapped_network_is_exported_without_its_wrapper(
    tmp_path: Path, x: np.ndarray, wrap: Callable[[nn.Module], nn.Module]
) -> None:
    classifier = robaudit.load(wrap(small()), spec=SPEC)
    assert classifier.save is not None
    classifier.save(tmp_path / "model.pt2")
    again = robaudit.load(tmp_path / "model.pt2")
    np.testing.assert_allclose(again.predict(x), classifier.predict(x), rtol=1e-5, atol=1e-6)
