"""A model that answers differently each time is audited over several draws, and that is said."""

import numpy as np
import pytest

import robaudit
from robaudit import InputSpec
from robaudit.audit import DRAWS
from robaudit.metrics.figures import ACCURACY, MEAN_MARGIN, OF_RIGHT
from robaudit.record.audit_record import describe_audit
from robaudit.record.headline_figures import headlines, headlines_right_at_start
from robaudit.record.randomised import over_draws
from robaudit.search.plan import SearchPlan
from robaudit.types import Classifier, Estimate

WEIGHTS = np.random.default_rng(0).normal(size=(64, 4))
PIXELS = np.random.default_rng(1).random((200, 8, 8))
IMAGES = robaudit.images_from_arrays(PIXELS, (PIXELS.reshape(-1, 64) @ WEIGHTS).argmax(axis=1))


def model(noise: float) -> Classifier:
    random = np.random.default_rng(2)

    def predict(x: np.ndarray) -> np.ndarray:
        scores = x.reshape(len(x), 64) @ WEIGHTS
        return scores + noise * random.normal(size=scores.shape)

    why = "RandomNormalLike 'n1' draws numbers"
    return Classifier("noisy", InputSpec((1, 8, 8), 4), predict, randomness=why)


def test_the_spread_over_draws_stands_where_the_figures_stand() -> None:
    audit = robaudit.scan(model(200.0), IMAGES, plan=SearchPlan(20, 4), randomised=True)
    record = describe_audit(audit)
    assert record.randomised
    assert record.randomised.draws == len(audit.draws) == DRAWS
    accuracies = [draw[ACCURACY].value or 0.0 for draw in audit.draws]
    assert len(set(accuracies)) > 1
    accuracy = headlines(record)[ACCURACY]
    assert accuracy.value == pytest.approx(np.mean(accuracies))
    assert accuracy.low == min(draw[ACCURACY].low or 0.0 for draw in audit.draws)
    of_right = [draw[OF_RIGHT[MEAN_MARGIN]].value or 0.0 for draw in audit.draws]
    assert headlines_right_at_start(record)[MEAN_MARGIN].value == pytest.approx(np.mean(of_right))
    assert "answers differently each time" in record.warnings[0]
    assert "'n1'" in record.warnings[0]
    assert f"{min(accuracies):.1%} to {max(accuracies):.1%}" in record.warnings[0]


def test_a_model_that_is_steady_is_not_said_to_answer_differently() -> None:
    audit = robaudit.scan(model(0.0), IMAGES, plan=SearchPlan(20, 4), randomised=True)
    record = describe_audit(audit)
    assert not audit.draws
    assert record.randomised is None
    assert not any("The model answers differently" in warning for warning in record.warnings)
    assert any("gave the same figures" in warning for warning in record.warnings)


def test_a_draw_without_a_number_leaves_none() -> None:
    known, unknown = Estimate(0.5, 0.4, 0.6), Estimate(None, None, None)
    assert over_draws([known, Estimate(0.7, 0.55, 0.8)]) == Estimate(0.6, 0.4, 0.8)
    assert over_draws([known, unknown]) == unknown
    without = over_draws([known, Estimate(0.7, None, None, reason="too few samples")])
    assert without == Estimate(0.6, None, None, reason="too few samples")
