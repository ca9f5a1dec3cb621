"""What an audit comes to: at gates, and whether all was run that was asked for."""

import sys
from collections.abc import Sequence

from robaudit.attacks.assessment import Assessment, reasons
from robaudit.commands import ExitCode
from robaudit.commands.gates import Gate
from robaudit.errors import ClassifierError
from robaudit.record.schema.audit import GateRecord
from robaudit.types import Estimate


def evaluate_gate(gate: Gate, estimate: Estimate) -> GateRecord:
    """Hold a figure against a gate; one without an interval tells nothing."""
    threshold = gate.threshold
    low, high = estimate.low, estimate.high
    if low is None or high is None:
        right = wrong = False
    elif gate.figure.better == "higher":
        right, wrong = low >= threshold, high < threshold
    else:
        right, wrong = high <= threshold, low > threshold
    return GateRecord(
        metric=gate.figure.name,
        threshold=threshold,
        better=gate.figure.better,
        value=estimate.value,
        low=low,
        high=high,
        outcome="passed" if right else "failed" if wrong else "inconclusive",
    )


def exit_code(gates: Sequence[GateRecord]) -> ExitCode:
    """Give the exit code of the worst gate."""
    outcomes = {gate.outcome for gate in gates}
    if "failed" in outcomes:
        return ExitCode.GATE_FAILED
    return ExitCode.INCONCLUSIVE if "inconclusive" in outcomes else ExitCode.OK


def print_gates(gates: Sequence[GateRecord]) -> None:
    """Say on standard error why gates were not passed: a quiet scan has no other word of it."""
    for gate in gates:
        if gate.outcome != "passed":
            side = "at least" if gate.better == "higher" else "at most"
            value, low, high = (
                "unknown" if bound is None else f"{bound:.3f}"
                for bound in (gate.value, gate.low, gate.high)
            )
            sys.stderr.write(
                f"robaudit: gate {gate.outcome}: {gate.metric} is {value} ({low} to {high}), "
                f"wanted {side} {gate.threshold:g}\n"
            )


def check_attacks(assessment: Assessment | None, where: str) -> None:
    """Raise ClassifierError where attacks that were asked for could not be run.

    ``where`` says where the results are, which by then are written.
    """
    if assessment is not None and assessment.missing:
        raise ClassifierError(
            f"did not run: {reasons(assessment.missing)}",
            expected="the attacks that were asked for",
            advice=f"The rest is in {where}. With --allow-skipped it is enough.",
        )
