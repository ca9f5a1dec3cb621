"""What scores were taken for must hold on the images of an audit."""

import numpy as np
import pytest

from robaudit import Classifier, InputSpec, images_from_arrays
from robaudit.errors import NotAuditableError
from robaudit.types import ScoreKind
from tests.support.preparations import match

random = np.random.default_rng(0)
IMAGES = images_from_arrays(random.random((50, 4, 4)), np.arange(50) % 2)


@pytest.mark.parametrize(
    ("kind", "factor"), [("probabilities", 4.0), ("log-probabilities", 4.0), ("logits", 4.0)]
)
def test_numbers_that_are_no_probabilities_are_refused(kind: ScoreKind, factor: float) -> None:
    """A raw score that lies between 0 and 1 on made-up inputs need not on real ones."""

    def predict(x: np.ndarray) -> np.ndarray:
        score = factor * x.reshape(len(x), -1).mean(axis=1) - 1.5
        return np.stack([1 - score, score], axis=1)

    classifier = Classifier("one score", InputSpec((1, 4, 4), 2, kind), predict)
    if kind == "logits":
        assert match(classifier, IMAGES)
        return
    with pytest.raises(NotAuditableError, match=f"no {kind} for .* of 50 inputs.*"):
        match(classifier, IMAGES)
