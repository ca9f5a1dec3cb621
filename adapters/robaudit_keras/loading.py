"""From a file of Keras to a model, without running code that came with it."""

import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import keras

from robaudit.errors import NotAuditableError, RobauditError, UsageError
from robaudit.opening import OpenOptions
from robaudit.phrases import printable
from robaudit.user_code import call_factory
from robaudit_keras.model_file import ModelFile, refuse_code
from robaudit_keras.quiet import quietly


def load_model(file: ModelFile, options: OpenOptions) -> tuple[Any, str | None]:
    """Load a model; also say why it is not compiled as it was, where that failed.

    A factory makes the model itself, and the file gives the weights. Raises
    UsageError for a file that runs code and is not trusted, and for one that
    needs a factory; NotAuditableError for what Keras cannot load.
    """
    if options.factory is not None:
        return _fill(call_factory(options.factory), file, options.factory), None
    if file.config is None:
        raise UsageError(
            f"{file.path} holds weights, and not the model that they are of",
            expected="a whole model, as model.save(...) writes it",
            advice="Name what makes the model with --factory package.module:function.",
        )
    if not options.trust:
        refuse_code(file)
    if file.training is not None:
        try:
            return _load(file, compiled=True, trust=options.trust), None
        except Exception as error:  # noqa: BLE001 - of a loss or a metric that is not known here
            why = _reason(error)
    else:
        why = None
    try:
        return _load(file, compiled=False, trust=options.trust), why
    except Exception as error:
        raise _refusal(file, error) from error


def _load(file: ModelFile, *, compiled: bool, trust: bool) -> Any:
    with quietly(), _named_as_keras_expects(file) as path:
        return keras.saving.load_model(path, compile=compiled, safe_mode=not trust)


def _fill(model: Any, file: ModelFile, factory: str) -> Any:
    if not isinstance(model, keras.Model) or not model.built:
        raise UsageError(
            f"{factory} gives {type(model).__name__}",
            expected="a keras.Model that is built, such as one that begins with keras.Input",
        )
    try:
        with quietly(), _named_as_keras_expects(file) as path:
            model.load_weights(path)
    except Exception as error:
        raise UsageError(
            f"the weights of {file.path} do not fit what {factory} makes ({_reason(error)})",
            expected="the model that they were saved from",
        ) from error
    return model


def _refusal(file: ModelFile, error: Exception) -> RobauditError:
    """Say why a file could not be loaded, and what to do."""
    reason = _reason(error)
    if "safe_mode" in str(error):
        return UsageError(
            f"{file.path} runs code, or reads other files, when it is opened ({reason})",
            expected="a model of Keras' own layers",
            advice="If you trust whoever made it, allow it with --trust-model.",
        )
    if file.by_keras_2:
        return NotAuditableError(
            f"{file.path} was saved by Keras {file.version}, and Keras {keras.__version__} "
            f"cannot read it ({reason})",
            expected="a model that Keras 3 can read",
            advice="Load it with Keras 2 (the package tf-keras) and save it as .keras, export it "
            "to ONNX with tf2onnx, or rebuild it and name what does so with --factory.",
        )
    if isinstance(error, TypeError | ValueError) and (
        "Could not locate" in str(error) or "Unknown" in str(error)
    ):
        return UsageError(
            f"{file.path} has parts that Keras does not know ({reason})",
            expected="a model of Keras' own layers",
            advice="Name what makes the model with --factory package.module:function, or register "
            "its classes with keras.saving.register_keras_serializable and open it from Python.",
        )
    return NotAuditableError(
        f"Keras {keras.__version__} cannot read {file.path} ({reason})",
        expected="a model that it can read",
        advice="Save or fetch it again.",
    )


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
