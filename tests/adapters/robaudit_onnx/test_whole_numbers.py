"""ONNX models that take pixels as whole numbers of 0 to 255."""

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

import robaudit
from robaudit import SearchPlan
from robaudit.predicting import make_probe, points_on_rays
from tests.support.onnx_gradients import twin_of, vjp_of
from tests.support.paths import ROOT
from tests.support.small_onnx import Save

TYPES = {"uint8": TensorProto.UINT8, "int32": TensorProto.INT32, "int64": TensorProto.INT64}


def with_whole_numbers(kind: int, batch: int | str = "batch") -> onnx.ModelProto:
    """Make the embedded digits model take pixels of 0..255 as whole numbers."""
    model = onnx.load(ROOT / "examples" / "digits.onnx")
    graph = model.graph
    name = graph.input[0].name
    for node in graph.node:
        node.input[:] = ["unit" if one == name else one for one in node.input]
    graph.initializer.append(numpy_helper.from_array(np.array(255, np.float32), "white"))
    start = [
        helper.make_node("Cast", [name], ["real"], to=TensorProto.FLOAT),
        helper.make_node("Div", ["real", "white"], ["unit"]),
    ]
    rest = list(graph.node)
    del graph.node[:]
    graph.node.extend([*start, *rest])
    tensor = graph.input[0].type.tensor_type
    tensor.elem_type = kind
    if isinstance(batch, int):
        tensor.shape.dim[0].Clear()
        tensor.shape.dim[0].dim_value = batch
    return model


@pytest.fixture
def images() -> robaudit.Images:
    return robaudit.read_images(ROOT / "examples" / "digits.npz")


@pytest.mark.parametrize("kind", TYPES)
def test_real_pixels_are_rounded_and_kept_in_range(kind: str, save: Save) -> None:
    path = save(with_whole_numbers(TYPES[kind]))
    classifier = robaudit.load(path)
    spec = classifier.spec
    assert (spec.low, spec.high, spec.shape) == (0, 255, (1, 8, 8))
    assert classifier.details["input_tensor"]["dtype"] == kind
    x = np.random.default_rng(0).uniform(-20, 280, (50, 1, 8, 8)).astype(np.float32)
    rounded = np.floor(np.clip(x, 0, 255) + np.float32(0.5)).astype(kind)
    assert (x - rounded != 0).any()
    session = onnxruntime.InferenceSession(path)
    (expected,) = session.run(None, {session.get_inputs()[0].name: rounded})
    np.testing.assert_array_equal(classifier.predict(x), expected)


def test_rays_are_probed_as_they_are_predicted(save: Save) -> None:
    classifier = robaudit.load(save(with_whole_numbers(TensorProto.UINT8)))
    random = np.random.default_rng(0)
    x = random.uniform(0, 255, (6, 1, 8, 8)).astype(np.float32)
    directions = random.standard_normal((4, 1, 8, 8)).astype(np.float32) * 255
    sample, direction = np.arange(12) % 6, np.arange(12) % 4
    distance = np.linspace(-0.5, 0.5, 12)
    assert classifier.prober is not None
    found = make_probe(classifier, x, directions, clip=True)(sample, direction, distance)
    points = points_on_rays(x[sample], directions[direction], distance, 0, 255)
    np.testing.assert_allclose(found, classifier.predict(points), atol=1e-4)


def test_margins_are_those_of_the_model_that_takes_real_pixels(
    save: Save, images: robaudit.Images
) -> None:
    plan = SearchPlan(40, 10)
    audits = [
        robaudit.scan(robaudit.load(path), images, plan=plan)
        for path in (ROOT / "examples" / "digits.onnx", save(with_whole_numbers(TensorProto.UINT8)))
    ]
    real, whole = audits
    np.testing.assert_array_equal(real.predicted, whole.predicted)
    # A pixel is rounded by half a step of 255 at most: a ray may cross a step sooner or later.
    differ = real.rays.step != whole.rays.step
    assert differ.mean() < 0.05
    both = (real.rays.step > 0) & (whole.rays.step > 0)
    assert np.abs(real.rays.step[both] - whole.rays.step[both]).max() <= 1
    assert real.margins.restricted_mean.value == pytest.approx(
        whole.margins.restricted_mean.value, abs=1e-3
    )


def test_rounding_leaves_gradients_that_are_zero(save: Save) -> None:
    classifier = robaudit.load(save(with_whole_numbers(TensorProto.UINT8)))
    x = np.random.default_rng(0).uniform(0, 255, (4, 1, 8, 8)).astype(np.float32)
    np.testing.assert_allclose(twin_of(classifier, x), classifier.predict(x), atol=1e-4)
    assert not vjp_of(classifier, x, np.ones((4, 10), dtype=np.float32)).any()


def test_a_batch_fixed_at_one_is_made_free(save: Save, images: robaudit.Images) -> None:
    fixed, free = (
        robaudit.load(save(with_whole_numbers(TensorProto.UINT8, batch))) for batch in (1, "batch")
    )
    x = images.unit_pixels(slice(0, 20)).transpose(0, 3, 1, 2) * 255
    np.testing.assert_array_equal(fixed.predict(x), free.predict(x))
    assert fixed.details["batch"] == "any"
