"""The ONNX adapter: layouts, types, scores and batches."""

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper

import robaudit
from robaudit import OpenOptions, SearchPlan
from robaudit.errors import NotAuditableError, RobauditError, UsageError
from tests.support.small_onnx import Save, Shape, affine_onnx, make_onnx

random = np.random.default_rng(0)
WEIGHTS, BIAS = random.normal(0, 1, (64, 5)), random.normal(0, 1, 5)


def expected_scores(x: np.ndarray) -> np.ndarray:
    return np.asarray(x.reshape(len(x), -1) @ WEIGHTS + BIAS)


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


def test_an_opset_newer_than_onnxruntime_takes_is_refused_in_words(save: Save) -> None:
    model = affine_onnx(WEIGHTS, BIAS, ["N", 64])
    model.opset_import[0].version = onnx.defs.onnx_opset_version() + 20
    with pytest.raises(NotAuditableError, match=r"(?i)opset") as caught:
        robaudit.load(save(model))
    assert onnxruntime.__version__ in str(caught.value)


@pytest.mark.parametrize(
    ("tail", "kind"),
    [
        ((), "logits"),
        (("Softmax",), "probabilities"),
        (("LogSoftmax",), "log-probabilities"),
        (("Softmax", "Log"), "log-probabilities"),
        (("Sigmoid",), "logits"),
    ],
)
def test_kinds_of_scores(save: Save, tail: tuple[str, ...], kind: str) -> None:
    classifier = robaudit.load(save(affine_onnx(WEIGHTS, BIAS, ["N", 64], tail=tail)))
    assert classifier.spec.scores == kind


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


def test_weights_listed_as_inputs(save: Save) -> None:
    nodes = [helper.make_node("MatMul", ["x", "w"], ["y"])]
    weights = {"w": WEIGHTS.astype(np.float32)}
    model = make_onnx(nodes, weights, [1, 64], [1, 5], opset=8, weights_as_inputs=True)
    classifier = robaudit.load(save(model))
    x = random.random((3, 64)).astype(np.float32)
    np.testing.assert_allclose(classifier.predict(x), x @ WEIGHTS, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("target", [[1, 64], [1, -1], [-1, 64]])
def test_a_constant_reshape_does_not_fix_the_batch(save: Save, target: list[int]) -> None:
    nodes = [
        helper.make_node("Reshape", ["x", "s"], ["f"]),
        helper.make_node("MatMul", ["f", "w"], ["y"]),
    ]
    weights = {"s": np.array(target), "w": WEIGHTS.astype(np.float32)}
    classifier = robaudit.load(save(make_onnx(nodes, weights, [1, 1, 8, 8], [1, 5])))
    assert classifier.details["batch"] == "any"
    x = random.random((6, 1, 8, 8)).astype(np.float32)
    np.testing.assert_allclose(
        classifier.predict(x), x.reshape(6, 64) @ WEIGHTS, rtol=1e-4, atol=1e-5
    )


def mixing_model(batch: int | str) -> onnx.ModelProto:
    """Make a model that takes any batch and mixes its inputs up: x minus the batch's mean."""
    nodes = [
        helper.make_node("ReduceMean", ["x"], ["mean"], axes=[0], keepdims=1),
        helper.make_node("MatMul", ["x", "w"], ["a"]),
        helper.make_node("MatMul", ["mean", "v"], ["b"]),
        helper.make_node("Add", ["a", "b"], ["y"]),
    ]
    weights = {"w": WEIGHTS.astype(np.float32), "v": WEIGHTS[::-1].astype(np.float32)}
    return make_onnx(nodes, weights, [batch, 64], [batch, 5])


def test_a_batch_that_changes_the_scores_is_not_used(save: Save) -> None:
    classifier = robaudit.load(save(mixing_model(1)))
    assert classifier.details["batch"] == "1 at a time"
    x = random.random((4, 64)).astype(np.float32)
    alone = np.concatenate([classifier.predict(x[i : i + 1]) for i in range(4)])
    np.testing.assert_array_equal(classifier.predict(x), alone)


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


def test_a_batch_that_cannot_be_freed_is_filled_up(save: Save) -> None:
    classifier = robaudit.load(save(mixing_model(3)))
    assert classifier.details["batch"] == "3 at a time"
    x = random.random((4, 64)).astype(np.float32)
    assert classifier.predict(x).shape == (4, 5)


def several_outputs(
    outputs: list[tuple[str, Shape]], nodes: list[onnx.NodeProto]
) -> onnx.ModelProto:
    weights = {
        "w": random.normal(0, 1, (64, 32)).astype(np.float32),
        "v": random.normal(0, 1, (32, 5)).astype(np.float32),
        "u": random.normal(0, 1, (32, 3)).astype(np.float32),
    }
    model = make_onnx(nodes, weights, ["N", 64], ["N", 5])
    del model.graph.output[:]
    model.graph.output.extend(
        helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in outputs
    )
    return model


HEADS = [
    helper.make_node("MatMul", ["x", "w"], ["features"]),
    helper.make_node("MatMul", ["features", "v"], ["scores"]),
    helper.make_node("MatMul", ["features", "u"], ["other"]),
]


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
def test_scores_beside_a_label_are_used(save: Save, named: bool) -> None:
    node = helper.make_node(
        "LinearClassifier",
        ["x"],
        ["label", "scores" if named else ""],
        domain="ai.onnx.ml",
        coefficients=WEIGHTS.T.ravel().tolist(),
        intercepts=BIAS.tolist(),
        classlabels_ints=list(range(5)),
    )
    graph = helper.make_graph(
        [node],
        "labels",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", 64])],
        [helper.make_tensor_value_info("label", TensorProto.INT64, ["N"])],
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
    with pytest.raises(UsageError, match="--score-output"):
        robaudit.load(
            save(several_outputs([("scores_again", ["N", 5]), (other, ["N", None])], heads))
        )
    path = save(several_outputs([("scores", ["N", 5]), ("other", ["N", 3])], HEADS))
    with pytest.raises(UsageError, match="--score-output"):
        robaudit.load(path)
    assert robaudit.load(path, OpenOptions(output="other")).spec.classes == 3
    with pytest.raises(UsageError, match="no output named nothing"):
        robaudit.load(path, OpenOptions(output="nothing"))


def test_sizes_left_open_come_from_the_data_or_the_user(save: Save) -> None:
    path = save(affine_onnx(WEIGHTS, BIAS, ["N", 1, "height", "width"]))
    with pytest.raises(UsageError, match="--input-shape"):
        robaudit.load(path)
    with pytest.raises(UsageError, match="does not fit"):
        robaudit.load(path, OpenOptions(input_shape=(3, 8, 8)))
    for options in (OpenOptions(input_shape=(1, 8, 8)), OpenOptions(image_shape=(8, 8, 1))):
        assert robaudit.load(path, options).spec.shape == (1, 8, 8)
    channels_last = save(affine_onnx(WEIGHTS, BIAS, ["N", None, None, 1]), "last.onnx")
    opened = robaudit.load(channels_last, OpenOptions(image_shape=(8, 8, 1)))
    assert opened.spec.shape == (8, 8, 1)


def test_two_raw_numbers_are_doubted_until_the_user_says_what_they_are(save: Save) -> None:
    path = save(affine_onnx(WEIGHTS[:, :2], BIAS[:2], ["N", 64]))
    assert robaudit.load(path).doubt is not None
    assert robaudit.load(path, OpenOptions(scores="logits")).doubt is None
    sure = save(affine_onnx(WEIGHTS[:, :2], BIAS[:2], ["N", 64], tail=("Softmax",)))
    assert robaudit.load(sure).doubt is None


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


def test_a_model_that_gives_a_row_a_finding_is_no_classifier(save: Save) -> None:
    """As detectors do: as many rows as there are values above zero."""
    nodes = [
        helper.make_node("NonZero", ["x"], ["found"]),
        helper.make_node("Transpose", ["found"], ["rows"], perm=[1, 0]),
        helper.make_node("Cast", ["rows"], ["y"], to=TensorProto.FLOAT),
    ]
    with pytest.raises(NotAuditableError, match="no classifier"):
        robaudit.load(save(make_onnx(nodes, {}, ["N", 64], [None, 2])))


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


def test_an_input_used_only_inside_a_branch_is_an_input(save: Save) -> None:
    def branch(name: str, weights: str) -> onnx.GraphProto:
        value = helper.make_tensor_value_info(name, TensorProto.FLOAT, ["N", 5])
        return helper.make_graph(
            [helper.make_node("MatMul", ["x", weights], [name])], name, [], [value]
        )

    node = helper.make_node(
        "If", ["yes"], ["y"], then_branch=branch("a", "w"), else_branch=branch("b", "w")
    )
    weights = {"yes": np.array(True), "w": WEIGHTS.astype(np.float32)}
    classifier = robaudit.load(save(make_onnx([node], weights, ["N", 64], ["N", 5])))
    assert classifier.spec.shape == (64,)


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


def test_a_flat_model_that_gives_as_much_as_it_takes_is_doubted(save: Save) -> None:
    square = random.normal(0, 1, (16, 16))
    path = save(affine_onnx(square, np.zeros(16), ["N", 16]))
    assert "image" in str(robaudit.load(path).doubt)


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
    with pytest.raises(NotAuditableError, match="no classifier"):
        robaudit.load(save(one_sigmoid("Tanh")))
