"""What is done to batches of training images before a model learns them."""

import numpy as np

from robaudit import Classifier
from robaudit.types import FloatArray, IntArray, Perturb


def flips_and_shifts(seed: int) -> Perturb:
    """Flip and shift each image at random, by up to four pixels."""
    random = np.random.default_rng(seed)

    def shifted(_classifier: Classifier, x: FloatArray, _y: IntArray) -> FloatArray:
        padded = np.pad(x, ((0, 0), (0, 0), (4, 4), (4, 4)))
        flip = random.random(len(x)) < 0.5
        rows, columns = random.integers(0, 9, (2, len(x)))
        height, width = x.shape[2:]
        moved = np.stack(
            [
                image[:, row : row + height, column : column + width]
                for image, row, column in zip(padded, rows, columns, strict=True)
            ]
        )
        return np.where(flip[:, None, None, None], moved[..., ::-1], moved)

    return shifted


def some_of_each(perturb: Perturb, share: float, seed: int) -> Perturb:
    """Perturb a share of the inputs of each batch, drawn at random."""
    if share == 1:
        return perturb
    random = np.random.default_rng([seed, 1])

    def some(classifier: Classifier, x: FloatArray, y: IntArray) -> FloatArray:
        chosen = random.random(len(x)) < share
        found = x.copy()
        if chosen.any():
            found[chosen] = perturb(classifier, x[chosen], y[chosen])
        return found

    return some
