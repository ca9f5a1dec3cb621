"""Archives of Keras 2, whose weights have no names."""

import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from robaudit import load
from robaudit.errors import NotAuditableError
from tests.support.keras_2_files import save_by_tf_keras

x = np.random.default_rng(0).random((4, 6, 6, 2)).astype(np.float32)


def network(k: Any) -> Any:
    """Make a network with several layers of a class, within each other and not."""
    inner = k.Sequential([k.layers.Conv2D(2, 1), k.layers.Conv2D(2, 1), k.layers.ReLU()])
    return k.Sequential(
        [
            k.Input((6, 6, 2)),
            k.layers.Conv2D(2, 1),
            inner,
            k.layers.Conv2D(2, 1),
            k.layers.BatchNormalization(),
            k.layers.Flatten(),
            k.layers.Dense(3),
        ]
    )


def edit(path: Path, change: Callable[[h5py.File], Any]) -> None:
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    content = io.BytesIO(members["model.weights.h5"])
    with h5py.File(content, "r+") as file:
        change(file)
    members["model.weights.h5"] = content.getvalue()
    with zipfile.ZipFile(path, "w") as archive:
        for name, written in members.items():
            archive.writestr(name, written)


def early_name(file: h5py.File) -> None:
    """Name the folder of layers as Keras 2.12 did."""
    file.move("layers", "_layer_checkpoint_dependencies")


@pytest.mark.parametrize("change", [lambda _file: None, early_name])
def test_numbered_weights_find_their_layers(
    change: Callable[[h5py.File], Any], tmp_path: Path
) -> None:
    expected = save_by_tf_keras(network, tmp_path / "model.keras", x)
    edit(tmp_path / "model.keras", change)
    classifier = load(tmp_path / "model.keras")
    assert classifier.details["saved_by"].startswith("Keras 2.")
    np.testing.assert_allclose(classifier.predict(x), expected, rtol=1e-5, atol=1e-5)


def one_too_many(file: h5py.File) -> None:
    file["layers/flatten/vars/0"] = np.ones(3)


def one_too_few(file: h5py.File) -> None:
    del file["layers/dense/vars/1"]


def misplaced(file: h5py.File) -> None:
    file["elsewhere/vars/0"] = np.ones(3)


def linked(file: h5py.File) -> None:
    file["layers/link"] = h5py.ExternalLink("other.h5", "secret")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (one_too_many, r"1 weights of the layer flatten.*, which has 0"),
        (one_too_few, "1 weights of the layer dense.*, which has 2"),
        (misplaced, "15 weights, of which 14 are of its layers"),
        (linked, "takes the link /layers/link from another place"),
    ],
)
def test_weights_that_do_not_fit_are_refused(
    change: Callable[[h5py.File], Any], message: str, tmp_path: Path
) -> None:
    save_by_tf_keras(network, tmp_path / "model.keras", x)
    edit(tmp_path / "model.keras", change)
    with pytest.raises(NotAuditableError, match=message):
        load(tmp_path / "model.keras")


def test_what_training_left_in_an_archive_is_no_weight_of_the_model(tmp_path: Path) -> None:
    """Optimizers and metrics keep numbers of their own in it."""

    def trained(k: Any) -> Any:
        model = network(k)
        model.compile("adam", k.losses.SparseCategoricalCrossentropy(True), metrics=["accuracy"])
        model.fit(x, np.arange(4) % 3, verbose=0)
        return model

    expected = save_by_tf_keras(trained, tmp_path / "model.keras", x)
    classifier = load(tmp_path / "model.keras")
    np.testing.assert_allclose(classifier.predict(x), expected, rtol=1e-4, atol=1e-5)
    assert classifier.details["training"] == "Adam, sparse_categorical_crossentropy"


@pytest.mark.parametrize("last", ["relu", "hard_sigmoid"])
def test_weights_that_lie_elsewhere_are_refused_whoever_would_read_them(
    last: str, tmp_path: Path
) -> None:
    """Only tf-keras computes the old hard_sigmoid, and it would follow the link."""

    def make(k: Any) -> Any:
        model = network(k)
        model.add(k.layers.Activation(last))
        return model

    save_by_tf_keras(make, tmp_path / "model.keras", x)

    def link(file: h5py.File) -> None:
        file["elsewhere"] = h5py.ExternalLink("other.h5", "secret")

    edit(tmp_path / "model.keras", link)
    with pytest.raises(NotAuditableError, match=r"the link /elsewhere from another place"):
        load(tmp_path / "model.keras")
