"""Gaps along rays that are made up, and so known everywhere."""

import numpy as np

from robaudit.search.traced.calibration import KnownRays, known_rays


def walks(count: int, steps: int, seed: int) -> np.ndarray:
    """Draw gaps (count, steps + 1) that wander, in multiples of 1/64, above 0 to begin with."""
    random = np.random.default_rng(seed)
    gaps = random.standard_normal((count, steps + 1)).cumsum(axis=1) + 3
    gaps[:, 0] = np.abs(gaps[:, 0]) + 0.1
    return np.asarray(np.rint(gaps * 64) / 64)


def rays_of(gaps: np.ndarray, classes: np.ndarray) -> KnownRays:
    """Make rays of gaps and classes (count, steps + 1), of which only the samples are known."""

    def evaluate(ray: np.ndarray, step: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return classes[ray, step], gaps[ray, step]

    count, steps = len(gaps), gaps.shape[1] - 1
    return known_rays(np.arange(count), np.zeros(count, int), gaps[:, 0], evaluate, steps, 16)
