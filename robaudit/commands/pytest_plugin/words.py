"""What a test says of a verdict: a message, figures, warnings."""

import re
from collections.abc import Iterator
from typing import cast

from robaudit.commands.evaluation import to_decide
from robaudit.errors import RobauditError
from robaudit.phrases import printable
from robaudit.record.schema.audit import AuditRecord
from robaudit.record.schema.numbers import given
from robaudit.record.schema.verdict import GateRecord, VerdictRecord
from robaudit.verdict.fold import severity_of


def verdict_of(record: AuditRecord) -> VerdictRecord:
    """Give the verdict of a record that was judged."""
    return cast("VerdictRecord", record.verdict)


def message(record: AuditRecord) -> str:
    """Say what the verdict is and why, in a line for each reason, worst first."""
    verdict = verdict_of(record)
    gates = {given(gate.name, ""): gate for gate in record.gates if severity_of(gate)}
    lines = []
    for reason in verdict.reasons:
        if reason.severity != "note":
            gate = gates.get(reason.gate or "")
            lines.append(f"{reason.severity}: {reason.sentence}{to_decide(gate) if gate else ''}")
    first, *others = lines or [f"{verdict.outcome}: {verdict.sentence}"]
    others += [f"under: {condition}" for condition in verdict.conditions]
    return "\n".join(map(printable, (f"robaudit: {record.model.name}: {first}", *others)))


def in_python(error: RobauditError) -> RobauditError:
    """Make the same error in words of Python, where it speaks of options of the command.

    >>> str(in_python(RobauditError("argument --search-samples: 'x'", expected="--data FILE")))
    "search_samples: 'x'; expected data"
    """
    said = (_pythonic(words) for words in (error.found, error.expected, error.advice))
    found, expected, advice = said
    return type(error)(found, expected=expected, advice=advice)


_FLAG = re.compile(r"(?:argument )?(?<![\w-])--([a-z][a-z-]*)(?: [A-Z]+\b)?")


def _pythonic(words: str) -> str:
    words = words.replace("See robaudit scan --help.", "").strip()
    return _FLAG.sub(lambda flag: flag[1].replace("-", "_"), words)


def warnings(record: AuditRecord) -> list[str]:
    """Say which gates warn and fail nothing."""
    reasons = verdict_of(record).reasons
    name = record.model.name
    return [
        printable(f"robaudit: {name}: {reason.sentence}")
        for reason in reasons
        if reason.severity == "warning"
    ]


def properties(record: AuditRecord) -> list[tuple[str, object]]:
    """Give the verdict and the figures of all gates, by name, for the test to report."""
    verdict = verdict_of(record)
    found: list[tuple[str, object]] = [
        ("robaudit.model", record.model.name),
        ("robaudit.verdict", verdict.outcome),
    ]
    for gate in record.gates:
        found += _figures(gate)
    return [(name, value) for name, value in found if value is not None]


def _figures(gate: GateRecord) -> Iterator[tuple[str, object]]:
    name = f"robaudit.{given(gate.name, gate.metric)}"
    if given(gate.level, "error") == "warning":
        name += "/warning"
    yield name, gate.value
    yield f"{name}.low", gate.low
    yield f"{name}.high", gate.high
    yield f"{name}.threshold", gate.threshold
    yield f"{name}.outcome", gate.outcome
