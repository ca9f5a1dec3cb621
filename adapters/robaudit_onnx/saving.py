"""Writing an ONNX model to a file."""

import hashlib
from pathlib import Path

import onnx

from robaudit.errors import OutputError, UsageError
from robaudit_onnx.model_file import fits_a_file


def digest_of(model: onnx.ModelProto) -> str:
    """SHA-256 of the file that `save_model` writes."""
    return hashlib.sha256(_serialized(model)).hexdigest()


def save_model(model: onnx.ModelProto, path: Path) -> None:
    """Write a model to one file, external data included.

    Raises UsageError for a name that is no ONNX model's, and OutputError for a
    file that cannot be written, or not by one file.
    """
    if path.suffix.lower() != ".onnx":
        raise UsageError(f"cannot save to {path}", expected="a name that ends in .onnx")
    if not fits_a_file(model):
        raise OutputError(
            f"{path} would be larger than 2 GB", expected="what one ONNX file can hold"
        )
    try:
        path.write_bytes(_serialized(model))
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {error.strerror or error}") from error


def _serialized(model: onnx.ModelProto) -> bytes:
    return bytes(model.SerializeToString(deterministic=True))
