"""What an audit comes to: at gates, and whether all was run that was asked for."""

import math
import sys
from collections.abc import Sequence

from msgspec import UNSET

from robaudit.attacks.assessment import Assessment, reasons
from robaudit.audit import Audit, headlines_of
from robaudit.commands import ExitCode
from robaudit.errors import ClassifierError
from robaudit.metrics.deciding import ERROR, samples_by_square_law, samples_for_gate
from robaudit.metrics.estimating import estimate_figure
from robaudit.metrics.figures import ACCURACY
from robaudit.metrics.gates import Gate
from robaudit.phrases import what_decides
from robaudit.record.randomised import over_draws
from robaudit.record.schema.audit import GateRecord, ToDecideRecord
from robaudit.types import Estimate


def evaluate_gates(gates: Sequence[Gate], audit: Audit) -> list[GateRecord]:
    """Hold the figures of an audit against gates.

    Those of a model that answers differently each time are over all draws. Where the search
    went on until gates were decided, their intervals are those of the error of a look.
    """
    headlines, tally, looks = headlines_of(audit), audit.margins.tally, audit.looks
    records = []
    for gate in gates:
        figure, error, planned = gate.figure, ERROR, None
        estimate = headlines[figure]
        if audit.draws:
            estimate = over_draws([draw[figure] for draw in audit.draws])
        elif looks is not None and figure != ACCURACY:
            error, planned = looks.error, looks.planned
            estimate = estimate_figure(figure, tally, audit.plan, error)
        to_decide = None
        if gate.outcome(estimate) == "inconclusive" and estimate.low is not None:
            to_decide = what_would_decide(gate, estimate, audit, error)
        records.append(evaluate_gate(gate, estimate, error, planned, to_decide))
    return records


def evaluate_gate(
    gate: Gate,
    estimate: Estimate,
    error: float = ERROR,
    looks: int | None = None,
    to_decide: ToDecideRecord | None = None,
) -> GateRecord:
    """Hold a figure against a gate; one without an interval tells nothing."""
    return GateRecord(
        metric=gate.figure.name,
        threshold=gate.threshold,
        better=gate.figure.better,
        value=estimate.value,
        low=estimate.low,
        high=estimate.high,
        outcome=gate.outcome(estimate),
        reason=estimate.reason,
        error=error,
        looks=looks,
        to_decide=to_decide,
    )


def what_would_decide(
    gate: Gate, estimate: Estimate, audit: Audit, error: float
) -> ToDecideRecord | None:
    """Say how many samples would decide a gate, and what they would cost by this search.

    ``None`` for a model that answers differently each time: draws differ however many there are.
    Accuracy is that of all images already, and needs no rays.
    """
    if audit.draws:
        return None
    there = len(audit.prepared.images)
    if gate.figure == ACCURACY:
        samples = samples_by_square_law(gate, estimate, there, error)
        return _without_cost(samples, there)
    plan, passes = audit.plan, audit.crossings.evaluations / audit.plan.samples
    samples = samples_for_gate(gate, estimate, audit.margins.tally, plan, error)
    if samples is None:
        return _without_cost(None, there)
    return ToDecideRecord(
        samples=samples,
        there=there,
        rays=samples * plan.rays_per_sample,
        forward_evaluations=math.ceil(samples * passes),
        seconds=samples * audit.seconds["search"] / plan.samples,
    )


def _without_cost(samples: int | None, there: int) -> ToDecideRecord:
    return ToDecideRecord(
        samples=samples, there=there, rays=None, forward_evaluations=None, seconds=None
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
            value = "unknown" if gate.value is None else f"{gate.value:.3f}"
            sys.stderr.write(
                f"robaudit: gate {gate.outcome}: {gate.metric} is {value} ({_interval(gate)}), "
                f"wanted {side} {gate.threshold:g}{_what_decides(gate)}\n"
            )


def _interval(gate: GateRecord) -> str:
    if gate.low is None or gate.high is None:
        return f"no interval: {gate.reason}" if gate.reason else "no interval"
    sure = "" if gate.error is UNSET or gate.error == ERROR else f" at {1 - gate.error:.1%}"
    return f"{gate.low:.3f} to {gate.high:.3f}{sure}"


def _what_decides(gate: GateRecord) -> str:
    if not isinstance(gate.to_decide, ToDecideRecord):
        return ""
    of = gate.to_decide
    return "; " + what_decides(of.samples, of.there, of.rays, of.forward_evaluations, of.seconds)


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
