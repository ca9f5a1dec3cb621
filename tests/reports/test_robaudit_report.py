"""The reports that come with robaudit: what all of them say, in which order, and how they load."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

import pytest

from robaudit.errors import RecordError
from robaudit.record import check_record
from tests.support.audit_words import render
from tests.support.gated import gate, with_gates
from tests.support.report_words import FORMATS, draw, words
from tests.support.schemas import validate


def test_all_reports_give_the_same_figures(record: Any) -> None:
    margins = record["margins"]
    wanted = [
        f"{100 * record['clean']['accuracy']['value']:.1f}%",
        f"{margins['restricted_mean']['value']:.3f}",
        f"{100 * margins['crossing_rate']['value']:.1f}%",
        f"{record['inequality']['model_robustness']:.2f}",
        *[f"{one['restricted_mean']['value']:.3f}" for one in margins["per_class"]],
    ]
    for name in ("html", "text", "markdown"):
        text = render(name, record)
        for figure in wanted:
            assert figure in text, (name, figure)


UNSEEN = "\u202e\u2066\u200b\ufeff\u3164\u115f\u2800\U000e0041\U000e0101\x1b\x9b"


def texts(value: Any) -> Iterator[tuple[Any, Any]]:
    """Find all texts of a record: what holds each, and by which key."""
    for key, item in list(value.items() if isinstance(value, dict) else enumerate(value)):
        if isinstance(item, str):
            yield value, key
        elif isinstance(item, dict | list):
            yield from texts(item)


@pytest.mark.parametrize("kind", ["audit", "comparison"])
def test_nothing_that_cannot_be_seen_gets_into_a_report(
    attacked: Any, comparison: Any, kind: str
) -> None:
    """Whatever text of a record it stands in, as far as the schema lets it."""
    record, spoilt = with_gates(attacked, gate(outcome="failed")), 0
    if kind == "comparison":
        held = {"gates": record["gates"], "judgement": record["verdict"]}
        record = {**comparison, **held}
    for holder, key in texts(record):
        text = holder[key]
        holder[key] = f"{text}{UNSEEN}"
        try:
            check_record(record)
            spoilt += 1
        except RecordError:
            holder[key] = text
    assert spoilt > 80
    for name in ("html", "text", "markdown", "summary", "sarif", "junit", "annotations"):
        report = draw(name, record) if kind == "comparison" else render(name, record)
        if name == "sarif":  # which has no letters that are not ASCII as they are
            report = json.dumps(json.loads(report), ensure_ascii=False)
        assert not set(UNSEEN) & set(report), name
        assert "\ufffd" in unquote(report)


def test_the_json_report_is_the_comparison(comparison: Any) -> None:
    assert json.loads(draw("json", comparison)) == comparison


@pytest.mark.parametrize("name", FORMATS)
def test_outcome_and_verdict_come_first_and_warnings_follow(name: str, comparison: Any) -> None:
    comparison["before"]["warnings"] = ["Both are small.", "Only this one is grey."]
    comparison["after"]["warnings"] = ["Both are small."]
    comparison["warnings"] = ["The preprocessing differs."]
    report = words(draw(name, comparison))
    order = [
        "weak.onnx → digits.onnx",
        comparison["hardening"]["outcome"],
        *comparison["verdict"],
        "The preprocessing differs.",
        "Before and after: Both are small.",
        "Before: Only this one is grey.",
        "Restricted mean margin",
    ]
    at = [report.index(text) for text in order[:-1]]
    at.append(report.index(order[-1], at[-1]))
    assert at == sorted(at)


@pytest.mark.parametrize("name", FORMATS)
def test_parts_without_content_are_left_out(name: str, plain: Any) -> None:
    report = words(draw(name, plain))
    for heading in ("Attacks", "Spread over", "Training", "given back", "Chosen"):
        assert heading not in report
    nothing = {**plain, "differences": [], "class_centers": [], "verdict": []}
    validate(nothing)
    report = words(draw(name, nothing))
    for heading in ("Classes that changed", "Which classes", "Class centres", "Figure", "| figure"):
        assert heading not in report
