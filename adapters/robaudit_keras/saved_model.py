"""SavedModel folders: programs of TensorFlow, of which Keras 3 knows no layers."""

import hashlib
from pathlib import Path
from typing import Any

import keras

from robaudit.errors import NotAuditableError, UsageError
from robaudit.opening import OpenOptions
from robaudit_keras.quiet import quietly

_SIGNATURE = "serving_default"


class Program(keras.Model):  # type: ignore[misc]  # Keras is untyped here
    """A signature of a SavedModel with the face of a model: it can be called, and no more."""

    def __init__(self, loaded: Any, signature: Any, input_name: str) -> None:
        super().__init__(name="saved_model")
        self._loaded = loaded  # its variables live as long as it does
        self._signature, self._input_name = signature, input_name

    def call(self, x: Any, training: bool = False) -> Any:  # noqa: ARG002 - always inference
        """Run the signature on a batch: all its outputs, by name."""
        return self._signature(**{self._input_name: x})


def open_saved_model(path: Path, options: OpenOptions) -> tuple[Program, tuple[int | None, ...]]:
    """Open a folder as a program, with the shape that it declares for one input.

    Raises UsageError where it is not trusted and NotAuditableError where it cannot
    be loaded or takes no single batch of pixels.
    """
    if not options.trust:
        raise UsageError(
            f"{path} is a SavedModel, a program of TensorFlow that may read and write files",
            expected="a .keras file, which holds layers and no program",
            advice="If you trust whoever made it, allow it with --trust-model.",
        )
    if keras.backend.backend() != "tensorflow":
        raise UsageError(
            f"{path} is a SavedModel, but Keras runs on {keras.backend.backend()}",
            expected="KERAS_BACKEND=tensorflow",
        )
    import tensorflow as tf  # noqa: PLC0415 - the other backends do without

    try:
        with quietly():
            loaded = tf.saved_model.load(str(path))
    except Exception as error:
        raise NotAuditableError(
            f"TensorFlow cannot load {path} ({type(error).__name__}: "
            f"{' '.join(str(error).split())[:200]})",
            expected="a whole SavedModel folder",
            advice="Save or fetch it again.",
        ) from error
    signatures = dict(loaded.signatures)
    if _SIGNATURE not in signatures:
        raise NotAuditableError(
            f"{path} has the signatures {', '.join(signatures) or '(none)'}",
            expected=_SIGNATURE,
            advice="Save it with model.export(...).",
        )
    signature = signatures[_SIGNATURE]
    inputs = signature.structured_input_signature[1]
    listed = ", ".join(f"{name} {spec.shape}" for name, spec in inputs.items())
    if len(inputs) != 1:
        raise NotAuditableError(f"{path} has {len(inputs)} inputs: {listed}", expected="one")
    ((name, spec),) = inputs.items()
    if spec.shape.rank is None or spec.shape.rank < 2 or not spec.dtype.is_floating:
        raise NotAuditableError(
            f"{path} takes {spec.dtype.name} numbers of shape {spec.shape}",
            expected="a batch of pixels in floating-point numbers",
        )
    program = Program(loaded, signature, name)
    return program, tuple(spec.shape.as_list()[1:])


def hash_folder(path: Path) -> str:
    """Give the SHA-256 of the names and contents of all files in a folder."""
    digest = hashlib.sha256()
    for file in sorted(file for file in path.rglob("*") if file.is_file()):
        with file.open("rb") as content:
            inner = hashlib.file_digest(content, "sha256").hexdigest()
        digest.update(f"{file.relative_to(path).as_posix()} {inner}\n".encode())
    return digest.hexdigest()
