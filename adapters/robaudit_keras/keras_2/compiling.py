"""What a model of Keras 2 was trained with, as Keras 3 has it."""

import inspect
from collections.abc import Mapping
from typing import Any

import keras


def compile_as_saved(model: Any, training: Mapping[str, Any]) -> str | None:
    """Compile a model by the training configuration of its file; say why, where that fails.

    Settings that Keras 3 does not know, and metrics, are left out.
    """
    try:
        optimizer = training.get("optimizer_config", training.get("optimizer"))
        loss = _only(training.get("loss"))
        model.compile(
            optimizer=optimizer if isinstance(optimizer, str) else _optimizer(optimizer),
            loss=keras.losses.get(loss) if isinstance(loss, str) else _made(keras.losses, loss),
        )
    except Exception as error:  # noqa: BLE001 - of what is not known here
        return f"{type(error).__name__}: {error}"[:300]
    return None


def _only(loss: Any) -> Any:
    """Take the loss of the only output out of a list or dictionary of them."""
    parts = list(loss.values()) if isinstance(loss, dict) and "class_name" not in loss else loss
    return parts[0] if isinstance(parts, list) and len(parts) == 1 else parts


def _optimizer(config: Any) -> Any:
    rate = config["config"].get("learning_rate", config["config"].get("lr"))
    if isinstance(rate, dict):
        rate = _made(keras.optimizers.schedules, rate)
    return _made(keras.optimizers, config, learning_rate=rate)


def _made(module: Any, config: Any, **given: Any) -> Any:
    """Make what a configuration names in a module of Keras, of the settings that it knows."""
    kind = getattr(module, config["class_name"].rpartition(">")[2])  # "Custom>Adam" is Adam
    known = inspect.signature(kind.__init__).parameters
    settings = {key: value for key, value in config["config"].items() if key in known}
    if settings.get("reduction") == "auto":
        del settings["reduction"]
    return kind(**{**settings, **given})
