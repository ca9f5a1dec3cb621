"""Models of Keras 2 that only Keras 2 can make: by the package tf-keras, on TensorFlow."""

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import keras

from robaudit.errors import UsageError
from robaudit.requirements import needs, requirement
from robaudit_keras.keras_2.configuration import (
    MODELS,
    Config,
    UntranslatableError,
    label_of,
)
from robaudit_keras.keras_2.layers import (
    ACTIVATIONS,
    OTHER_ACTIVATIONS,
    PENALTIES,
    TF_KERAS_ONLY,
    dtype_name,
    is_known,
)
from robaudit_keras.keras_2.operations import CLASSES, is_harmless
from robaudit_keras.program import Program
from robaudit_keras.quiet import quietly, without_new_settings

TF_KERAS = requirement("tf-keras", 'pip install "robaudit[keras2]"')

_FORGOTTEN = ("build_config", "compile_config", "module", "registered_name")


def open_by_tf_keras(path: Path, config: Config, *, trust: bool) -> Program:
    """Make a model as Keras 2 would, of known parts alone unless it is trusted.

    ``path`` ends in .h5 or .keras. Raises UntranslatableError for parts that are not known,
    UsageError on another backend, MissingDependencyError without the package, and whatever
    it raises itself.
    """
    harmless = config if trust else only_harmless(config)
    if keras.backend.backend() != "tensorflow":
        raise UsageError(
            f"{path} needs Keras 2, but Keras runs on {keras.backend.backend()}",
            expected="KERAS_BACKEND=tensorflow",
        )
    with needs([TF_KERAS]), without_new_settings():
        tf_keras = import_module("tf_keras")
    with quietly():
        if trust:
            model = tf_keras.models.load_model(path, compile=False, safe_mode=False)
        else:
            model = tf_keras.models.model_from_config(harmless)
            model.load_weights(path)
    if len(model.inputs or ()) != 1:
        raise UntranslatableError(f"it has {len(model.inputs or ())} inputs")
    (start,) = model.inputs
    return Program(
        lambda x: model(x, training=False), model, tuple(start.shape.as_list()), start.dtype.name
    )


def only_harmless(node: Any) -> Any:
    """Copy a configuration without what inference has no use for.

    Raises UntranslatableError for what is not known to compute and do nothing else:
    tf-keras would make, and run, whatever is named there.
    """
    if isinstance(node, list):
        return [only_harmless(part) for part in node]
    if not isinstance(node, dict):
        return node
    _check(node)
    if node.get("class_name") == "__ellipsis__":
        return ...
    return dict(_kept(node))


def _kept(node: Config) -> Iterator[tuple[str, Any]]:
    for key, value in node.items():
        kind = key.rpartition("_")[2]
        if key in _FORGOTTEN or kind in ("initializer", *PENALTIES):
            continue
        if key == "dtype":
            yield key, dtype_name(value)
        elif kind == "activation" and not isinstance(value, dict):
            if value not in (None, *ACTIVATIONS, *OTHER_ACTIVATIONS):
                raise UntranslatableError(f"the activation {value} is none of Keras' own")
            yield key, value
        else:
            yield key, only_harmless(value)


def _check(node: Config) -> None:
    name = node.get("class_name")
    known = (
        name is None
        or name in (*MODELS, "InputLayer", "__ellipsis__")
        or (isinstance(name, str) and (is_known(name) or TF_KERAS_ONLY.fullmatch(name)))
        or (name in CLASSES and is_harmless((node.get("config") or {}).get("function")))
    )
    if not known:
        raise UntranslatableError(f"{label_of(node)} is not known to compute and do no more")
