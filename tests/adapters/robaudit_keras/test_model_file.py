"""What Keras files hold that is damaged, or would run code."""

import json
import marshal
import zipfile
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest
from keras import layers

from robaudit import load
from robaudit.cli import main
from robaudit.errors import NotAuditableError, RobauditError, UsageError
from tests.support.keras_files import TRUSTED, save
from tests.support.keras_networks import small


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
    with pytest.raises(UsageError, match=r"Lambda layer, which runs Python code.*trust=True"):
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
        "reads other files.*trust=True",
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
