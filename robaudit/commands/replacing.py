"""What a scan may take the place of: an older audit of the same model, and nothing else unasked."""

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from robaudit.commands.judging import file_of_model
from robaudit.errors import RecordError, UsageError
from robaudit.record.read import read_record
from robaudit.types import Classifier

COMPARISON = "comparison.json"
"""A folder that holds one has a page of it, which that of an audit would replace."""


def check_replacing(folder: Path, classifier: Classifier, source: str) -> None:
    """Raise UsageError where a folder holds what is not an audit of this model.

    ``source`` is what was asked to be audited. The same model is one that has the same SHA-256,
    as a file that was renamed has, or that lies in the same place, as a file that was trained
    again does. Of an audit that does not say where its model lay, the name must be the same.
    """
    if (folder / COMPARISON).exists():
        raise _taken(folder, "a comparison", "no other results")
    if not (folder / "audit.json").exists():
        return
    old = _model_of(folder / "audit.json")
    if old is None:
        raise _taken(folder, "an audit.json that is no record of an audit", "no other results")
    new = _Model(classifier.name, classifier.fingerprint or "", file_of_model(source) or "")
    if old.sha256 and old.sha256 == new.sha256:
        return
    if old.source and old.source != new.source:
        raise _taken(
            folder,
            f"the audit of another file, {_called(old.source, old.sha256)}",
            f"that of {_called(new.source or source, new.sha256)}",
        )
    if old.name != new.name:
        raise _taken(
            folder,
            f"the audit of a model of another name, {_called(old.name, old.sha256)}",
            f"that of {_called(new.name, new.sha256)}",
        )


@dataclass(frozen=True)
class _Model:
    """What tells a model from others; what is not known of it is empty."""

    name: str
    sha256: str = ""
    source: str = ""


def _model_of(path: Path) -> _Model | None:
    """Read which model an audit is of, whatever version it is; ``None``: it is no audit."""
    try:
        record = read_record(path)
    except RecordError:
        return None
    model: Any = record.get("model") if isinstance(record, dict) else None
    if not isinstance(model, dict):
        return None
    known = {field.name: model.get(field.name) for field in fields(_Model)}
    texts = {name: text for name, text in known.items() if isinstance(text, str)}
    return _Model(**texts) if "name" in texts else None


def _called(name: str, sha256: str) -> str:
    return f"{name} (SHA-256 {sha256[:12]}...)" if sha256 else name


def _taken(folder: Path, found: str, expected: str) -> UsageError:
    return UsageError(
        f"{folder} holds {found}",
        expected=expected,
        advice="Name another folder with -o, or overwrite what is there with --force.",
    )
