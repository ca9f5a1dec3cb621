"""Configurations of Keras' models that run code, or reach for other files.

Each changes one that is as it should be.
"""

import json
import marshal
from base64 import b64encode
from collections.abc import Callable
from typing import Any

from tests.support.hostile.canaries import Place
from tests.support.hostile.pickles import plain

Node = dict[str, Any]
Change = Callable[[Node, Place], Any]


def written_lambda(place: Place) -> Node:
    """Give what Keras writes of a function without a name: its code."""
    code = compile(f"lambda x: ({place.code}, x)[1]", "", "eval").co_consts[0]
    value = {"code": b64encode(marshal.dumps(code)).decode(), "defaults": None, "closure": None}
    return {"class_name": "__lambda__", "config": value}


def lambda_layer(place: Place, name: str = "Lambda", module: str = "keras.layers") -> Node:
    config = {"name": "run", "function": written_lambda(place), "output_shape": [10]}
    return {"class_name": name, "module": module, "config": {**config, "arguments": {}}}


def one_layer(make: Callable[[Place], Node]) -> Change:
    """Put a layer behind the last."""
    return lambda config, place: config["config"]["layers"].append(make(place))


def of_class(where: str, kind: str, **config: Any) -> Change:
    """Put a layer behind the last that is an object of any class; "FILE" is the secret's path."""

    def make(place: Place) -> Node:
        return {"class_name": kind, "module": where, "config": _filled(config, place)}

    return one_layer(make)


def _filled(value: Any, place: Place) -> Any:
    if isinstance(value, dict):
        return {key: _filled(inner, place) for key, inner in value.items()}
    if isinstance(value, list):
        return [_filled(inner, place) for inner in value]
    known = {"FILE": str(place.secret), "WRITTEN": str(place.written), "CODE": place.code}
    known["PICKLE"] = b64encode(plain(place)).decode()
    host, port = place.listening.getsockname()
    known["URL"] = f"http://{host}:{port}/weights"
    return known.get(value, value) if isinstance(value, str) else value


def function(module: str, name: str) -> Node:
    return {"class_name": "function", "module": module, "config": name, "registered_name": name}


def activation(node: Node | Callable[[Place], Node]) -> Change:
    """Make the activation of the last layer what is given."""

    def change(config: Node, place: Place) -> None:
        made = node(place) if callable(node) else _filled(node, place)
        config["config"]["layers"][-1]["config"]["activation"] = made

    return change


def wrapped(wrapper: str) -> Change:
    """Put a layer that runs code inside another one."""

    def make(place: Place) -> Node:
        inner = lambda_layer(place)
        return {
            "class_name": wrapper,
            "module": "keras.layers",
            "config": {"name": "around", "layer": inner, "layers": [inner]},
        }

    return one_layer(make)


def in_models(config: Node, place: Place) -> None:
    """Put it into a model in a model."""
    inner = json.loads(json.dumps(config))
    inner["config"]["layers"].append(lambda_layer(place))
    for name in ("inner", "middle"):
        inner = {**inner, "config": {**inner["config"], "name": name}}
        inner = {**config, "config": {**config["config"], "layers": [inner]}}
    config["config"]["layers"] = [inner]


def in_compiling(key: str) -> Change:
    def change(config: Node, place: Place) -> None:
        config["compile_config"] = {
            "optimizer": "sgd",
            "loss": "mse",
            "metrics": None,
            key: written_lambda(place),
        }

    return change


def instead_of_settings(key: str) -> Change:
    """Put code where a layer has another setting."""

    def change(config: Node, place: Place) -> None:
        config["config"]["layers"][-1]["config"][key] = written_lambda(place)

    return change


def first_unsafe(config: Node, place: Place) -> None:
    """Ask Keras to allow code, and bring it then."""
    config["config"]["layers"][1]["config"]["activation"] = function(
        "keras.config", "enable_unsafe_deserialization"
    )
    config["config"]["layers"].append(lambda_layer(place))


CONSENT = "--trust-model"
UNKNOWN = "does not know|cannot read|no part of a network|--trust-model"
CHANGES: list[tuple[str, Change, str]] = [
    ("Lambda", one_layer(lambda_layer), CONSENT),
    ("Lambda registered", one_layer(lambda place: lambda_layer(place, "Mine>Lambda", "mine")), ""),
    (
        "Lambda by its inner name",
        one_layer(
            lambda place: lambda_layer(place, "Lambda", "keras.src.layers.core.lambda_layer")
        ),
        CONSENT,
    ),
    ("Lambda in models", in_models, CONSENT),
    *((f"Lambda in {name}", wrapped(name), CONSENT) for name in ("TimeDistributed", "RNN")),
    ("function", activation(written_lambda), CONSENT),
    *(
        (f"function for {key}", instead_of_settings(key), CONSENT)
        for key in ("kernel_initializer", "kernel_regularizer", "name", "dtype", "units")
    ),
    *((f"function to compile by: {key}", in_compiling(key), CONSENT) for key in ("loss", "sgd")),
    ("unsafe first", first_unsafe, CONSENT),
    *(
        (f"function {module}.{name}", activation(function(module, name)), UNKNOWN)
        for module, name in (
            ("os", "system"),
            ("subprocess", "run"),
            ("builtins", "eval"),
            ("builtins", "exec"),
            ("keras.utils", "get_file"),
            ("keras.saving", "load_model"),
            ("keras.models", "load_model"),
            ("keras.src.utils.file_utils", "get_file"),
            ("keras.src.utils.python_utils", "func_load"),
            ("keras.preprocessing.image", "load_img"),
            ("keras_hub.models", "load"),
            ("tensorflow.io", "read_file"),
        )
    ),
    *(
        (f"{module}.{name}", of_class(module, name, **config), UNKNOWN)
        for module, name, config in (
            ("subprocess", "Popen", {"args": ["touch", "WRITTEN"]}),
            ("builtins", "eval", {"source": "CODE"}),
            ("keras.src.utils.file_utils", "Path", {"path": "FILE"}),
            ("keras.layers", "StringLookup", {"name": "s", "vocabulary": "FILE"}),
            ("keras.layers", "IntegerLookup", {"name": "s", "vocabulary": "FILE"}),
            ("keras.layers", "TextVectorization", {"name": "s", "vocabulary": "FILE"}),
            ("keras.layers", "TFSMLayer", {"name": "s", "filepath": "FILE"}),
            ("keras.layers", "TorchModuleWrapper", {"name": "s", "module": "PICKLE"}),
            ("keras.layers", "JaxLayer", {"name": "s", "call_fn": "CODE"}),
            ("keras.layers", "FlaxLayer", {"name": "s", "module": "CODE"}),
            ("keras.callbacks", "CSVLogger", {"filename": "WRITTEN"}),
            ("keras.callbacks", "TensorBoard", {"log_dir": "WRITTEN"}),
            ("keras.callbacks", "BackupAndRestore", {"backup_dir": "WRITTEN"}),
            ("keras.callbacks", "RemoteMonitor", {"root": "URL"}),
            ("keras.export", "ExportArchive", {}),
            ("keras.src.saving.saving_lib", "H5IOStore", {"root_path": "WRITTEN", "mode": "w"}),
            ("keras.src.saving.saving_lib", "DiskIOStore", {"root_path": "WRITTEN", "mode": "w"}),
            ("keras.utils", "Progbar", {"target": 3}),
        )
    ),
]
