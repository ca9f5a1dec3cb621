"""The verdict on a comparison: gates on the audit after, held against the one before."""

from collections.abc import Sequence

from msgspec.structs import replace

from robaudit.comparison.rows import beyond_chance
from robaudit.metrics.gates import Gate
from robaudit.phrases import printable
from robaudit.record.findings import Findings
from robaudit.record.schema.audit import AuditRecord
from robaudit.record.schema.comparison import ComparisonRecord, DifferenceRecord
from robaudit.record.schema.numbers import given
from robaudit.record.schema.verdict import ReasonRecord
from robaudit.verdict.baseline import describe_baseline, evaluate_against
from robaudit.verdict.fold import fold
from robaudit.verdict.sentences import attack_with_budget, class_called, percent
from robaudit.verdict.suppression import suppress
from robaudit.verdict.suppression_file import Suppression

NOTHING_WORSE = "Nothing became worse by more than chance."


def judge_comparison(
    comparison: ComparisonRecord,
    before: Findings,
    after: Findings,
    gates: Sequence[Gate],
    *,
    file: str,
    fail_on_worse: bool = False,
    suppressions: Sequence[Suppression] = (),
) -> ComparisonRecord:
    """Hold the audit after against gates, and against the one before, which lies in ``file``.

    With ``fail_on_worse`` all that the comparison says to be worse by more than chance
    fails. Without either there is no verdict to be had. ``suppressions`` let gates be.

    Raises UsageError for a gate on what was not measured.
    """
    if not gates and not fail_on_worse:
        return replace(comparison, gates=[], judgement=None)
    held = evaluate_against(gates, after, before) if gates else []
    worse = worsenings(comparison) if fail_on_worse else []
    held, let_be = suppress(held, suppressions, after.audit_record.model.name)
    baseline = describe_baseline(file, before, after)
    verdict = fold(after.audit_record, held, let_be, baseline, worse)
    if fail_on_worse and not worse and verdict.outcome in (None, "pass"):
        said = f"{verdict.sentence} {NOTHING_WORSE}" if held else NOTHING_WORSE
        verdict = replace(verdict, outcome="pass", sentence=said)
    return replace(comparison, gates=held, judgement=verdict)


def worsenings(comparison: ComparisonRecord) -> list[ReasonRecord]:
    """Say what became worse by more than chance: surest first."""
    rows = [row for row in comparison.differences if beyond_chance(row) == "worse"]
    rows.sort(key=lambda row: given(row.p_adjusted, None) or 0.0)
    return [
        ReasonRecord(severity="fail", sentence=_sentence(row, comparison.before)) for row in rows
    ]


def _sentence(row: DifferenceRecord, record: AuditRecord) -> str:
    of = "" if row.class_index is None else f" of {class_called(record, row.class_index)}"
    if row.attack is not None:
        of += f" under {attack_with_budget(record.attacks[row.attack])}"
    before, after = (
        "no number" if value is None else percent(value) if row.unit == "share" else f"{value:.3f}"
        for value in (row.before, row.after)
    )
    chance = given(row.p_adjusted, None) or row.p_value or 0.0
    return (
        f"{printable(row.title)}{of} became worse by more than chance: {before} before and "
        f"{after} after (p = {chance:.2g}, allowing for all that was compared)"
    )
