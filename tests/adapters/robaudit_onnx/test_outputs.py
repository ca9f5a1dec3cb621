"""Which output of a graph holds the scores, and scores that a graph keeps to itself."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

import robaudit
from robaudit import OpenOptions, SearchPlan
from robaudit.errors import NotAuditableError, UsageError
from tests.support.linear_onnx import BIAS, HEADS, WEIGHTS, expected_scores, several_outputs
from tests.support.model_cases import load
from tests.support.small_onnx import Save, Shape, affine_onnx, make_onnx

random = np.random.default_rng(0)


@pytest.mark.parametrize("shape", [["N", 5, 1, 1], ["N", 1, 1, 5]])
def test_scores_with_axes_of_one(save: Save, shape: Shape) -> None:
    target = [0, *shape[1:]]
    nodes = [
        helper.make_node("MatMul", ["x", "w"], ["m"]),
        helper.make_node("Reshape", ["m", "s"], ["y"]),
    ]
    weights = {"w": WEIGHTS.astype(np.float32), "s": np.array(target)}
    classifier = robaudit.load(save(make_onnx(nodes, weights, ["N", 64], shape)))
    assert classifier.predict(np.zeros((3, 64), dtype=np.float32)).shape == (3, 5)


def test_scores_are_found_among_several_outputs(save: Save) -> None:
    outputs: list[tuple[str, Shape]] = [("features", ["N", 32]), ("scores", ["N", 5])]
    classifier = robaudit.load(save(several_outputs(outputs, HEADS)))
    assert classifier.details["output_tensor"] == "scores"


@pytest.mark.parametrize("dtype", [TensorProto.FLOAT, TensorProto.DOUBLE])
def test_scores_behind_an_argmax_are_used(save: Save, dtype: int) -> None:
    model = affine_onnx(WEIGHTS, BIAS, [1, 64], dtype=dtype)
    model.graph.node.append(helper.make_node("ArgMax", ["y"], ["label"], axis=1, keepdims=0))
    del model.graph.output[:]
    model.graph.output.append(helper.make_tensor_value_info("label", TensorProto.INT64, [1]))
    classifier = robaudit.load(save(model))
    assert classifier.details["output_tensor"] == "y"
    x = random.random((3, 64)).astype(np.float32)
    np.testing.assert_allclose(classifier.predict(x), expected_scores(x), rtol=1e-4)


def test_scores_behind_a_zipmap_are_used(save: Save) -> None:
    model = affine_onnx(WEIGHTS, BIAS, ["N", 64], tail=("Softmax",))
    model.opset_import.append(helper.make_opsetid("ai.onnx.ml", 2))
    zipmap = helper.make_node(
        "ZipMap", ["y"], ["map"], domain="ai.onnx.ml", classlabels_int64s=list(range(5))
    )
    model.graph.node.append(zipmap)
    del model.graph.output[:]
    kind = helper.make_map_type_proto(
        TensorProto.INT64, helper.make_tensor_type_proto(TensorProto.FLOAT, None)
    )
    model.graph.output.append(helper.make_value_info("map", helper.make_sequence_type_proto(kind)))
    classifier = robaudit.load(save(model))
    assert classifier.spec.scores == "probabilities"
    assert classifier.predict(np.zeros((3, 64), dtype=np.float32)).shape == (3, 5)


@pytest.mark.parametrize("named", [True, False])
@pytest.mark.parametrize("words", [True, False])
def test_scores_beside_a_label_are_used(save: Save, named: bool, words: bool) -> None:
    node = helper.make_node(
        "LinearClassifier",
        ["x"],
        ["label", "scores" if named else ""],
        domain="ai.onnx.ml",
        coefficients=WEIGHTS.T.ravel().tolist(),
        intercepts=BIAS.tolist(),
        **{"classlabels_strings": list("abcde")} if words else {"classlabels_ints": list(range(5))},
    )
    kind = TensorProto.STRING if words else TensorProto.INT64
    graph = helper.make_graph(
        [node],
        "labels",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", 64])],
        [helper.make_tensor_value_info("label", kind, ["N"])],
    )
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("ai.onnx.ml", 3)]
    classifier = robaudit.load(save(helper.make_model(graph, opset_imports=opsets, ir_version=8)))
    assert classifier.details["output_tensor"] == ("scores" if named else "label_scores")
    x = random.random((3, 64)).astype(np.float32)
    np.testing.assert_allclose(classifier.predict(x), expected_scores(x), rtol=1e-4)


@pytest.mark.parametrize("other", ["other", "same_size"])
def test_a_choice_between_outputs_is_the_users(save: Save, other: str) -> None:
    heads = [*HEADS, helper.make_node("Neg", ["scores"], ["again"])]
    heads.append(helper.make_node("Neg", ["again"], ["same_size"]))
    heads.append(helper.make_node("Identity", ["again"], ["scores_again"]))
    with pytest.raises(UsageError, match="`output="):
        robaudit.load(
            save(several_outputs([("scores_again", ["N", 5]), (other, ["N", None])], heads))
        )
    path = save(several_outputs([("scores", ["N", 5]), ("other", ["N", 3])], HEADS))
    with pytest.raises(UsageError, match="`output="):
        robaudit.load(path)
    assert robaudit.load(path, OpenOptions(output="other")).spec.classes == 3
    with pytest.raises(UsageError, match="no output named nothing"):
        robaudit.load(path, OpenOptions(output="nothing"))


def test_scores_behind_a_sorting_are_used(save: Save) -> None:
    model = affine_onnx(WEIGHTS, BIAS, ["N", 64])
    model.graph.initializer.append(onnx.numpy_helper.from_array(np.array([3]), "k"))
    model.graph.node.append(helper.make_node("TopK", ["y", "k"], ["best", "which"]))
    del model.graph.output[:]
    for name, kind in (("best", TensorProto.FLOAT), ("which", TensorProto.INT64)):
        model.graph.output.append(helper.make_tensor_value_info(name, kind, ["N", 3]))
    classifier = robaudit.load(save(model))
    assert classifier.details["output_tensor"] == "y"
    assert classifier.spec.classes == 5


def sorting(*given: str, largest: int = 1, axis: int = -1) -> onnx.ModelProto:
    """Sort five scores, and give out so many of the two things that a TopK gives."""
    model = affine_onnx(WEIGHTS, BIAS, ["N", 64])
    model.graph.initializer.append(onnx.numpy_helper.from_array(np.array([3]), "k"))
    node = helper.make_node("TopK", ["y", "k"], ["best", "which"], largest=largest, axis=axis)
    model.graph.node.append(node)
    del model.graph.output[:]
    kinds = {"best": TensorProto.FLOAT, "which": TensorProto.INT64}
    for name in given:
        model.graph.output.append(helper.make_tensor_value_info(name, kinds[name], ["N", 3]))
    return model


@pytest.mark.parametrize("given", [("best", "which"), ("which",)])
def test_of_what_has_the_smallest_first_the_smallest_is_best(
    save: Save, given: tuple[str, ...]
) -> None:
    """As models that give distances do."""
    path = save(sorting(*given, largest=0))
    x = random.random((3, 64)).astype(np.float32)
    for options in (OpenOptions(), OpenOptions(output=given[0])):
        classifier = robaudit.load(path, options)
        assert classifier.spec.classes == 5
        np.testing.assert_allclose(classifier.predict(x), -expected_scores(x), rtol=1e-4)
    assert classifier.vjp is not None
    first = np.eye(5, dtype=np.float32)[[0, 0, 0]]
    np.testing.assert_allclose(classifier.vjp(x, first)[0], -WEIGHTS[:, 0], rtol=1e-4)


def test_what_sorts_inputs_gives_no_scores(save: Save) -> None:
    with pytest.raises(NotAuditableError):
        robaudit.load(save(sorting("best", "which", axis=0)))


def test_a_model_that_gives_a_row_a_finding_is_no_classifier(save: Save) -> None:
    """As detectors do: as many rows as there are values above zero."""
    nodes = [
        helper.make_node("NonZero", ["x"], ["found"]),
        helper.make_node("Transpose", ["found"], ["rows"], perm=[1, 0]),
        helper.make_node("Cast", ["rows"], ["y"], to=TensorProto.FLOAT),
    ]
    with pytest.raises(NotAuditableError, match="no classifier"):
        robaudit.load(save(make_onnx(nodes, {}, ["N", 64], [None, 2])))


@pytest.mark.parametrize(
    ("made_by", "said"),
    [
        (helper.make_node("QuantizeLinear", ["z", "step", "zero"], ["y"]), r"y int8 \(1, 5\)"),
        (
            helper.make_node(
                "LabelEncoder",
                ["place"],
                ["y"],
                domain="ai.onnx.ml",
                keys_int64s=[0, 1, 2, 3, 4],
                values_strings=list("abcde"),
            ),
            r"y text \(1,\)",
        ),
    ],
)
def test_what_an_output_gives_instead_of_scores_is_said(
    save: Save, made_by: onnx.NodeProto, said: str
) -> None:
    nodes = [
        helper.make_node("MatMul", ["x", "w"], ["z"]),
        helper.make_node("ArgMax", ["z"], ["place"], axis=1, keepdims=0),
        made_by,
    ]
    weights = {
        "w": WEIGHTS.astype(np.float32),
        "step": np.array(0.1, np.float32),
        "zero": np.array(0, np.int8),
    }
    model = make_onnx(nodes, weights, ["N", 64], ["N", 5])
    words = made_by.op_type == "LabelEncoder"
    model.opset_import.append(helper.make_opsetid("ai.onnx.ml", 3))
    kind = TensorProto.STRING if words else TensorProto.INT8
    model.graph.output[0].CopyFrom(
        helper.make_tensor_value_info("y", kind, ["N"] if words else ["N", 5])
    )
    with pytest.raises(NotAuditableError, match=said) as raised:
        robaudit.load(save(model))
    assert "export it with" in raised.value.advice.lower()


SEQUENCE = helper.make_sequence_type_proto(helper.make_tensor_type_proto(TensorProto.FLOAT, None))
OTHER_THAN_TENSORS = {
    "sequence": (helper.make_node("SequenceConstruct", ["y", "y"], ["s"]), SEQUENCE),
    "split": (helper.make_node("SplitToSequence", ["y"], ["s"], axis=1), SEQUENCE),
    "optional": (
        helper.make_node("Optional", ["y"], ["s"]),
        helper.make_optional_type_proto(helper.make_tensor_type_proto(TensorProto.FLOAT, None)),
    ),
}


@pytest.mark.parametrize("kind", OTHER_THAN_TENSORS)
def test_what_is_no_tensor_is_refused_by_name_or_left_out(save: Save, kind: str) -> None:
    node, value_type = OTHER_THAN_TENSORS[kind]
    model = affine_onnx(WEIGHTS, BIAS, ["N", 64])
    model.graph.node.append(node)
    model.graph.output.append(helper.make_value_info("s", value_type))
    beside = save(model)
    assert robaudit.load(beside).details["output_tensor"] == "y"
    word = "an optional value" if kind == "optional" else "a sequence"
    with pytest.raises(NotAuditableError, match=f"its output s is {word}"):
        robaudit.load(beside, OpenOptions(output="s"))
    del model.graph.output[0]
    with pytest.raises(NotAuditableError, match=f"its output s is {word}"):
        robaudit.load(save(model, "alone.onnx"))


def test_a_sequence_of_scores_is_refused_by_name(shared: Path) -> None:
    with pytest.raises(NotAuditableError, match="its output s is a sequence"):
        load(shared, "11-sequence/seq.onnx")


def test_names_of_outputs_that_are_passed_by_can_be_chosen(save: Save) -> None:
    """As the file has them: what is given instead is an affair of the adapter's."""
    model = affine_onnx(WEIGHTS, BIAS, ["N", 64])
    model.graph.node.append(helper.make_node("ArgMax", ["y"], ["label"], axis=1))
    del model.graph.output[:]
    model.graph.output.append(helper.make_tensor_value_info("label", TensorProto.INT64, ["N", 1]))
    for name in ("label", "y"):
        opened = robaudit.load(save(model), OpenOptions(output=name))
        assert opened.details["output_tensor"] == "y"


def one_sigmoid(ends: str = "Sigmoid") -> onnx.ModelProto:
    nodes = [
        helper.make_node("MatMul", ["x", "w"], ["z"]),
        helper.make_node(ends, ["z"], ["y"]),
    ]
    weights = np.linspace(-1, 1, 16, dtype=np.float32).reshape(16, 1)
    return make_onnx(nodes, {"w": weights}, ["N", 16], ["N", 1])


def test_a_sigmoid_of_one_number_tells_two_classes_apart(save: Save) -> None:
    x = np.random.default_rng(0).random((60, 16), dtype=np.float32)
    number = x @ np.linspace(-1, 1, 16, dtype=np.float32)
    classifier = robaudit.load(save(one_sigmoid()))
    scores = classifier.predict(x)
    assert classifier.spec.classes == 2
    np.testing.assert_allclose(scores, np.stack([0 * number, number], axis=1), atol=1e-6)
    labelled = robaudit.images_from_arrays(x, (number > 0).astype(int))
    audit = robaudit.scan(classifier, labelled, plan=SearchPlan(20, 8))
    assert audit.clean.overall.value == 1
    assert audit.margins.crossing_rate.value > 0  # type: ignore[operator]
    # Without labels nothing says that it is no regression.
    with pytest.raises(NotAuditableError, match="regression"):
        robaudit.scan(classifier, plan=SearchPlan(20, 8))


def test_one_number_that_is_no_sigmoid_is_no_classifier(save: Save) -> None:
    with pytest.raises(NotAuditableError, match="gives one number an input"):
        robaudit.load(save(one_sigmoid("Tanh")))


def test_complex_scores_are_refused_by_name(save: Save) -> None:
    model = affine_onnx(WEIGHTS, BIAS, ["N", 64])
    (output,) = model.graph.output
    real = output.name
    model.graph.node.append(helper.make_node("Cast", [real], ["z"], to=TensorProto.COMPLEX64))
    output.CopyFrom(helper.make_tensor_value_info("z", TensorProto.COMPLEX64, ["N", 5]))
    with pytest.raises(NotAuditableError, match="gives complex numbers"):
        robaudit.load(save(model))


def test_a_zipmap_of_nothing_is_refused(save: Save) -> None:
    nodes = [helper.make_node("ZipMap", [], ["y"], domain="ai.onnx.ml", classlabels_int64s=[0, 1])]
    with pytest.raises(NotAuditableError):
        robaudit.load(save(make_onnx(nodes, {}, ["N", 64], ["N", 2])))
