"""Files of Keras: every format, damage, and what would run code."""

import hashlib
import json
import marshal
import zipfile
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from robaudit import OpenOptions, TrainPlan, load
from robaudit.batches import slices
from robaudit.cli import main
from robaudit.errors import NotAuditableError, OutputError, RobauditError, UsageError
from robaudit_keras.quiet import import_keras, quietly
from tests.support.files import first, read_shared_images
from tests.support.paths import ROOT

import_keras()
import keras  # noqa: E402 - after it has been told to be quiet
from keras import layers  # noqa: E402

from tests.support.keras_networks import as_in_the_keras_2_file, small, with_own_layer  # noqa: E402

random = np.random.default_rng(0)
FACTORIES = str(ROOT / "tests/support/keras_networks.py")
TRUSTED = OpenOptions(trust=True)


@pytest.fixture
def x() -> np.ndarray:
    return random.random((6, 8, 8, 1)).astype(np.float32)


def save(model: Any, path: Path) -> Path:
    with quietly():
        model.save(path)
    return path


def scores(model: Any, x: np.ndarray) -> np.ndarray:
    return model(x, training=False).numpy()


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


def test_classifiers_are_saved_by_the_suffix(x: np.ndarray, tmp_path: Path) -> None:
    classifier = load(small())
    assert classifier.save is not None
    for name in ("again.keras", "again.h5"):
        classifier.save(tmp_path / name)
        np.testing.assert_allclose(
            load(tmp_path / name).predict(x), classifier.predict(x), atol=1e-5
        )
    with pytest.raises(UsageError, match=r"ends in \.keras"):
        classifier.save(tmp_path / "model.onnx")
    with pytest.raises(OutputError, match="cannot be written"):
        classifier.save(tmp_path / "nowhere" / "model.keras")


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
    trained = classifier.train(x, np.arange(6), TrainPlan(epochs=2))
    assert np.abs(trained.predict(x) - classifier.predict(x)).max() > 1e-4


def test_weights_need_what_makes_their_model(x: np.ndarray, tmp_path: Path) -> None:
    model = small()
    weights = tmp_path / "model.weights.h5"
    model.set_weights([one + 0.1 for one in model.get_weights()])
    with quietly():
        model.save_weights(weights)
    with pytest.raises(UsageError, match=r"holds weights.*--factory"):
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
        with pytest.raises(UsageError, match=r"Scaling.*--factory"):
            load(path)
        classifier = load(path, OpenOptions(factory=f"{FACTORIES}:with_own_layer"))
        np.testing.assert_allclose(classifier.predict(x), scores(model, x), atol=1e-5)


def test_a_file_of_keras_2_is_named_as_such(shared: Path, capsys: Any) -> None:
    path = shared / "models/edge/mnist-keras2-h5-cnn-max.h5"
    with pytest.raises(NotAuditableError, match=r"saved by Keras 2\.2\.4.*tf-keras.*ONNX"):
        load(path)
    assert main(["scan", str(path)]) == 3
    assert "Keras 2.2.4" in capsys.readouterr().err


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


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:3000])


def without_config(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("hello.txt", "no model")


def without_weights(path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        kept = {name: archive.read(name) for name in ("config.json", "metadata.json")}
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in kept.items():
            archive.writestr(name, content)


def deep_config(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", '{"a":' * 200_000 + "1" + "}" * 200_000)


def list_for_config(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", "[1, 2]")


DAMAGES: list[tuple[str, Callable[[Path], Any], str]] = [
    ("model.keras", lambda path: path.write_bytes(b""), "is empty"),
    ("model.h5", lambda path: path.write_bytes(b""), "is empty"),
    ("model.keras", lambda path: path.write_text("hello"), "neither a .keras archive nor"),
    ("model.h5", lambda path: path.write_text("hello"), "neither a .keras archive nor"),
    ("model.keras", cut, "damaged"),
    ("model.h5", cut, "damaged"),
    ("model.keras", without_config, "no Keras model"),
    ("model.keras", without_weights, "cannot read"),
    ("model.keras", deep_config, "RecursionError"),
    ("model.keras", list_for_config, "no dictionary"),
    (
        "model.keras",
        lambda path: path.write_text("version https://git-lfs.github.com/spec/v1\noid sha256:1\n"),
        "Git LFS pointer",
    ),
]


@pytest.mark.parametrize(("name", "damage", "message"), DAMAGES)
def test_damaged_files_end_in_a_clear_error(
    name: str, damage: Callable[[Path], Any], message: str, tmp_path: Path
) -> None:
    path = save(small(), tmp_path / name)
    damage(path)
    with pytest.raises(NotAuditableError, match=message):
        load(path)
    with pytest.raises(UsageError, match="no model at"):
        load(tmp_path / f"missing-{name}")


def run_lambda(path: Path, mark: Path) -> None:
    place = str(mark)
    model = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Flatten(),
            layers.Lambda(
                lambda x: (__import__("pathlib").Path(place).touch(), x)[1],
                output_shape=(64,),
            ),
            layers.Dense(10),
        ]
    )
    mark.unlink(missing_ok=True)
    save(keras.Sequential([keras.Input((8, 8, 1)), model]), path)
    mark.unlink(missing_ok=True)


def run_old_lambda(path: Path, mark: Path) -> None:
    """Write what Keras 2 wrote of a lambda: its code, defaults and closure."""
    save(small(), path)
    code = compile(f"lambda x: __import__('pathlib').Path({str(mark)!r}).touch() or x", "", "eval")
    function = next(one for one in code.co_consts if hasattr(one, "co_code"))
    written = b64encode(marshal.dumps(function)).decode()
    layer = {"class_name": "Lambda", "config": {"name": "run", "function": [written, None, None]}}
    layer["config"] |= {"function_type": "lambda", "arguments": {}}  # type: ignore[operator]
    edit_hdf5(path, lambda config: config["config"]["layers"].insert(1, layer))


def edit_hdf5(path: Path, change: Callable[[Any], Any]) -> None:
    with h5py.File(path, "r+") as file:
        config = json.loads(file.attrs["model_config"])
        change(config)
        file.attrs["model_config"] = json.dumps(config)


@pytest.mark.parametrize(
    ("name", "make"), [("a.keras", run_lambda), ("a.h5", run_lambda), ("a.h5", run_old_lambda)]
)
def test_lambda_layers_run_only_when_trusted(
    name: str, make: Callable[[Path, Path], None], tmp_path: Path
) -> None:
    mark = tmp_path / "mark"
    make(tmp_path / name, mark)
    with pytest.raises(UsageError, match=r"Lambda layer, which runs Python code.*--trust-model"):
        load(tmp_path / name)
    assert not mark.exists()
    classifier = load(tmp_path / name, TRUSTED)
    assert mark.exists()  # it was a bomb
    assert classifier.predict(np.zeros((2, 8, 8, 1))).shape == (2, 10)


def edit_archive(path: Path, change: Callable[[Any], Any]) -> None:
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    config = json.loads(members["config.json"])
    change(config)
    members["config.json"] = json.dumps(config).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)


def as_class(class_name: str, where: str, **given: Any) -> Callable[[Any], None]:
    """Make the last layer one of another class."""

    def change(config: Any) -> None:
        last = config["config"]["layers"][-1]
        last.update(class_name=class_name, module=where, config={"name": "odd", **given})

    return change


def calling(module: str, name: str) -> Callable[[Any], None]:
    """Make the activation of the last layer a function of Keras' own."""
    function = {"class_name": "function", "module": module, "config": name}

    def change(config: Any) -> None:
        config["config"]["layers"][-1]["config"]["activation"] = function

    return change


HOSTILE = [
    (as_class("TFSMLayer", "keras.layers", filepath="/tmp/other"), "TFSMLayer"),
    (as_class("TorchModuleWrapper", "keras.layers", module="gASVAA=="), "unpickles"),
    (as_class("JaxLayer", "keras.layers", call_fn="f"), "JaxLayer"),
    (as_class("Lambda", "keras.src.layers.core.lambda_layer", function="relu"), "Lambda"),
    (as_class("Custom>Lambda", "custom", function="relu"), "Lambda"),
    (calling("keras.utils", "get_file"), "keras.utils.get_file"),
    (calling("keras.src.saving", "load_model"), "no part of a network"),
    (as_class("Popen", "subprocess", args="id"), "Popen"),
    (
        as_class("StringLookup", "keras.layers", vocabulary="/etc/hostname"),
        "reads other files.*--trust-model",
    ),
]


@pytest.mark.parametrize(("change", "message"), HOSTILE)
def test_configurations_that_reach_beyond_a_network_are_refused(
    change: Callable[[Any], None], message: str, tmp_path: Path
) -> None:
    path = save(small(), tmp_path / "model.keras")
    edit_archive(path, change)
    with pytest.raises(RobauditError, match=message):
        load(path)


def test_code_in_the_training_configuration_is_refused_too(tmp_path: Path) -> None:
    model = small()
    model.compile("sgd", "sparse_categorical_crossentropy")
    path = save(model, tmp_path / "model.keras")
    code = {"class_name": "__lambda__", "config": {"value": "4wAAAA=="}}
    edit_archive(path, lambda config: config["compile_config"].update(loss=code))
    with pytest.raises(UsageError, match="runs code from the file"):
        load(path)


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
    with pytest.raises(NotAuditableError, match=r"Not allowed|xternal"):
        load(path)


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    path, model = tmp_path_factory.mktemp("exported") / "model", small()
    with quietly():
        model.export(path, verbose=False)
    return path, model


def test_a_saved_model_is_scanned_when_trusted(exported: tuple[Path, Any], x: np.ndarray) -> None:
    path, model = exported
    with pytest.raises(UsageError, match=r"a program of TensorFlow.*--trust-model"):
        load(path)
    classifier = load(path, TRUSTED)
    assert classifier.capabilities == ("predict", "prober", "vjp")
    np.testing.assert_allclose(classifier.predict(x), scores(model, x), atol=1e-5)
    live = load(model)
    assert classifier.vjp is not None
    assert live.vjp is not None
    cotangent = random.standard_normal((6, 10))
    np.testing.assert_allclose(classifier.vjp(x, cotangent), live.vjp(x, cotangent), atol=1e-4)
    assert classifier.fingerprint == load(path, TRUSTED).fingerprint


def test_a_saved_model_that_is_none_is_refused(tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "saved_model.pb").write_bytes(b"\xff" * 100)
    with pytest.raises(NotAuditableError, match="TensorFlow cannot load"):
        load(broken, TRUSTED)
    import tensorflow as tf

    module = tf.Module()
    module.f = tf.function(lambda a, b: a + b)
    numbers = tf.TensorSpec([None, 4], tf.float32)
    with quietly():
        tf.saved_model.save(module, str(tmp_path / "empty"), signatures={})
        two = module.f.get_concrete_function(numbers, numbers)
        tf.saved_model.save(module, str(tmp_path / "two"), signatures=two)
    with pytest.raises(NotAuditableError, match="2 inputs"):
        load(tmp_path / "two", TRUSTED)
    with pytest.raises(NotAuditableError, match="serving_default"):
        load(tmp_path / "empty", TRUSTED)


def test_the_command_line_says_what_went_wrong(
    tmp_path: Path, monkeypatch: Any, capsys: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("empty.keras").touch()
    assert main(["scan", "empty.keras"]) == 3
    run_lambda(Path("lambda.keras"), tmp_path / "mark")
    assert main(["scan", "lambda.keras"]) == 2
    assert "--trust-model" in capsys.readouterr().err
    assert not Path("robaudit-report").exists()
