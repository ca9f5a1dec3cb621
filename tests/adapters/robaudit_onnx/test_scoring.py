"""Scores that are strange on the first inputs that a model is tried on, and what comes of them."""

import warnings
from pathlib import Path

import numpy as np
import pytest
from onnx import TensorProto, helper

import robaudit
from robaudit import SearchPlan
from robaudit.cli import main
from robaudit.errors import NotAuditableError
from tests.support.linear_onnx import BIAS, WEIGHTS, expected_scores
from tests.support.model_cases import accuracy, case, load
from tests.support.onnx_gradients import gradients, vjp_of
from tests.support.onnx_networks import node
from tests.support.small_onnx import Save, affine_onnx, make_onnx

X = np.random.default_rng(0).random((30, 64)).astype(np.float32)


@pytest.mark.parametrize("batch", ["N", 1])
@pytest.mark.parametrize("tail", [(), ("Softmax",), ("LogSoftmax",)])
def test_a_masked_class_is_opened_as_any_other(
    save: Save, batch: int | str, tail: tuple[str, ...]
) -> None:
    """Its logit is -inf: batches, gradients and the fused graph are proved all the same."""
    path = save(affine_onnx(WEIGHTS, np.append(BIAS[:4], -np.inf), [batch, 64], tail=tail))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        classifier = robaudit.load(path)
        images = robaudit.images_from_arrays(X, expected_scores(X)[:, :4].argmax(axis=1))
        audit = robaudit.scan(classifier, images, plan=SearchPlan(10, 2))
    assert classifier.details["batch"] == "any"
    assert classifier.capabilities == ("predict", "prober", "vjp", "train", "save")
    assert (
        classifier.spec.scores
        == {
            (): "logits",
            ("Softmax",): "probabilities",
            ("LogSoftmax",): "log-probabilities",
        }[tail]
    )
    assert audit.clean.overall.value == 1
    assert not any("gradients" in note for note in audit.prepared.notes)
    assert np.isfinite(vjp_of(classifier, X, np.eye(5, dtype=np.float32)[np.zeros(30, int)])).all()


def test_inputs_that_give_no_number_do_not_hide_what_others_give(save: Save) -> None:
    """The trial inputs that are bright give NaN: kind of scores, batch and copy are known."""
    nodes = [
        node("ReduceMean", "x", "brightness", axes=[1], keepdims=1),
        node("Sub", "limit brightness", "left"),
        node("Sqrt", "left", "root"),
        node("Mul", "root zero", "nothing"),
        node("MatMul", "x w", "m"),
        node("Add", "m nothing", "a"),
        node("Softmax", "a", "y"),
    ]
    weights = {
        "limit": np.array(0.3, np.float32),
        "zero": np.array(0, np.float32),
        "w": WEIGHTS.astype(np.float32),
    }
    classifier = robaudit.load(save(make_onnx(nodes, weights, ["N", 64], ["N", 5])))
    assert classifier.spec.scores == "probabilities"
    assert classifier.details["batch"] == "any"
    assert "converter" in gradients(classifier)
    assert np.isnan(classifier.predict(X)).all(axis=1).any()
    np.testing.assert_array_equal(
        classifier.predict(X / 2).argmax(axis=1), (X @ WEIGHTS).argmax(axis=1)
    )


def test_a_mask_of_infinity_leaves_the_terminal_silent(
    shared: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    model = case(shared, "19-minus-inf/mask_inf.onnx")
    data, out = str(model.with_name("m.npz")), str(tmp_path / "out")
    arguments = ["scan", str(model), "--data", data, "--samples", "10", "--directions", "2"]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert main([*arguments, "-o", out]) == 0
    said = capfd.readouterr()
    assert "RuntimeWarning" not in said.out + said.err
    assert "No gradients" not in said.out
    assert accuracy(load(shared, "19-minus-inf/mask_inf.onnx"), Path(data)) == pytest.approx(0.7825)


def test_a_saturated_softmax_offers_its_logits(shared: Path) -> None:
    classifier = load(shared, "17-saturated/sat_softmax.onnx")
    assert gradients(classifier)["logits"] == "what its softmax is made of"
    assert classifier.logits is not None
    x = np.random.default_rng(0).random((20, *classifier.spec.shape)).astype(np.float32)
    logits, scores = classifier.logits.predict(x), classifier.predict(x)
    np.testing.assert_array_equal(logits.argmax(axis=1), scores.argmax(axis=1))
    cotangent = np.eye(10, dtype=np.float32)[scores.argmax(axis=1)]
    slopes = np.abs(classifier.logits.vjp(x, cotangent)).reshape(20, -1).max(axis=1)
    assert slopes.min() > 1


def test_a_class_counts_where_scores_and_a_number_are_given(save: Save) -> None:
    """Scores of classes come before one number, whatever the order of outputs."""
    model = affine_onnx(WEIGHTS, BIAS, ["N", 64])
    model.graph.node.append(node("ReduceMax", "y", "confidence", axes=[1], keepdims=1))
    scores = model.graph.output.pop()
    model.graph.output.append(
        helper.make_tensor_value_info("confidence", TensorProto.FLOAT, ["N", 1])
    )
    model.graph.output.append(scores)
    assert robaudit.load(save(model)).details["output_tensor"] == "y"


def test_columns_of_scores_are_refused_where_a_batch_has_as_many_inputs_as_classes(
    save: Save,
) -> None:
    weights = {"w": WEIGHTS.astype(np.float32)}
    product = node("MatMul", "x w", "m")
    columns = [product, helper.make_node("Transpose", ["m"], ["y"], perm=[1, 0])]
    with pytest.raises(NotAuditableError, match=r"a column of scores for each input.*\(N, classes"):
        robaudit.load(save(make_onnx(columns, weights, [5, 64], [5, 5])))
    rows = [product, node("Identity", "m", "y")]
    assert robaudit.load(save(make_onnx(rows, weights, [5, 64], [5, 5]))).spec.classes == 5
