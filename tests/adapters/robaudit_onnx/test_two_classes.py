"""Two classes from one score: probabilities and raw ones, behind whatever stands at the end."""

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

import robaudit
from robaudit import OpenOptions, SearchPlan, TrainPlan
from robaudit.errors import NotAuditableError
from robaudit.predicting import make_probe, points_on_rays
from robaudit.types import ScoreKind
from tests.support.model_cases import accuracy, case, load
from tests.support.onnx_gradients import gradients, vjp_of
from tests.support.onnx_networks import node
from tests.support.small_onnx import Save, Shape, make_onnx

random = np.random.default_rng(0)
WEIGHTS = random.normal(0, 1, 16).astype(np.float32)
X = random.random((40, 16)).astype(np.float32)
NUMBERS = (X - 0.5) @ WEIGHTS


def one_number(
    tail: list[onnx.NodeProto],
    output_shape: Shape,
    *,
    batch: int | str = "N",
    opset: int = 17,
    dtype: int = TensorProto.FLOAT,
    weights: dict[str, Any] | None = None,
) -> onnx.ModelProto:
    """Make what gives one number "z", and operators behind it up to "y"."""
    kind = helper.tensor_dtype_to_np_dtype(dtype)
    nodes = [node("Sub", "x half", "c"), node("MatMul", "c w", "z"), *tail]
    own = {"w": WEIGHTS[:, None].astype(kind), "half": np.full(1, 0.5, kind)}
    return make_onnx(
        nodes, own | (weights or {}), [batch, 16], output_shape, dtype=dtype, opset=opset
    )


ENDS: dict[str, tuple[list[onnx.NodeProto], Shape]] = {
    "declared": ([node("Sigmoid", "z", "y")], ["N", 1]),
    "undeclared": ([node("Sigmoid", "z", "y")], ["N", None]),
    "squeezed": ([node("Sigmoid", "z", "p"), node("Squeeze", "p last", "y")], ["N"]),
    "squeezed wholly": ([node("Sigmoid", "z", "p"), node("Squeeze", "p", "y")], [None]),
    "clipped": (
        [
            node("Sigmoid", "z", "p"),
            node("Clip", "p low high", "q"),
            node("Identity", "q", "y"),
        ],
        ["N", 1],
    ),
    "reshaped": (
        [node("Sigmoid", "z", "p"), node("Reshape", "p four", "r"), node("Flatten", "r", "y")],
        ["N", 1],
    ),
    "cast": (
        [
            node("Sigmoid", "z", "p"),
            node("Cast", "p", "d", to=TensorProto.DOUBLE),
            node("Cast", "d", "y", to=TensorProto.FLOAT),
        ],
        ["N", 1],
    ),
}
CONSTANTS = {
    "last": np.array([1]),
    "four": np.array([-1, 1, 1, 1]),
    "low": np.array(1e-7, np.float32),
    "high": np.array(1 - 1e-7, np.float32),
}


@pytest.mark.parametrize("end", ENDS)
def test_what_a_sigmoid_is_made_of_is_the_score_of_the_second_class(save: Save, end: str) -> None:
    tail, shape = ENDS[end]
    classifier = robaudit.load(save(one_number(tail, shape, weights=CONSTANTS)))
    assert classifier.spec.classes == 2
    assert classifier.spec.scores == "logits"
    assert classifier.details["output_tensor"] == "y"
    assert classifier.details["batch"] == "any"
    assert "regression" in str(classifier.doubt)
    scores = classifier.predict(X)
    np.testing.assert_allclose(scores, np.stack([0 * NUMBERS, NUMBERS], axis=1), atol=1e-5)
    cotangent = np.eye(2, dtype=np.float32)[np.ones(40, dtype=int)]
    np.testing.assert_allclose(vjp_of(classifier, X, cotangent), [WEIGHTS] * 40, atol=1e-5)


def test_rays_are_probed_and_weights_trained_as_of_any_other_model(save: Save) -> None:
    tail, shape = ENDS["squeezed"]
    classifier = robaudit.load(save(one_number(tail, shape, weights=CONSTANTS)))
    directions = random.normal(0, 1, (3, 16)).astype(np.float32)
    sample, direction = np.arange(6) % 4, np.arange(6) % 3
    distance = np.linspace(-0.5, 0.5, 6)
    found = make_probe(classifier, X[:4], directions, clip=True)(sample, direction, distance)
    points = points_on_rays(X[sample], directions[direction], distance, 0, 1)
    np.testing.assert_allclose(found, classifier.predict(points), atol=1e-5)
    labels = (NUMBERS < 0).astype(int)  # the other way round
    assert classifier.train is not None
    trained = classifier.train(X, labels, TrainPlan(epochs=100, learning_rate=0.1))
    assert trained.spec == classifier.spec
    assert (trained.predict(X).argmax(axis=1) == labels).mean() > 0.9


@pytest.mark.parametrize("opset", [7, 8, 9, 11, 13, 21])
@pytest.mark.parametrize("dtype", [TensorProto.FLOAT, TensorProto.FLOAT16, TensorProto.DOUBLE])
@pytest.mark.parametrize("batch", ["N", 1, 4])
def test_opsets_types_and_batches(save: Save, opset: int, dtype: int, batch: int | str) -> None:
    model = one_number(
        [node("Sigmoid", "z", "y")], [batch, 1], batch=batch, opset=opset, dtype=dtype
    )
    classifier = robaudit.load(save(model))
    assert classifier.details["batch"] == "any"
    scores = classifier.predict(X)
    assert scores.dtype == helper.tensor_dtype_to_np_dtype(dtype)
    tolerance = 1e-2 if dtype == TensorProto.FLOAT16 else 1e-4
    np.testing.assert_allclose(scores[:, 1], NUMBERS, atol=tolerance)


def test_a_score_that_is_infinite_is_one(save: Save) -> None:
    """What is certain has an infinite logit, and the other class has 0 all the same."""
    tail = [node("Reciprocal", "z", "i"), node("Reciprocal", "i", "e"), node("Sigmoid", "e", "y")]
    classifier = robaudit.load(save(one_number(tail, ["N", 1])))
    steep = robaudit.load(
        save(
            one_number(
                [node("Mul", "z huge", "s"), node("Sigmoid", "s", "y")],
                ["N", 1],
                weights={"huge": np.array(3e38, np.float32)},
            )
        )
    )
    scores = steep.predict(X)
    assert np.isinf(scores).any()
    np.testing.assert_array_equal(scores[:, 0], 0)
    assert (scores.argmax(axis=1) == classifier.predict(X).argmax(axis=1)).all()


@pytest.mark.parametrize("kind", ["probabilities", "log-probabilities"])
def test_scores_are_what_the_user_calls_them(save: Save, kind: ScoreKind) -> None:
    path = save(one_number([node("Sigmoid", "z", "y")], ["N", 1]))
    classifier = robaudit.load(path, OpenOptions(scores=kind))
    assert classifier.spec.scores == kind
    assert classifier.doubt is None
    second = 1 / (1 + np.exp(-NUMBERS))
    expected = np.stack([1 - second, second], axis=1)
    scores = classifier.predict(X)
    found = np.exp(scores) if kind == "log-probabilities" else scores
    np.testing.assert_allclose(found, expected, atol=1e-5)
    if kind == "probabilities":
        assert classifier.logits is not None
        np.testing.assert_allclose(classifier.logits.predict(X)[:, 1], NUMBERS, atol=1e-5)


def hard_sigmoid() -> onnx.ModelProto:
    return one_number([node("HardSigmoid", "z", "y", alpha=0.1)], ["N", 1])


def test_a_probability_is_told_by_its_values(save: Save) -> None:
    """Not with a sigmoid that can be seen: labels have to show that it is no regression."""
    classifier = robaudit.load(save(hard_sigmoid()))
    assert classifier.spec.scores == "probabilities"
    assert "regression" in str(classifier.doubt)
    second = np.clip(0.1 * NUMBERS + 0.5, 0, 1)
    np.testing.assert_allclose(
        classifier.predict(X), np.stack([1 - second, second], axis=1), atol=1e-6
    )
    many = np.random.default_rng(1).random((300, 16)).astype(np.float32)
    labelled = robaudit.images_from_arrays(many, ((many - 0.5) @ WEIGHTS > 0).astype(int))
    assert robaudit.scan(classifier, labelled, plan=SearchPlan(10, 2)).clean.overall.value == 1
    with pytest.raises(NotAuditableError, match="regression"):
        robaudit.scan(classifier, plan=SearchPlan(10, 2))


def test_what_turns_out_to_be_no_probability_is_refused(save: Save) -> None:
    """Within 0..1 on the inputs that were tried, and beyond on others."""
    tail = [node("Mul", "z small", "s"), node("Add", "s half", "y")]
    model = one_number(tail, ["N", 1], weights={"small": np.array(0.05, np.float32)})
    classifier = robaudit.load(save(model))
    with pytest.raises(NotAuditableError, match=r"is .* for an input.*`scores='logits'"):
        classifier.predict(100 * X)


@pytest.mark.parametrize("said", ["logits", "log-probabilities"])
def test_raw_scores_are_taken_where_the_user_says_so(save: Save, said: ScoreKind) -> None:
    tail = [node("Softplus", "z", "p"), node("Neg", "p", "y")]  # of 0 and z, the first's
    path = save(one_number(tail, ["N", 1]))
    with pytest.raises(NotAuditableError, match=r"gives one number an input.*`scores='logits'"):
        robaudit.load(path)
    classifier = robaudit.load(path, OpenOptions(scores=said))
    assert classifier.doubt is None
    scores = classifier.predict(X)
    expected = 0 * NUMBERS if said == "logits" else np.log(1 / (1 + np.exp(-NUMBERS)))
    np.testing.assert_allclose(scores[:, 0], expected, atol=1e-4)
    np.testing.assert_allclose(scores[:, 1], -np.log1p(np.exp(NUMBERS)), atol=1e-4)


def test_two_numbers_in_two_outputs_are_no_classifier(save: Save) -> None:
    model = one_number([node("Sigmoid", "z", "y"), node("Tanh", "z", "t")], ["N", 1])
    model.graph.output.append(helper.make_tensor_value_info("t", TensorProto.FLOAT, ["N", 1]))
    path = save(model)
    with pytest.raises(NotAuditableError, match=r"no classifier.*`output='y'`"):
        robaudit.load(path)
    assert robaudit.load(path, OpenOptions(output="y")).spec.scores == "logits"


def test_whole_pixels_and_one_score(save: Save) -> None:
    model = one_number([node("Sigmoid", "z", "y")], ["N", 1])
    model.graph.input[0].type.tensor_type.elem_type = TensorProto.UINT8
    model.graph.node[0].input[0] = "unit"
    for place, start in enumerate(
        [node("Cast", "x", "real", to=TensorProto.FLOAT), node("Div", "real white", "unit")]
    ):
        model.graph.node.insert(place, start)
    model.graph.initializer.append(onnx.numpy_helper.from_array(np.array(255, np.float32), "white"))
    classifier = robaudit.load(save(model))
    pixels = np.floor(X * 255)
    expected = (pixels / 255 - 0.5) @ WEIGHTS
    np.testing.assert_allclose(classifier.predict(pixels)[:, 1], expected, atol=1e-4)
    assert "converter" in gradients(classifier)


@pytest.mark.parametrize("name", ["bin_sigsq", "bin_sig_dyn", "bin_sigid"])
def test_models_that_were_called_no_classifiers(shared: Path, name: str) -> None:
    classifier = load(shared, f"12-binary/{name}.onnx")
    assert classifier.spec.classes == 2
    data = case(shared, "12-binary/mbin.npz")
    assert accuracy(classifier, data) == pytest.approx(0.948, abs=0.001)
    audit = robaudit.scan(classifier, robaudit.read_images(data), plan=SearchPlan(10, 2))
    assert audit.clean.overall.value == pytest.approx(0.948, abs=0.001)
