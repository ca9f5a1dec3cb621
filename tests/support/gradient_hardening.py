"""An affine classifier whose examples along gradients are known exactly."""

import numpy as np

from robaudit import SearchPlan
from robaudit.hardening import (
    Examples,
    HardeningPlan,
    Searched,
    make_examples,
    search_training_samples,
)
from robaudit.testing import affine_classifier
from robaudit.types import ScoreKind

SIZE, CLASSES = 4, 4
REACH = SearchPlan(samples=40, directions=12, step=0.05, steps=40, clip=False)
PLAN = HardeningPlan(search=REACH, epochs=1, most_examples=1000, gradient_directions=2)


class Affine:
    """An affine classifier, samples in the middle of the box, and the labels it gives them."""

    def __init__(self, seed: int, scores: ScoreKind = "logits", classes: int = CLASSES) -> None:
        random = np.random.default_rng(seed)
        self.weights = random.normal(size=(SIZE * SIZE, classes))
        self.x = random.uniform(0.3, 0.7, (60, 1, SIZE, SIZE)).astype(np.float32)
        self.bias = -(self.flat @ self.weights).mean(axis=0)
        self.classifier = affine_classifier(self.weights, self.bias, (1, SIZE, SIZE), scores)
        self.y = self.classifier.predict(self.x).argmax(axis=1)

    @property
    def flat(self) -> np.ndarray:
        return self.x.reshape(len(self.x), -1).astype(np.float64)

    @property
    def logits(self) -> np.ndarray:
        return self.flat @ self.weights + self.bias

    def searched(self, plan: HardeningPlan) -> Searched:
        return search_training_samples(self.classifier, self.x, self.y, plan, batch_size=64)

    def examples(self, plan: HardeningPlan) -> Examples:
        return make_examples(
            self.searched(plan), plan, self.y, classifier=self.classifier, x=self.x
        )


def along_gradients(examples: Examples, searched: int = 12) -> np.ndarray:
    """Mark examples that lie on rays of their own."""
    return examples.direction >= searched
