"""What a pull request, or the summary of a step, needs: a screen at most of Markdown."""

from collections.abc import Iterator, Sequence

from robaudit import TextLayout
from robaudit.phrases import called, printable
from robaudit.record.schema.audit import AuditRecord
from robaudit.record.schema.comparison import ComparisonRecord
from robaudit.record.schema.numbers import given
from robaudit.record.schema.verdict import GateRecord, VerdictRecord
from robaudit_report.markdown.audit import escape, table
from robaudit_report.view import audit as audit_view
from robaudit_report.view import comparison as comparison_view
from robaudit_report.view.gates import gate_sentence, verdict_line
from robaudit_report.view.judged import gate_name, judged

_MOST_GATES, _MOST_SENTENCES, _LONGEST = 15, 5, 300
_MARKS = {"fail": "failed", "inconclusive": "inconclusive", "warning": "warning", "note": "let be"}
_ORDER = [*_MARKS, None]


def render(record: AuditRecord | ComparisonRecord, _layout: TextLayout) -> str:
    """Write the verdict, the gates, and what changed against the baseline."""
    return "\n".join(_lines(record)) + "\n"


def _lines(record: AuditRecord | ComparisonRecord) -> Iterator[str]:
    audit = judged(record)
    outcome, sentence = verdict_line(audit)
    yield f"## robaudit: {_text(audit.model.name)}"
    yield ""
    if sentence:
        yield f"**{outcome.upper()}:** {_text(sentence)}" if outcome else _text(sentence)
        yield ""
    if said := audit_view.stopped_in(audit):
        yield from (f"**{said}**", "")
    if isinstance(record, ComparisonRecord):
        for said in (comparison_view.outcome(record), comparison_view.verdict(record)):
            yield from (_text(said), "") if said else ()
    verdict = given(audit.verdict, None)
    if verdict is not None:
        yield from _told(verdict, with_facts=not audit.gates)
    yield from _gates(audit.gates, sentence)
    if verdict is not None:
        yield from _bearing(verdict)
    what = called(audit.data.image_shape)
    yield f"{audit.data.samples:,} {what} of {_text(audit.data.source)}, {_version(audit)}"


def _told(verdict: VerdictRecord, *, with_facts: bool) -> Iterator[str]:
    """Give the reasons that are no gate's, and without gates what stands out."""
    sentences = [reason.sentence for reason in verdict.reasons if reason.gate is None]
    yield from _list([*sentences, *(verdict.facts if with_facts else [])])


def _gates(gates: Sequence[GateRecord], said: str) -> Iterator[str]:
    """Give the table of gates, worst first, and what the verdict has not ``said`` of them."""
    if not gates:
        return
    ordered = sorted(gates, key=lambda gate: _ORDER.index(gate.severity))
    baseline = any(given(gate.state, None) is not None for gate in gates)
    header = ["gate", "outcome", "figure", "interval", "threshold"]
    header += ["baseline", "against it"] if baseline else []
    yield from table(header, [_row(gate, baseline=baseline) for gate in ordered[:_MOST_GATES]])
    if len(gates) > _MOST_GATES:
        left = ordered[_MOST_GATES:]
        passed = sum(gate.severity is None for gate in left)
        yield f"And {len(left)} more gates, of which {passed} passed."
        yield ""
    worst = [gate for gate in ordered if gate.severity not in (None, "note")]
    if len(worst) > 1 or not all(gate_sentence(gate) in said for gate in worst):
        yield from _list([gate_sentence(gate) for gate in worst])


def _row(gate: GateRecord, *, baseline: bool) -> list[str]:
    interval = "none" if gate.low is None else f"{_number(gate.low)} to {_number(gate.high)}"
    row = [
        _short(gate_name(gate)),
        _MARKS[gate.severity] if gate.severity else "passed",
        _number(gate.value),
        interval,
        f"{'≥' if gate.better == 'higher' else '≤'} {_number(gate.threshold)}",
    ]
    if baseline:
        row += [_number(given(gate.before, None)), given(gate.state, None) or ""]
    return row


def _bearing(verdict: VerdictRecord) -> Iterator[str]:
    """Give the baseline, what is let be, and what the figures hold under."""
    said = []
    baseline = verdict.baseline
    if baseline is not None:
        said.append(f"Baseline: {baseline.file} ({baseline.model})")
        said += [why for why in (baseline.missing, baseline.why) if why]
    said += [
        f"Let be until {one.until}: {one.gate or 'any gate'} ({one.reason})"
        for one in verdict.suppressions
        if not one.expired
    ]
    said += [f"Condition: {condition}" for condition in verdict.conditions]
    yield from _list(said)


def _list(listed: Sequence[str]) -> Iterator[str]:
    for sentence in listed[:_MOST_SENTENCES]:
        yield f"- {_text(sentence)}"
    if len(listed) > _MOST_SENTENCES:
        yield f"- and {len(listed) - _MOST_SENTENCES} more"
    yield from [""] if listed else ()


def _version(audit: AuditRecord) -> str:
    packages = audit.environment.packages
    return _text(f"robaudit {packages.get('robaudit', '')}, {audit.environment.created}")


def _text(text: str) -> str:
    return escape(_short(text))


def _short(text: str) -> str:
    printed = printable(text)
    return printed if len(printed) <= _LONGEST else f"{printed[: _LONGEST - 1]}…"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4g}"
