"""What gates were held against, where each was written down, and how grave it is."""

import re
from dataclasses import dataclass, replace
from posixpath import normpath

from msgspec import UNSET, structs

from robaudit.phrases import printable
from robaudit.record import headlines, headlines_beside, headlines_right_at_start
from robaudit.record.schema.audit import AuditRecord
from robaudit.record.schema.comparison import ComparisonRecord
from robaudit.record.schema.numbers import given
from robaudit.record.schema.verdict import GateRecord, SourceRecord, SuppressionRecord
from robaudit.types import Estimate


@dataclass(frozen=True)
class Place:
    """A line (from 1) of a file, by its path from the folder that the command ran in.

    Of a file that is not known to lie below that folder the path is its name alone, and
    it is not ``inside``.
    """

    file: str
    line: int
    inside: bool


def judged(record: AuditRecord | ComparisonRecord) -> AuditRecord:
    """Give the audit that gates were held against, with them: of a comparison, the one after."""
    if not isinstance(record, ComparisonRecord):
        return record
    verdict = given(record.judgement, None)
    return structs.replace(record.after, gates=given(record.gates, []), verdict=verdict or UNSET)


def gate_name(gate: GateRecord) -> str:
    """Name a gate, the same whatever its threshold; older records name the metric alone."""
    bound = "min" if gate.better == "higher" else "max"
    return printable(given(gate.name, f"{gate.metric}/{bound}"))


def rule_name(gate: GateRecord) -> str:
    """Name what a gate is an instance of: its metric, and on which side its threshold is."""
    return f"{printable(gate.metric)}/{given(gate.bound, gate_name(gate).rpartition('/')[2])}"


def numbered(gates: list[GateRecord]) -> list[int]:
    """Count the gates before each that have its name, as one that warns and one that fails may."""
    seen: dict[str, int] = {}
    places = []
    for gate in gates:
        places.append(seen.get(gate_name(gate), 0))
        seen[gate_name(gate)] = places[-1] + 1
    return places


def place_of(file: str, line: int = 1) -> Place:
    r"""Say where a file lies from the folder that the command ran in, if that is below it.

    >>> place_of("models/./a.onnx", 3)
    Place(file='models/a.onnx', line=3, inside=True)
    >>> place_of("C:\\a.onnx").file, place_of("../a.onnx").inside
    ('a.onnx', False)
    """
    path = normpath(printable(file.replace("\\", "/")))
    inside = not (path.startswith(("/", "../")) or path == ".." or re.match("[A-Za-z]:", path))
    return Place(path if inside else path.rpartition("/")[2], line, inside)


def gate_place(audit: AuditRecord, gate: GateRecord) -> Place:
    """Say where a gate was written down; of one that was typed, it is where the model lies."""
    source: SourceRecord | None = given(gate.source, None)
    return model_place(audit) if source is None else place_of(source.file, source.line)


def suppression_place(audit: AuditRecord, suppression: SuppressionRecord) -> Place:
    """Say where a suppression was written down, or where the model lies."""
    source = suppression.source
    return model_place(audit) if source is None else place_of(source.file, source.line)


def model_place(audit: AuditRecord) -> Place:
    """Say where the model lies; a record without its file has its name alone."""
    source = given(audit.model.source, None)
    return place_of(source) if source else replace(place_of(audit.model.name), inside=False)


def expired(audit: AuditRecord) -> list[SuppressionRecord]:
    """List the suppressions that ran out: they fail, whatever gates do."""
    verdict = given(audit.verdict, None)
    return [one for one in verdict.suppressions if one.expired] if verdict else []


def expired_sentence(suppression: SuppressionRecord) -> str:
    """Say that a suppression ran out."""
    what = f"gate {printable(suppression.gate)}" if suppression.gate else "any gate"
    return (
        f"What lets {what} be ran out on {printable(suppression.until)} "
        f"({printable(suppression.reason)})"
    )


def figures(audit: AuditRecord) -> dict[str, Estimate]:
    """Give the figures of an audit by their names: headlines, what attacks and measures left."""
    found = {figure.name: estimate for figure, estimate in headlines(audit).items()}
    for figure, estimate in headlines_right_at_start(audit).items():
        found[f"{figure.name}-right-at-start"] = estimate
    found |= {figure.name: estimate for figure, estimate in headlines_beside(audit).items()}
    for attack in audit.attacks:
        if attack.skipped is None:
            left = attack.accuracy
            name = f"robust-accuracy/{printable(attack.name)}"
            found.setdefault(name, Estimate(left.value, left.low, left.high))
    return found
