"""Every weight of a file goes where it belongs, or the file is refused."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from robaudit import OpenOptions, load
from robaudit.errors import NotAuditableError, UsageError
from tests.support import teachable_machine
from tests.support.keras_2_files import (
    Weights,
    layer,
    linear_file,
    linear_scores,
    save_by_tf_keras,
    sequential,
    write_hdf5,
)
from tests.support.paths import ROOT

random = np.random.default_rng(0)
x = random.uniform(-1, 1, (6, 16, 16, 3)).astype(np.float32)


def write(path: Path, weights: Weights) -> Path:
    return write_hdf5(path, teachable_machine.configuration(), weights)


def reordered(weights: Weights) -> Weights:
    """Write them as a model whose layers are frozen does: layer by layer."""
    base = weights["sequential_1"]
    return {**weights, "sequential_1": {name: base[name] for name in sorted(base)[::-1]}}


def renamed(weights: Weights) -> Weights:
    """Write them as a second model of the same layers in one graph of TensorFlow 1."""
    base = {
        f"{name.split('/')[0]}_1/{name.split('/')[1].replace(':0', '_2:0')}": array
        for name, array in weights["sequential_1"].items()
    }
    return {**weights, "sequential_1": base}


@pytest.mark.parametrize("change", [reordered, renamed])
def test_weights_find_their_layers(change: Callable[[Weights], Weights], tmp_path: Path) -> None:
    path = write(tmp_path / "model.h5", change(teachable_machine.weights()))
    np.testing.assert_allclose(load(path).predict(x), teachable_machine.scores(x), atol=1e-5)


def test_a_file_by_keras_itself_with_frozen_layers_is_read_alike(tmp_path: Path) -> None:
    """Its order is another: what is frozen comes behind all that is not."""

    def make(k: Any) -> Any:
        inner = k.Sequential(
            [
                k.layers.Conv2D(3, 1),
                k.layers.BatchNormalization(trainable=False),
                k.layers.Conv2D(3, 1, trainable=False),
                k.layers.BatchNormalization(),
            ]
        )
        return k.Sequential([k.Input((4, 4, 3)), inner, k.layers.Flatten(), k.layers.Dense(3)])

    images = random.random((5, 4, 4, 3)).astype(np.float32)
    expected = save_by_tf_keras(make, tmp_path / "frozen.h5", images)
    np.testing.assert_allclose(load(tmp_path / "frozen.h5").predict(images), expected, atol=1e-5)


def without(weights: Weights, name: str) -> Weights:
    base = {key: array for key, array in weights["sequential_1"].items() if key != name}
    return {**weights, "sequential_1": base}


def with_more(weights: Weights) -> Weights:
    return {**weights, "sequential_9": {"dense_9/kernel:0": np.ones((2, 2))}}


def of_another_shape(weights: Weights) -> Weights:
    base = {**weights["sequential_1"], "Conv1/kernel:0": np.ones((1, 3, 3, 4))}
    return {**weights, "sequential_1": base}


def shuffled(weights: Weights) -> Weights:
    """Swap two arrays of one shape under names that are of no layer."""
    base = dict(renamed(weights)["sequential_1"])
    names = list(base)
    first, second = names.index("bn_Conv1_1/gamma_2:0"), names.index("bn_Conv1_1/beta_2:0")
    names[first], names[second] = names[second], names[first]
    return {**weights, "sequential_1": {name: base[name] for name in names}}


def scattered(weights: Weights) -> Weights:
    """Give two layers arrays of two others each, under names that are of no layer."""
    names = [f"a{number % 3}/beta:0" for number in range(4)]
    return {"sequential_1": weights["sequential_1"], "sequential_3": dict.fromkeys(names, x)}


DAMAGES: list[tuple[Callable[[Weights], Weights], str]] = [
    (lambda weights: without(weights, "bn_Conv1/beta:0"), "14 weights .* which has 15"),
    (with_more, "weights of 3 layers, and the model has 2"),
    (of_another_shape, r"has the shape \(1, 3, 3, 4\)"),
    (shuffled, "where gamma of bn_Conv1 would be"),
    (scattered, "sequential_3"),
]


@pytest.mark.parametrize(("damage", "message"), DAMAGES)
def test_what_does_not_fit_is_refused(
    damage: Callable[[Weights], Weights], message: str, tmp_path: Path
) -> None:
    path = write(tmp_path / "model.h5", damage(teachable_machine.weights()))
    with pytest.raises(NotAuditableError, match=message):
        load(path)


def test_weights_that_are_named_and_not_there_are_missed(tmp_path: Path) -> None:
    path = linear_file(tmp_path / "model.h5")
    with h5py.File(path, "r+") as file:
        del file["model_weights/dense/dense/bias:0"]
    with pytest.raises(NotAuditableError, match="weights dense/bias:0 of the layer dense are miss"):
        load(path)


def test_a_normalization_computes_with_what_it_was_given(tmp_path: Path) -> None:
    config = sequential(
        "scaled",
        layer("Normalization", "scale", batch_input_shape=[None, 2, 2, 2], axis=[-1]),
        layer("Flatten", "flatten"),
        layer("Dense", "dense", units=3, activation="linear"),
    )
    mean, variance = np.array([1.0, 2.0]), np.array([4.0, 9.0])
    kernel = random.normal(size=(8, 3))
    weights = {
        "scale": {"mean:0": mean, "variance:0": variance, "count:0": np.array(5)},
        "dense": {"dense/kernel:0": kernel, "dense/bias:0": np.zeros(3)},
    }
    images = random.random((4, 2, 2, 2)).astype(np.float32)
    expected = ((images - mean) / np.sqrt(variance)).reshape(4, -1) @ kernel
    found = load(write_hdf5(tmp_path / "model.h5", config, weights)).predict(images)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)


def test_a_factory_gets_weights_by_what_they_are(tmp_path: Path) -> None:
    """Names of layers may be others there, but a bias is no kernel."""
    factory = OpenOptions(factory=f"{ROOT / 'tests/support/keras_networks.py'}:square")
    config = sequential("square")
    kernel, bias = random.normal(size=(2, 3, 3))
    pairs = [
        ("first", {"first/kernel:0": kernel, "first/scale:0": bias}),
        ("second", {"first/scale:0": bias, "first/kernel:0": kernel}),
    ]
    paths = [write_hdf5(tmp_path / f"{name}.h5", config, {name: arrays}) for name, arrays in pairs]
    images = random.random((4, 3)).astype(np.float32)
    expected = images @ kernel @ bias
    for path in paths:
        np.testing.assert_allclose(load(path, factory).predict(images), expected, atol=1e-5)
    wrong = {"layer": {"a/bias:0": kernel, "a/kernel:0": bias}}
    with pytest.raises(UsageError, match=r"do not fit what .*a/bias:0"):
        load(write_hdf5(tmp_path / "wrong.h5", config, wrong), factory)


def test_scores_of_a_file_without_weights_of_its_own_are_not_made_up(tmp_path: Path) -> None:
    path = linear_file(tmp_path / "model.h5")
    images = random.random((3, 4, 4, 1))
    np.testing.assert_allclose(
        load(path).predict(images), linear_scores(path, images), rtol=1e-4, atol=1e-4
    )
    with h5py.File(path, "r+") as file:
        del file["model_weights"]
    with pytest.raises(NotAuditableError, match="weights of 0 layers, and the model has 1"):
        load(path)
