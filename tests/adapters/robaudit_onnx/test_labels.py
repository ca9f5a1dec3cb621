"""ONNX models that say which class an input is of, and give no score a class."""

from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from sklearn.svm import SVC

import robaudit
from robaudit import OpenOptions, SearchPlan
from robaudit.errors import NotAuditableError, RobauditError, UsageError
from tests.support.linear_onnx import BIAS, WEIGHTS, expected_scores
from tests.support.onnx_networks import node
from tests.support.small_onnx import Save, affine_onnx, make_onnx

X = np.random.default_rng(0).random((30, 64)).astype(np.float32)
PLACES = expected_scores(X).argmax(axis=1)


def svm(classes: int, labels: dict[str, Any], probabilities: bool = False) -> Any:
    """Fit a support vector machine, and write it as the one operator that ONNX has for it."""
    random = np.random.default_rng(1)
    y = random.integers(0, classes, 120)
    x = random.random((120, 8)) + 0.3 * np.eye(8)[y]
    machine = SVC(C=5, decision_function_shape="ovo").fit(x, y)
    attributes: dict[str, Any] = labels | {
        "coefficients": machine._dual_coef_.ravel().tolist(),
        "kernel_params": [machine._gamma, 0.0, 3.0],
        "kernel_type": "RBF",
        "rho": machine._intercept_.tolist(),
        "support_vectors": machine.support_vectors_.ravel().tolist(),
        "vectors_per_class": machine._n_support.tolist(),
    }
    if probabilities:  # which know nothing of the decisions
        pairs = len(machine._intercept_)
        attributes |= {"prob_a": [0.1] * pairs, "prob_b": [0.9] * pairs}
    kind = TensorProto.STRING if "classlabels_strings" in labels else TensorProto.INT64
    graph = helper.make_graph(
        [helper.make_node("SVMClassifier", ["x"], ["l", "s"], domain="ai.onnx.ml", **attributes)],
        "svm",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", 8])],
        [
            helper.make_tensor_value_info("l", kind, ["N"]),
            helper.make_tensor_value_info("s", TensorProto.FLOAT, ["N", None]),
        ],
    )
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("ai.onnx.ml", 3)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=8), machine, x


@pytest.mark.parametrize("classes", [2, 3, 5])
@pytest.mark.parametrize("named", [True, False])
@pytest.mark.parametrize("probabilities", [True, False])
def test_scores_of_pairs_are_not_taken_for_classes(
    save: Save, classes: int, named: bool, probabilities: bool
) -> None:
    """With three classes there are as many pairs, and the numbers alone would not tell."""
    names = list("edcba")[:classes]
    labels = {"classlabels_strings": names} if named else {"classlabels_ints": [*range(classes)]}
    model, machine, x = svm(classes, labels, probabilities)
    classifier = robaudit.load(save(model))
    assert classifier.spec.classes == classes
    assert classifier.spec.class_names == (tuple(names) if named else None)
    np.testing.assert_array_equal(classifier.predict(x).argmax(axis=1), machine.predict(x))
    if not probabilities:
        assert classifier.spec.scores == "labels"
        assert classifier.vjp is None


def with_number(*nodes: onnx.NodeProto, kind: int = TensorProto.INT64) -> onnx.ModelProto:
    """Make a model that gives nothing but the number "n" of a class."""
    model = affine_onnx(WEIGHTS, BIAS, ["N", 64])
    model.graph.node.extend(nodes)
    model.graph.initializer.append(onnx.numpy_helper.from_array(np.arange(5), "numbers"))
    del model.graph.output[:]
    model.graph.output.append(helper.make_tensor_value_info("n", kind, None))
    return model


def counted() -> onnx.ModelProto:
    """Find the place of the largest score by comparing, as no ArgMax would be passed by."""
    return with_number(
        node("ReduceMax", "y", "top", axes=[1], keepdims=1),
        node("Equal", "y top", "e"),
        node("Cast", "e", "one", to=TensorProto.INT64),
        node("Mul", "one numbers", "own"),
        node("ReduceSum", "own last", "n", keepdims=0),
    )


@pytest.fixture
def counting(save: Save) -> Any:
    model = counted()
    model.graph.initializer.append(onnx.numpy_helper.from_array(np.array([1]), "last"))
    return save(model)


def test_numbers_of_classes_are_labels(counting: Any) -> None:
    with pytest.raises(UsageError, match="how many classes"):
        robaudit.load(counting)
    classifier = robaudit.load(counting, OpenOptions(classes=5))
    assert classifier.spec.scores == "labels"
    assert classifier.capabilities == ("predict",)
    assert "labels" not in str(classifier.doubt)
    np.testing.assert_array_equal(classifier.predict(X), np.eye(5)[PLACES])
    images = robaudit.images_from_arrays(X, PLACES)
    audit = robaudit.scan(
        robaudit.load(counting, OpenOptions(classes=5)), images, plan=SearchPlan(10, 2)
    )
    assert audit.clean.overall.value == 1
    with pytest.raises(NotAuditableError, match="may as well count something"):
        robaudit.scan(classifier, plan=SearchPlan(10, 2))


def test_numbers_that_are_no_classes_are_refused(counting: Any) -> None:
    largest = int(PLACES.max())
    with pytest.raises(RobauditError, match=f"class {largest}"):
        robaudit.load(counting, OpenOptions(classes=largest)).predict(X)


def test_a_threshold_tells_two_classes_apart(save: Save) -> None:
    nodes = [
        node("MatMul", "x w", "z"),
        node("Sigmoid", "z", "p"),
        node("Greater", "p high", "y"),
    ]
    weights = {"w": WEIGHTS[:, :1].astype(np.float32), "high": np.array(0.9, np.float32)}
    model = make_onnx(nodes, weights, ["N", 64], ["N", 1])
    model.graph.output[0].type.tensor_type.elem_type = TensorProto.BOOL
    classifier = robaudit.load(save(model))
    assert classifier.spec.classes == 2
    expected = 1 / (1 + np.exp(-(X @ WEIGHTS[:, 0]))) > 0.9
    np.testing.assert_array_equal(classifier.predict(X).argmax(axis=1), expected)


def test_the_largest_score_as_a_real_number_is_passed_by(save: Save) -> None:
    """It looks like a probability as long as it is 0 or 1."""
    model = with_number(
        node("ArgMax", "y", "a", axis=1, keepdims=1),
        node("Cast", "a", "n", to=TensorProto.FLOAT),
        kind=TensorProto.FLOAT,
    )
    classifier = robaudit.load(save(model))
    assert classifier.spec.classes == 5
    assert classifier.details["output_tensor"] == "y"
    np.testing.assert_array_equal(classifier.predict(X).argmax(axis=1), PLACES)


def test_a_number_beside_other_outputs_is_no_class(save: Save) -> None:
    """As detectors count what they found."""
    model = make_onnx(
        [
            node("Shape", "x", "s"),
            node("Gather", "s zero", "n"),
            node("Reshape", "x boxes", "y"),
        ],
        {"zero": np.array([0]), "boxes": np.array([-1, 16, 4])},
        ["N", 64],
        ["N", 16, 4],
    )
    model.graph.output.append(helper.make_tensor_value_info("n", TensorProto.INT64, [1]))
    with pytest.raises(NotAuditableError, match="no classifier"):
        robaudit.load(save(model), OpenOptions(classes=5))
