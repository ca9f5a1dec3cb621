"""The record of an audit: plain JSON from which every report is drawn.

Its shape is that of `robaudit.record.schema.audit`. Numbers that do not exist are
``null``, never NaN or infinity. What depends on the machine or the hour stands in
``environment``; all else is the same for the same inputs and seed.
"""

import math
import platform
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from robaudit.audit import Audit
from robaudit.metrics.inequality import Inequality
from robaudit.metrics.margins import ClassCenter
from robaudit.metrics.right_at_start import RightAtStart
from robaudit.record.attack_record import attack_parts
from robaudit.record.cautions import cautions
from robaudit.record.consistency import describe_consistency
from robaudit.record.gallery import draw_picture, nearest_crossings
from robaudit.record.inputs_record import describe_data, describe_model
from robaudit.record.plain import as_plain
from robaudit.record.randomised import describe_draws
from robaudit.record.right_at_start import right_inequality, right_margins
from robaudit.record.schema.audit import (
    AuditRecord,
    ClassCenterRecord,
    CleanRecord,
    EnvironmentRecord,
    PlanRecord,
    PrecisionRecord,
)
from robaudit.record.schema.margins import (
    ClassMarginRecord,
    InequalityIntervals,
    InequalityRecord,
    MarginsRecord,
)
from robaudit.record.schema.numbers import interval_of, margin_estimate, reasons_of
from robaudit.record.schema.partial import PartialRecord
from robaudit.record.schema.search import CheckRecord, FigureBounds, ReachedRecord, SearchRecord
from robaudit.requirements import version_of
from robaudit.search.directions import block_sizes
from robaudit.search.traced.check import Check
from robaudit.types import Estimate, FloatArray

SCHEMA_VERSION = "1.6"
_MOST_CENTER_PICTURES = 20
PACKAGES = (
    "robaudit",
    "numpy",
    "onnx",
    "onnxruntime",
    "onnxruntime-gpu",
    "onnx2fx",
    "torch",
    "keras",
    "tensorflow",
    "tensorflow-cpu",
    "jax",
    "scikit-learn",
    "adversarial-robustness-toolbox",
    "imagecorruptions-imaug",
)
_NOTHING = Estimate(None, None, None)


def make_record(audit: Audit) -> dict[str, Any]:
    """Write down an audit, as ``audit.json`` holds it. ``gates`` is empty until there are any."""
    record: dict[str, Any] = as_plain(describe_audit(audit))
    return record


def describe_audit(audit: Audit) -> AuditRecord:
    """Write down an audit, with every part of the record by its type."""
    return AuditRecord(
        schema_version=SCHEMA_VERSION,
        partial=_partial(audit),
        model=describe_model(audit),
        data=describe_data(audit),
        plan=_plan(audit),
        clean=CleanRecord(accuracy=audit.clean.overall, per_class=list(audit.clean.per_class)),
        search=_search(audit),
        margins=_margins(audit),
        inequality=_inequality(audit.inequality, audit.right_at_start),
        class_centers=[_center(audit, center) for center in audit.margins.centers],
        gallery=nearest_crossings(audit),
        gates=[],
        warnings=cautions(audit),
        environment=_environment(audit),
        randomised=describe_draws(audit.draws),
        **attack_parts(audit),
    )


def _partial(audit: Audit) -> PartialRecord | None:
    if audit.partial is None:
        return None
    searched, asked = audit.plan.samples, audit.partial.samples
    return PartialRecord(stage=audit.partial.stage, samples=searched, of_samples=asked)


def _plan(audit: Audit) -> PlanRecord:
    plan = asdict(audit.plan)
    precision = plan.pop("precision")
    return PlanRecord(
        **plan,
        precision=precision and PrecisionRecord(**precision),
        reach=audit.plan.reach,
        direction_blocks=block_sizes(audit.classifier.spec.dimension, audit.plan.directions),
    )


def _search(audit: Audit) -> SearchRecord:
    crossings, check = audit.crossings, describe_check(audit.crossings.check)
    reached = audit.reached
    return SearchRecord(
        rays=len(audit.rays),
        crossed=int(audit.margins.tally.counts.sum()),
        strategy=check.strategy,
        fallback=check.fallback,
        calibration_rays=check.calibration_rays,
        audited_rays=check.audited_rays,
        disagreements=check.disagreements,
        disagreement_upper_bound=check.disagreement_upper_bound,
        figure_bounds=_figure_bounds(audit),
        precision=None if reached is None else ReachedRecord(**asdict(reached), met=reached.met),
        forward_evaluations=crossings.evaluations,
        linear_evaluations=crossings.linear_evaluations,
        near_ties=crossings.near_ties,
    )


def _figure_bounds(audit: Audit) -> FigureBounds:
    """Bound what rays told otherwise do to figures: each moves a margin by the reach at most.

    In R it may also make, or take away, the only margin between two classes.
    """
    share, plan = audit.crossings.check.upper_bound, audit.plan
    pairs = audit.classifier.spec.classes * (audit.classifier.spec.classes - 1)
    return FigureBounds(
        restricted_mean=share * plan.reach,
        crossing_rate=share,
        model_robustness=min(2 * share * len(audit.rays), pairs) * plan.reach,
    )


def describe_check(check: Check) -> CheckRecord:
    """Write down how a search was done, and how far it can be trusted."""
    return CheckRecord(
        strategy=check.strategy,
        fallback=check.fallback,
        calibration_rays=check.calibrated,
        audited_rays=check.audited,
        disagreements=check.disagreements,
        disagreement_upper_bound=check.upper_bound,
    )


def _margins(audit: Audit) -> MarginsRecord:
    margins, spec = audit.margins, audit.classifier.spec
    l2_per_unit = math.sqrt(spec.dimension) * (spec.high - spec.low)
    searched = {of_class.class_index: of_class for of_class in margins.per_class}
    per_class = []
    for class_index in range(spec.classes):
        of_class = searched.get(class_index)
        per_class.append(
            ClassMarginRecord(
                class_index=class_index,
                name=spec.name_of(class_index),
                samples=of_class.samples if of_class else 0,
                rays=of_class.rays if of_class else 0,
                crossing_rate=of_class.crossing_rate if of_class else _NOTHING,
                restricted_mean=margin_estimate(
                    of_class.restricted_mean if of_class else _NOTHING, l2_per_unit
                ),
                not_crossed=of_class.not_crossed.tolist() if of_class else [],
            )
        )
    return MarginsRecord(
        unit="rms",
        l2_per_unit=l2_per_unit,
        realised_share=margins.realised_share,
        mean_matrix=_numbers(margins.mean_matrix),
        count_matrix=margins.tally.counts.tolist(),
        crossing_rate=margins.crossing_rate,
        restricted_mean=margin_estimate(margins.restricted_mean, l2_per_unit),
        not_crossed=margins.not_crossed.tolist(),
        per_class=per_class,
        right_at_start=right_margins(audit.right_at_start, spec.classes, l2_per_unit),
        consistency=describe_consistency(audit.consistency),
    )


def _numbers(matrix: FloatArray) -> list[list[float | None]]:
    return [[None if math.isnan(value) else value for value in row] for row in matrix.tolist()]


def _center(audit: Audit, center: ClassCenter) -> ClassCenterRecord:
    few = len(audit.margins.centers) <= _MOST_CENTER_PICTURES
    return ClassCenterRecord(
        class_index=center.class_index,
        row=int(audit.samples.rows[center.sample]),
        mean_margin=center.mean_margin,
        picture=draw_picture(audit, audit.samples.x[[center.sample]]) if few else None,
    )


def _inequality(inequality: Inequality, right: RightAtStart | None) -> InequalityRecord:
    return InequalityRecord(
        model_robustness=_value(inequality.model_robustness),
        class_robustness=[estimate.value for estimate in inequality.class_robustness],
        class_robustness_missing=list(inequality.no_robustness),
        adjacent_share=[_value(estimate) for estimate in inequality.adjacent_share],
        unreached_share=_value(inequality.unreached_share),
        levels=list(inequality.levels),
        worst_class=inequality.worst_class,
        worst_alike=list(inequality.alike),
        worst_class_margin=inequality.worst_class_margin,
        gini=_value(inequality.gini),
        max_min=_value(inequality.max_min),
        intervals=InequalityIntervals(
            model_robustness=interval_of(inequality.model_robustness),
            class_robustness=[interval_of(estimate) for estimate in inequality.class_robustness],
            adjacent_share=[interval_of(estimate) for estimate in inequality.adjacent_share],
            unreached_share=interval_of(inequality.unreached_share),
            gini=interval_of(inequality.gini),
            max_min=interval_of(inequality.max_min),
            class_robustness_missing=[estimate.reason for estimate in inequality.class_robustness],
            missing=reasons_of(
                model_robustness=inequality.model_robustness,
                gini=inequality.gini,
                max_min=inequality.max_min,
            ),
        ),
        right_at_start=right_inequality(right),
    )


def _value(estimate: Estimate) -> float:
    """Give the value of an estimate that always has one."""
    if estimate.value is None:
        raise ValueError("a figure over all samples without a value")
    return estimate.value


def _environment(audit: Audit) -> EnvironmentRecord:
    results = () if audit.assessment is None else audit.assessment.results
    return EnvironmentRecord(
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        python=platform.python_version(),
        platform=platform.platform(),
        packages={name: version for name in PACKAGES if (version := version_of(name))},
        batch_size=audit.batch_size,
        seconds=dict(audit.seconds),
        attack_seconds=[one.outcome.seconds if one.outcome else 0.0 for one in results],
    )
