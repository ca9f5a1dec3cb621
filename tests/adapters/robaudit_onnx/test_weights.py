"""Which tensors of an ONNX model are weights, and that nothing else of it changes."""

import hashlib
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto

import robaudit
from robaudit import PreprocessingRequest, TrainPlan
from robaudit.batches import Pace
from robaudit.preprocessing.prepare import prepare
from robaudit_onnx import weights
from tests.support.files import first, read_shared_images
from tests.support.onnx_networks import (
    TRAINED,
    as_constants,
    as_inputs,
    as_numbers,
    by_detours,
    convolutional,
    drawn,
    mixing,
    normalising,
    recurrent,
    tied,
    with_a_function,
)
from tests.support.onnx_training import PLAN, loss_of, run, samples, saved, trained_on_samples
from tests.support.paths import SHARED
from tests.support.small_onnx import Save, affine_onnx

HALF, BRAIN = TensorProto.FLOAT16, TensorProto.BFLOAT16
Make = Callable[[], onnx.ModelProto]


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
