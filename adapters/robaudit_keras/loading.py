"""From a file of Keras to a model, without running code that came with it."""

import re
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import h5py
import keras
from keras.src.legacy.saving import saving_utils

from robaudit.errors import NotAuditableError, RobauditError, UsageError
from robaudit.opening import OpenOptions
from robaudit.phrases import printable
from robaudit.user_code import call_factory
from robaudit_keras.declared_sizes import refuse_large_model
from robaudit_keras.hdf5 import names_in
from robaudit_keras.keras_2.configuration import plain
from robaudit_keras.keras_2.graph import make_model
from robaudit_keras.keras_2.opening import open_old_model
from robaudit_keras.keras_2.weights import fill_from_hdf5
from robaudit_keras.model_file import ModelFile, refuse_code
from robaudit_keras.quiet import quietly


def load_model(file: ModelFile, options: OpenOptions) -> tuple[Any, Mapping[str, str]]:
    """Load a model, compiled as it was where that is known; also tell what is odd about it.

    A factory makes the model itself, and the file gives the weights. Raises
    UsageError for a file that runs code and is not trusted, and for one that
    needs a factory; NotAuditableError for what Keras cannot load.
    """
    if options.factory is not None:
        return _fill(call_factory(options.factory), file, options.factory), {}
    if file.config is None:
        raise UsageError(
            f"{file.path} holds weights, and not the model that they are of",
            expected="a whole model, as model.save(...) writes it",
            advice="Name what makes the model with `factory='package.module:function'`.",
        )
    if not options.trust:
        if not file.by_keras_2:
            refuse_code(file)
        refuse_large_model(file, partial(_made, file))
    if file.by_keras_2:
        with _named_as_keras_expects(file) as path:
            return open_old_model(file, path, options)
    details = {}
    if file.training is not None:
        try:
            return _load(file, compiled=True, trust=options.trust), {}
        except Exception as error:  # noqa: BLE001 - of a loss or a metric that is not known here
            details = {"not_compiled": _reason(error)}
    try:
        return _load(file, compiled=False, trust=options.trust), details
    except Exception as error:
        raise _refusal(file, error) from error


def _made(file: ModelFile) -> Any:
    """Make a model as its configuration says, without its weights."""
    if file.by_keras_2:
        return make_model(plain(file.config))
    if file.format == "keras":
        return keras.saving.deserialize_keras_object(file.config)
    return saving_utils.model_from_config(file.config)


def _load(file: ModelFile, *, compiled: bool, trust: bool) -> Any:
    with quietly(), _temporary_files_removed(), _named_as_keras_expects(file) as path:
        return keras.saving.load_model(path, compile=compiled, safe_mode=not trust)


def _fill(model: Any, file: ModelFile, factory: str) -> Any:
    if not isinstance(model, keras.Model) or not model.built:
        raise UsageError(
            f"{factory} gives {type(model).__name__}",
            expected="a keras.Model that is built, such as one that begins with keras.Input",
        )
    try:
        with quietly(), _temporary_files_removed(), _named_as_keras_expects(file) as path:
            fill_from_hdf5(model, path) if _by_layer(path) else model.load_weights(path)
    except Exception as error:
        raise UsageError(
            f"the weights of {file.path} do not fit what {factory} makes ({_reason(error)})",
            expected="the model that they were saved from",
        ) from error
    return model


def _by_layer(path: Path) -> bool:
    """Tell whether a file lists its layers and the names of their weights, and no others."""
    if path.suffix == ".keras":
        return False
    with h5py.File(path, "r") as file:
        group = file.get("model_weights", file)
        top = group.get("top_level_model_weights")
        return "layer_names" in group.attrs and not (top and names_in(top, "weight_names"))


def _refusal(file: ModelFile, error: Exception) -> RobauditError:
    """Say why a file could not be loaded, and what to do."""
    reason = _reason(error)
    if "safe_mode" in str(error):
        return UsageError(
            f"{file.path} runs code, or reads other files, when it is opened ({reason})",
            expected="a model of Keras' own layers",
            advice="If you trust whoever made it, allow it with `trust=True`.",
        )
    if isinstance(error, TypeError | ValueError) and (
        "Could not locate" in str(error) or "Unknown" in str(error)
    ):
        return UsageError(
            f"{file.path} has parts that Keras does not know ({reason})",
            expected="a model of Keras' own layers",
            advice="Name what makes the model, `factory='package.module:function'`, or register "
            "its classes with keras.saving.register_keras_serializable and open it from Python.",
        )
    return NotAuditableError(
        f"Keras {keras.__version__} cannot read {file.path} ({reason})",
        expected="a model that it can read",
        advice="Save or fetch it again.",
    )


@contextmanager
def _temporary_files_removed() -> Iterator[None]:
    """Keep what Keras unpacks in a folder that goes: it leaves it where it cannot read a file."""
    usual = tempfile.tempdir
    with tempfile.TemporaryDirectory() as folder:
        tempfile.tempdir = folder
        try:
            yield
        finally:
            tempfile.tempdir = usual


@contextmanager
def _named_as_keras_expects(file: ModelFile) -> Iterator[Path]:
    """Give a path whose suffix says what the file is: Keras goes by that alone."""
    weights = file.format == "h5" and file.config is None
    if file.path.name.endswith((".keras",) if file.format == "keras" else (".h5", ".hdf5")):
        yield file.path
        return
    with tempfile.TemporaryDirectory() as folder:
        link = Path(folder, "model.weights.h5" if weights else f"model.{file.format}")
        link.symlink_to(file.path.resolve())
        yield link


def _reason(error: Exception) -> str:
    r"""Cut an error of Keras down to what it says, without the configuration that it repeats.

    >>> _reason(TypeError("Layer fails.\n\nconfig={'a': 1}.\n\nException encountered: No 'b'."))
    "TypeError: No 'b'."
    """
    text = " ".join(str(error).rpartition("Exception encountered: ")[2].split())
    text = re.split(r" (Full object config:|Please ensure|Make sure)", text)[0]
    return printable(f"{type(error).__name__}: {text}"[:300])
