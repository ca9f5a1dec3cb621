"""Pictures of what was found: the nearest crossings of the worst classes, adversarial examples."""

import base64
import io

import numpy as np
from PIL import Image

from robaudit.attacks.assessment import Assessment
from robaudit.attacks.run import AttackResult
from robaudit.audit import Audit
from robaudit.phrases import is_picture
from robaudit.predicting import points_on_rays
from robaudit.record.schema.attacks import AdversarialRecord
from robaudit.record.schema.audit import CrossingRecord
from robaudit.search.rays import locate_rays
from robaudit.types import FloatArray, IntArray

_CLASSES = 3
_PER_CLASS = 4
_ATTACKS = 4
_PER_ATTACK = 3
_LARGEST_SIDE = 160


def nearest_crossings(audit: Audit) -> list[CrossingRecord]:
    """Find the nearest crossings of the worst classes, one a sample.

    The classes are those with the smallest restricted mean margin.
    """
    worst = sorted(
        audit.margins.per_class, key=lambda of_class: of_class.restricted_mean.value or 0.0
    )
    crossings: list[CrossingRecord] = []
    for of_class in worst[:_CLASSES]:
        rays = _nearest_rays(audit, of_class.class_index)
        crossings.extend(_crossing(audit, int(ray)) for ray in rays)
    return crossings


def _nearest_rays(audit: Audit, class_index: int) -> IntArray:
    """Find, of the samples of a class that are closest to a crossing, the closest ray."""
    rays, count = audit.rays, audit.plan.rays_per_sample
    nearest = np.zeros(0, dtype=np.int64)
    for block in rays.blocks():
        candidates = np.flatnonzero((block.origin == class_index) & (block.step > 0))
        candidates = np.append(nearest, block.first * count + candidates)
        # By how much really changed, since clipping makes that differ between rays of one step.
        order = np.lexsort((rays.realised[candidates], rays.step[candidates]))
        candidates = candidates[order]
        _, first = np.unique(candidates // count, return_index=True)
        nearest = candidates[np.sort(first)][:_PER_CLASS]
    return nearest


def _crossing(audit: Audit, ray: int) -> CrossingRecord:
    rays, plan, spec = audit.rays, audit.plan, audit.classifier.spec
    sample, direction, sign = locate_rays(np.array([ray]), plan)
    distance = rays.distance_at(np.array([ray]))
    x = audit.samples.x[sample]
    low, high = (spec.low, spec.high) if plan.clip else (-np.inf, np.inf)
    example = points_on_rays(x, audit.directions[direction], sign * distance, low, high)
    return CrossingRecord(
        origin=int(audit.origin[sample[0]]),
        adjacent=int(rays.adjacent[ray]),
        row=int(audit.samples.rows[sample[0]]),
        direction=int(direction[0]),
        sign=1 if sign[0] > 0 else -1,
        distance=float(distance[0]),
        realised=float(rays.realised[ray]),
        sample=draw_picture(audit, x),
        example=draw_picture(audit, example),
    )


def adversarial_pictures(audit: Audit) -> list[AdversarialRecord]:
    """Show, for some attacks that succeeded, the samples that fell to the smallest change."""
    assessment = audit.assessment
    if assessment is None:
        return []
    shown = [result for result in assessment.results if _fallen(result).size]
    return [
        _adversarial_picture(audit, assessment, result, int(place))
        for result in shown[:_ATTACKS]
        for place in _fallen(result)[:_PER_ATTACK]
    ]


def _fallen(result: AttackResult) -> IntArray:
    """List the samples that fell to an attack, those of the smallest change first."""
    if result.outcome is None:
        return np.zeros(0, dtype=np.int64)
    distance = result.outcome.distance
    fallen = np.flatnonzero((distance > 0) & np.isfinite(distance))
    return fallen[np.argsort(distance[fallen], kind="stable")]


def _adversarial_picture(
    audit: Audit, assessment: Assessment, result: AttackResult, place: int
) -> AdversarialRecord:
    outcome, spec = result.outcome, audit.classifier.spec
    if outcome is None:
        raise ValueError("an attack without an outcome has no pictures")
    x, example = assessment.targets.x[[place]], outcome.examples[[place]]
    change = (example - x) / (spec.high - spec.low)
    amplified = float(np.clip(0.5 / max(float(np.abs(change).max()), 1e-6), 1, 1000))
    around_grey = 0.5 + np.clip(amplified * change, -0.5, 0.5)
    return AdversarialRecord(
        attack=result.attack.name,
        title=result.attack.entry.title,
        origin=int(assessment.targets.origin[place]),
        adjacent=int(outcome.adjacent[place]),
        row=int(audit.samples.rows[assessment.places[place]]),
        distance=float(outcome.distance[place]),
        norm=result.attack.norm,
        sample=draw_picture(audit, x),
        example=draw_picture(audit, example),
        difference=draw_picture(audit, around_grey),
        amplified=amplified,
    )


def draw_picture(audit: Audit, x: FloatArray) -> str | None:
    """Draw one input (1, *shape) as a PNG in base64."""
    arrangement = audit.prepared.choice.preprocessing.arrangement
    pixels = arrangement.restore(x) if is_picture(arrangement.image_shape) else None
    if pixels is None or pixels.shape[3] not in (1, 3):
        return None
    grey = pixels.shape[3] == 1
    values = np.rint(np.clip(pixels[0], 0, 1) * 255).astype(np.uint8)
    image = Image.fromarray(values[..., 0] if grey else values)
    image.thumbnail((_LARGEST_SIDE, _LARGEST_SIDE))
    buffer = io.BytesIO()
    image.save(buffer, format="png", optimize=True)
    return base64.b64encode(buffer.getvalue()).decode("ascii")
