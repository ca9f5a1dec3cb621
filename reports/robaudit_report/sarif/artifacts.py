"""What was audited, as files with their hashes, and where gates stand."""

import re
from typing import Any

from robaudit.record.schema.audit import AuditRecord
from robaudit.record.schema.numbers import given
from robaudit_report.sarif.text import message, uri
from robaudit_report.view.judged import Place, model_place, place_of

SOURCE_ROOT = "SRCROOT"


def location(place: Place) -> dict[str, Any]:
    """Write where a gate stands."""
    region = {"startLine": place.line}
    return {"physicalLocation": {"artifactLocation": _artifact(place), "region": region}}


def artifacts(audit: AuditRecord) -> list[dict[str, Any]]:
    """List the model and the images with their SHA-256, and the baseline."""
    file, *_arrays = re.split(r"(?<=\.npz):", audit.data.source)
    data = place_of(file)
    listed = [_hashed(model_place(audit), audit.model.sha256, "analysisTarget", "The model.")]
    if not audit.data.synthetic:
        listed.append(_hashed(data, audit.data.sha256, "referencedOnCommandLine", "The images."))
    verdict = given(audit.verdict, None)
    if verdict and verdict.baseline:
        place = place_of(verdict.baseline.file)
        listed.append(_hashed(place, "", "referencedOnCommandLine", "The baseline."))
    return listed


def _hashed(place: Place, sha256: str, role: str, what: str) -> dict[str, Any]:
    artifact: dict[str, Any] = {
        "location": _artifact(place),
        "roles": [role],
        "description": message(what),
    }
    if re.fullmatch("[0-9a-f]{64}", sha256):
        artifact["hashes"] = {"sha-256": sha256}
    return artifact


def _artifact(place: Place) -> dict[str, str]:
    """Refer to a file, by its name alone where it does not lie in the repository."""
    base = {"uriBaseId": SOURCE_ROOT} if place.inside else {}
    return {"uri": uri(place.file), **base}
