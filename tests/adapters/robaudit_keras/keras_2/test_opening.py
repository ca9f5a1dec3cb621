"""Files of Keras 2: what they give, by what they were opened, and advice where they are not."""

import json
import shutil
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import onnxruntime
import pytest

from robaudit import OpenOptions, TrainPlan, load, requirements
from robaudit.batches import slices
from robaudit.errors import MissingDependencyError, NotAuditableError, UsageError
from robaudit_keras.keras_2.by_tf_keras import TF_KERAS
from tests.support import teachable_machine
from tests.support.files import first, read_shared_images
from tests.support.keras_2_files import (
    layer,
    linear_file,
    linear_scores,
    save_by_tf_keras,
    sequential,
    write_hdf5,
)
from tests.support.keras_files import TRUSTED, reopened
from tests.support.paths import ROOT

random = np.random.default_rng(0)


@pytest.fixture
def small_images() -> np.ndarray:
    return random.random((5, 4, 4, 1)).astype(np.float32)


def test_an_export_of_teachable_machine_is_read(tmp_path: Path) -> None:
    path = teachable_machine.write(tmp_path)
    x = random.uniform(-1, 1, (6, 16, 16, 3)).astype(np.float32)
    classifier = load(path)
    np.testing.assert_allclose(classifier.predict(x), teachable_machine.scores(x), atol=1e-5)
    assert classifier.spec.class_names == ("cat", "dog", "Otter, sleeping")
    assert classifier.capabilities == ("predict", "prober", "vjp", "train", "save")
    assert classifier.details["saved_by"] == "Keras 2.2.4-tf"
    assert classifier.train is not None
    trained = classifier.train(x, np.arange(6) % 3, TrainPlan(epochs=2))
    saved = reopened(trained, tmp_path / "hardened.h5")
    assert [one.name for one in saved.layers] == ["sequential_1", "sequential_3"]
    np.testing.assert_allclose(load(tmp_path / "hardened.h5").predict(x), trained.predict(x), 1e-4)


def test_a_mobilenet_of_keras_2_is_the_same_network_built_by_hand(shared: Path) -> None:
    """Its layers are chained here one by one, and each takes its own group of the file."""
    path = shared / "models/mlt-vww96-mobilenet-keras2.h5"
    classifier = load(path)
    assert classifier.spec.shape == (96, 96, 3)
    assert classifier.details["training"] == "Adam, categorical_crossentropy"
    x = random.random((3, 96, 96, 3)).astype(np.float32)
    expected = by_hand(path)(x, training=False).numpy()
    np.testing.assert_allclose(classifier.predict(x), expected, atol=1e-6)
    assert expected.std() > 0.05


def by_hand(path: Path) -> Any:
    """Build MobileNet from its settings in the file, without what turns these into Keras 3."""
    made = []
    with h5py.File(path) as file:
        settings = [
            one["config"] for one in json.loads(file.attrs["model_config"])["config"]["layers"]
        ]
        h = start = keras.Input((96, 96, 3))
        for one in settings[1:]:
            kind = one["name"].rstrip("_0123456789")
            convolution = {
                "kernel_size": one.get("kernel_size"),
                "strides": one.get("strides"),
                "padding": one.get("padding"),
            }
            new = {
                "conv2d": lambda c=convolution, o=one: keras.layers.Conv2D(o["filters"], **c),
                "depthwise_conv2d": lambda c=convolution: keras.layers.DepthwiseConv2D(**c),
                "batch_normalization": lambda: keras.layers.BatchNormalization(epsilon=1e-3),
                "activation": keras.layers.ReLU,
                "average_pooling2d": lambda: keras.layers.AveragePooling2D(3),
                "flatten": keras.layers.Flatten,
                "dense": lambda: keras.layers.Dense(2, "softmax"),
            }[kind]()
            h = new(h)
            made.append((one["name"], new))
        for name, new in made:
            group = file["model_weights"][name]
            new.set_weights([group[one][()] for one in group.attrs["weight_names"]])
    return keras.Model(start, h)


def test_the_sister_of_an_onnx_model_gives_what_that_gives(shared: Path) -> None:
    classifier = load(shared / "models/edge/mnist-keras2-h5-cnn-max.h5")
    assert classifier.details["saved_by"] == "Keras 2.2.4-tf"
    images = first(read_shared_images(shared, "mnist"), 1000)
    assert images.labels is not None
    pixels = images.unit_pixels(slice(None)).astype(np.float32)
    found = np.concatenate([classifier.predict(pixels[part]) for part in slices(1000, 200)])
    assert (found.argmax(axis=1) == images.labels).mean() == pytest.approx(0.978, abs=0.0015)
    sister = onnxruntime.InferenceSession(
        shared / "models/mnist-keras2onnx-cnn-max.onnx", providers=["CPUExecutionProvider"]
    )
    (expected,) = sister.run(None, {sister.get_inputs()[0].name: pixels[:50]})
    np.testing.assert_allclose(found[:50], expected, atol=1e-3)


@pytest.mark.parametrize("version", ["2.2.4", "2.1.6", None])
def test_early_versions_list_the_layers_of_a_sequential(
    version: str | None, small_images: np.ndarray, tmp_path: Path
) -> None:
    path = linear_file(tmp_path / "early.h5", version=version)
    with h5py.File(path, "r+") as file:
        config = json.loads(file.attrs["model_config"])
        config["config"] = config["config"]["layers"]
        file.attrs["model_config"] = json.dumps(config)
    expected = linear_scores(path, small_images)
    np.testing.assert_allclose(load(path).predict(small_images), expected, atol=1e-5)


def test_numbers_that_early_versions_wrote_as_arrays_are_read(
    small_images: np.ndarray, tmp_path: Path
) -> None:
    """As in MobileNetV2 and YOLO of Keras 2.2."""
    clip = layer("ReLU", "clip", max_value={"type": "ndarray", "value": 0.5})
    leak = layer("LeakyReLU", "leak", alpha={"type": "ndarray", "value": 0.25})
    path = linear_file(tmp_path / "early.h5", leak, version="2.2.4")
    expected = linear_scores(path, small_images)
    expected = np.where(expected < 0, 0.25 * expected, expected)
    np.testing.assert_allclose(load(path).predict(small_images), expected, atol=1e-5)
    path = linear_file(tmp_path / "early.h5", leak, clip, version="2.2.4")
    found = load(path).predict(small_images)
    np.testing.assert_allclose(found, np.clip(expected, 0, 0.5), atol=1e-5)


def test_what_keras_3_computes_otherwise_is_computed_as_keras_2_did(
    small_images: np.ndarray, tmp_path: Path
) -> None:
    """hard_sigmoid had a slope of 1/5, and has one of 1/6."""
    pytest.importorskip("tf_keras")
    path = linear_file(
        tmp_path / "hard.h5", layer("Activation", "squash", activation="hard_sigmoid")
    )
    expected = np.clip(0.2 * linear_scores(path, small_images) + 0.5, 0, 1)
    classifier = load(path)
    np.testing.assert_allclose(classifier.predict(small_images), expected, atol=1e-6)
    assert classifier.capabilities == ("predict", "prober", "vjp")
    assert classifier.details["opened_by"].startswith("tf-keras 2.")
    assert "hard_sigmoid" in classifier.details["since"]


def test_dropout_in_training_mode_is_left_in_it_and_named(tmp_path: Path) -> None:
    """Keras 3 would overrule it, and so audit another model."""

    def make(k: Any) -> Any:
        start = k.Input((4, 4, 1))
        flat = k.layers.Flatten()(start)
        dropped = k.layers.Dropout(0.5, name="drop1")(flat, training=True)
        return k.Model(start, k.layers.Dense(3)(dropped))

    x = random.random((5, 4, 4, 1)).astype(np.float32)
    save_by_tf_keras(make, tmp_path / "random.h5", x)
    classifier = load(tmp_path / "random.h5")
    assert classifier.randomness == "Dropout 'drop1' is in training mode"
    assert not np.allclose(classifier.predict(x), classifier.predict(x))


def test_tf_keras_is_asked_for_where_it_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    version_of = requirements.version_of
    monkeypatch.setattr(
        requirements, "version_of", lambda name: None if name == "tf-keras" else version_of(name)
    )
    path = linear_file(tmp_path / "model.h5", layer("ThresholdedReLU", "cut", theta=0.5))
    with pytest.raises(
        MissingDependencyError, match=r"tf-keras is not installed.*ThresholdedReLU 'cut'.*keras2"
    ):
        load(path)
    assert TF_KERAS.install == 'pip install "robaudit[keras2]"'


def test_files_that_cannot_be_opened_say_what_to_do(tmp_path: Path) -> None:
    own = linear_file(tmp_path / "own.h5", layer("Wobble", "wobble_1"))
    with pytest.raises(UsageError, match=r"Wobble 'wobble_1' is none of Keras' own.*factory="):
        load(own)
    function = linear_file(tmp_path / "function.h5", layer("Activation", "act", activation="mine"))
    with pytest.raises(UsageError, match=r"activation mine of Activation 'act'.*factory="):
        load(function)
    with pytest.raises(NotAuditableError, match=r"saved by Keras 1\.2\.2.*Keras 2\.2"):
        load(linear_file(tmp_path / "first.h5", version="1.2.2"))
    with pytest.raises(NotAuditableError, match=r"Theano.*convert_kernel"):
        load(linear_file(tmp_path / "theano.h5", backend="theano"))
    mine = write_hdf5(tmp_path / "mine.h5", {**sequential("mine"), "class_name": "MyNetwork"}, {})
    with pytest.raises(UsageError, match=r"MyNetwork 'mine', a class of its maker's own.*factory="):
        load(mine)


def test_code_runs_only_when_trusted(tmp_path: Path) -> None:
    tf_keras = pytest.importorskip("tf_keras")
    mark = str(tmp_path / "mark")

    def make(k: Any) -> Any:
        touching = k.layers.Lambda(
            lambda x, place: (__import__("pathlib").Path(place).touch(), x)[1],
            arguments={"place": mark},
            output_shape=(4, 4, 1),
        )
        return k.Sequential([k.Input((4, 4, 1)), touching, k.layers.Flatten(), k.layers.Dense(3)])

    x = random.random((5, 4, 4, 1)).astype(np.float32)
    expected = save_by_tf_keras(make, tmp_path / "code.h5", x)
    Path(mark).unlink()
    with pytest.raises(UsageError, match=r"Lambda 'lambda', which runs code.*trust=True"):
        load(tmp_path / "code.h5")
    assert not Path(mark).exists()
    np.testing.assert_allclose(load(tmp_path / "code.h5", TRUSTED).predict(x), expected, atol=1e-5)
    assert Path(mark).exists()
    assert tf_keras.__version__


def test_functions_of_tensorflow_that_are_not_known_need_trust(tmp_path: Path) -> None:
    """tf-keras would call whatever function of TensorFlow a configuration names."""
    pytest.importorskip("tf_keras")
    written = tmp_path / "written"
    hostile = {
        "class_name": "TFOpLambda",
        "config": {"name": "w", "trainable": True, "dtype": "float32", "function": "io.write_file"},
    }
    path = linear_file(tmp_path / "hostile.h5", hostile)
    with pytest.raises(UsageError, match=r"TFOpLambda 'w'"):
        load(path)
    assert not written.exists()


def test_a_factory_goes_before_the_configuration(small_images: np.ndarray, tmp_path: Path) -> None:
    path = linear_file(tmp_path / "own.h5", layer("Wobble", "wobble_1"))
    factory = ROOT / "tests/support/keras_networks.py"
    classifier = load(path, OpenOptions(factory=f"{factory}:linear"))
    expected = linear_scores(path, small_images)
    np.testing.assert_allclose(classifier.predict(small_images), expected, atol=1e-5)


def test_other_suffixes_are_no_obstacle(small_images: np.ndarray, tmp_path: Path) -> None:
    path = linear_file(tmp_path / "model.h5")
    shutil.copy(path, tmp_path / "model.keras")
    expected = linear_scores(path, small_images)
    np.testing.assert_allclose(
        load(tmp_path / "model.keras").predict(small_images), expected, atol=1e-5
    )
