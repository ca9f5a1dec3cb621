"""What a record comes to at gates, and the exit code that follows."""

from pathlib import Path

import pytest

from robaudit.commands.evaluation import evaluate_gate
from robaudit.commands.gates import parse_gate
from robaudit.types import Estimate
from tests.support.files import Run, read_record


@pytest.mark.parametrize(
    ("gate", "code"),
    [
        ("accuracy=0.5", 0),
        ("accuracy=0.999", 1),
        ("accuracy=0.985", 4),
        ("crossing-rate=1", 0),
        ("crossing-rate=0", 1),
        ("crossing_rate=0.001", 1),
        ("restricted-mean-margin=0.001", 0),
        ("restricted_mean_margin=0.5", 1),
        ("worst-class-margin=0.001", 0),
    ],
)
def test_gates(run: Run, gate: str, code: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--fail-under", gate) == code
    outcome = {0: "passed", 1: "failed", 4: "inconclusive"}[code]
    assert f"gate {outcome}" in capsys.readouterr().out
    assert read_record()["gates"][0]["outcome"] == outcome
    assert outcome in Path("robaudit-report/report.html").read_text()


def test_the_worst_gate_decides(run: Run) -> None:
    assert run("--fail-under", "accuracy=0.985", "--fail-under", "accuracy=0.999") == 1
    assert run("--fail-under", "accuracy=0.985", "--fail-under", "accuracy=0.5") == 4


def test_a_threshold_itself_is_good_enough_but_does_not_make_sure() -> None:
    accuracy, crossing_rate = Estimate(1.0, 0.99, 1.0), Estimate(0.0, 0.0, 0.1)
    for gate, estimate, outcome in (
        ("accuracy=1", accuracy, "inconclusive"),
        ("accuracy=0.99", accuracy, "passed"),
        ("crossing-rate=0", crossing_rate, "inconclusive"),
        ("crossing-rate=0.1", crossing_rate, "passed"),
    ):
        assert evaluate_gate(parse_gate(gate), estimate).outcome == outcome
