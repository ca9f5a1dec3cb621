"""Gradients are judged on the inputs at hand: by their copy, by their slope, by their logits."""

from dataclasses import replace

import numpy as np
import pytest

from robaudit import Classifier, InputSpec, images_from_arrays
from robaudit.errors import ClassifierError
from robaudit.preprocessing.gradient_parity import (
    measure_slopes,
    proof_rows,
    with_proved_gradients,
)
from robaudit.testing import affine_classifier
from robaudit.types import FloatArray, Logits
from tests.support.preparations import match

SHAPE = (1, 4, 4)
random = np.random.default_rng(0)
WEIGHTS, BIAS = random.normal(0, 1, (16, 3)), random.normal(0, 0.1, 3)
INPUTS = random.random((40, *SHAPE)).astype(np.float32)


def affine() -> Classifier:
    return affine_classifier(WEIGHTS, BIAS, SHAPE)


def probable(steepness: float = 1.0) -> Classifier:
    """Give the softmax of the affine classifier's scores, in float32, and its slope."""
    behind = affine()
    assert behind.vjp is not None
    slope = behind.vjp

    def predict(x: FloatArray) -> FloatArray:
        scores = steepness * behind.predict(x)
        powers = np.exp(scores - scores.max(axis=1, keepdims=True), dtype=np.float32)
        return np.asarray(powers / powers.sum(axis=1, keepdims=True))

    def vjp(x: FloatArray, cotangent: FloatArray) -> FloatArray:
        shares = predict(x)
        mean = (shares * cotangent).sum(axis=1, keepdims=True)
        return slope(x, (steepness * shares * (cotangent - mean)).astype(np.float32))

    spec = InputSpec(SHAPE, 3, scores="probabilities")
    return replace(behind, spec=spec, predict=predict, vjp=vjp)


def with_dead_units(classifier: Classifier, level: float) -> Classifier:
    """Give no slope where inputs are brighter than ``level`` in the mean, as dead units would."""
    vjp = classifier.vjp
    assert vjp is not None

    def dying(x: FloatArray, cotangent: FloatArray) -> FloatArray:
        alive = x.mean(axis=(1, 2, 3)) < level
        return vjp(x, cotangent) * alive[:, None, None, None]

    return replace(classifier, vjp=dying)


def test_units_that_are_dead_on_made_up_inputs_alone_cost_no_gradients() -> None:
    """Images are dark; what is made up is not."""
    classifier = with_dead_units(affine(), 0.3)
    pixels = random.uniform(0, 0.4, (60, 4, 4))
    labels = affine().predict(pixels[:, None].astype(np.float32)).argmax(axis=1)
    prepared = match(classifier, images_from_arrays(pixels, labels, pixel_range=(0, 1)))
    assert prepared.classifier.vjp is not None
    facts = prepared.classifier.details["gradients"]
    assert facts == {"judged_on": "60 inputs of the data", "zero": 0, "not_finite": 0}
    refused = match(classifier, None)
    assert refused.classifier.vjp is None
    facts = refused.classifier.details["gradients"]
    assert facts["judged_on"].endswith("synthetic inputs")
    assert "rounding or thresholds" in facts["refused"]


def test_a_few_dead_inputs_are_counted_and_gradients_kept() -> None:
    level = float(np.sort(INPUTS.mean(axis=(1, 2, 3)))[-5])
    found, note = with_proved_gradients(with_dead_units(affine(), level), INPUTS)
    assert note is None
    assert found.vjp is not None
    assert found.details["gradients"]["zero"] == 5


@pytest.mark.parametrize(
    ("slope", "how"), [(0.0, "zero on 40 of 40"), (np.nan, "not finite on 40 of 40")]
)
def test_gradients_that_lead_nowhere_are_used_no_more(slope: float, how: str) -> None:
    lost = replace(affine(), vjp=lambda x, _: np.full_like(x, slope))
    found, note = with_proved_gradients(lost, INPUTS)
    assert found.vjp is None
    assert note is not None
    assert how in note
    assert how in found.details["gradients"]["refused"]


def test_a_copy_that_gives_other_scores_is_not_believed() -> None:
    classifier = affine()
    for twin, kept in ((lambda x: classifier.predict(x) * 1.01, False), (classifier.predict, True)):
        found, note = with_proved_gradients(replace(classifier, twin=twin), INPUTS)
        assert (found.vjp is not None, note is None) == (kept, kept)


def test_a_softmax_that_is_saturated_keeps_gradients_by_its_logits() -> None:
    steep = probable(1e5)
    found, note = with_proved_gradients(steep, INPUTS)
    assert found.vjp is None
    assert "saturated" in str(note)
    assert affine().vjp is not None
    behind = affine_classifier(1e5 * WEIGHTS, 1e5 * BIAS, SHAPE)
    assert behind.vjp is not None
    found, note = with_proved_gradients(
        replace(steep, logits=Logits(behind.predict, behind.vjp)), INPUTS
    )
    assert (found.vjp is not None, found.logits is not None, note) == (True, True, None)


def test_logits_of_other_classes_are_left_out() -> None:
    classifier = probable()
    other = affine_classifier(-WEIGHTS, -BIAS, SHAPE)
    assert other.vjp is not None
    found, note = with_proved_gradients(
        replace(classifier, logits=Logits(other.predict, other.vjp)), INPUTS
    )
    assert note is None
    assert found.logits is None
    assert found.vjp is not None


def test_rows_are_spread_over_all_images() -> None:
    spec = InputSpec((1, 28, 28), 10)
    rows = proof_rows(spec, 10_000)
    assert 32 <= len(rows) < 10_000
    assert (rows[0], rows[-1]) == (0, 9_999)
    assert len(set(rows.tolist())) == len(rows)
    assert proof_rows(spec, 5).tolist() == [0, 1, 2, 3, 4]


def test_slopes_need_gradients() -> None:
    with pytest.raises(ClassifierError, match="no gradients"):
        measure_slopes(replace(affine(), vjp=None), INPUTS, np.zeros(40, dtype=np.int64), 16)
