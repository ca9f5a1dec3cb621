"""Gates in the cells of a table."""

from typing import Any

import msgspec
import pytest

from robaudit.record.schema.verdict import GateRecord
from robaudit_report.view.gate_table import GateRow, gate_rows
from tests.support.audit_words import render, words
from tests.support.judged import LET_BE, gate, judged


def row(**changes: Any) -> GateRow:
    (one,) = gate_rows([msgspec.convert(gate("inconclusive", **changes), GateRecord)])
    return one


def test_a_gate_is_parted_into_what_was_found_and_what_was_wanted() -> None:
    one = row()
    assert (one.title, one.found, one.interval) == ("Clean accuracy", "90.0%", "88.0% to 92.0%")
    assert (one.wanted, one.baseline, one.until) == ("at least 90%", "", "")


@pytest.mark.parametrize(
    ("changes", "name", "said"),
    [
        ({"error": 0.0125, "looks": 4}, "interval", "88.0% to 92.0% at 98.8%, for up to 4 looks"),
        ({"error": 0.05, "looks": None}, "interval", "88.0% to 92.0%"),
        (
            {"low": None, "high": None, "reason": "one sample"},
            "interval",
            "no interval: one sample",
        ),
        ({"of_class": "worst"}, "title", "Clean accuracy of the worst class"),
        ({"of_class": "cat"}, "title", "Clean accuracy of class cat"),
        ({"metric": "robust-accuracy", "attack": "pgd"}, "title", "Robust accuracy under pgd"),
        ({"metric": "restricted-mean-margin", "threshold": 0.2}, "wanted", "at least 0.2"),
        (
            {"bound": "max-drop", "better": "lower", "threshold": 0.02, "value": 0.05},
            "found",
            "5.0 points",
        ),
        ({"bound": "max-drop", "better": "lower", "threshold": 0.02}, "wanted", "at most 2 points"),
        ({"bound": "max-drop"}, "title", "Loss of clean accuracy"),
        ({"state": "worse", "before": 0.95}, "baseline", "worse"),
        ({"state": "worse", "before": 0.95}, "before", "95.0%"),
        ({"suppressed": LET_BE}, "until", "2030-01-31"),
        ({"suppressed": LET_BE}, "why", "the data is being mended"),
    ],
)
def test_what_else_there_is_to_say_has_a_cell(changes: Any, name: str, said: str) -> None:
    assert getattr(row(**changes), name) == said


def test_notes_say_what_would_decide_it_and_where_it_is_written() -> None:
    notes = row(
        level="warning",
        on_inconclusive="fail",
        source={"file": "robaudit.toml", "line": 12},
        to_decide={
            "samples": 2345,
            "there": 10_000,
            "rays": None,
            "forward_evaluations": None,
            "seconds": None,
        },
    ).notes
    assert notes == [
        "about 2,400 samples would decide it",
        "warns only",
        "inconclusive counts as fail",
        "robaudit.toml, line 12",
    ]


def test_gates_that_failed_come_first(record: Any) -> None:
    gates = [gate(outcome) for outcome in ("passed", "inconclusive", "failed")]
    page = words(render("html", judged(record, *gates)))
    assert "1 failed, 1 inconclusive, 1 passed" in page
    places = [page.index(said) for said in ("✗ failed", "? inconclusive", "✓ passed")]
    assert places == sorted(places)


def test_many_gates_are_folded_away_and_stay_readable(record: Any) -> None:
    gates = [gate("passed", of_class=str(index)) for index in range(25)]
    page = words(render("html", judged(record, *gates)))
    assert "The other 5 gates" in page
    assert all(f"Clean accuracy of class {index} " in page for index in range(25))


def test_columns_are_there_only_where_they_have_something(record: Any) -> None:
    plain = words(render("html", judged(record, gate("passed"))))
    assert "Let be until" not in plain
    assert "Against the baseline" not in plain
    full = gate("failed", state="worse", before=0.95, suppressed=LET_BE)
    page = words(render("html", judged(record, full, let_be=(LET_BE,))))
    assert "Against the baseline Let be until" in page
    assert "worse before 95.0% 2030-01-31 the data is being mended" in page
    assert "accuracy/min any any 2030-01-31 in use the data is being mended" in page


def test_a_suppression_that_has_run_out_is_told_of(record: Any) -> None:
    over = {**LET_BE, "until": "2020-01-31", "expired": True, "used": False}
    page = words(render("html", judged(record, let_be=(over,))))
    assert "Failed: What lets gate accuracy/min be ran out on 2020-01-31" in page
    assert "has run out" in page
