"""Where the reproduction's images come from when no folder is named: Keras."""

import sys
from types import SimpleNamespace

import numpy as np
import pytest

from robaudit.errors import UsageError
from tests.support.paths import EXAMPLES

sys.path.append(str(EXAMPLES / "paper"))

from reproduction.data import read_data

random = np.random.default_rng(0)


def provide(monkeypatch: pytest.MonkeyPatch, **loaders: object) -> None:
    """Put data sets in the place of those of Keras."""
    datasets = {name: SimpleNamespace(load_data=loader) for name, loader in loaders.items()}
    keras = SimpleNamespace(datasets=SimpleNamespace(**datasets))
    monkeypatch.setitem(sys.modules, "keras", keras)
    monkeypatch.setenv("KERAS_BACKEND", "torch")  # what is set on the way is gone afterwards


def test_without_a_folder_keras_gives_the_images(monkeypatch: pytest.MonkeyPatch) -> None:
    x = random.integers(0, 256, (30, 32, 32, 3), dtype=np.uint8)
    y = np.arange(30).reshape(-1, 1) % 10  # a column, as Keras has it for CIFAR-10
    provide(monkeypatch, cifar10=lambda: ((x[:20], y[:20]), (x[20:], y[20:])))
    data = read_data("cifar10", None)
    inputs, labels = data.inputs(np.arange(20))
    np.testing.assert_allclose(inputs, np.moveaxis(x[:20], -1, 1) / 255, atol=1e-6)
    np.testing.assert_array_equal(labels, y[:20, 0])
    np.testing.assert_array_equal(data.test.labels, y[20:, 0])


def test_gray_images_of_keras_get_a_channel(monkeypatch: pytest.MonkeyPatch) -> None:
    x, y = random.integers(0, 256, (20, 28, 28), dtype=np.uint8), np.arange(20) % 10
    provide(monkeypatch, mnist=lambda: ((x, y), (x[:5], y[:5])))
    inputs, _ = read_data("mnist", None).inputs(np.arange(20))
    np.testing.assert_allclose(inputs, x[:, None] / 255, atol=1e-6)


def test_what_keras_cannot_load_is_one_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable() -> None:
        raise Exception("URL fetch failure")  # as Keras does

    provide(monkeypatch, mnist=unreachable)
    with pytest.raises(UsageError, match="could not load mnist: URL fetch failure"):
        read_data("mnist", None)
    with pytest.raises(UsageError, match="Keras has no data set digits"):
        read_data("digits", None)
    monkeypatch.setitem(sys.modules, "keras", None)  # not installed
    with pytest.raises(UsageError, match="no data for mnist"):
        read_data("mnist", None)
