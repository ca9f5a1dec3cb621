"""Margin consistency: exact where logit margins are distances, and none where they are not."""

from dataclasses import replace

import numpy as np
import pytest

import robaudit
from robaudit.metrics.consistency import Consistency, logit_margins
from robaudit.testing import affine_classifier
from robaudit.types import Classifier, FloatArray, Logits, ScoreKind
from tests.support.affine_models import KINDS, affine, some_inputs

PLAN = robaudit.SearchPlan(120, 36, step=0.02, steps=40, strategy="linear", clip=False)


def flat(scores: ScoreKind = "logits", turn: float = 1.0) -> Classifier:
    """Make a model of two classes whose lead is its distance along every direction, but a factor.

    Where ``turn`` is -1 the lead falls as the distance grows.
    """
    weights = np.zeros((36, 2))
    weights[:, 1] = 1.0
    model = affine_classifier(weights, np.array([0.0, -18.0]), (1, 6, 6), scores)
    if turn > 0:
        return model

    def inverted(x: FloatArray) -> FloatArray:
        logits = model.predict(x)
        lead = logits[:, 1] - logits[:, 0]
        return np.stack([np.zeros(len(x)), np.sign(lead) * 20 - lead], axis=1)

    return replace(model, predict=inverted, vjp=None)


def consistency_of(model: Classifier, plan: robaudit.SearchPlan = PLAN) -> Consistency:
    pixels = np.random.default_rng(0).random((120, 6, 6, 1)).astype(np.float32)
    found = robaudit.scan(model, robaudit.images_from_arrays(pixels), plan=plan).consistency
    assert found is not None
    return found


@pytest.mark.parametrize("scores", ["logits", "log-probabilities"])
def test_a_model_whose_lead_is_its_distance_is_consistent(scores: ScoreKind) -> None:
    found = consistency_of(flat(scores))
    assert found.samples == 120
    assert found.rank_correlation.value == pytest.approx(1.0, abs=0.002)
    assert found.auroc.value == pytest.approx(1.0, abs=0.002)
    assert found.brittle == 30
    assert found.auroc.high == 1.0
    assert found.false_alarms.value == 0.0
    assert found.missing is None


def test_a_model_whose_lead_falls_with_distance_is_not() -> None:
    found = consistency_of(flat(turn=-1))
    assert found.rank_correlation.value == pytest.approx(-1.0, abs=0.002)
    assert found.auroc.value == pytest.approx(0.0, abs=0.002)


def test_the_threshold_is_a_lead_of_the_95th_percentile_of_brittle_samples() -> None:
    model = flat()
    pixels = np.random.default_rng(0).random((120, 6, 6, 1)).astype(np.float32)
    audit = robaudit.scan(model, robaudit.images_from_arrays(pixels), plan=PLAN)
    found = audit.consistency
    assert found is not None
    leads = logit_margins(model, audit.samples.x, 7)
    margins = audit.margins.tally.restricted
    assert found.margin_threshold is not None
    assert found.logit_threshold is not None
    brittle = margins < found.margin_threshold
    assert found.logit_threshold in leads[brittle]
    assert (leads[brittle] <= found.logit_threshold).mean() >= 0.95


def test_few_brittle_samples_promise_no_threshold() -> None:
    """One lead more is above the largest of 18 in one case of 19."""
    pixels = np.random.default_rng(0).random((76, 6, 6, 1)).astype(np.float32)
    images = robaudit.images_from_arrays(pixels)
    enough = robaudit.scan(flat(), images, plan=PLAN).consistency
    few = robaudit.scan(flat(), images.take(np.arange(72), "fewer"), plan=PLAN).consistency
    assert enough is not None
    assert few is not None
    assert (enough.brittle, few.brittle) == (19, 18)
    assert enough.logit_threshold is not None
    assert (few.logit_threshold, few.false_alarms.value) == (None, None)


@pytest.mark.parametrize("kind", KINDS)
def test_leads_are_those_of_logits_whatever_the_scores(kind: ScoreKind) -> None:
    x = some_inputs(9)[0]
    logits = np.sort(affine()[0].predict(x), axis=1)
    model = affine(kind)[0]
    if kind == "probabilities":
        plain = affine()[0]
        assert plain.vjp is not None
        model = replace(model, logits=Logits(plain.predict, plain.vjp))
    np.testing.assert_allclose(logit_margins(model, x, 4), logits[:, -1] - logits[:, -2], rtol=1e-5)


def test_probabilities_and_nothing_within_reach_have_no_number() -> None:
    assert (
        consistency_of(flat("probabilities")).missing == "the model gives probabilities, no logits"
    )
    scores_of_votes = consistency_of(replace(flat(), uncalibrated=True))
    assert scores_of_votes.missing is not None
    assert "says nothing of how sure it is" in scores_of_votes.missing
    near = robaudit.SearchPlan(120, 2, step=1e-9, steps=1, strategy="linear", clip=False)
    found = consistency_of(flat(), near)
    assert found.rank_correlation.value is None
    assert found.missing == "all samples lie equally far"
