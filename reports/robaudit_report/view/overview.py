"""What a busy reader needs first: the verdict, the worst facts, and what they hold of."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from robaudit.phrases import called, printable
from robaudit.record.schema.audit import AuditRecord
from robaudit.record.schema.numbers import given
from robaudit_report.view import attacks as attack_view
from robaudit_report.view import audit as view
from robaudit_report.view import gates, summary

_DIGITS_OF_DIGEST = 12
_FIGURE = re.compile(r"(?<![\w.])\d[\d.,]*%|(?<=\bis )\d+\.\d+")


@dataclass(frozen=True)
class Fact:
    """A sentence in three parts, the number that it is about in the middle; it may be empty."""

    start: str
    number: str
    end: str


@dataclass(frozen=True)
class Overview:
    """What stands at the head of a page; what there is not is empty.

    ``outcome`` is pass, fail or inconclusive, ``label`` says it in words, or why there is none,
    ``sentence`` says why, and ``more`` what else there is to say at once.
    """

    kicker: str
    title: str
    outcome: str
    label: str
    sentence: Fact
    more: str
    facts: Sequence[Fact]
    about: Sequence[tuple[str, str]]
    conditions: Sequence[str]
    cautions: str


def overview(record: AuditRecord) -> Overview:
    """Give the head of the page of an audit; one that nobody judged is summed up instead."""
    outcome, sentence = gates.verdict_line(record)
    return Overview(
        kicker="Robustness audit",
        title=view.title(record),
        outcome=outcome,
        label=(outcome or "no gates") if sentence else "",
        sentence=parted(sentence),
        more="" if sentence else summary.verdict(record),
        facts=facts(record),
        about=about(record),
        conditions=conditions(record),
        cautions=cautions(len(record.warnings)),
    )


def facts(record: AuditRecord) -> list[Fact]:
    """List what stands out of an audit and is not its verdict already, worst first."""
    verdict = given(record.verdict, None)
    said = verdict.facts if verdict else []
    return [parted(fact) for fact in said if verdict and fact not in verdict.sentence]


def parted(sentence: str) -> Fact:
    """Part a sentence at the first share, or the first number that something is.

    >>> parted("PGD at 0.3 leaves 12% of 100 images (7% to 19.8%)")
    Fact(start='PGD at 0.3 leaves ', number='12%', end=' of 100 images (7% to 19.8%)')
    """
    sentence = printable(sentence)
    found = _FIGURE.search(sentence)
    if found is None:
        return Fact(sentence, "", "")
    return Fact(sentence[: found.start()], found.group(), sentence[found.end() :])


def conditions(record: AuditRecord) -> list[str]:
    """List what the figures hold under; records that nobody judged say nothing of it."""
    verdict = given(record.verdict, None)
    return [printable(condition) for condition in verdict.conditions] if verdict else []


def cautions(count: int) -> str:
    """Say how many things there are to know before figures are trusted; nothing of none."""
    return f"{count} to know of, below the first figures" if count else ""


def about(record: AuditRecord) -> list[tuple[str, str]]:
    """Say of which model and data an audit is, when it was made, and by which version."""
    return [
        ("Model", model(record)),
        ("Data", data(record)),
        ("Date", date(record)),
        ("Version", version(record)),
    ]


def model(record: AuditRecord) -> str:
    """Say what a model is, beside its name: adapter, classes, and the start of its digest."""
    of = record.model
    parts = [of.adapter, f"{of.classes:,} classes"]
    if of.sha256:
        parts.append(f"SHA-256 {of.sha256[:_DIGITS_OF_DIGEST]}")
    return printable(", ".join(parts))


def data(record: AuditRecord) -> str:
    """Say what an audit was made on, and how much of it was searched and attacked."""
    of = record.data
    source = printable(of.source + (f", {of.split}" if of.split else ""))
    looked_at = f"{record.plan.samples:,} searched"
    if record.attacks:
        looked_at += f", {attack_view.plan(record).samples:,} attacked"
    return f"{source}: {of.samples:,} {called(of.image_shape)}, {looked_at}"


def date(record: AuditRecord) -> str:
    """Say when an audit was made, to the minute."""
    created = record.environment.created
    try:
        moment = datetime.fromisoformat(created)
    except ValueError:
        return printable(created)
    if moment.tzinfo is None:
        return f"{moment:%Y-%m-%d %H:%M}"
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def version(record: AuditRecord) -> str:
    """Say by which version an audit was made."""
    return f"robaudit {printable(record.environment.packages.get('robaudit', 'not known'))}"


def command(record: AuditRecord) -> str:
    """Give the command that repeats an audit; nothing for one that no command made."""
    return printable(given(record.environment.command, None) or "")
