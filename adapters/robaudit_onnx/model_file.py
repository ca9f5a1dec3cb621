"""Reading an ONNX file that nobody vouches for."""

from pathlib import Path

import onnx
from google.protobuf.message import DecodeError

from robaudit.errors import NotAuditableError
from robaudit.model_files import look_at_file
from robaudit_onnx.external_data import read_external_data
from robaudit_onnx.function_calls import refuse_endless_functions
from robaudit_onnx.tensors import misfit, tensors_in

LARGEST_FILE = 2**31 - 1
"""How many bytes a protobuf message can have, and so a model without external data."""

_LARGEST_READ = LARGEST_FILE

_STANDARD_DOMAINS = {"", "ai.onnx", "ai.onnx.ml", "com.microsoft"}


def read_model(path: Path) -> tuple[onnx.ModelProto, dict[str, str]]:
    """Read a model with its external data; also give the SHA-256 of each file read.

    Raises UsageError for a missing file and NotAuditableError for one that is
    empty, damaged, a pointer, or too large, whose tensors are not what they say, or whose
    external data is missing or elsewhere than beside it.
    """
    _, digest = look_at_file(path, "an ONNX model")
    if path.stat().st_size > _LARGEST_READ:
        raise NotAuditableError(
            f"{path} has {path.stat().st_size} bytes",
            expected=f"at most {_LARGEST_READ}, which is what the format can hold",
            advice="Export it with its weights as external data, in a file beside it.",
        )
    model = onnx.ModelProto()
    try:
        model.ParseFromString(path.read_bytes())
    except DecodeError as error:
        raise NotAuditableError(
            f"{path} is damaged, cut short, or no ONNX model at all",
            expected="an ONNX model",
            advice="Export or fetch it again.",
        ) from error
    if not model.graph.node or not model.graph.output:
        raise NotAuditableError(
            f"{path} holds no graph of operators", expected="an ONNX model with a graph"
        )
    model.DiscardUnknownFields()  # what is not seen here must not be seen by whoever runs it
    try:
        tensors = list(tensors_in(model))
    except ValueError as error:
        raise NotAuditableError(f"{path}: {error}", expected="names in UTF-8") from error
    refuse_endless_functions(model, path)
    for tensor in tensors:
        wrong = misfit(tensor)
        if wrong is not None:
            raise NotAuditableError(
                f"{path}: the tensor {tensor.name!r:.80} {wrong}",
                expected="as many numbers as its shape has places",
                advice="Export or fetch it again.",
            )
    return model, {path.name: digest, **read_external_data(tensors, path)}


def fits_a_file(model: onnx.ModelProto) -> bool:
    """Tell whether one file, without external data, can hold a model and its weights."""
    return bool(model.ByteSize() < LARGEST_FILE)


def unknown_operators(model: onnx.ModelProto) -> str:
    """List operators of domains that onnxruntime does not ship, for an error message."""
    own = {function.domain for function in model.functions}
    unknown = sorted(
        {
            f"{node.domain}:{node.op_type}"
            for node in model.graph.node
            if node.domain not in _STANDARD_DOMAINS | own
        }
    )
    return ", ".join(unknown)
