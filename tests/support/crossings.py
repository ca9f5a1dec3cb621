"""Searches of one affine model by one strategy or another, and how far their answers differ."""

import numpy as np

from robaudit import Classifier, SearchPlan
from robaudit.predicting import classes_of, make_probe
from robaudit.search.boundary_search import Crossings, search
from robaudit.search.directions import random_directions
from robaudit.testing import affine_classifier
from tests.support.searches import DIMENSION, SHAPE

PLAN = SearchPlan(samples=400, directions=36, step=0.02, steps=40, tolerance=0.01)


def affine(classes: int = 5) -> Classifier:
    """Make the affine model, always the same."""
    random = np.random.default_rng(0)
    weights = random.standard_normal((DIMENSION, classes))
    return affine_classifier(weights, random.standard_normal(classes) * 0.1, SHAPE)


def find(classifier: Classifier, plan: SearchPlan = PLAN, *, batch_size: int = 256) -> Crossings:
    """Search from samples that are always the same, in the classes predicted for them."""
    x = np.random.default_rng(1).random((plan.samples, *SHAPE), dtype=np.float32)
    start, scale = classes_of(classifier.predict, x, 128)
    directions = random_directions(SHAPE, plan.directions, seed=0)
    probe = make_probe(classifier, x, directions, clip=plan.clip)
    kind = classifier.spec.scores
    return search(probe, start, start, plan, scale=scale, batch_size=batch_size, scores=kind)


def share_that_differs(one: Crossings, other: Crossings) -> float:
    """Give the share of rays that two searches tell otherwise."""
    return float(((one.step != other.step) | (one.adjacent != other.adjacent)).mean())
