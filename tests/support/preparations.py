"""Classifiers matched with images, and one that does not look."""

import numpy as np

from robaudit import Classifier, Images, InputSpec, PreprocessingRequest
from robaudit.batches import Pace
from robaudit.preprocessing.prepare import Prepared, prepare

NOTHING_GIVEN = PreprocessingRequest()


def match(
    classifier: Classifier,
    images: Images | None,
    request: PreprocessingRequest = NOTHING_GIVEN,
    *,
    count: int = 10,
    seed: int = 0,
) -> Prepared:
    """Match a classifier with images, in batches of 16."""
    return prepare(classifier, images, request, count=count, seed=seed, pace=Pace(16))


def blind(shape: tuple[int, ...], classes: int = 4) -> Classifier:
    """Make a classifier that does not look."""
    scores = np.linspace(0, 1, classes, dtype=np.float32)
    return Classifier("blind", InputSpec(shape, classes), lambda x: np.tile(scores, (len(x), 1)))
