"""Classifiers matched with images, and some that look for little, or for nothing."""

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


def striped(count: int, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Make pictures (n, 8, 8) of four classes, dark with a light stripe that lies across."""
    labels = np.arange(count) % 4
    pixels = random.uniform(0, 0.2, (count, 8, 8)).astype(np.float32)
    for row in range(2):
        pixels[np.arange(count), 2 * labels + row] += 0.6
    return pixels, labels


def sees_stripes(*, across: bool = True, light: bool = True) -> Classifier:
    """Make a model that counts light in pairs of rows, or of columns: of darkness, if not light."""

    def predict(x: np.ndarray) -> np.ndarray:
        pictures = x.reshape(-1, 8, 8)
        sums = pictures.sum(axis=2 if across else 1).reshape(-1, 4, 2).sum(axis=2)
        return 5 * (sums if light else -sums)

    return Classifier("stripes", InputSpec((64,), 4), predict)
