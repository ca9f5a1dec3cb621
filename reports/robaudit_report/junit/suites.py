"""A suite a model, a case a gate, in the XML that JUnit made common.

There is no standard of it: this is what GitLab, Jenkins and GitHub's actions read.
"""

from collections.abc import Iterator, Mapping
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from robaudit import TextLayout
from robaudit.phrases import printable
from robaudit.record.schema.audit import AuditRecord
from robaudit.record.schema.comparison import ComparisonRecord
from robaudit.record.schema.numbers import given
from robaudit.record.schema.verdict import GateRecord
from robaudit_report.view.gates import gate_sentence
from robaudit_report.view.judged import (
    Place,
    expired,
    expired_sentence,
    figures,
    gate_name,
    gate_place,
    judged,
    numbered,
    suppression_place,
)
from robaudit_report.view.rules import EXPIRED, title


def render(record: AuditRecord | ComparisonRecord, _layout: TextLayout) -> str:
    """Write a suite of the gates that a model was held against.

    Those cases fail that make the verdict fail; what does not decide it is skipped, with
    what there is to say of it.
    """
    suite = _suite(judged(record))
    root = Element("testsuites", {"name": "robaudit", **_counts(suite)})
    root.append(suite)
    indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{tostring(root, encoding="unicode")}\n'


def _suite(audit: AuditRecord) -> Element:
    # What a parser of XML refuses, `printable` replaces; the rest is escaped as it is written.
    seconds = f"{sum(audit.environment.seconds.values()):.3f}"
    suite = Element("testsuite", {"name": printable(audit.model.name), "time": seconds})
    _write_properties(suite, dict(_of_audit(audit)))
    for gate, number in zip(audit.gates, numbered(audit.gates), strict=True):
        _write_case(suite, audit, gate, number)
    for suppression in expired(audit):
        about = f" of {printable(suppression.gate)}" if suppression.gate else ""
        case = _case(suite, f"{EXPIRED}{about}", suppression_place(audit, suppression))
        said = expired_sentence(suppression)
        SubElement(case, "failure", {"message": said, "type": "suppression"}).text = said
    suite.attrib |= _counts(suite)
    suite.set("timestamp", printable(audit.environment.created).removesuffix("+00:00"))
    return suite


def _counts(suite: Element) -> dict[str, str]:
    return {
        "tests": str(len(suite.findall("testcase"))),
        "failures": str(len(suite.findall("testcase/failure"))),
        "errors": "0",
        "skipped": str(len(suite.findall("testcase/skipped"))),
        "time": suite.get("time", "0"),
    }


def _write_case(suite: Element, audit: AuditRecord, gate: GateRecord, number: int) -> None:
    name = gate_name(gate) + (f" ({number + 1})" if number else "")
    case = _case(suite, name, gate_place(audit, gate))
    _write_properties(case, dict(_of_gate(gate)))
    severity, sentence = gate.severity, gate_sentence(gate)
    if severity == "fail":
        failure = SubElement(case, "failure", {"message": sentence, "type": gate.outcome})
        failure.text = "\n".join([sentence, *_figure_lines(gate)])
    elif severity is not None:
        SubElement(case, "skipped", {"message": f"{_why_skipped(gate)}: {sentence}"})


def _case(suite: Element, name: str, place: Place) -> Element:
    about = {"classname": f"robaudit.{suite.get('name')}", "name": name}
    if place.inside:
        about |= {"file": place.file, "line": str(place.line)}
    return SubElement(suite, "testcase", about)


def _why_skipped(gate: GateRecord) -> str:
    suppressed = given(gate.suppressed, None)
    if suppressed is not None:
        return f"let be until {printable(suppressed.until)} ({printable(suppressed.reason)})"
    return "inconclusive" if gate.outcome == "inconclusive" else "warning"


def _figure_lines(gate: GateRecord) -> Iterator[str]:
    """Give figure, interval and threshold as the record has them."""
    side = "at least" if gate.better == "higher" else "at most"
    yield f"{title(printable(gate.metric))}: {_number(gate.value)}"
    yield f"interval: {_number(gate.low)} to {_number(gate.high)}"
    yield f"threshold: {side} {_number(gate.threshold)}"
    before = given(gate.before, None)
    if before is not None:
        yield f"baseline: {_number(before)}"


def _number(value: float | None) -> str:
    return "none" if value is None else f"{value:.6g}"


def _of_gate(gate: GateRecord) -> Iterator[tuple[str, object]]:
    for name in ("outcome", "value", "low", "high", "threshold", "better", "state", "before"):
        value = given(getattr(gate, name), None)
        if value is not None:
            yield name, value


def _of_audit(audit: AuditRecord) -> Iterator[tuple[str, object]]:
    verdict = given(audit.verdict, None)
    if verdict is not None:
        yield "verdict", verdict.outcome or "none"
        yield "sentence", verdict.sentence
        for number, condition in enumerate(verdict.conditions, 1):
            yield f"condition.{number}", condition
    yield "model.sha256", audit.model.sha256
    yield "data", audit.data.source
    yield "data.sha256", audit.data.sha256
    yield "created", audit.environment.created
    yield "robaudit", audit.environment.packages.get("robaudit", "")
    for name, figure in figures(audit).items():
        for part, value in (("", figure.value), (".low", figure.low), (".high", figure.high)):
            if value is not None:
                yield f"{name}{part}", value


def _write_properties(element: Element, values: Mapping[str, object]) -> None:
    properties = SubElement(element, "properties")
    for name, value in values.items():
        about = {"name": printable(name), "value": printable(str(value))}
        SubElement(properties, "property", about)
