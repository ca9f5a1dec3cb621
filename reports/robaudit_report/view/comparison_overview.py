"""The head of the page of a comparison: what was gained beside what it cost, and what got worse."""

from robaudit.phrases import printable
from robaudit.record.schema.comparison import ComparisonRecord, DifferenceRecord
from robaudit.record.schema.numbers import given
from robaudit.record.schema.verdict import GateRecord, VerdictRecord
from robaudit_report.view import attacks as attack_view
from robaudit_report.view import audit as view
from robaudit_report.view import comparison as comparison_view
from robaudit_report.view import hardening as hardening_view
from robaudit_report.view import overview
from robaudit_report.view.changes import WORSE, is_clear, make_change, mark
from robaudit_report.view.overview import Fact, Overview

MOST_FACTS = 3
_MARGIN, _ACCURACY = "restricted-mean-margin", "accuracy"


def head(comparison: ComparisonRecord) -> Overview:
    """Give the head of the page of a comparison."""
    before, after = comparison.before, comparison.after
    hardened = comparison.hardening is not None
    warnings = comparison_view.warnings(comparison)
    verdict = judgement(comparison)
    outcome = (verdict.outcome or "") if verdict else ""
    said = [gain_and_cost(comparison), printable(verdict.sentence) if verdict and outcome else ""]
    conditions = dict.fromkeys([*overview.conditions(before), *overview.conditions(after)])
    return Overview(
        kicker="Hardening: before and after" if hardened else "Comparison of two audits",
        title=comparison_view.title(comparison),
        outcome=outcome,
        label=outcome,
        sentence=Fact(" ".join(filter(None, said)), "", ""),
        more=comparison_view.outcome(comparison),
        facts=facts(comparison),
        about=of_both(overview.about(before), overview.about(after)),
        conditions=list(conditions),
        cautions=overview.cautions(len(warnings)),
    )


def judgement(comparison: ComparisonRecord) -> VerdictRecord | None:
    """Give what the gates on a comparison come to; ``None`` where nobody judged it."""
    return given(comparison.judgement, None)


def gates(comparison: ComparisonRecord) -> list[GateRecord]:
    """List the gates that a comparison was held against."""
    return given(comparison.gates, [])


def gain_and_cost(comparison: ComparisonRecord) -> str:
    """Say in one sentence how margins, clean accuracy and robust accuracy changed.

    Robust accuracy is that under the adversary that leaves least, of those that ran on both.
    Of a hardening the class that lost most accuracy is named beside them. Nothing is said where
    the original was given back.
    """
    hardening = comparison.hardening
    if hardening is not None and hardening.kept is None:
        return ""
    rows = [_of_model(comparison, _MARGIN), _of_model(comparison, _ACCURACY)]
    changes = [_change(row, row.title) for row in rows if row is not None]
    worst = _strongest(comparison)
    if worst is not None:
        changes.append(_change(worst, f"accuracy under {_attack(comparison, worst)}"))
    price = _price(comparison) if hardening is not None else None
    if price is not None:
        name = view.class_name(comparison.before, price.class_index or 0)
        changes.append(_change(price, f"accuracy of class {name}, which lost most,"))
    if not changes:
        return ""
    sentence = "; ".join(changes)
    return f"{sentence[0].upper()}{sentence[1:]}."


def facts(comparison: ComparisonRecord) -> list[Fact]:
    """List what became clearly worse, the largest losses first, and of how many classes."""
    worse = [row for row in comparison.differences if mark(row) == WORSE and not _whole(row)]
    worse.sort(key=_lost, reverse=True)
    listed = [_fact(comparison, row) for row in worse[: MOST_FACTS - 1]]
    count = comparison_view.count_of_classes(comparison)
    if not worse:
        listed.append(Fact("No class, and no attack, is clearly worse after than before.", "", ""))
    return [*listed, *([overview.parted(count)] if count else [])]


def of_both(before: list[tuple[str, str]], after: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Say of two audits what is said of each, once where it is the same of both."""
    listed = []
    for (name, was), (_, now) in zip(before, after, strict=True):
        same = was == now
        listed += [(name, was)] if same else [(f"{name} before", was), (f"{name} after", now)]
    return listed


def _of_model(comparison: ComparisonRecord, name: str) -> DifferenceRecord | None:
    return next((row for row in comparison.differences if row.name == name and _whole(row)), None)


def _price(comparison: ComparisonRecord) -> DifferenceRecord | None:
    """Give the accuracy of the class that lost most, if any lost some."""
    lost = [
        row
        for row in comparison.differences
        if row.class_index is not None and row.name == _ACCURACY and (row.difference or 0) < 0
    ]
    return min(lost, key=lambda row: row.difference or 0.0, default=None)


def _whole(row: DifferenceRecord) -> bool:
    return row.class_index is None and row.attack_name is None


def _strongest(comparison: ComparisonRecord) -> DifferenceRecord | None:
    attacks = comparison.before.attacks
    rows = [
        row
        for row in comparison.differences
        if row.attack is not None and attacks[row.attack].is_adversary and row.after is not None
    ]
    return min(rows, key=lambda row: row.after or 0.0, default=None)


def _attack(comparison: ComparisonRecord, row: DifferenceRecord) -> str:
    if row.attack is None:
        return printable(row.attack_name or "an attack")
    attack = comparison.before.attacks[row.attack]
    seen = hardening_view.trained_on(comparison.hardening, attack.name)
    return f"{printable(attack.title)} ({attack_view.budget(attack)}{seen})"


def _change(row: DifferenceRecord, title: str) -> str:
    """Say how a figure went, and by how much."""
    change = make_change(row)
    title = title[:1].lower() + title[1:]
    if row.difference is None:
        return printable(f"{title} is not known ({change.missing})")
    numbers = f"{change.before} to {change.after}"
    interval = f"{change.difference}, {change.interval}" if change.bounds else change.difference
    if is_clear(row):
        went = "rose" if row.difference > 0 else "fell"
        return printable(f"{title} {went} from {numbers} ({interval})")
    return printable(f"{title} did not clearly change, {numbers} ({interval})")


def _lost(row: DifferenceRecord) -> float:
    """Give what share of what there was is lost, to rank by."""
    return abs(row.difference or 0.0) / abs(row.before) if row.before else 0.0


def _fact(comparison: ComparisonRecord, row: DifferenceRecord) -> Fact:
    change = make_change(row)
    if row.class_index is not None:
        name = view.class_name(comparison.before, row.class_index)
        start = f"Class {name}: {change.title[:1].lower()}{change.title[1:]}"
    else:
        start = f"Accuracy under {_attack(comparison, row)}"
    end = f", {change.before} to {change.after} ({change.interval})"
    return Fact(f"{start} ", change.difference, end)
