"""Annotations, as a runner of GitHub reads them."""

import re
from typing import Any

import pytest

from robaudit.phrases import printable
from tests.support.audit_words import render
from tests.support.gated import FILE, HOSTILE, every_kind, gate, spoilt, with_gates


def read_command(line: str) -> tuple[str, dict[str, str], str] | None:
    """Read a line as a runner does: a command, its properties and its message, or none.

    Commands stand at the start of a line behind blanks, or anywhere in brackets.
    """
    found = re.match(r"::([\w-]+)( [^\r\n]*?)?::(.*)$", line.lstrip())
    if found is None:
        old = re.search(r"##\[([\w-]+)[^\]]*\](.*)$", line)
        return old and (old[1], {}, old[2])
    pairs = (pair.partition("=") for pair in (found[2] or "").strip().split(",") if pair)
    properties = {name: decoded(value) for name, _, value in pairs}
    return found[1], properties, decoded(found[3])


def decoded(text: str) -> str:
    for code, char in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
        text = text.replace(code, char)
    return text


def test_gates_are_told_of_beside_the_lines_they_stand_on(record: Any) -> None:
    told = [read_command(line) for line in render("annotations", every_kind(record)).splitlines()]
    assert [one and one[0] for one in told] == [*["error"] * 3, *["warning"] * 2, *["notice"] * 2]
    assert told[0] == (
        "error",
        {"file": FILE, "line": "3", "title": "robaudit: crossing-rate/min"},
        "crossing-rate is 0.7, wanted at least 0.9",
    )
    assert told[4] is not None
    assert told[4][1]["file"] == "models/digits.onnx"


def test_nothing_is_told_of_gates_that_were_passed(record: Any) -> None:
    assert render("annotations", with_gates(record, gate())) == ""
    assert render("annotations", record) == ""


def test_no_more_are_told_than_are_shown(record: Any) -> None:
    gates = [gate(outcome="inconclusive") for _ in range(12)]
    gates += [gate(outcome="failed") for _ in range(12)]
    levels = [line[:7] for line in render("annotations", with_gates(record, *gates)).splitlines()]
    assert levels == ["::error"] * 10 + ["::warni"] * 10


def test_names_cannot_give_orders(record: Any) -> None:
    lines = render("annotations", spoilt(record)).splitlines()
    assert len(lines) == 7
    for line in lines:
        command = read_command(line)
        assert command is not None
        assert command[0] in ("error", "warning", "notice")
        assert set(command[1]) <= {"file", "line", "title"}
        assert command[1]["line"] in ("1", "20")
        assert "##[" not in line


def test_100_percent_is_no_code(record: Any) -> None:
    one = gate(outcome="failed", sentence="100%0A of it, 5%")
    command = read_command(render("annotations", with_gates(record, one)))
    assert command is not None
    assert command[2] == "100%0A of it, 5%"


@pytest.mark.parametrize("name", ["text", "markdown", "summary"])
def test_other_reports_give_no_orders_either(record: Any, name: str) -> None:
    found = spoilt(record)
    found["model"]["class_names"] = [f"::error::{i}" for i in range(10)]
    for index, one in enumerate(found["margins"]["per_class"]):
        one["name"] = f"::error::{index}"
    lines = render(name, found).splitlines()
    assert len(lines) > 10
    assert [line for line in lines if read_command(line)] == []


def test_what_is_written_on_a_terminal_is_no_command() -> None:
    assert read_command(printable(HOSTILE)) is None
    assert printable("a std::vector") == "a std::vector"
