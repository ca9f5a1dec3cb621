"""Which gates are let be, and what is told of it."""

import datetime
from typing import Any

import pytest

from robaudit.metrics.gates import Source
from robaudit.record.schema.verdict import GateRecord
from robaudit.verdict.suppression import suppress
from robaudit.verdict.suppression_file import Suppression

LAST = datetime.date(2027, 1, 31)
TODAY = datetime.date(2027, 1, 30)


def gate(**changes: Any) -> GateRecord:
    usual: dict[str, Any] = {
        "metric": "accuracy",
        "threshold": 0.9,
        "better": "higher",
        "value": 0.5,
        "low": 0.4,
        "high": 0.6,
        "outcome": "failed",
        "name": "accuracy/class-cat/min",
        "of_class": "cat",
        "class_index": 3,
    }
    return GateRecord(**(usual | changes))


def letting(**changes: Any) -> Suppression:
    usual: dict[str, Any] = {"gate": None, "of_class": None, "model": None, "until": LAST}
    return Suppression(**(usual | {"reason": "known", "source": Source("a.toml", 2)} | changes))


@pytest.mark.parametrize(
    ("changes", "let_be"),
    [
        ({"gate": "accuracy"}, True),
        ({"gate": "accuracy/class-cat/min"}, True),
        ({"gate": "accuracy/min"}, False),
        ({"gate": "crossing-rate"}, False),
        ({"of_class": "cat"}, True),
        ({"of_class": "3"}, True),
        ({"of_class": "dog"}, False),
        ({"gate": "accuracy", "of_class": "dog"}, False),
        ({"model": "mod*.onnx"}, True),
    ],
)
def test_a_suppression_is_on_the_gates_that_it_names(changes: dict[str, Any], let_be: bool) -> None:
    (marked,), (record,) = suppress([gate()], [letting(**changes)], "model.onnx", TODAY)
    assert (marked.suppressed is not None) == record.used == let_be
    assert marked.outcome == "failed"
    assert (record.until, record.reason, record.expired) == ("2027-01-31", "known", False)
    assert record.source is not None
    assert (record.source.file, record.source.line) == ("a.toml", 2)


@pytest.mark.parametrize(("attack", "let_be"), [("autoattack", True), ("pgd", False)])
def test_a_short_name_is_on_the_gate_that_it_is_short_for(attack: str, let_be: bool) -> None:
    under = gate(metric="robust-accuracy", attack=attack, name=f"robust-accuracy/{attack}/min")
    (marked,), _ = suppress([under], [letting(gate="autoattack")], "model.onnx", TODAY)
    assert (marked.suppressed is not None) == let_be


def test_one_of_another_model_is_not_told_of() -> None:
    (marked,), records = suppress([gate()], [letting(model="o*")], "model.onnx", TODAY)
    assert marked.suppressed is None
    assert records == []


def test_a_gate_that_was_passed_needs_none() -> None:
    (marked,), (record,) = suppress(
        [gate(outcome="passed")], [letting(gate="accuracy")], "model.onnx", TODAY
    )
    assert marked.suppressed is None
    assert not record.used


def test_the_last_day_is_one_of_them_and_the_next_is_not() -> None:
    for day, expired in ((LAST, False), (LAST + datetime.timedelta(days=1), True)):
        (marked,), (record,) = suppress([gate()], [letting(gate="accuracy")], "m", day)
        assert record.expired == (marked.suppressed is None) == expired
        assert record.used
