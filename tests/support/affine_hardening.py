"""Affine classifiers, searched and retrained on samples inside the box."""

import numpy as np

from robaudit import Classifier, SearchPlan
from robaudit.hardening.plan import HardeningPlan
from robaudit.hardening.retraining import retrain
from robaudit.hardening.runs import Run
from robaudit.hardening.training_search import Searched, search_training_samples
from robaudit.hardening.validation import make_judge
from robaudit.testing import affine_classifier

SIZE = 4
SMALL = HardeningPlan(
    search=SearchPlan(samples=40, directions=12, step=0.05, steps=40, clip=False),
    epochs=2,
    most_examples=1000,
)


def random_affine(seed: int, classes: int = 2) -> tuple[Classifier, np.ndarray, np.ndarray]:
    """Make an affine classifier, and samples labelled by it that lie inside the box."""
    random = np.random.default_rng(seed)
    weights = random.normal(size=(SIZE * SIZE, classes)).astype(np.float64)
    x = random.uniform(0.3, 0.7, (60, 1, SIZE, SIZE)).astype(np.float32)
    bias = -(x.reshape(60, -1) @ weights).mean(axis=0)
    classifier = affine_classifier(weights, bias, (1, SIZE, SIZE))
    return classifier, x, classifier.predict(x).argmax(axis=1)


def searched_affine(
    seed: int, plan: HardeningPlan, classes: int = 2
) -> tuple[Classifier, np.ndarray, np.ndarray, Searched]:
    """Make what `random_affine` makes, and search the samples."""
    classifier, x, y = random_affine(seed, classes)
    return classifier, x, y, search_training_samples(classifier, x, y, plan, batch_size=64)


def affine_run(plan: HardeningPlan, classifier: Classifier | None = None) -> Run:
    """Retrain on 40 of the samples, and judge by the other 20."""
    made, x, y = random_affine(2)
    classifier = classifier or made
    judge = make_judge(made, x[:20], y[:20], SearchPlan(20, 8, clip=False, steps=30), 64)
    return retrain(classifier, x[20:], y[20:], judge, plan, batch_size=64)
