"""The reproduction's images: each seed has its own, and where Keras gives them."""

import sys
from collections import Counter
from dataclasses import replace
from itertools import combinations
from types import SimpleNamespace

import numpy as np
import pytest

import robaudit
from reproduction.data import TEST_PARTS, Data, class_names, read_data
from robaudit.errors import UsageError
from tests.support.paths import EXAMPLES

random = np.random.default_rng(0)
DIGITS = read_data("digits", EXAMPLES)


def test_seeds_do_not_share_test_images() -> None:
    parts = [DIGITS.test_of(seed) for seed in range(TEST_PARTS)]
    seen = [{one.tobytes() for one in np.asarray(part.pixels)} for part in parts]
    assert sum(map(len, parts)) == len(DIGITS.test)
    everything = Counter(one.tobytes() for one in np.asarray(DIGITS.test.pixels))
    assert sum(
        (Counter(one.tobytes() for one in np.asarray(part.pixels)) for part in parts), Counter()
    ) == (everything)
    repeated = {one for one, count in everything.items() if count > 1}
    for one, other in combinations(seen, 2):
        assert not (one & other) - repeated
    again = DIGITS.test_of(0)
    np.testing.assert_array_equal(again.pixels, parts[0].pixels)
    np.testing.assert_array_equal(again.labels, parts[0].labels)
    assert len(DIGITS.test_of(TEST_PARTS)) == len(parts[0])
    assert {one.tobytes() for one in np.asarray(DIGITS.test_of(TEST_PARTS).pixels)} != seen[0]


def test_budgets_are_tried_on_images_that_are_neither_trained_on_nor_reported() -> None:
    trained, held_out = DIGITS.rows(0, 10_000)
    assert not set(trained) & set(held_out)
    images = DIGITS.validation_of(0)
    np.testing.assert_array_equal(images.pixels, DIGITS.train.pixels[np.sort(held_out)])


def test_labels_are_in_the_fingerprint_of_the_data() -> None:
    x, y = np.zeros((4, 8, 8), dtype=np.uint8), np.arange(4)

    def plain(labels: np.ndarray) -> dict[str, str]:
        images = robaudit.images_from_arrays(x, labels)
        return Data(images, images).plain

    assert plain(y) == plain(y.copy())
    assert plain(y) != plain(y[::-1])


def test_classes_have_their_names() -> None:
    images = robaudit.images_from_arrays(np.zeros((2, 8, 8)), np.arange(2))
    assert class_names("cifar10", images)[2] == "bird"
    assert class_names("mnist", images) == tuple("0123456789")
    assert class_names("cifar10", replace(images, class_names=("a", "b"))) == ("a", "b")


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
