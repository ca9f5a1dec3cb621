"""ONNX files as classifiers: layouts, types, batches, devices, and scores that are strange."""

from collections.abc import Callable

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

import robaudit
from robaudit import Classifier, OpenOptions, PreprocessingRequest
from robaudit.batches import Pace
from robaudit.errors import NotAuditableError, RobauditError, UsageError
from robaudit.preprocessing.prepare import prepare
from robaudit_onnx import ADAPTER
from tests.support.files import first
from tests.support.linear_onnx import BIAS, WEIGHTS, expected_scores
from tests.support.onnx_gradients import cut, gradients, twin_of
from tests.support.paths import EXAMPLES
from tests.support.small_onnx import Save, affine_onnx, make_onnx

random = np.random.default_rng(0)


@pytest.mark.parametrize(
    "shape", [(1, 8, 8), (8, 8, 1), (8, 8), (64,), (64, 1), (4, 4, 4)], ids=str
)
@pytest.mark.parametrize("batch", ["N", 1, 4, None])
@pytest.mark.parametrize("dtype", [TensorProto.FLOAT, TensorProto.FLOAT16, TensorProto.DOUBLE])
def test_layouts_types_and_batches(
    save: Save, shape: tuple[int, ...], batch: int | str | None, dtype: int
) -> None:
    model = affine_onnx(WEIGHTS, BIAS, [batch, *shape], dtype=dtype)
    classifier = robaudit.load(save(model))
    assert classifier.spec.shape == shape
    assert classifier.spec.classes == 5
    assert classifier.spec.scores == "logits"
    assert classifier.details["batch"] == "any"
    x = random.random((7, *shape)).astype(np.float32)
    scores = classifier.predict(x)
    tolerance = 2e-2 if dtype == TensorProto.FLOAT16 else 1e-5
    np.testing.assert_allclose(scores, expected_scores(x), atol=tolerance * 20, rtol=tolerance)


@pytest.mark.parametrize("opset", [7, 9, 11, 13, 17, 21, 24, 26])
def test_opsets(save: Save, opset: int) -> None:
    classifier = robaudit.load(save(affine_onnx(WEIGHTS, BIAS, ["N", 64], opset=opset)))
    x = random.random((3, 64)).astype(np.float32)
    np.testing.assert_allclose(classifier.predict(x), expected_scores(x), rtol=1e-4)


def test_a_batch_too_large_for_the_model_is_not_used(save: Save) -> None:
    """A table of 16 rows is added: eight inputs at a time work, and a whole batch fails."""
    nodes = [
        helper.make_node("Flatten", ["x"], ["f"]),
        helper.make_node("MatMul", ["f", "w"], ["a"]),
        helper.make_node("Shape", ["a"], ["s"]),
        helper.make_node("Slice", ["table", "zero", "s"], ["rows"]),
        helper.make_node("Add", ["a", "rows"], ["y"]),
    ]
    weights = {
        "w": WEIGHTS.astype(np.float32),
        "table": np.zeros((16, 5), dtype=np.float32),
        "zero": np.zeros(2, dtype=np.int64),
    }
    classifier = robaudit.load(save(make_onnx(nodes, weights, ["N", 8, 8], ["N", 5])))
    assert classifier.details["batch"] == "any"
    images = robaudit.images_from_arrays(random.random((40, 8, 8)), np.arange(40) % 5)
    audit = robaudit.scan(classifier, images, plan="quick")
    assert any("one at a time" in note for note in audit.prepared.notes)


def test_what_goes_wrong_inside_the_model_is_said(save: Save) -> None:
    """Scores that are not numbers end the audit with a sentence."""
    path = save(affine_onnx(WEIGHTS * np.nan, BIAS, ["N", 8, 8]))
    images = robaudit.images_from_arrays(np.zeros((4, 8, 8)), np.arange(4))
    with pytest.raises(RobauditError, match="NaN"):
        robaudit.scan(robaudit.load(path), images, plan="quick")


@pytest.mark.parametrize("tail", [("Softmax", "Log"), ("Softmax", "Log", "Neg", "Reciprocal")])
def test_infinite_scores_are_taken_as_they_are_meant(save: Save, tail: tuple[str, ...]) -> None:
    """A probability that underflows has an infinite logarithm, which is a score like others."""
    path = save(affine_onnx(1000 * WEIGHTS, BIAS, ["N", 8, 8], tail=tail))
    classifier = robaudit.load(path)
    x = random.random((40, 8, 8)).astype(np.float32)
    scores = classifier.predict(x)
    assert np.isinf(scores).any()
    images = robaudit.images_from_arrays(x, scores.argmax(axis=1))
    audit = robaudit.scan(classifier, images, plan="quick")
    assert audit.clean.overall.value == pytest.approx(1, abs=0.05)
    assert 0 < np.minimum(audit.rays.distance, 1).mean() < 1


def test_a_class_that_is_masked_out_is_never_reached(save: Save) -> None:
    path = save(affine_onnx(WEIGHTS, np.append(BIAS[:4], -np.inf), ["N", 8, 8]))
    classifier = robaudit.load(path)
    x = random.random((40, 8, 8)).astype(np.float32)
    images = robaudit.images_from_arrays(x, classifier.predict(x).argmax(axis=1))
    audit = robaudit.scan(classifier, images, plan="quick")
    assert (audit.rays.adjacent != 4).all()
    assert (audit.rays.adjacent >= 0).any()


@pytest.mark.parametrize(("layout", "shape"), [((3,), (8, 8, 3)), ((3, 1, 1), (3, 8, 8))], ids=str)
def test_a_shape_left_wholly_open_is_found_by_trying(
    save: Save, layout: tuple[int, ...], shape: tuple[int, ...]
) -> None:
    nodes = [
        helper.make_node("Mul", ["x", "channels"], ["c"]),
        helper.make_node("Flatten", ["c"], ["f"]),
        helper.make_node("MatMul", ["f", "w"], ["y"]),
    ]
    weights = {
        "channels": np.ones(layout, dtype=np.float32),
        "w": random.normal(0, 1, (192, 5)).astype(np.float32),
    }
    path = save(make_onnx(nodes, weights, ["N", None, None, None], ["N", 5]))
    assert robaudit.load(path, OpenOptions(image_shape=(8, 8, 3))).spec.shape == shape


def no_real_numbers() -> onnx.ModelProto:
    nodes = [
        helper.make_node("MatMul", ["x", "w"], ["m"]),
        helper.make_node("Cast", ["m"], ["y"], to=TensorProto.INT64),
    ]
    model = make_onnx(nodes, {"w": WEIGHTS.astype(np.float32)}, ["N", 64], ["N", 5])
    model.graph.output[0].type.tensor_type.elem_type = TensorProto.INT64
    return model


def unknown_domain() -> onnx.ModelProto:
    model = make_onnx(
        [helper.make_node("Magic", ["x"], ["y"], domain="org.example")], {}, ["N", 64], ["N", 5]
    )
    model.opset_import.append(helper.make_opsetid("org.example", 1))
    return model


def small_number_input() -> onnx.ModelProto:
    nodes = [
        helper.make_node("Cast", ["x"], ["f"], to=TensorProto.FLOAT),
        helper.make_node("MatMul", ["f", "w"], ["y"]),
    ]
    model = make_onnx(nodes, {"w": WEIGHTS.astype(np.float32)}, ["N", 64], ["N", 5])
    model.graph.input[0].type.tensor_type.elem_type = TensorProto.INT8
    return model


def image_to_image() -> onnx.ModelProto:
    return make_onnx([helper.make_node("Relu", ["x"], ["y"])], {}, [1, 3, 8, 8], [1, 3, 8, 8])


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: affine_onnx(WEIGHTS[:, :1], BIAS[:1], ["N", 64]), "gives one number an input"),
        (image_to_image, "no classifier"),
        (no_real_numbers, "no classifier"),
        (unknown_domain, "org.example:Magic"),
        (small_number_input, "takes int8 numbers"),
        (lambda: affine_onnx(WEIGHTS, BIAS, ["N", 65]), "fails on an input|does not take"),
        (lambda: make_onnx([], {}, ["N", 64], ["N", 5]), "no graph"),
        (lambda: make_onnx([helper.make_node("Relu", ["x"], ["y"])], {}, [7], [7]), r"\(7\)"),
    ],
)
def test_models_that_are_no_classifiers(
    save: Save, make: Callable[[], onnx.ModelProto], words: str
) -> None:
    path = save(make())
    with pytest.raises(NotAuditableError, match=words) as caught:
        robaudit.load(path)
    assert str(path) in str(caught.value)


@pytest.mark.usefixtures("cuda_is_the_cpu")
def test_without_cuda_in_onnxruntime_the_copy_runs_there(digits_model: Classifier) -> None:
    """What it gives is compared with onnxruntime on the CPU: they have changed places."""
    opened = robaudit.load(EXAMPLES / "digits.onnx", OpenOptions(device="cuda"))
    x = random.random((5, *opened.spec.shape)).astype(np.float32)
    np.testing.assert_array_equal(opened.predict(x), twin_of(digits_model, x))
    np.testing.assert_array_equal(twin_of(opened, x), digits_model.predict(x))
    assert opened.fingerprint == digits_model.fingerprint
    assert ADAPTER.devices() == ("cpu", "cuda")
    assert opened.details["predicted_by"] == "its copy in torch, on cpu"
    images = first(robaudit.read_images(EXAMPLES / "digits.npz"), 50)
    prepared = prepare(opened, images, PreprocessingRequest(), count=8, seed=0, pace=Pace(8))
    assert gradients(prepared.classifier)["parity"] < 1e-5


@pytest.mark.usefixtures("cuda_is_the_cpu")
def test_a_model_that_no_one_can_run_on_cuda_is_refused(save: Save) -> None:
    path = save(cut(("Sigmoid", "Bernoulli")))
    with pytest.raises(UsageError, match="draws random numbers") as caught:
        robaudit.load(path, OpenOptions(device="cuda"))
    assert "onnx-gpu" in str(caught.value)
