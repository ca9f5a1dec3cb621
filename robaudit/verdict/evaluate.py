"""Gates held against what an audit found."""

import math
from collections.abc import Sequence

from robaudit.metrics.deciding import ERROR, Looks, samples_by_square_law, samples_for_gate
from robaudit.metrics.estimating import SEARCHED
from robaudit.metrics.figures import ACCURACY, BESIDE, MODEL_ROBUSTNESS
from robaudit.metrics.gates import Gate
from robaudit.record.findings import Findings
from robaudit.record.schema.verdict import GateRecord, SourceRecord, ToDecideRecord
from robaudit.stats.naming import error_of_each
from robaudit.types import Estimate
from robaudit.verdict.gated import Gated, estimate_gated, with_each_class
from robaudit.verdict.sentences import gate_sentence

NO_BASELINE = "there is no baseline to drop from"


def evaluate_gates(
    gates: Sequence[Gate], findings: Findings, looks: Looks | None = None
) -> list[GateRecord]:
    """Hold the figures of an audit against gates.

    Those of a model that answers differently each time are over all draws. Where the search
    went on until gates were decided (``looks``), their intervals are those of the error of a
    look; of a gate on each class, all intervals hold at once. Gates on drops are inconclusive
    here: `robaudit.verdict.baseline` has them.

    Raises UsageError for a gate on what was not measured: an attack that did not run, a class
    that is not there.
    """
    records = []
    for gate in gates:
        each = with_each_class(gate, findings)
        error, planned = error_of_each(ERROR, len(each)) if len(each) > 1 else ERROR, None
        if looks is not None and gate.is_plain and gate.figure in SEARCHED:
            error, planned = looks.error, looks.planned
        for one in each:
            if one.drop:
                nothing = Estimate(None, None, None, reason=NO_BASELINE)
                records.append(evaluate_gate(Gated(one, nothing, error), findings))
                continue
            gated = estimate_gated(one, findings, error)
            records.append(evaluate_gate(gated, findings, planned))
    return records


def evaluate_gate(gated: Gated, findings: Findings, planned: int | None = None) -> GateRecord:
    """Hold one figure against its gate; one without an interval tells nothing."""
    gate, estimate = gated.gate, gated.estimate
    outcome, to_decide = gate.outcome(estimate), None
    if outcome == "inconclusive" and estimate.low is not None and gate.is_plain:
        to_decide = what_would_decide(gate, estimate, findings, gated.error)
    source = gate.source
    return GateRecord(
        metric=gate.figure.name,
        threshold=gate.threshold,
        better=gate.better,
        value=estimate.value,
        low=estimate.low,
        high=estimate.high,
        outcome=outcome,
        reason=estimate.reason,
        error=gated.error,
        looks=planned,
        to_decide=to_decide,
        name=gate.name,
        bound=gate.bound,
        attack=gate.attack,
        class_index=gated.class_index,
        of_class=gate.of_class,
        level=gate.level,
        on_inconclusive=gate.on_inconclusive,
        sentence=gate_sentence(gated, findings.audit_record, planned),
        source=None if source is None else SourceRecord(file=source.file, line=source.line),
        suppressed=None,
        state=None,
        before=None,
    )


def what_would_decide(
    gate: Gate, estimate: Estimate, findings: Findings, error: float
) -> ToDecideRecord | None:
    """Say how many samples would decide a gate, and what they would cost by this search.

    ``None`` for a model that answers differently each time: draws differ however many there are.
    Accuracy is that of all images already, and needs no rays; figures beside those of the search
    are not decided by more of it.
    """
    record, plan = findings.audit_record, findings.plan
    if record.randomised or gate.figure in (MODEL_ROBUSTNESS, *BESIDE):
        return None
    there = record.data.samples
    if gate.figure == ACCURACY:
        return _without_cost(samples_by_square_law(gate, estimate, there, error), there)
    samples = samples_for_gate(gate, estimate, findings.tally, plan, error)
    if samples is None:
        return _without_cost(None, there)
    search = record.search
    return ToDecideRecord(
        samples=samples,
        there=there,
        rays=samples * plan.rays_per_sample,
        forward_evaluations=math.ceil(samples * search.forward_evaluations / plan.samples),
        seconds=samples * record.seconds_of_search / plan.samples,
    )


def _without_cost(samples: int | None, there: int) -> ToDecideRecord:
    return ToDecideRecord(
        samples=samples, there=there, rays=None, forward_evaluations=None, seconds=None
    )
