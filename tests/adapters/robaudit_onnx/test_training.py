"""ONNX models are trained in place: with whose settings, what it shows, and why it may fail."""

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from onnx import TensorProto

import robaudit
from robaudit import Classifier, OpenOptions
from robaudit.errors import ClassifierError, OutputError
from robaudit.losses import one_hot
from robaudit.types import FloatArray, IntArray
from robaudit_onnx import training, weights
from tests.support.onnx_networks import (
    TRAINED,
    branching,
    convolutional,
    drawn,
    node,
    quantized,
    quantized_throughout,
)
from tests.support.onnx_training import PLAN, loss_of, samples, saved, trained_on_samples
from tests.support.small_onnx import Save, affine_onnx, make_onnx

Make = Callable[[], onnx.ModelProto]
HALF = TensorProto.FLOAT16


def test_what_is_trained_can_be_trained_on(save: Save) -> None:
    before = robaudit.load(save(convolutional()))
    once = trained_on_samples(before)
    twice = trained_on_samples(once)
    x, y = samples(before)
    losses = [loss_of(one, x, y) for one in (before, once, twice)]
    assert losses == sorted(losses, reverse=True)
    assert len({one.fingerprint for one in (before, once, twice)}) == 3
    assert once.spec == before.spec
    assert once.name == before.name
    assert {**once.details, "gradients": 0} == {**before.details, "gradients": 0}


def test_a_doubt_stays_with_what_is_trained(save: Save) -> None:
    model = affine_onnx(np.eye(64, 2), np.zeros(2), ["N", 64])
    before = robaudit.load(save(model))
    assert before.doubt is not None
    assert trained_on_samples(before).doubt == before.doubt


def test_each_epoch_gives_a_classifier_that_stays_as_it_is(save: Save) -> None:
    before, seen = robaudit.load(save(convolutional())), list[tuple[int, Classifier, Any]]()
    x, _ = samples(before)
    after = trained_on_samples(
        before, replace(PLAN, after_epoch=lambda n, one: seen.append((n, one, one.predict(x))))
    )
    assert [number for number, _, _ in seen] == [1, 2, 3, 4]
    for _, one, scores in seen:
        np.testing.assert_array_equal(one.predict(x), scores)
    assert len({one.fingerprint for _, one, _ in seen}) == 4
    assert seen[-1][1].fingerprint == after.fingerprint
    two = trained_on_samples(before, replace(PLAN, epochs=2))
    np.testing.assert_allclose(two.predict(x), seen[1][2], atol=1e-6)


def test_batches_can_be_perturbed_by_what_the_trainee_is_by_then(save: Save) -> None:
    before, seen = robaudit.load(save(convolutional())), list[np.ndarray]()
    x, y = samples(before)

    def perturb(trainee: Classifier, inputs: FloatArray, labels: IntArray) -> FloatArray:
        assert trainee.vjp is not None
        assert trainee.train is None
        assert trainee.save is None
        gradient = trainee.vjp(inputs, one_hot(labels, 5).astype(np.float32))
        assert gradient.shape == inputs.shape
        assert gradient.any()
        seen.append(trainee.predict(x))
        return np.zeros_like(inputs)

    after = trained_on_samples(before, replace(PLAN, perturb=perturb))
    np.testing.assert_allclose(seen[0], before.predict(x), atol=1e-5)
    assert all((one != other).any() for one, other in pairwise(seen))
    blank = np.zeros_like(x)
    assert loss_of(after, blank, y) < loss_of(before, blank, y)


def test_an_optimizer_and_a_loss_of_the_users_own(save: Save) -> None:
    """The loss is told the scores that the model gives, its probabilities."""
    before, parameters = robaudit.load(save(convolutional())), list[Any]()

    def optimizer(given: list[Any]) -> Any:
        parameters.extend(given)
        return torch.optim.SGD(given, lr=0.1)

    def loss(scores: Any, labels: Any) -> Any:
        assert torch.allclose(scores.sum(dim=1), torch.ones(len(labels)))
        return scores[:, 2].mean()

    after = trained_on_samples(before, replace(PLAN, optimizer=optimizer, loss=loss))
    x, _ = samples(before)
    assert len(parameters) == len(TRAINED)
    assert (after.predict(x)[:, 2] < before.predict(x)[:, 2]).all()


def steep(end: str) -> onnx.ModelProto:
    """Be sure of the first class: the others get less than 1e-15 of the probability."""
    model = affine_onnx(np.full((64, 5), 0.1), np.array([40, 0, 0, 0, 0]), ["N", 64], tail=(end,))
    model.graph.node.append(node("Identity", "y", "z"))
    model.graph.output[0].name = "z"
    return model


def test_a_saturated_softmax_learns_by_its_logits(save: Save) -> None:
    before = robaudit.load(save(steep("Softmax")))
    x, _ = samples(before)
    y = np.full(len(x), 3)
    assert before.details["training"].startswith("Adam, cross-entropy of the logits; 2 of 2")
    assert (before.predict(x)[:, 3] < 1e-12).all()
    assert before.train is not None
    after = before.train(x, y, replace(PLAN, epochs=10, learning_rate=0.1))
    assert (after.predict(x).argmax(axis=1) == 3).all()


def test_a_softmax_over_something_else_has_no_logits_of_classes(save: Save) -> None:
    """One over pairs of scores: they do not add up to one."""
    nodes = [
        node("MatMul", "x w", "m"),
        node("Reshape", "m pairs", "p"),
        node("Softmax", "p", "s", axis=2),
        node("Reshape", "s rows", "y"),
    ]
    shapes = {"pairs": np.array([-1, 3, 2]), "rows": np.array([-1, 6])}
    model = make_onnx(nodes, drawn(w=(64, 6)) | shapes, ["N", 64], ["N", 6])
    classifier = robaudit.load(save(model), OpenOptions(scores="probabilities"))
    assert classifier.details["training"] == "Adam, cross-entropy; 1 of 1 tensors are weights"
    x, y = samples(classifier)
    assert loss_of(trained_on_samples(classifier), x, y) < loss_of(classifier, x, y)


@pytest.mark.parametrize(
    ("make", "options", "reason"),
    [
        (quantized, OpenOptions(), "its weights are integers"),
        (quantized_throughout, OpenOptions(), "its weights are integers"),
        (branching, OpenOptions(), "no operator"),
        (convolutional, OpenOptions(scores="labels"), "labels"),
    ],
)
def test_what_cannot_be_trained_says_why(
    save: Save, make: Make, options: OpenOptions, reason: str
) -> None:
    classifier = robaudit.load(save(make()), options)
    assert classifier.train is None
    assert reason in classifier.details["training"]
    assert classifier.vjp is not None


def test_a_model_too_large_for_a_file_is_neither_trained_nor_saved(
    save: Save, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("robaudit_onnx.model_file.LARGEST_FILE", 1000)
    classifier = robaudit.load(save(convolutional()))
    assert classifier.train is None
    assert "larger than 2 GB" in classifier.details["training"]
    with pytest.raises(OutputError, match="larger than 2 GB"):
        saved(classifier, tmp_path / "large.onnx")


def test_onnxruntime_has_the_last_word(save: Save, monkeypatch: pytest.MonkeyPatch) -> None:
    """Here a weight is lost on the way into the model."""
    classifier = robaudit.load(save(convolutional()))

    def lose(model: onnx.ModelProto, values: dict[str, Any]) -> onnx.ModelProto:
        return weights.with_weights(model, {**values, "matrix": -values["matrix"]})

    monkeypatch.setattr(training, "with_weights", lose)
    with pytest.raises(ClassifierError, match="onnxruntime gives other scores"):
        trained_on_samples(classifier)


def test_weights_that_half_precision_cannot_hold(save: Save) -> None:
    classifier = robaudit.load(save(convolutional(dtype=HALF)))
    with pytest.raises(ClassifierError, match="too large for float16"):
        trained_on_samples(classifier, replace(PLAN, learning_rate=1e5))


def test_training_that_fails_is_an_error_of_the_classifier(save: Save) -> None:
    classifier = robaudit.load(save(convolutional()))

    def fail(_scores: Any, _labels: Any) -> Any:
        raise KeyError("a loss")

    with pytest.raises(ClassifierError, match=r"training model\.onnx fails \(KeyError"):
        trained_on_samples(classifier, replace(PLAN, loss=fail))


@pytest.mark.usefixtures("cuda_is_the_cpu")
def test_what_runs_in_torch_for_want_of_cuda_is_trained_all_the_same(save: Save) -> None:
    before = robaudit.load(save(convolutional()), OpenOptions(device="cuda"))
    after = trained_on_samples(before)
    x, y = samples(before)
    assert loss_of(after, x, y) < loss_of(before, x, y)
    assert after.details["predicted_by"] == before.details["predicted_by"]


def test_a_sigmoid_of_one_number_is_trained_as_two_classes(save: Save, tmp_path: Path) -> None:
    weights = drawn(w=(16, 1))
    nodes = [node("MatMul", "x w", "z"), node("Sigmoid", "z", "y")]
    path = save(make_onnx(nodes, weights, ["N", 16], ["N", 1]))
    random = np.random.default_rng(0)
    x = random.uniform(-1, 1, (500, 16)).astype(np.float32)
    y = (x @ np.linspace(-1, 1, 16) > 0).astype(int)
    classifier = robaudit.load(path)
    assert classifier.train is not None
    trained = classifier.train(x, y, robaudit.TrainPlan(epochs=20, learning_rate=0.05))
    before, after = (float((one.predict(x).argmax(1) == y).mean()) for one in (classifier, trained))
    assert after > max(0.95, before + 0.1)
    assert trained.save is not None
    trained.save(tmp_path / "trained.onnx")
    session = onnxruntime.InferenceSession(tmp_path / "trained.onnx")
    (found,) = session.run(None, {"x": x})
    assert found.shape == (500, 1)
    np.testing.assert_array_equal(found[:, 0] > 0.5, trained.predict(x).argmax(axis=1) == 1)


@pytest.mark.parametrize("tail", [("Sign",), ("Round",)])
def test_training_that_changes_nothing_is_an_error(save: Save, tail: tuple[str, ...]) -> None:
    classifier = robaudit.load(save(affine_onnx(np.eye(64, 5), np.zeros(5), ["N", 64], tail=tail)))
    with pytest.raises(ClassifierError, match="gradients of the loss are zero"):
        trained_on_samples(classifier)
