"""SavedModel folders: programs of TensorFlow, of which Keras 3 knows no layers."""

import hashlib
from pathlib import Path
from typing import Any

from robaudit.errors import NotAuditableError
from robaudit.opening import OpenOptions
from robaudit.phrases import printable
from robaudit_keras.graph_modes import modes_of_graph
from robaudit_keras.modes import Modes
from robaudit_keras.program import Program, check_program
from robaudit_keras.quiet import quietly

_FILE = "saved_model.pb"
_SIGNATURE = "serving_default"
_TAG = "serve"


def folder_of(path: Path) -> Path | None:
    """Give the folder of a SavedModel, by its own path or that of the file in it."""
    if (path / _FILE).is_file():
        return path
    return path.parent if path.name == _FILE and path.is_file() else None


def open_saved_model(path: Path, options: OpenOptions) -> tuple[Program, Modes, str]:
    """Open a folder as a program; also say what its graph does by chance, and its signature.

    Raises UsageError where it is not trusted and NotAuditableError where it cannot
    be loaded or takes no single batch of pixels.
    """
    check_program(path, "a SavedModel, a program of TensorFlow", options)
    loaded = _load(path)
    signatures = dict(loaded.signatures)
    chosen = _choose_signature(signatures, path)
    signature = signatures[chosen]
    ((name, spec),) = signature.structured_input_signature[1].items()

    def run(x: Any) -> Any:
        return signature(**{name: x})

    shape = (None, *spec.shape.as_list()[1:])
    program = Program(run, (loaded, signature), shape, spec.dtype.name)
    return program, modes_of_graph(signature), chosen


def _load(path: Path) -> Any:
    """Load a folder; several graphs in it differ by their tags.

    Raises NotAuditableError that says who saved it, where it cannot be loaded.
    """
    import tensorflow as tf  # noqa: PLC0415 - the other backends do without
    from tensorflow.core.protobuf import saved_model_pb2  # noqa: PLC0415

    content = saved_model_pb2.SavedModel()
    try:
        content.ParseFromString((path / _FILE).read_bytes())
        graphs = [graph.meta_info_def for graph in content.meta_graphs]
    except Exception as error:
        raise NotAuditableError(
            f"TensorFlow cannot load {path}: {_FILE} is damaged, or none of its files",
            expected="a whole SavedModel folder",
            advice="Save or fetch it again.",
        ) from error
    tags = [list(graph.tags) for graph in graphs]
    chosen = [_TAG] if len(tags) > 1 and [_TAG] in tags else None
    try:
        with quietly():
            return tf.saved_model.load(str(path), tags=chosen)
    except Exception as error:
        version = printable(graphs[0].tensorflow_version or "?") if graphs else "?"
        raise NotAuditableError(
            f"TensorFlow {tf.__version__} cannot load {path}, which TensorFlow {version} saved "
            f"({type(error).__name__}: {printable(' '.join(str(error).split())[:200])})",
            expected="a SavedModel of operations that it knows, with the folder variables in it",
            advice="If it is whole, export it to ONNX where it can be loaded: "
            "python -m tf2onnx.convert --saved-model FOLDER --output model.onnx.",
        ) from error


def _choose_signature(signatures: dict[str, Any], path: Path) -> str:
    """Choose the signature that takes a batch of pixels, by its name.

    Raises NotAuditableError where none does, or it is not clear which is meant.
    """
    refusals = {name: _refusal(signature) for name, signature in signatures.items()}
    fitting = sorted(name for name, why in refusals.items() if why is None)
    if _SIGNATURE in fitting or len(fitting) == 1:
        return _SIGNATURE if _SIGNATURE in fitting else fitting[0]
    if fitting:
        raise NotAuditableError(
            f"{path} has several signatures that take pixels: {', '.join(fitting)}",
            expected=f"one, or one named {_SIGNATURE}",
            advice=f"Save it again with signatures={{{_SIGNATURE!r}: ...}}.",
        )
    listed = "; ".join(f"{name} {why}" for name, why in refusals.items())
    raise NotAuditableError(
        f"{path} has no signature that takes pixels ({listed or 'it has none at all'})",
        expected=f"one named {_SIGNATURE} that takes a batch of pixels in floating-point numbers",
        advice="Save it with model.export(...), or with signatures={...} of a function that "
        "takes images.",
    )


def _refusal(signature: Any) -> str | None:
    """Say why a signature takes no single batch of pixels, ``None`` where it does."""
    inputs = signature.structured_input_signature[1]
    if len(inputs) != 1:
        return f"has {len(inputs)} inputs: " + ", ".join(
            f"{name} {spec.shape}" for name, spec in inputs.items()
        )
    (spec,) = inputs.values()
    if spec.shape.rank is None or spec.shape.rank < 2 or not spec.dtype.is_floating:
        return f"takes {spec.dtype.name} numbers of shape {spec.shape}"
    return None


def hash_folder(path: Path) -> str:
    """Give the SHA-256 of the names and contents of all files in a folder."""
    digest = hashlib.sha256()
    for file in sorted(file for file in path.rglob("*") if file.is_file()):
        with file.open("rb") as content:
            inner = hashlib.file_digest(content, "sha256").hexdigest()
        digest.update(f"{file.relative_to(path).as_posix()} {inner}\n".encode())
    return digest.hexdigest()
