"""The record of an audit: plain JSON from which every report is drawn.

Its paths and their meaning are fixed by the JSON Schema that ships with the
reports. Numbers that do not exist are ``null``, never NaN or infinity. What
depends on the machine or the hour stands in ``environment`` and in the
``seconds`` of the search; all else is the same for the same inputs and seed.
"""

import json
import math
import platform
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import numpy as np

from robaudit.audit import Audit
from robaudit.metrics.margins import ClassCenter
from robaudit.preprocessing.candidates import Candidate, PreprocessingChoice
from robaudit.preprocessing.normalisation import Preprocessing
from robaudit.record.attack_record import attack_record
from robaudit.record.cautions import cautions
from robaudit.record.gallery import draw_picture, nearest_crossings
from robaudit.requirements import version_of
from robaudit.search.directions import block_sizes
from robaudit.types import Estimate, FloatArray

SCHEMA_VERSION = "1.2"
_MOST_CENTER_PICTURES = 20
_PACKAGES = (
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
)


def make_record(audit: Audit) -> dict[str, Any]:
    """Write down an audit. ``gates`` is empty until there are any."""
    spec = audit.classifier.spec
    return {
        "schema_version": SCHEMA_VERSION,
        "model": _model(audit),
        "data": _data(audit),
        "plan": {
            **asdict(audit.plan),
            "reach": audit.plan.reach,
            "direction_blocks": block_sizes(spec.dimension, audit.plan.directions),
        },
        "clean": {
            "accuracy": asdict(audit.clean.overall),
            "per_class": [asdict(one) for one in audit.clean.per_class],
        },
        "search": _search(audit),
        "margins": _margins(audit),
        "inequality": _inequality(audit),
        "class_centers": [_center(audit, center) for center in audit.margins.centers],
        **attack_record(audit),
        "gallery": [asdict(crossing) for crossing in nearest_crossings(audit)],
        "gates": [],
        "warnings": cautions(audit),
        "environment": _environment(audit),
    }


def to_json(value: Any, indent: str = "") -> str:
    """Write a record as JSON, with lists of plain values on one line each.

    >>> print(to_json({"matrix": [[1, 2], [3, None]]}))
    {
      "matrix": [
        [1, 2],
        [3, null]
      ]
    }
    """
    inner = indent + "  "
    if isinstance(value, Mapping) and value:
        items = [f"{json.dumps(key)}: {to_json(item, inner)}" for key, item in value.items()]
        return "{\n" + ",\n".join(inner + item for item in items) + f"\n{indent}}}"
    if isinstance(value, list) and any(isinstance(item, list | Mapping) for item in value):
        lines = ",\n".join(inner + to_json(item, inner) for item in value)
        return f"[\n{lines}\n{indent}]"
    return json.dumps(value, allow_nan=False)


def _model(audit: Audit) -> dict[str, Any]:
    classifier = audit.classifier
    spec = classifier.spec
    return {
        "name": classifier.name,
        "sha256": classifier.fingerprint,
        "adapter": classifier.adapter,
        "input": {"shape": list(spec.shape), "low": spec.low, "high": spec.high},
        "classes": spec.classes,
        "class_names": list(spec.class_names) if spec.class_names else None,
        "scores": spec.scores,
        "capabilities": list(classifier.capabilities),
        "details": dict(classifier.details),
    }


def _data(audit: Audit) -> dict[str, Any]:
    images = audit.prepared.images
    counts = None
    if images.labels is not None:
        counts = np.bincount(images.labels, minlength=audit.classifier.spec.classes).tolist()
    return {
        "source": images.source,
        "split": images.split,
        "sha256": images.sha256,
        "synthetic": images.synthetic,
        "samples": len(images),
        "labelled": images.labels is not None,
        "class_counts": counts,
        "image_shape": list(images.image_shape),
        "pixel_range": list(images.pixel_range),
        "preprocessing": _preprocessing(audit.prepared.choice),
        "reference": audit.reference,
    }


def _preprocessing(choice: PreprocessingChoice) -> dict[str, Any]:
    candidates = choice.candidates
    lead = None
    if len(candidates) > 1:
        lead = {
            "accuracy": candidates[0].accuracy - candidates[1].accuracy,
            "cross_entropy": candidates[1].loss - candidates[0].loss,
        }
    return {
        **_describe(choice.preprocessing),
        "how": choice.how,
        "clear": choice.clear,
        "lead": lead,
        "tried_on": choice.samples,
        "candidates": [_candidate(candidate) for candidate in candidates],
    }


def _describe(preprocessing: Preprocessing) -> dict[str, Any]:
    return {
        "name": preprocessing.name,
        "mean": list(preprocessing.mean),
        "std": list(preprocessing.std),
        "layout": preprocessing.arrangement.layout,
        "channels": preprocessing.arrangement.channels,
    }


def _candidate(candidate: Candidate) -> dict[str, Any]:
    return {
        **_describe(candidate.preprocessing),
        "accuracy": candidate.accuracy,
        "cross_entropy": candidate.loss,
    }


def _search(audit: Audit) -> dict[str, Any]:
    found, check = audit.crossings, audit.crossings.check
    return {
        "rays": len(audit.rays),
        "crossed": int(audit.margins.tally.counts.sum()),
        **check.as_record(),
        "forward_evaluations": found.evaluations,
        "linear_evaluations": found.linear_evaluations,
        "near_ties": found.near_ties,
        "seconds": audit.seconds["search"],
    }


def _margins(audit: Audit) -> dict[str, Any]:
    margins, spec = audit.margins, audit.classifier.spec
    l2_per_unit = math.sqrt(spec.dimension) * (spec.high - spec.low)
    searched = {one.class_index: one for one in margins.per_class}
    per_class = []
    for class_index in range(spec.classes):
        one = searched.get(class_index)
        nothing = Estimate(None, None, None)
        per_class.append(
            {
                "class": class_index,
                "name": spec.name_of(class_index),
                "samples": one.samples if one else 0,
                "rays": one.rays if one else 0,
                "crossing_rate": asdict(one.crossing_rate if one else nothing),
                "restricted_mean": _margin(one.restricted_mean if one else nothing, l2_per_unit),
                "not_crossed": one.not_crossed.tolist() if one else [],
            }
        )
    return {
        "unit": "rms",
        "l2_per_unit": l2_per_unit,
        "realised_share": margins.realised_share,
        "mean_matrix": _numbers(margins.mean_matrix),
        "count_matrix": margins.tally.counts.tolist(),
        "crossing_rate": asdict(margins.crossing_rate),
        "restricted_mean": _margin(margins.restricted_mean, l2_per_unit),
        "not_crossed": margins.not_crossed.tolist(),
        "per_class": per_class,
    }


def _margin(estimate: Estimate, l2_per_unit: float) -> dict[str, Any]:
    value = estimate.value
    return {**asdict(estimate), "l2": None if value is None else value * l2_per_unit}


def _center(audit: Audit, center: ClassCenter) -> dict[str, Any]:
    few = len(audit.margins.centers) <= _MOST_CENTER_PICTURES
    return {
        "class": center.class_index,
        "row": int(audit.samples.rows[center.sample]),
        "mean_margin": center.mean_margin,
        "picture": draw_picture(audit, audit.samples.x[[center.sample]]) if few else None,
    }


def _inequality(audit: Audit) -> dict[str, Any]:
    found = audit.inequality
    return {
        "model_robustness": found.model_robustness.value,
        "class_robustness": [one.value for one in found.class_robustness],
        "class_robustness_missing": list(found.no_robustness),
        "adjacent_share": [one.value for one in found.adjacent_share],
        "unreached_share": found.unreached_share.value,
        "levels": list(found.levels),
        "worst_class": found.worst_class,
        "worst_class_margin": asdict(found.worst_class_margin),
        "gini": found.gini.value,
        "max_min": found.max_min.value,
        "intervals": {
            "model_robustness": _interval(found.model_robustness),
            "class_robustness": [_interval(one) for one in found.class_robustness],
            "adjacent_share": [_interval(one) for one in found.adjacent_share],
            "unreached_share": _interval(found.unreached_share),
            "gini": _interval(found.gini),
            "max_min": _interval(found.max_min),
        },
    }


def _interval(estimate: Estimate) -> list[float | None]:
    return [estimate.low, estimate.high]


def _numbers(matrix: FloatArray) -> list[list[float | None]]:
    return [[None if math.isnan(value) else value for value in row] for row in matrix.tolist()]


def _environment(audit: Audit) -> dict[str, Any]:
    return {
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "platform": platform.platform(),
        "packages": {name: found for name in _PACKAGES if (found := version_of(name))},
        "batch_size": audit.batch_size,
        "seconds": dict(audit.seconds),
    }
