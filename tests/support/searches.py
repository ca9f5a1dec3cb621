"""Searches of affine models along random directions, for the rays that they give."""

import numpy as np

from robaudit import Classifier, SearchPlan
from robaudit.predicting import make_probe, predict_classes
from robaudit.search.boundary_search import Crossings, measure_realised, search
from robaudit.search.directions import random_directions
from robaudit.search.rays import Rays

SHAPE = (1, 6, 6)
DIMENSION = 36


def affine(seed: int, classes: int = 5) -> tuple[np.ndarray, np.ndarray]:
    """Draw weights (36, classes) and bias (classes,) of an affine model."""
    random = np.random.default_rng(seed)
    return random.standard_normal((DIMENSION, classes)), random.standard_normal(classes) * 0.1


def samples(seed: int, count: int = 20) -> np.ndarray:
    """Draw samples (count, *SHAPE) inside the box."""
    return np.random.default_rng([seed, 1]).random((count, *SHAPE), dtype=np.float32)


def run_search(
    classifier: Classifier, x: np.ndarray, plan: SearchPlan, batch_size: int = 64
) -> Rays:
    """Search from where samples are predicted to be, and give the rays."""
    start = predict_classes(classifier.predict, x, scale=1.0)
    return trace(classifier, x, start, plan, batch_size)[0]


def trace(
    classifier: Classifier, x: np.ndarray, origin: np.ndarray, plan: SearchPlan, batch_size: int
) -> tuple[Rays, Crossings]:
    """Search from reference classes (S,); give the rays and the crossings."""
    start = predict_classes(classifier.predict, x, scale=1.0)
    directions = random_directions(classifier.spec.shape, plan.directions, seed=plan.seed)
    probe = make_probe(classifier, x, directions, clip=plan.clip)
    found = search(probe, origin, start, plan, scale=1.0, batch_size=batch_size)
    rays = measure_realised(found, x, origin, directions, plan, classifier.spec)
    return rays, found
