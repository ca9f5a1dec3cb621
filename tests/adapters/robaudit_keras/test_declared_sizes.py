"""What a configuration describes is no more than the file that it is in."""

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest
from keras import layers

from robaudit import load
from robaudit.errors import NotAuditableError
from tests.support.keras_2_files import linear_file
from tests.support.keras_files import save
from tests.support.keras_networks import small

MANY = 10**11


def with_config(path: Path, change: Callable[[dict[str, Any]], None]) -> Path:
    """Change the configuration of the last layer of a model in a file."""
    if path.suffix == ".h5":
        with h5py.File(path, "r+") as file:
            config = json.loads(file.attrs["model_config"])
            change(config["config"]["layers"][-1]["config"])
            file.attrs["model_config"] = json.dumps(config)
        return path
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    config = json.loads(members["config.json"])
    change(config["config"]["layers"][-1]["config"])
    members["config.json"] = json.dumps(config).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def wide(config: dict[str, Any]) -> None:
    config["units"] = MANY


@pytest.mark.parametrize("name", ["model.keras", "model.h5", "keras_2.h5"])
def test_a_layer_of_more_weights_than_the_file_has(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path = linear_file(path) if name == "keras_2.h5" else save(small(), path)
    with pytest.raises(NotAuditableError, match=r"the model that it describes unpacks to \d{13,}"):
        load(with_config(path, wide))


@pytest.mark.parametrize(
    "layer",
    [
        layers.ZeroPadding2D(2**16),
        layers.UpSampling2D(2**15),
        layers.Resizing(2**16, 2**16),
    ],
)
def test_a_layer_that_makes_far_more_of_an_input(layer: Any, tmp_path: Path) -> None:
    start = keras.Input((8, 8, 1))
    scores = layers.Dense(3)(layers.GlobalAveragePooling2D()(layer(start)))
    path = save(keras.Model(start, scores), tmp_path / "model.keras")
    with pytest.raises(NotAuditableError, match=rf"{layer.name}' makes \d+ bytes of one input"):
        load(path)


def test_nothing_is_left_of_looking(tmp_path: Path) -> None:
    """What was noted is not made later, by whatever has no state next."""
    path = save(small(), tmp_path / "model.keras")
    with pytest.raises(NotAuditableError):
        load(with_config(path, wide))
    with keras.StatelessScope():
        pass
    save(small(), path)
    assert load(path).predict(np.zeros((2, 8, 8, 1), np.float32)).shape == (2, 10)
