"""Classifiers as estimators of ART: the right numbers, and the right refusals."""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import robaudit
from robaudit import InputSpec, TrainPlan
from robaudit.errors import MissingDependencyError
from robaudit.losses import cross_entropy, one_hot
from robaudit.requirements import Requirement
from robaudit.testing import load_affine
from robaudit.types import FloatArray, ScoreKind
from tests.support.affine_models import KINDS, PIXELS, SHAPE, affine, some_inputs


@pytest.mark.parametrize("kind", KINDS)
def test_loss_gradients_are_those_in_closed_form(kind: ScoreKind) -> None:
    pytest.importorskip("art")
    classifier, weights = affine(kind)
    x, y = some_inputs(300)  # more than one batch
    probabilities = affine("probabilities")[0].predict(x)
    exact = (probabilities - one_hot(y, 5)) @ weights.T
    estimator = robaudit.art_estimator(classifier)
    for labels in (y, y[:, None], one_hot(y, 5), one_hot(y, 5).astype(np.uint8)):
        found = estimator.loss_gradient(x, labels)
        np.testing.assert_allclose(found, exact.reshape(x.shape), rtol=1e-5, atol=1e-6)
    losses = -np.log(probabilities[np.arange(300), y])
    np.testing.assert_allclose(estimator.compute_loss(x, y), losses, rtol=1e-6)
    np.testing.assert_allclose(estimator.compute_loss(x, y, reduction="mean"), losses.mean())
    np.testing.assert_allclose(estimator.compute_loss(x, y, reduction="sum"), losses.sum())


@pytest.mark.parametrize("kind", KINDS)
def test_loss_gradients_are_differences_of_the_loss_in_float64(kind: ScoreKind) -> None:
    pytest.importorskip("art")
    classifier, _ = affine(kind)
    x, y = some_inputs(4)
    targets = one_hot(y, 5)
    gradient = robaudit.art_estimator(classifier).loss_gradient(x, y).reshape(4, -1)
    for pixel in range(PIXELS):
        offset = 1e-6 * np.eye(PIXELS)[pixel].reshape(SHAPE)
        higher, lower = (
            cross_entropy(classifier.predict(x.astype(np.float64) + s * offset), targets, kind)
            for s in (1, -1)
        )
        np.testing.assert_allclose(gradient[:, pixel], (higher - lower) / 2e-6, atol=1e-5)


def test_class_gradients_are_the_weights() -> None:
    pytest.importorskip("art")
    classifier, weights = affine()
    estimator = robaudit.art_estimator(classifier)
    x, y = some_inputs(40)
    rows = np.broadcast_to(weights.T.reshape(1, 5, *SHAPE), (40, 5, *SHAPE))
    np.testing.assert_allclose(estimator.class_gradient(x), rows, rtol=1e-6)
    np.testing.assert_allclose(estimator.class_gradient(x, label=2), rows[:, 2:3], rtol=1e-6)
    chosen = rows[np.arange(40), y][:, None]
    for label in (y, list(y)):
        np.testing.assert_allclose(estimator.class_gradient(x, label=label), chosen, rtol=1e-6)
    for label in (5, -1, np.full(40, 7)):
        with pytest.raises(ValueError, match="for a model of 5 classes"):
            estimator.class_gradient(x, label=label)


def test_an_estimator_says_what_the_classifier_is() -> None:
    pytest.importorskip("art")
    classifier, _ = affine()
    spec = replace(classifier.spec, low=-1.0, high=2.0)
    estimator = robaudit.art_estimator(replace(classifier, spec=spec))
    assert estimator.input_shape == SHAPE
    assert estimator.nb_classes == 5
    assert estimator.clip_values.tolist() == [-1.0, 2.0]
    assert estimator.channels_first
    assert estimator.get_params()["nb_classes"] == 5
    assert estimator.model.name == "affine"
    wide = replace(classifier, spec=InputSpec((3, 4, 1), 5))
    assert not robaudit.art_estimator(wide).channels_first


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_scores_are_as_they_are_but_never_in_half_precision(dtype: type) -> None:
    pytest.importorskip("art")
    classifier, _ = affine()
    rounded = replace(classifier, predict=lambda x: classifier.predict(x).astype(dtype))
    x, _ = some_inputs(7)
    scores = robaudit.art_estimator(rounded).predict(x, batch_size=3)
    np.testing.assert_allclose(scores, rounded.predict(x))
    assert scores.dtype == np.promote_types(dtype, np.float32)
    assert robaudit.art_estimator(rounded).predict(x[:0]).shape == (0, 5)


def test_inputs_arrive_in_float32_and_in_batches() -> None:
    pytest.importorskip("art")
    classifier, _ = affine()
    seen: list[tuple[Any, int]] = []

    def predict(x: FloatArray) -> FloatArray:
        seen.append((x.dtype, len(x)))
        return classifier.predict(x)

    x, _ = some_inputs(5)
    robaudit.art_estimator(replace(classifier, predict=predict)).predict(
        x.astype(np.float64), batch_size=2
    )
    assert seen == [(np.float32, 2), (np.float32, 2), (np.float32, 1)]


def test_metrics_of_art_work() -> None:
    metrics = pytest.importorskip("art.metrics")
    classifier, weights = affine()
    estimator = robaudit.art_estimator(classifier)
    x, y = some_inputs(10)
    sensitivity = metrics.loss_sensitivity(estimator, x, one_hot(y, 5))
    error = affine("probabilities")[0].predict(x) - one_hot(y, 5)
    np.testing.assert_allclose(
        sensitivity, np.linalg.norm(error @ weights.T, axis=1).mean(), rtol=1e-5
    )
    np.random.seed(0)  # noqa: NPY002 - what ART draws from
    assert metrics.empirical_robustness(estimator, x, "fgsm", {"eps_step": 0.1, "eps": 1.0}) > 0


def test_defences_stand_before_the_classifier() -> None:
    preprocessor = pytest.importorskip("art.defences.preprocessor")
    classifier, _ = affine()
    squeeze = preprocessor.FeatureSqueezing(clip_values=(0, 1), bit_depth=1)
    estimator = robaudit.art_estimator(classifier, preprocessing_defences=squeeze)
    x, _ = some_inputs(4)
    np.testing.assert_allclose(estimator.predict(x), classifier.predict(np.rint(x)))
    assert estimator.class_gradient(x, label=0).shape == (4, 1, *SHAPE)
    estimator.set_params(preprocessing_defences=None)
    np.testing.assert_allclose(estimator.predict(x), classifier.predict(x))


def test_defences_stand_behind_the_classifier() -> None:
    postprocessor = pytest.importorskip("art.defences.postprocessor")
    classifier, _ = affine("probabilities")
    estimator = robaudit.art_estimator(
        classifier, postprocessing_defences=postprocessor.Rounded(decimals=1)
    )
    x, _ = some_inputs(4)
    np.testing.assert_allclose(estimator.predict(x), classifier.predict(x).round(1))


def test_arts_adversarial_trainer_trains_a_new_classifier() -> None:
    evasion = pytest.importorskip("art.attacks.evasion")
    from art.defences.trainer import AdversarialTrainer

    classifier, _ = affine()
    estimator = robaudit.art_estimator(classifier)
    x, y = some_inputs(32)
    before = classifier.predict(x)
    attack = evasion.FastGradientMethod(estimator, eps=0.1)
    attacked = attack.generate(x, one_hot(y, 5))
    loss = estimator.compute_loss(attacked, y, reduction="mean")
    np.random.seed(0)  # noqa: NPY002 - what ART draws from
    AdversarialTrainer(estimator, attack, ratio=0.5).fit(
        x, one_hot(y, 5), batch_size=16, nb_epochs=5
    )
    assert estimator.compute_loss(attacked, y, reduction="mean") < loss
    np.testing.assert_array_equal(classifier.predict(x), before)
    assert estimator.model is not classifier


def test_fitting_follows_the_plan_and_goes_on_from_the_last_one() -> None:
    pytest.importorskip("art")
    before, _ = affine()
    x, y = some_inputs(8)
    estimator = robaudit.art_estimator(before)
    estimator.fit(x, y, batch_size=4, nb_epochs=2, learning_rate=0.5)
    estimator.fit(x, one_hot(y, 5), batch_size=4, nb_epochs=1)
    estimator.fit(x, y, seed=9)
    after = before
    for plan in (TrainPlan(2, 4, 0.5, 0), TrainPlan(1, 4, None, 1), TrainPlan(20, 128, None, 9)):
        assert after.train is not None
        after = after.train(x, y, plan)
    assert estimator.model.fingerprint == after.fingerprint != before.fingerprint


def test_saving_is_the_classifiers_own(tmp_path: Path) -> None:
    pytest.importorskip("art")
    classifier, _ = affine()
    robaudit.art_estimator(classifier).save("model.npz", path=str(tmp_path))
    assert load_affine(tmp_path / "model.npz").fingerprint == classifier.fingerprint


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda e: e.fit(*some_inputs(2)), "cannot be trained"),
        (lambda e: e.save("model"), "cannot be saved"),
        (lambda e: e.get_activations(some_inputs(1)[0], 0, 1), "inner layers"),
        (lambda e: e.clone_for_refitting(), "from scratch"),
    ],
)
def test_what_a_classifier_cannot_do_is_refused_in_a_sentence(
    call: Callable[[Any], Any], message: str
) -> None:
    pytest.importorskip("art")
    classifier, _ = affine()
    with pytest.raises(NotImplementedError, match=message):
        call(robaudit.art_estimator(replace(classifier, train=None, save=None)))


def test_without_art_the_command_that_installs_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    missing = Requirement("no-such-toolbox", "1", 'pip install "robaudit[attacks]"')
    monkeypatch.setattr("robaudit.attacks.art_bridge.ART", (missing,))
    with pytest.raises(MissingDependencyError, match=r'pip install "robaudit\[attacks\]"'):
        robaudit.art_estimator(affine()[0])


def test_naming_the_bridge_does_not_import_art() -> None:
    script = "import robaudit, sys; robaudit.art_estimator; sys.exit('art' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


LOGS = """
import io, logging, sys

class Handler(logging.StreamHandler):
    def close(self):
        self.stream.close()

logging.getLogger().addHandler(Handler(io.StringIO()))
from robaudit import art_estimator
from robaudit.testing import affine_classifier
art_estimator(affine_classifier([[1.0, 0.0], [0.0, 1.0]], [0.0, 0.0], (2,)))
import art.attacks.evasion
assert not logging.getLogger().handlers[0].stream.closed
"""


def test_importing_art_closes_nobodys_logs() -> None:
    subprocess.run([sys.executable, "-c", LOGS], check=True)
