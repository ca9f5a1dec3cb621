"""Drawing adversarial examples in: to where the way to them first seems to leave the class.

An attack within a budget goes as far as it may, not as far as it must.
"""

import numpy as np

from robaudit.attacks.outcome import Targets
from robaudit.batches import slices
from robaudit.predicting import failing_as, predict_classes
from robaudit.types import Classifier, FloatArray, IntArray

HALVINGS = 8


def bisect_towards(
    classifier: Classifier,
    targets: Targets,
    rows: IntArray,
    examples: FloatArray,
    batch_size: int,
) -> FloatArray:
    """Bisect the way from samples to their examples: the share of it that is needed, (n,).

    ``rows`` (n,) are samples of ``targets``, ``examples`` (n, *shape) of another
    class. At the share that is given the model was asked, and gave another class;
    `HALVINGS` bounds what is left between it and a point of the sample's class.
    Raises ClassifierError for a model that fails meanwhile.
    """
    x, origin = targets.x[rows], targets.origin[rows]
    inside, outside = np.zeros(len(rows)), np.ones(len(rows))
    for _ in range(HALVINGS):
        middle = (inside + outside) / 2
        crossed = np.zeros(len(rows), dtype=bool)
        for part in slices(len(rows), batch_size):
            share = middle[part].reshape(-1, *[1] * (x.ndim - 1))
            points = (x[part] + share * (examples[part] - x[part])).astype(x.dtype)
            with failing_as(classifier.name):
                classes = predict_classes(classifier.predict, points, targets.scale)
            crossed[part] = classes != origin[part]
        inside, outside = np.where(crossed, inside, middle), np.where(crossed, middle, outside)
    return outside
