"""ONNX models are trained in place: the same model in the end, with other weights."""

import hashlib
import re
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
from robaudit import Classifier, OpenOptions, PreprocessingRequest, TrainPlan
from robaudit.batches import Pace
from robaudit.errors import ClassifierError, OutputError, UsageError
from robaudit.losses import cross_entropy, one_hot
from robaudit.preprocessing.prepare import prepare
from robaudit.types import FloatArray, IntArray
from robaudit_onnx import training, weights
from tests.adapters.robaudit_onnx.test_gradients import cuda_is_the_cpu  # noqa: F401 - a fixture
from tests.support.files import first, read_shared_images
from tests.support.onnx_networks import (
    TRAINED,
    as_constants,
    as_inputs,
    as_numbers,
    branching,
    by_detours,
    convolutional,
    drawn,
    mixing,
    node,
    normalising,
    quantized,
    quantized_throughout,
    recurrent,
    tied,
    with_a_function,
)
from tests.support.paths import SHARED
from tests.support.small_onnx import Save, affine_onnx, make_onnx

HALF, BRAIN = TensorProto.FLOAT16, TensorProto.BFLOAT16
PLAN = TrainPlan(epochs=4, batch_size=8, learning_rate=0.01)
Make = Callable[[], onnx.ModelProto]


def samples(classifier: Classifier, count: int = 20) -> tuple[FloatArray, IntArray]:
    random = np.random.default_rng(3)
    x = random.random((count, *classifier.spec.shape)).astype(np.float32)
    return x, random.integers(0, classifier.spec.classes, count)


def trained_on_samples(classifier: Classifier, plan: TrainPlan = PLAN) -> Classifier:
    assert classifier.train is not None, classifier.details
    return classifier.train(*samples(classifier), plan)


def loss_of(classifier: Classifier, x: FloatArray, y: IntArray) -> float:
    targets = one_hot(y, classifier.spec.classes)
    return float(cross_entropy(classifier.predict(x), targets, classifier.spec.scores).mean())


def saved(classifier: Classifier, path: Path) -> Path:
    assert classifier.save is not None
    classifier.save(path)
    return path


def weights_of(model: onnx.ModelProto) -> dict[str, Any]:
    """Give the messages that hold tensors: initializers, and what Constant operators give."""
    found: dict[str, Any] = {one.name: one for one in model.graph.initializer}
    constants = [one for one in model.graph.node if one.op_type == "Constant"]
    return found | {one.output[0]: one.attribute[0] for one in constants}


def blanked(model: onnx.ModelProto, names: set[str]) -> onnx.ModelProto:
    """Copy a model with the numbers of some tensors taken out of it, of whichever form."""
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    for name, holder in weights_of(copy).items():
        tensor = getattr(holder, "t", holder)
        if name in names:
            for form in ("raw_data", "float_data", "double_data", "int32_data"):
                size = len(getattr(tensor, form))
                tensor.ClearField(form)
                tensor.doc_string += f"{size} of {form}. "
            if tensor is not holder:
                holder.ClearField("floats")
    return copy


def run(path: Path, x: FloatArray, batch: int | None = None) -> np.ndarray:
    """Run a file in onnxruntime, without robaudit."""
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    kinds = {"tensor(float16)": np.float16, "tensor(double)": np.float64}
    (image,) = (one for one in session.get_inputs())
    x = x.astype(kinds.get(image.type, np.float32))
    size = batch or len(x)
    parts = [session.run(None, {image.name: x[i : i + size]})[0] for i in range(0, len(x), size)]
    return np.concatenate(parts).reshape(len(x), -1)


def affine_in_double() -> onnx.ModelProto:
    matrix = drawn(w=(64, 5))["w"]
    return affine_onnx(matrix, matrix[0], ["N", 64], tail=("Softmax",), dtype=TensorProto.DOUBLE)


MODELS: dict[str, tuple[Make, tuple[str, ...]]] = {
    "bytes": (convolutional, TRAINED),
    "numbers": (lambda: as_numbers(convolutional()), TRAINED),
    "half": (lambda: convolutional(dtype=HALF), TRAINED),
    "numbers in half": (lambda: as_numbers(convolutional(dtype=HALF)), TRAINED),
    "double": (affine_in_double, ("w", "b")),
    "numbers in double": (lambda: as_numbers(affine_in_double()), ("w", "b")),
    "weights as inputs": (lambda: as_inputs(convolutional()), TRAINED),
    "constants": (lambda: as_constants(convolutional()), TRAINED),
    "constants in half": (lambda: as_constants(by_detours()), ("half", "bias")),
    "channels last": (lambda: convolutional(channels_last=True), TRAINED),
    "log-probabilities": (lambda: convolutional(ends="LogSoftmax"), TRAINED),
    "batch of one": (lambda: convolutional(1), TRAINED),
    "batch of three": (mixing, ("w", "v")),
    "tied": (tied, ("row", "w")),
    "detours": (by_detours, ("half", "bias")),
    "recurrent": (recurrent, ("w", "r", "b", "matrix", "bias")),
    "normalising": (normalising, ("gain", "scale", "bias", "gamma", "beta", "matrix")),
    "function": (with_a_function, ("w",)),
}


@pytest.mark.parametrize("name", MODELS)
def test_training_changes_the_weights_and_nothing_else(
    save: Save, tmp_path: Path, name: str
) -> None:
    make, expected = MODELS[name]
    path = save(make())
    classifier = robaudit.load(path)
    x, y = samples(classifier, 21)
    assert classifier.train is not None, classifier.details
    after = classifier.train(x, y, PLAN)
    assert loss_of(after, x, y) < loss_of(classifier, x, y)

    old, new_path = onnx.load(path), saved(after, tmp_path / "after.onnx")
    new = onnx.load(new_path)
    pairs = zip(weights_of(old).items(), weights_of(new).values(), strict=True)
    assert {one for (one, before), now in pairs if before != now} == set(expected)
    assert blanked(new, set(expected)) == blanked(old, set(expected))
    onnx.checker.check_model(new)

    batch = old.graph.input[0].type.tensor_type.shape.dim[0].dim_value
    np.testing.assert_allclose(run(new_path, x, batch), after.predict(x), rtol=2e-2, atol=1e-4)
    assert after.fingerprint == hashlib.sha256(new_path.read_bytes()).hexdigest()
    assert robaudit.load(new_path).fingerprint == after.fingerprint
    assert after.details["batch"] == classifier.details["batch"]
    assert after.vjp is not None
    assert after.train is not None


def test_weights_of_half_precision_are_those_that_the_trainee_had(save: Save) -> None:
    """They are rounded before they are compared, so nothing is lost in the file."""
    after = trained_on_samples(robaudit.load(save(convolutional(dtype=HALF))))
    x, _ = samples(after)
    assert after.twin is not None
    assert after.predict(x).dtype == np.float16
    np.testing.assert_allclose(after.twin(x), after.predict(x), atol=2e-3)


def test_numbers_of_bfloat16_are_written_as_they_are_kept() -> None:
    model = as_numbers(convolutional(dtype=BRAIN))
    stored = convolutional(dtype=BRAIN)
    value = np.array([0.1, -2, 3e38], np.float32)
    for one in (model, stored):
        changed = weights.with_weights(one, {"shift": value})
        tensor = weights_of(changed)["shift"]
        np.testing.assert_allclose(onnx.numpy_helper.to_array(tensor).astype(float), value, 1e-2)
        assert blanked(changed, {"shift"}) == blanked(one, {"shift"})


def test_external_data_comes_into_the_file(tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    path = tmp_path / "old" / "model.onnx"
    onnx.save(convolutional(), path, save_as_external_data=True, size_threshold=0)
    assert len([*path.parent.iterdir()]) == 2
    before = robaudit.load(path)
    for one in (before, trained_on_samples(before)):
        x, _ = samples(one)
        alone = saved(one, tmp_path / "new.onnx")
        np.testing.assert_allclose(run(alone, x), one.predict(x), rtol=1e-4, atol=1e-6)
    assert before.details["external_data"]
    assert not trained_on_samples(before).details["external_data"]


@pytest.mark.parametrize(
    "make", [convolutional, lambda: as_inputs(convolutional(1)), quantized, branching]
)
def test_an_untrained_model_is_saved_as_it_was_read(save: Save, tmp_path: Path, make: Make) -> None:
    path = save(make())
    classifier = robaudit.load(path)
    trained_on_samples(classifier) if classifier.train else None
    assert onnx.load(saved(classifier, tmp_path / "copy.onnx")) == onnx.load(path)


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
    assert (classifier.vjp is None) == (make is quantized_throughout)


def test_a_model_too_large_for_a_file_is_neither_trained_nor_saved(
    save: Save, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("robaudit_onnx.model_file.LARGEST_FILE", 1000)
    classifier = robaudit.load(save(convolutional()))
    assert classifier.train is None
    assert "larger than 2 GB" in classifier.details["training"]
    with pytest.raises(OutputError, match="larger than 2 GB"):
        saved(classifier, tmp_path / "large.onnx")


def test_files_that_cannot_be_written(save: Save, tmp_path: Path) -> None:
    classifier = robaudit.load(save(convolutional()))
    with pytest.raises(UsageError, match=r"ends in \.onnx"):
        saved(classifier, tmp_path / "model.pt")
    with pytest.raises(OutputError, match="No such file"):
        saved(classifier, tmp_path / "missing" / "model.onnx")


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


REAL = sorted(SHARED.glob("models/[cm]*.onnx"))


@pytest.mark.parametrize("path", REAL, ids=lambda path: path.stem)
def test_real_classifiers_learn_and_stay_what_they_are(
    shared: Path, tmp_path: Path, path: Path
) -> None:
    images = first(read_shared_images(shared, path.stem.split("-")[0]), 256)
    prepared = prepare(
        robaudit.load(path), images, PreprocessingRequest(), count=8, seed=0, pace=Pace(8)
    )
    before = prepared.classifier
    x, y = prepared.inputs(slice(0, 256)), images.labels
    assert y is not None
    assert before.train is not None, before.details
    after = before.train(x, y, TrainPlan(batch_size=64, learning_rate=1e-4))
    assert loss_of(after, x, y) < loss_of(before, x, y)

    counts = re.findall(r"(\d+) of (\d+) tensors", str(before.details["training"]))
    unused = {"mnist-burn-bn-logsoftmax": 4, "mnist-self-attention-nhwc": 1}.get(path.stem, 0)
    assert [int(all_of) - int(some) for some, all_of in counts] == [unused]

    old, new_path = onnx.load(path), saved(after, tmp_path / "after.onnx")
    everything = set(weights_of(old))
    assert blanked(onnx.load(new_path), everything) == blanked(old, everything)
    fresh = robaudit.load(new_path)
    batch = old.graph.input[0].type.tensor_type.shape.dim[0].dim_value
    first_inputs = samples(fresh, 8)[0]
    found = run(new_path, first_inputs, batch)
    size = np.abs(found).max()
    np.testing.assert_allclose(fresh.predict(first_inputs), found, atol=1e-4 * size)
    assert fresh.fingerprint == after.fingerprint


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
