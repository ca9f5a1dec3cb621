"""Closest distances and mean margins, made up and of an affine model, to be set side by side."""

from collections.abc import Sequence

import numpy as np

from robaudit import SearchPlan
from robaudit.attacks.agreement.by_sample import Agreement, agreement
from robaudit.attacks.agreement.closest import closest_distances
from robaudit.attacks.catalogue import default_attack
from robaudit.attacks.outcome import Outcome, Targets
from robaudit.attacks.run import AttackResult
from robaudit.search.rays import Rays
from robaudit.types import FloatArray, InputSpec, IntArray

PLAN = SearchPlan(4, 2, signs=1, step=0.1, steps=5)
SPEC = InputSpec((1, 2, 2), 3)


def make_rays(realised: FloatArray, plan: SearchPlan = PLAN) -> Rays:
    """Make up the rays of samples whose realised distances are (S, rays a sample)."""
    far = realised.ravel().astype(np.float64)
    found = np.isfinite(far)
    step = np.where(found, np.ceil(far / plan.step), -1).astype(np.int16)
    nobody = np.where(found, 1, -1)
    return Rays(step, nobody, far, np.zeros(len(realised), dtype=np.int64), plan)


def make_targets(origin: Sequence[int], wrong: Sequence[int] = ()) -> Targets:
    start = np.array(origin)
    start[list(wrong)] = (start[list(wrong)] + 1) % 3
    return Targets(np.zeros((len(start), *SPEC.shape)), np.array(origin), start, 1.0)


def make_result(name: str, sizes: Sequence[float]) -> AttackResult:
    """Make up examples that differ by so much in every pixel; infinite for none."""
    far = np.array(sizes)
    success = np.isfinite(far)
    examples = np.where(success, far, 0.0)[:, None, None, None] * np.ones(SPEC.shape)
    outcome = Outcome(success, far, examples, np.zeros(len(far), dtype=np.int64), far, 0, 0, 0, 0.0)
    return AttackResult(default_attack(name, SPEC), outcome)


def agreed(
    spec: InputSpec,
    targets: Targets,
    places: IntArray,
    results: Sequence[AttackResult],
    rays: Rays,
    plan: SearchPlan,
) -> Agreement:
    """Find the smallest distances as they are, and compare them with mean margins."""
    closest = closest_distances(spec, targets, places, results, rays, plan)
    return agreement(closest, spec, targets, places, results, rays, plan)


def by_classes(closest: Sequence[float], margins: Sequence[float]) -> Agreement:
    """Compare classes of twelve samples each, all with one closest distance and one margin."""
    spec = InputSpec(SPEC.shape, len(closest))
    origin = np.repeat(np.arange(len(closest)), 12)
    plan = SearchPlan(len(origin), 1, signs=1, step=0.01, steps=50)
    rays = make_rays(np.repeat(margins, 12)[:, None], plan)
    targets = Targets(np.zeros((len(origin), *SPEC.shape)), origin, origin, 1.0)
    results = [make_result("deepfool", np.repeat(closest, 12).tolist())]
    return agreed(spec, targets, np.arange(len(origin)), results, rays, plan)


def affine_case() -> tuple[FloatArray, FloatArray, FloatArray, IntArray]:
    """Draw weights (64, 4) and bias (4,), inputs at varied distances, and their classes."""
    random = np.random.default_rng(0)
    weights = random.standard_normal((64, 4)) / 8
    bias = -weights.sum(axis=0) / 2
    y = np.arange(60) % 4
    size = random.uniform(0.02, 0.3, (60, 1))
    x = 0.5 + size * np.sign(weights[:, y].T) + random.uniform(-0.02, 0.02, (60, 64))
    x = x.astype(np.float32)
    return weights, bias, x, (x @ weights + bias).argmax(axis=1)
