"""The summary of a step: what it says, and that it is a screen at most."""

import re
from typing import Any

from tests.support.audit_words import render
from tests.support.gated import baseline, every_kind, gate, spoilt, suppression, with_gates
from tests.support.report_words import draw


def rows_of(text: str) -> list[list[str]]:
    """Give the cells of the table of gates."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines[2:]]


def test_it_says_verdict_gates_and_what_changed(record: Any) -> None:
    text = render("summary", every_kind(record))
    first = [line for line in text.splitlines() if line][:2]
    assert first[0] == "## robaudit: digits.onnx"
    assert first[1].startswith("**FAIL:** crossing-rate is 0.7, wanted at least 0.9")
    rows = rows_of(text)
    assert rows[0] == [
        *("crossing-rate/min", "failed", "0.7", "0.68 to 0.72", "≥ 0.9", "0.93", "worse")
    ]
    assert [row[1] for row in rows] == [
        *("failed", "failed", "inconclusive", "warning", "let be", "let be", "passed")
    ]
    assert "Baseline: ci/baseline.json (old.onnx)" in text
    assert "Let be until 2030-01-31: any gate (known)" in text
    assert "ran out on 2030-01-31" in text


def test_without_a_baseline_there_is_no_column_of_it(record: Any) -> None:
    text = render("summary", with_gates(record, gate()))
    assert "**PASS:** The gate passed." in text
    assert rows_of(text) == [["accuracy/min", "passed", "0.95", "0.93 to 0.97", "≥ 0.9"]]
    assert "baseline" not in text


def test_why_a_baseline_is_none_is_said(record: Any) -> None:
    other = baseline(comparable=False, missing="other data", why="kept: it is no better")
    text = render("summary", with_gates(record, gate(), baseline=other))
    assert "- other data" in text
    assert "- kept: it is no better" in text


def test_without_gates_it_says_what_stands_out(record: Any) -> None:
    gated = with_gates(record)
    text = render("summary", gated)
    assert "Weakest point: " in text
    for fact in gated["verdict"]["facts"]:
        assert f"- {fact}" in text.replace("\\", "")


def test_it_is_a_screen_at_most(record: Any) -> None:
    gates = [gate(f"accuracy/{i}", "failed" if i % 2 else "passed") for i in range(1000)]
    text = render(
        "summary", with_gates(record, *gates, suppressions=[suppression() for _ in range(50)])
    )
    assert len(text.splitlines()) < 45
    assert "And 985 more gates, of which 500 passed." in text
    assert "- and 495 more" in text
    assert "- and 45 more" in text


def test_hostile_names_stay_text(record: Any) -> None:
    text = render("summary", spoilt(record))
    assert "<b>" not in text
    assert not {"\x00", "\x1b", "\ud800"} & set(text)
    assert not re.search(r"(?<!\\)\[add-mask", text)
    assert all(len(row) == 7 for row in rows_of(text))


def test_of_a_comparison_it_says_what_changed(comparison: Any) -> None:
    text = draw("summary", comparison)
    assert comparison["verdict"][0] in text.replace("\\", "")
    held = with_gates(comparison["after"], gate(outcome="failed"))
    comparison |= {"gates": held["gates"], "judgement": held["verdict"]}
    assert "**FAIL:** accuracy is 0.7" in draw("summary", comparison)
