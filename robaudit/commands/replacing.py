"""What a scan may take the place of: an older audit of the same model, and nothing else unasked."""

from pathlib import Path
from typing import Any

from robaudit.errors import RecordError, UsageError
from robaudit.record.read import read_record
from robaudit.types import Classifier

COMPARISON = "comparison.json"
"""A folder that holds one has a page of it, which that of an audit would replace."""


def check_replacing(folder: Path, classifier: Classifier) -> None:
    """Raise UsageError where a folder holds what is not an audit of this model.

    The same model is one of the same name, as a file that was trained again is, or one that
    has the same SHA-256, as a file that was renamed has.
    """
    if (folder / COMPARISON).exists():
        raise _taken(folder, "a comparison", "no other results")
    if not (folder / "audit.json").exists():
        return
    name, sha256 = _model_of(folder / "audit.json")
    same = name == classifier.name or (sha256 and sha256 == classifier.fingerprint)
    if name is None:
        raise _taken(folder, "an audit.json that is no record of an audit", "no other results")
    if not same:
        raise _taken(
            folder,
            f"the audit of {_called(name, sha256)}",
            f"that of {_called(classifier.name, classifier.fingerprint)}",
        )


def _model_of(path: Path) -> tuple[str | None, str]:
    """Read the name of the model that an audit is of, and its SHA-256, of whatever version it is.

    The name is ``None`` where the file is no record of an audit.
    """
    try:
        record = read_record(path)
    except RecordError:
        return None, ""
    model: Any = record.get("model") if isinstance(record, dict) else None
    name, sha256 = (
        (model.get("name"), model.get("sha256")) if isinstance(model, dict) else (None, "")
    )
    return (name if isinstance(name, str) else None), (sha256 if isinstance(sha256, str) else "")


def _called(name: str, sha256: str) -> str:
    return f"{name} (SHA-256 {sha256[:12]}...)" if sha256 else name


def _taken(folder: Path, found: str, expected: str) -> UsageError:
    return UsageError(
        f"{folder} holds {found}",
        expected=expected,
        advice="Name another folder with -o, or overwrite what is there with --force.",
    )
