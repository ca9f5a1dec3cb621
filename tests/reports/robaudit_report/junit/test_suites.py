"""JUnit's XML, read back by a reader of it."""

from typing import Any
from xml.etree import ElementTree

import pytest

from tests.support.audit_words import render
from tests.support.gated import FILE, every_kind, gate, spoilt, with_gates
from tests.support.report_words import draw

junitparser = pytest.importorskip("junitparser", reason="reading JUnit needs junitparser")


def suite_of(text: str) -> Any:
    """Read XML and give its one suite."""
    read = junitparser.JUnitXml.fromstring(text.encode())
    (suite,) = list(read)
    for both in (read, suite):
        assert (both.tests, both.failures, both.skipped, both.errors) == (
            len(list(suite)),
            sum(case.is_failure for case in suite),
            sum(case.is_skipped for case in suite),
            0,
        )
    return suite


def test_each_gate_is_a_case(record: Any) -> None:
    suite = suite_of(render("junit", every_kind(record)))
    assert suite.name == "digits.onnx"
    assert suite.time > 0
    told = [
        (case.name, "failed" if case.is_failure else "skipped" if case.is_skipped else "passed")
        for case in suite
    ]
    assert told == [
        ("accuracy/min", "passed"),
        ("crossing-rate/min", "failed"),
        ("robust-accuracy/pgd/min", "skipped"),
        ("worst-class-margin/min", "skipped"),
        ("accuracy/min (2)", "skipped"),
        ("restricted-mean-margin/min", "failed"),
        ("accuracy/class-7/min", "skipped"),
        ("suppression/expired of accuracy/min", "failed"),
    ]
    assert {case.classname for case in suite} == {"robaudit.digits.onnx"}


def test_cases_say_what_was_found_and_what_was_wanted(record: Any) -> None:
    _, failed, undecided, let_be, warns, *_ = suite_of(render("junit", every_kind(record)))
    (failure,) = failed.result
    assert failure.message == "crossing-rate is 0.7, wanted at least 0.9"
    assert failure.text.splitlines()[1:] == [
        "Crossing rate: 0.7",
        "interval: 0.68 to 0.72",
        "threshold: at least 0.9",
        "baseline: 0.93",
    ]
    messages = [case.result[0].message for case in (undecided, let_be, warns)]
    assert messages == [
        "inconclusive: robust-accuracy is 0.91, wanted at least 0.9",
        "let be until 2030-01-31 (known): worst-class-margin is 0.7, wanted at least 0.9",
        "warning: accuracy is 0.7, wanted at least 0.9",
    ]


def test_figures_are_properties(record: Any) -> None:
    text = render("junit", every_kind(record))
    root = ElementTree.fromstring(text)
    suite = root.find("testsuite")
    case = root.findall("testsuite/testcase")[1]
    assert suite is not None
    found, of_case = (
        {one.get("name"): one.get("value") for one in element.findall("properties/property")}
        for element in (suite, case)
    )
    assert found["accuracy"] == str(record["clean"]["accuracy"]["value"])
    assert found["verdict"] == "fail"
    assert found["model.sha256"] == record["model"]["sha256"]
    assert of_case["value"] == "0.7"
    assert (of_case["threshold"], of_case["state"], of_case["before"]) == ("0.9", "worse", "0.93")
    assert (case.get("file"), case.get("line")) == (FILE, "3")


@pytest.mark.parametrize("outcome", ["pass", "fail", "inconclusive"])
def test_cases_fail_exactly_where_the_verdict_does(record: Any, outcome: str) -> None:
    found = {"pass": "passed", "fail": "failed", "inconclusive": "inconclusive"}[outcome]
    gated = with_gates(record, gate(), gate("crossing-rate", found))
    assert gated["verdict"]["outcome"] == outcome
    suite = suite_of(render("junit", gated))
    assert bool(suite.failures) == (outcome == "fail")
    assert bool(suite.skipped) == (outcome == "inconclusive")


def test_without_gates_there_are_no_cases(record: Any) -> None:
    assert suite_of(render("junit", record)).tests == 0


def test_hostile_names_neither_break_nor_leave_what_they_stand_in(record: Any) -> None:
    text = render("junit", spoilt(record))
    assert not {"\x00", "\x1b", "\ud800", "\ufffe"} & set(text)
    suite = suite_of(text)
    assert suite.tests == 8
    assert suite.name.startswith('<b>&"]]>\ufffd[2J')


def test_of_a_comparison_the_gates_of_the_model_after_are_told(comparison: Any) -> None:
    held = every_kind(comparison["after"])
    comparison |= {"gates": held["gates"], "judgement": held["verdict"]}
    suite = suite_of(draw("junit", comparison))
    assert suite.tests == 8
    assert suite.name == comparison["after"]["model"]["name"]
