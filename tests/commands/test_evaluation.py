"""What a record comes to at gates, and the exit code that follows."""

import re
from pathlib import Path

import pytest

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
        ("accuracy=0.999", 1, "fail: 98.7% of 600 images are classified right (97"),
        ("accuracy=0.985", 4, "inconclusive: 98.7% of 600 images are classified right (97"),
        ("crossing-rate-right-at-start=0", 1, "fail: Crossing rate, right at start is"),
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
    assert err.count("robaudit: ") == 1


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
        assert parse_gate(gate).outcome(estimate) == outcome


@pytest.mark.parametrize("quiet", [True, False])
def test_an_inconclusive_gate_says_what_would_decide_it(
    run: Run, quiet: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    """20 samples say little: so many as the data have would do, where the threshold is not near."""
    assert run("--fail-under", "crossing-rate=0.55", *(["-q"] if quiet else [])) == 4
    out, err = capsys.readouterr()
    gate, record = read_record()["gates"][0], read_record()
    of, plan, search = gate["to_decide"], record["plan"], record["search"]
    assert 20 < of["samples"] < of["there"] == 600
    assert of["rays"] == of["samples"] * plan["directions"] * plan["signs"]
    assert of["forward_evaluations"] == pytest.approx(
        search["forward_evaluations"] * of["samples"] / 20, rel=0.001
    )
    seconds = record["environment"]["seconds"]["search"]
    assert of["seconds"] == pytest.approx(seconds * of["samples"] / 20)
    assert (gate["error"], gate["looks"]) == (0.05, None)
    assert "reason" not in gate
    said = r"about [\d,]+ samples would decide it \([\d,]+ rays, [\d,]+ forward passes, \d+ s\)"
    assert re.search(said, " ".join((err if quiet else out).split()))
    assert re.search(said, Path("robaudit-report/report.html").read_text())


def test_accuracy_is_of_all_images_already(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--fail-under", "accuracy=0.985", "-q") == 4
    assert re.search(
        r"; about [\d,]+ samples would decide it, more than the \d+ that there are",
        capsys.readouterr().err,
    )
    of = read_record()["gates"][0]["to_decide"]
    assert of["samples"] > of["there"]
    assert (of["rays"], of["forward_evaluations"], of["seconds"]) == (None, None, None)


def test_no_size_decides_a_gate_at_the_value(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run() == 0
    value = read_record()["margins"]["crossing_rate"]["value"]
    assert run("--fail-under", f"crossing-rate={value!r}", "-q") == 4
    assert "no number of samples would decide it" in capsys.readouterr().err
    assert read_record()["gates"][0]["to_decide"]["samples"] is None


def test_a_gate_on_a_figure_without_an_interval_says_why(
    run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    for quiet in ("-q",), ():
        gate = "worst-class-margin=0.001", "--samples", "20"
        assert run("--fail-under", *gate, *quiet) == 4
        out, err = capsys.readouterr()
        said = " ".join((err if quiet else out).split())
        assert "(no interval: classes have too few samples to tell noise" in said
        assert "would decide" not in said
    gate = read_record()["gates"][0]
    assert gate["reason"].startswith("classes have too few samples")
    assert gate["to_decide"] is None


def test_a_scan_goes_on_until_gates_are_decided(
    run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    """What 20 samples leave open: 100 do not."""
    Path("robaudit.toml").write_text("decide = true\n")
    all_there_are = ("--samples", "9999")  # the last that is given holds
    assert run("--fail-under", "crossing-rate=0.55", *all_there_are) == 0
    record = read_record()
    assert record["plan"]["samples"] == record["search"]["rays"] / 12 == 100
    gate = record["gates"][0]
    assert gate["outcome"] == "passed"
    assert gate["error"] == pytest.approx(0.05 / gate["looks"])
    assert gate["looks"] == 4
    assert gate["high"] > record["margins"]["crossing_rate"]["high"]
    assert "at 98.8%, for up to 4 looks" in " ".join(capsys.readouterr().out.split())
