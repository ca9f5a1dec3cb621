"""Files of Keras: every format, and factories."""

import hashlib
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest

from robaudit import OpenOptions, TrainPlan, load
from robaudit.batches import slices
from robaudit.errors import NotAuditableError, UsageError
from robaudit_keras.quiet import quietly
from tests.support.files import first, read_shared_images
from tests.support.keras_files import TRUSTED, save, scores
from tests.support.keras_networks import as_in_the_keras_2_file, small, with_own_layer
from tests.support.paths import ROOT

FACTORIES = str(ROOT / "tests/support/keras_networks.py")


@pytest.mark.parametrize("name", ["model.keras", "model.h5", "model.hdf5"])
def test_every_format_gives_the_scores_of_the_model(
    name: str, x: np.ndarray, tmp_path: Path
) -> None:
    model = small()
    path = save(model, tmp_path / name)
    classifier = load(path)
    np.testing.assert_allclose(classifier.predict(x), scores(model, x), atol=1e-5)
    assert classifier.name == name
    assert classifier.fingerprint == hashlib.sha256(path.read_bytes()).hexdigest()
    assert classifier.details["saved_by"] == f"Keras {keras.__version__}"
    assert classifier.capabilities == ("predict", "prober", "vjp", "train", "save")


@pytest.mark.parametrize(
    ("saved", "name"),
    [("a.keras", "MODEL.KERAS"), ("a.h5", "model.keras"), ("a.keras", "model.h5")],
)
def test_what_a_file_is_goes_before_its_name(
    saved: str, name: str, x: np.ndarray, tmp_path: Path
) -> None:
    model = small()
    path = save(model, tmp_path / saved).rename(tmp_path / name)
    np.testing.assert_allclose(load(path).predict(x), scores(model, x), atol=1e-5)


def test_how_a_file_was_compiled_is_kept(tmp_path: Path) -> None:
    model = small()
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.SGD(0.25), loss, metrics=["accuracy"])
    for name in ("model.keras", "model.h5"):
        details = load(save(model, tmp_path / name)).details
        assert details["training"] == "SGD, sparse_categorical_crossentropy"
        assert "not_compiled" not in details


@pytest.mark.parametrize("name", ["model.keras", "model.h5"])
def test_a_loss_that_is_not_known_here_stops_nothing(
    name: str, x: np.ndarray, tmp_path: Path
) -> None:
    def own_loss(_true: Any, found: Any) -> Any:
        return keras.ops.mean(found)

    keras.saving.register_keras_serializable("robaudit_tests")(own_loss)
    model = small()
    model.compile("sgd", own_loss)
    path = save(model, tmp_path / name)
    keras.saving.get_custom_objects().clear()
    classifier = load(path)
    assert "Error: " in classifier.details["not_compiled"]
    assert classifier.details["training"] == "Adam, sparse_categorical_crossentropy"
    assert classifier.train is not None
    trained = classifier.train(x, np.arange(12) % 10, TrainPlan(epochs=2))
    assert np.abs(trained.predict(x) - classifier.predict(x)).max() > 1e-4


def test_weights_need_what_makes_their_model(x: np.ndarray, tmp_path: Path) -> None:
    model = small()
    weights = tmp_path / "model.weights.h5"
    model.set_weights([one + 0.1 for one in model.get_weights()])
    with quietly():
        model.save_weights(weights)
    with pytest.raises(UsageError, match=r"holds weights.*factory="):
        load(weights)
    for path in (weights, save(model, tmp_path / "a.keras"), save(model, tmp_path / "a.h5")):
        classifier = load(path, OpenOptions(factory=f"{FACTORIES}:small"))
        np.testing.assert_allclose(classifier.predict(x), scores(model, x), atol=1e-5)
    with pytest.raises(UsageError, match="do not fit what"):
        load(weights, OpenOptions(factory=f"{FACTORIES}:small(classes=7)"))
    with pytest.raises(UsageError, match="gives int"):
        load(weights, OpenOptions(factory=f"{FACTORIES}:not_a_model"))


def test_a_layer_that_keras_does_not_know_needs_a_factory(x: np.ndarray, tmp_path: Path) -> None:
    model = with_own_layer()
    for name in ("model.keras", "model.h5"):
        path = save(model, tmp_path / name)
        with pytest.raises(UsageError, match=r"Scaling.*factory="):
            load(path)
        classifier = load(path, OpenOptions(factory=f"{FACTORIES}:with_own_layer"))
        np.testing.assert_allclose(classifier.predict(x), scores(model, x), atol=1e-5)


def test_weights_of_keras_2_fill_a_model_of_keras_3(shared: Path) -> None:
    path = shared / "models/edge/mnist-keras2-h5-cnn-max.h5"
    model = as_in_the_keras_2_file()
    assert len(model.layers) == 6
    classifier = load(path, OpenOptions(factory=f"{FACTORIES}:as_in_the_keras_2_file"))
    images = first(read_shared_images(shared, "mnist"), 1000)
    assert images.labels is not None
    pixels = images.unit_pixels(slice(None)).astype(np.float32)
    found = np.concatenate([classifier.predict(pixels[part]) for part in slices(1000, 200)])
    assert (found.argmax(axis=1) == images.labels).mean() == pytest.approx(0.978, abs=0.002)


def replace_weights(path: Path, name: str, change: Callable[[h5py.Group, str], None]) -> None:
    """Replace one array of a file by something that points elsewhere."""
    with h5py.File(path, "r+") as file:
        found: list[str] = []
        file.visititems(
            lambda place, item: found.append(place) if isinstance(item, h5py.Dataset) else None
        )
        place = next(one for one in found if name in one)
        group, _, last = place.rpartition("/")
        del file[place]
        change(file[group], last)


def link_elsewhere(group: h5py.Group, name: str) -> None:
    group[name] = h5py.ExternalLink("other.h5", "secret")


def keep_elsewhere(group: h5py.Group, name: str) -> None:
    group.create_dataset(name, (6, 1), np.float32, external=[("secret.bin", 0, h5py.h5f.UNLIMITED)])


@pytest.mark.parametrize("change", [link_elsewhere, keep_elsewhere])
@pytest.mark.parametrize("name", ["model.keras", "model.h5"])
def test_weights_come_from_the_file_itself(
    name: str, change: Callable[[h5py.Group, str], None], tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    with h5py.File("other.h5", "w") as other:
        other["secret"] = np.ones(6, np.float32)
    Path("secret.bin").write_bytes(bytes(24))
    path = save(small(), tmp_path / name)
    if name.endswith(".h5"):
        replace_weights(path, "bias", change)
    else:
        with zipfile.ZipFile(path) as archive:
            members = {one: archive.read(one) for one in archive.namelist()}
        Path("inner.h5").write_bytes(members["model.weights.h5"])
        replace_weights(Path("inner.h5"), "conv2d/vars/1", change)
        members["model.weights.h5"] = Path("inner.h5").read_bytes()
        with zipfile.ZipFile(path, "w") as archive:
            for one, content in members.items():
                archive.writestr(one, content)
    with pytest.raises(NotAuditableError, match=r"Not allowed|xternal|from another place, or file"):
        load(path)


def test_a_model_that_ends_the_program_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its exit code would be that of an audit that went well."""
    monkeypatch.setenv("STAY", "1")
    start = keras.Input((8, 8, 1))
    code = keras.layers.Lambda(
        lambda x: x if __import__("os").environ.get("STAY") else __import__("sys").exit(0),
        output_shape=(8, 8, 1),
    )(start)
    ended = keras.layers.Dense(10)(keras.layers.Flatten()(code))
    path = save(keras.Model(start, ended), tmp_path / "model.keras")
    monkeypatch.delenv("STAY")
    with pytest.raises(UsageError, match=r"ends the program \(SystemExit: 0\)"):
        load(path, TRUSTED)
    factory = f"{ROOT / 'tests/adapters/robaudit_keras/test_loading.py'}:leaving"
    with pytest.raises(UsageError, match=r"ends the program \(SystemExit: 0\)"):
        load(path, OpenOptions(factory=factory))


def leaving() -> Any:
    return sys.exit(0)


def test_what_keras_unpacks_is_gone_when_it_cannot_read_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = save(small(), tmp_path / "model.keras")
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(f"assets/{'9' * 300}", b"a name that no file can have")
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    with pytest.raises(NotAuditableError, match="name too long"):
        load(path)
    assert not list(temporary.iterdir())
