"""What is said of an accuracy that labels do not bear out: its cause, where answers show it."""

import numpy as np
import pytest

import robaudit
from robaudit.record.cautions import cautions
from robaudit.search.plan import SearchPlan
from robaudit.testing import affine_classifier
from robaudit.types import FloatArray

random = np.random.default_rng(0)
WEIGHTS = random.normal(size=(36, 4))
PIXELS = random.random((200, 6, 6)).astype(np.float32)
BIAS = -0.5 * WEIGHTS.sum(axis=0)
SCORES = PIXELS.reshape(-1, 36) @ WEIGHTS + BIAS
LABELS, SECOND = SCORES.argmax(axis=1), SCORES.argsort(axis=1)[:, -2]
CHANCE = random.permutation(LABELS)


@pytest.mark.parametrize(
    ("weights", "bias", "labels", "said", "never"),
    [
        (WEIGHTS, BIAS, SECOND, "below chance (", "close to chance"),
        (0 * WEIGHTS, np.array([0.0, 3, -1, 1]), LABELS, "'1' to all 200 inputs", "chance"),
        (WEIGHTS, BIAS, CHANCE, "close to chance (", "below chance"),
        (WEIGHTS, BIAS, LABELS, "", "Clean accuracy"),
    ],
)
def test_a_low_accuracy_is_called_what_it_is(
    weights: FloatArray, bias: FloatArray, labels: FloatArray, said: str, never: str
) -> None:
    images = robaudit.images_from_arrays(PIXELS, labels)
    classifier = affine_classifier(weights, bias, (1, 6, 6))
    as_it_is = robaudit.PreprocessingRequest((0.0,), (1.0,), exchanged=False)
    audit = robaudit.scan(classifier, images, plan=SearchPlan(12, 2), preprocessing=as_it_is)
    sentences = " ".join(cautions(audit))
    assert said in sentences
    assert never not in sentences
