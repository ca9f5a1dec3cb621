"""What a file of Keras holds, read without making anything of it."""

import json
import shutil
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import h5py

from robaudit.errors import NotAuditableError, RobauditError, UsageError
from robaudit.model_files import look_at_file, refuse_excess_of_weights
from robaudit.phrases import printable
from robaudit_keras.hdf5 import ElsewhereError, find_elsewhere, find_excess, text_of

_HDF5 = b"\x89HDF\r\n\x1a\n"
_ZIP = b"PK\x03\x04"
_LARGEST_CONFIG = 2**26

_WHOLE = "a file that holds all that it needs, as Keras writes it"

_CODE = {
    "Lambda": "a Lambda layer, which runs Python code from the file",
    "__lambda__": "a Python function, which runs code from the file",
    "TFSMLayer": "a TFSMLayer, which runs a TensorFlow program from elsewhere",
    "TorchModuleWrapper": "a TorchModuleWrapper, which unpickles, and so runs, what it holds",
    "JaxLayer": "a JaxLayer, which runs code from the file",
    "FlaxLayer": "a FlaxLayer, which runs code from the file",
}
_HARMLESS = {
    "activations",
    "constraints",
    "initializers",
    "layers",
    "losses",
    "metrics",
    "ops",
    "random",
    "regularizers",
}
"""Modules of Keras whose functions compute and do nothing else."""


@dataclass(frozen=True)
class ModelFile:
    """A file that was looked at.

    ``format`` says how it is laid out, whatever its name. ``config`` is the
    model's, ``training`` how it was compiled; both are ``None`` in a file of mere
    weights. ``version`` and ``backend`` are those of the Keras that wrote it, where it
    says so.
    """

    path: Path
    format: Literal["keras", "h5"]
    fingerprint: str
    version: str | None = None
    config: Any = field(default=None, repr=False)
    training: Any = field(default=None, repr=False)
    backend: str | None = None

    @property
    def by_keras_2(self) -> bool:
        """Whether a Keras before 3 wrote it: the first did not say which they were."""
        if self.version is None:
            return self.format == "h5"
        return self.version.split(".")[0] in ("1", "2")


def read_model_file(path: Path) -> ModelFile:
    """Look at a ``.keras`` or HDF5 file.

    Raises UsageError for a missing file and NotAuditableError for one that is
    empty, damaged, a pointer, or holds no model.
    """
    start, fingerprint = look_at_file(path, "a Keras model")
    try:
        if start.startswith(_ZIP):
            return ModelFile(path, "keras", fingerprint, **_read_archive(path))
        if start.startswith(_HDF5):
            return ModelFile(path, "h5", fingerprint, **_read_hdf5(path))
    except RobauditError:
        raise
    except ElsewhereError as error:
        raise NotAuditableError(
            f"{path} takes {printable(str(error))} from another place, or file",
            expected=_WHOLE,
            advice="Save the model again with model.save(...).",
        ) from error
    except Exception as error:
        raise NotAuditableError(
            f"{path} is damaged, cut short, or no Keras model "
            f"({type(error).__name__}: {printable(str(error)[:200])})",
            expected="a .keras archive or an HDF5 file as Keras writes them",
            advice="Save or fetch it again.",
        ) from error
    raise NotAuditableError(
        f"{path} is no Keras model: it is neither a .keras archive nor an HDF5 file",
        expected="a model as model.save(...) writes it",
    )


def refuse_code(file: ModelFile) -> None:
    """Raise UsageError for a file that runs code when it is opened."""
    for node in _nodes([file.config, file.training]):
        what = _runs_code(node)
        if what:
            raise UsageError(
                f"{file.path} holds {what}",
                expected="a model of Keras' own layers",
                advice="If you trust whoever made it, allow it with `trust=True`.",
            )


def _runs_code(node: Mapping[str, Any]) -> str | None:
    """Say what a node of a configuration runs, ``None`` for what is mere data."""
    name = node.get("class_name")
    if not isinstance(name, str):
        return None
    if name.rpartition(">")[2] in _CODE:
        return _CODE[name.rpartition(">")[2]]
    parts = [part for part in str(node.get("module") or "").split(".") if part != "src"]
    if name == "function" and parts[0] == "keras" and _HARMLESS.isdisjoint(parts[1:2]):
        called = printable(f"{node['module']}.{node.get('config')}"[:100])
        return f"the function {called}, which is no part of a network"
    return None


def _nodes(config: Any) -> Iterator[Mapping[str, Any]]:
    """Walk all dictionaries inside a configuration."""
    waiting = [config]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            yield node
            waiting.extend(node.values())
        elif isinstance(node, list):
            waiting.extend(node)


def _read_archive(path: Path) -> dict[str, Any]:
    refuse_excess_of_weights(path, _WHOLE)
    with zipfile.ZipFile(path) as archive:
        for member in archive.infolist():
            with archive.open(member) as opened:
                named = member.filename.lower().endswith((".h5", ".hdf5"))
                if not named and opened.read(len(_HDF5)) != _HDF5:
                    continue
            with archive.open(member) as opened, tempfile.TemporaryFile() as file:
                shutil.copyfileobj(opened, file)
                with h5py.File(file, "r") as weights:
                    _look_into(weights, path, member.file_size)
        config = _read_member(archive, "config.json")
        metadata = {}
        if "metadata.json" in archive.namelist():
            metadata = _read_member(archive, "metadata.json")
    return {
        "config": config,
        "training": config.get("compile_config"),
        "version": str(metadata["keras_version"]) if "keras_version" in metadata else None,
    }


def _look_into(file: h5py.File, path: Path, size: int) -> None:
    """Raise ElsewhereError, or NotAuditableError, for a file that is not all that it seems."""
    elsewhere = find_elsewhere(file)
    if elsewhere:
        raise ElsewhereError(elsewhere)
    excess = find_excess(file, size)
    if excess:
        raise NotAuditableError(f"{path} {excess}", expected=_WHOLE)


def _read_member(archive: zipfile.ZipFile, name: str) -> dict[str, Any]:
    if archive.getinfo(name).file_size > _LARGEST_CONFIG:
        raise ValueError(f"{name} of {archive.getinfo(name).file_size} bytes")
    content = json.loads(archive.read(name))
    if not isinstance(content, dict):
        raise TypeError(f"{name} is no dictionary")
    return content


def _read_hdf5(path: Path) -> dict[str, Any]:
    with h5py.File(path, "r") as file:
        _look_into(file, path, path.stat().st_size)
        config, training = text_of(file, "model_config"), text_of(file, "training_config")
        version, backend = text_of(file, "keras_version"), text_of(file, "backend")
    return {
        "config": json.loads(config) if config else None,
        "training": json.loads(training) if training else None,
        "version": version,
        "backend": backend,
    }
