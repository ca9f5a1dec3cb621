"""Searches and examples of an affine classifier, written to files and compared bit for bit."""

from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path

import numpy as np

from robaudit import Classifier, SearchPlan
from robaudit.hardening import HardeningPlan, Searched, search_training_samples
from robaudit.testing import affine_classifier

SIZE = 4
PLAN = HardeningPlan(
    search=SearchPlan(samples=40, directions=12, step=0.05, steps=20),
    epochs=2,
    most_examples=1000,
    keep="last",
    learning_rate=0.3,
)
REFINED = replace(PLAN, search=replace(PLAN.search, refine=0.003), gradient_directions=2)


def affine(classes: int = 4) -> tuple[Classifier, np.ndarray, np.ndarray]:
    """Make an affine classifier, and samples most of which have its labels."""
    random = np.random.default_rng(8)
    weights = random.normal(size=(SIZE * SIZE, classes))
    x = random.uniform(0.2, 0.8, (60, 1, SIZE, SIZE)).astype(np.float32)
    bias = -(x.reshape(60, -1) @ weights).mean(axis=0)
    classifier = affine_classifier(weights, bias, (1, SIZE, SIZE))
    y = classifier.predict(x).argmax(axis=1)
    y[:5] = (y[:5] + 1) % classes
    return classifier, x, y.astype(np.uint8)


def searched_with(plan: HardeningPlan) -> tuple[Classifier, np.ndarray, np.ndarray, Searched]:
    """Make what `affine` makes, and search the samples."""
    classifier, x, y = affine()
    return classifier, x, y, search_training_samples(classifier, x, y, plan, batch_size=64)


def written(tmp_path: Path, write: Callable[..., None], what: object) -> Path:
    """Write something to a file of a folder."""
    path = tmp_path / "kept.npz"
    with path.open("wb") as file:
        write(what, file)
    return path


def assert_same(one: object, other: object) -> None:
    """Compare two records field by field, arrays with their types."""
    for field in fields(one):  # type: ignore[arg-type]
        first, second = getattr(one, field.name), getattr(other, field.name)
        if isinstance(first, np.ndarray):
            assert first.dtype == second.dtype, field.name
            assert first.tobytes() == second.tobytes(), field.name
            assert first.shape == second.shape, field.name
        elif hasattr(first, "__dataclass_fields__"):
            assert_same(first, second)
        else:
            assert first == second, field.name
