"""Reading an ONNX file that nobody vouches for."""

import hashlib
import os
from pathlib import Path, PurePosixPath

import onnx
from google.protobuf.message import DecodeError
from onnx.external_data_helper import load_external_data_for_model

from robaudit.errors import NotAuditableError
from robaudit.model_files import look_at_file
from robaudit_onnx.graph import all_nodes

LARGEST_FILE = 2**31 - 1
"""How many bytes a protobuf message can have, and so a model without external data."""

_STANDARD_DOMAINS = {"", "ai.onnx", "ai.onnx.ml", "com.microsoft"}


def read_model(path: Path) -> tuple[onnx.ModelProto, dict[str, str]]:
    """Read a model with its external data; also give the SHA-256 of each file read.

    Raises UsageError for a missing file and NotAuditableError for one that is
    empty, damaged, a pointer, or whose external data is missing or elsewhere
    than beside it.
    """
    _, digest = look_at_file(path, "an ONNX model")
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
    digests = {path.name: digest}
    external = sorted({_location(tensor) for tensor in _external_tensors(model)})
    for location in external:
        file = _external_file(path, location)
        with file.open("rb") as data:
            digests[location] = hashlib.file_digest(data, "sha256").hexdigest()
    if external:
        try:
            load_external_data_for_model(model, str(path.parent))
        except (ValueError, OSError, onnx.checker.ValidationError) as error:
            raise NotAuditableError(
                f"the external data of {path} cannot be read ({error})",
                expected="whole files beside the model",
            ) from error
        if _external_tensors(model):
            raise NotAuditableError(
                f"{path} keeps external data in functions or sparse tensors",
                expected="external data in initializers and attributes only",
            )
    return model, digests


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


def _external_tensors(model: onnx.ModelProto) -> list[onnx.TensorProto]:
    """List the tensors whose values lie in other files, wherever they are in the model."""
    nodes = [*all_nodes(model.graph), *(node for f in model.functions for node in f.node)]
    graphs = [model.graph]
    tensors: list[onnx.TensorProto] = []
    for node in nodes:
        for attribute in node.attribute:
            graphs += [attribute.g, *attribute.graphs]
            tensors += [attribute.t, *attribute.tensors]
            for sparse in (attribute.sparse_tensor, *attribute.sparse_tensors):
                tensors += [sparse.values, sparse.indices]
    for graph in graphs:
        tensors += graph.initializer
        for sparse in graph.sparse_initializer:
            tensors += [sparse.values, sparse.indices]
    return [tensor for tensor in tensors if tensor.data_location == onnx.TensorProto.EXTERNAL]


def _location(tensor: onnx.TensorProto) -> str:
    entries = {entry.key: entry.value for entry in tensor.external_data}
    return entries.get("location", "")


def _external_file(path: Path, location: str) -> Path:
    """Find a file of external data: a regular file inside the model's folder, nothing else."""
    inside = PurePosixPath(location)
    file = path.parent / location
    if not location or inside.is_absolute() or ".." in inside.parts or "\\" in location:
        raise NotAuditableError(
            f"{path} takes weights from {location!r}",
            expected="external data inside the model's own folder",
        )
    if not os.path.lexists(file):
        raise NotAuditableError(
            f"{path} takes weights from {location[:200]}, which is missing",
            expected=f"{location} beside it",
            advice="Copy the model together with its external data.",
        )
    linked = any(p.is_symlink() for p in (file, *list(file.parents)[: len(inside.parts) - 1]))
    if linked or not file.is_file() or file.stat().st_nlink > 1:
        raise NotAuditableError(
            f"{path} takes weights from {location}, which is a link or no regular file",
            expected="a regular file, since a model file must not read others",
        )
    return file
