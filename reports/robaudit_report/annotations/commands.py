"""Workflow commands that make a GitHub runner show gates beside the lines they stand on."""

from collections.abc import Iterator

from robaudit import TextLayout
from robaudit.phrases import printable
from robaudit.record.schema.audit import AuditRecord
from robaudit.record.schema.comparison import ComparisonRecord
from robaudit.record.schema.verdict import Severity
from robaudit_report.view.gates import gate_sentence
from robaudit_report.view.judged import (
    Place,
    expired,
    expired_sentence,
    gate_name,
    gate_place,
    judged,
    suppression_place,
)

_LEVELS: dict[Severity, str] = {
    "fail": "error", "inconclusive": "warning", "warning": "warning", "note": "notice",
}  # fmt: skip
_MOST = 10
"""A step shows no more of each level."""


def render(record: AuditRecord | ComparisonRecord, _layout: TextLayout) -> str:
    """Write a command for each gate that was not passed, worst first."""
    left = {"error": _MOST, "warning": _MOST, "notice": _MOST}
    lines = []
    for level, place, title, sentence in sorted(
        _told(judged(record)), key=lambda told: list(left).index(told[0])
    ):
        if left[level]:
            lines.append(_command(level, place, title, sentence))
        left[level] -= bool(left[level])
    return "".join(f"{line}\n" for line in lines)


def _told(audit: AuditRecord) -> Iterator[tuple[str, Place, str, str]]:
    for gate in audit.gates:
        if severity := gate.severity:
            place, sentence = gate_place(audit, gate), gate_sentence(gate)
            yield _LEVELS[severity], place, gate_name(gate), sentence
    for suppression in expired(audit):
        place = suppression_place(audit, suppression)
        yield "error", place, "suppression", expired_sentence(suppression)


def _command(level: str, place: Place, title: str, sentence: str) -> str:
    about = f"title={_escape_property(f'robaudit: {title}')}"
    if place.inside:
        about = f"file={_escape_property(place.file)},line={place.line},{about}"
    return f"::{level} {about}::{_escape(sentence)}"


def _escape(text: str) -> str:
    r"""Keep a runner from ending the message where it has lines, or reading it as encoded.

    >>> _escape("100%0A")
    '100%250A'
    """
    return printable(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _escape_property(text: str) -> str:
    """Keep a runner from ending a property as well.

    >>> _escape_property("a,line=1::b")
    'a%2Cline=1%3A%3Ab'
    """
    return _escape(text).replace(":", "%3A").replace(",", "%2C")
