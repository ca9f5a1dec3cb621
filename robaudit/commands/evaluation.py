"""What a record comes to at gates, and the exit code that follows."""

from collections.abc import Sequence

from robaudit.commands import ExitCode
from robaudit.commands.gates import Gate
from robaudit.errors import UsageError
from robaudit.record.schema.audit import GateRecord
from robaudit.types import Estimate


def evaluate_gate(gate: Gate, estimate: Estimate) -> GateRecord:
    """Hold a figure against a gate, which `check_gates` saw to it that it has."""
    threshold = gate.threshold
    value, low, high = estimate.value, estimate.low, estimate.high
    if value is None or low is None or high is None:
        raise UsageError(f"a gate on {gate.figure.name}, which has no interval here")
    if gate.figure.better == "higher":
        right, wrong = low >= threshold, high < threshold
    else:
        right, wrong = high <= threshold, low > threshold
    return GateRecord(
        metric=gate.figure.name,
        threshold=threshold,
        better=gate.figure.better,
        value=value,
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
