"""Files as Keras 2 wrote them: by hand, with what they give computed in NumPy; or by tf-keras."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

Weights = Mapping[str, Mapping[str, np.ndarray]]
"""Arrays by name, of each layer at the top of a model."""


def write_hdf5(
    path: Path,
    config: Any,
    weights: Weights,
    *,
    version: str | None = "2.4.0",
    backend: str = "tensorflow",
    training: Any = None,
) -> Path:
    """Write a model with its weights as ``model.save("model.h5")`` of Keras 2 does."""
    with h5py.File(path, "w") as file:
        file.attrs["backend"] = backend
        if version is not None:
            file.attrs["keras_version"] = version
        file.attrs["model_config"] = json.dumps(config)
        if training is not None:
            file.attrs["training_config"] = json.dumps(training)
        group = file.create_group("model_weights")
        group.attrs["layer_names"] = [name.encode() for name in weights]
        for layer, arrays in weights.items():
            inner = group.create_group(layer)
            inner.attrs["weight_names"] = [name.encode() for name in arrays]
            for name, array in arrays.items():
                inner[name] = array
    return path


def layer(kind: str, name: str, **settings: Any) -> dict[str, Any]:
    """Give the configuration of a layer."""
    common = {"name": name, "trainable": True, "dtype": "float32"}
    return {"class_name": kind, "config": {**common, **settings}}


def called(node: dict[str, Any], *calls: Any) -> dict[str, Any]:
    """Make a layer one of a functional model, called on what is named, once for each."""
    return {
        **node,
        "name": node["config"]["name"],
        "inbound_nodes": [
            [[one, 0, 0, {}] if isinstance(one, str) else one for one in call] for call in calls
        ],
    }


def start(name: str, shape: tuple[int, ...]) -> dict[str, Any]:
    settings = {"batch_input_shape": [None, *shape], "dtype": "float32", "name": name}
    return {
        "class_name": "InputLayer",
        "config": {**settings, "sparse": False, "ragged": False},
        "name": name,
        "inbound_nodes": [],
    }


def functional(name: str, layers: list[Any], first: str, last: list[Any]) -> dict[str, Any]:
    """Give the configuration of a functional model."""
    ends = {"input_layers": [[first, 0, 0]], "output_layers": [last]}
    return {"class_name": "Functional", "config": {"name": name, "layers": layers, **ends}}


def sequential(name: str, *layers: Any) -> dict[str, Any]:
    """Give the configuration of a Sequential."""
    return {"class_name": "Sequential", "config": {"name": name, "layers": list(layers)}}


def linear_file(path: Path, *layers: Any, **kept: Any) -> Path:
    """Write Flatten and Dense from (4, 4, 1) to 3 classes, and what comes behind."""
    random = np.random.default_rng(0)
    config = sequential(
        "linear",
        layer("Flatten", "flatten", batch_input_shape=[None, 4, 4, 1]),
        layer("Dense", "dense", units=3, activation="linear"),
        *layers,
    )
    dense = {
        "dense/kernel:0": random.normal(size=(16, 3)).astype(np.float32),
        "dense/bias:0": random.normal(size=3).astype(np.float32),
    }
    return write_hdf5(path, config, {"dense": dense}, **kept)


def linear_scores(path: Path, x: np.ndarray) -> np.ndarray:
    """Compute what the Dense layer of `linear_file` gives."""
    with h5py.File(path) as file:
        dense = file["model_weights/dense/dense"]
        kernel, bias = dense["kernel:0"][()], dense["bias:0"][()]
    return np.asarray(x.reshape(len(x), -1).astype(np.float64) @ kernel + bias)


def save_by_tf_keras(make: Any, path: Path, x: np.ndarray) -> np.ndarray:
    """Save what ``make(tf_keras)`` makes, and give what it predicts; skipped without tf-keras."""
    tf_keras = pytest.importorskip("tf_keras", reason='tf-keras is not installed ("keras2")')
    from robaudit_keras.quiet import quietly

    tf_keras.utils.set_random_seed(1)
    with quietly():
        model = make(tf_keras)
        random = np.random.default_rng(3)
        model.set_weights([random.uniform(0.1, 0.5, one.shape) for one in model.get_weights()])
        model.save(path)
        return np.asarray(model.predict(x, verbose=0))
