"""What a record comes to at gates, and the exit code that follows."""

from pathlib import Path

import pytest

from robaudit.commands.evaluation import evaluate_gate, print_gates
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
        ("worst-class-margin=0.001", 4),  # two samples of a class say too little
    ],
)
def test_gates(run: Run, gate: str, code: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--fail-under", gate) == code
    outcome = {0: "passed", 1: "failed", 4: "inconclusive"}[code]
    assert f"gate {outcome}" in capsys.readouterr().out
    assert read_record()["gates"][0]["outcome"] == outcome
    assert outcome in Path("robaudit-report/report.html").read_text()


def test_classes_of_some_samples_decide_a_gate(run: Run) -> None:
    assert run("--fail-under", "worst-class-margin=0.001", "--samples", "100") == 0


@pytest.mark.parametrize(
    ("gate", "code", "said"),
    [
        ("accuracy=0.999", 1, "gate failed: accuracy is 0.9"),
        ("accuracy=0.985", 4, "gate inconclusive: accuracy is 0.9"),
        ("crossing-rate-right-at-start=0", 1, "gate failed: crossing-rate-right-at-start is"),
    ],
)
def test_a_quiet_scan_says_why_a_gate_was_not_passed(
    run: Run, gate: str, code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("--fail-under", gate, "--fail-under", "accuracy=0.1", "-q") == code
    out, err = capsys.readouterr()
    assert out == ""
    assert said in err
    assert "wanted" in err
    assert err.count("gate") == 1


def test_a_figure_without_a_number_is_inconclusive(capsys: pytest.CaptureFixture[str]) -> None:
    """As where no sample is right at the start."""
    gate = parse_gate("restricted-mean-margin-right-at-start=0.1")
    found = evaluate_gate(gate, Estimate(None, None, None))
    assert found.outcome == "inconclusive"
    print_gates([found])
    assert "is unknown (unknown to unknown)" in capsys.readouterr().err


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
