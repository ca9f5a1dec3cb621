"""What ONNX models call their classes, wherever they say it."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

import robaudit
from tests.support.linear_onnx import BIAS, WEIGHTS, expected_scores
from tests.support.model_cases import accuracy, case, load
from tests.support.small_onnx import Save, affine_onnx

pytestmark = pytest.mark.usefixtures("without_gradients")

NAMES = ["cat", "dog", "cow", "hen", "pig"]
PLACES = [3, 1, 4, 0, 2]
X = np.random.default_rng(0).random((6, 64)).astype(np.float32)


def with_metadata(key: str, value: str) -> onnx.ModelProto:
    model = affine_onnx(WEIGHTS, BIAS, ["N", 64])
    model.metadata_props.add(key=key, value=value)
    return model


def with_label(*nodes: onnx.NodeProto, **constants: Any) -> onnx.ModelProto:
    """Make a model of scores "y", and of a label that nodes make of the place of the largest."""
    model = affine_onnx(WEIGHTS, BIAS, ["N", 64])
    model.graph.node.append(helper.make_node("ArgMax", ["y"], ["place"], axis=1, keepdims=0))
    model.graph.node.extend(nodes)
    model.graph.initializer.extend(
        numpy_helper.from_array(np.array(value), name) for name, value in constants.items()
    )
    kind = TensorProto.STRING if "strings" in str(nodes) + str(constants) else TensorProto.INT64
    model.graph.output.append(helper.make_tensor_value_info("label", kind, ["N"]))
    model.opset_import.append(helper.make_opsetid("ai.onnx.ml", 3))
    return model


def classifier_node(labels: dict[str, Any]) -> onnx.ModelProto:
    """Make a model of one LinearClassifier, with a Normalizer behind its scores."""
    nodes = [
        helper.make_node(
            "LinearClassifier",
            ["x"],
            ["label", "raw"],
            domain="ai.onnx.ml",
            coefficients=WEIGHTS.T.ravel().tolist(),
            intercepts=BIAS.tolist(),
            post_transform="SOFTMAX",
            **labels,
        ),
        helper.make_node("Normalizer", ["raw"], ["y"], domain="ai.onnx.ml", norm="L1"),
    ]
    kind = TensorProto.STRING if "classlabels_strings" in labels else TensorProto.INT64
    graph = helper.make_graph(
        nodes,
        "labels",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", 64])],
        [
            helper.make_tensor_value_info("label", kind, ["N"]),
            helper.make_tensor_value_info("y", TensorProto.FLOAT, ["N", 5]),
        ],
    )
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("ai.onnx.ml", 3)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=8)


def zipmap_alone() -> onnx.ModelProto:
    model = affine_onnx(WEIGHTS, BIAS, ["N", 64])
    model.opset_import.append(helper.make_opsetid("ai.onnx.ml", 3))
    model.graph.node.append(
        helper.make_node("ZipMap", ["y"], ["map"], domain="ai.onnx.ml", classlabels_strings=NAMES)
    )
    kind = helper.make_map_type_proto(
        TensorProto.STRING, helper.make_tensor_type_proto(TensorProto.FLOAT, None)
    )
    del model.graph.output[:]
    model.graph.output.append(helper.make_value_info("map", helper.make_sequence_type_proto(kind)))
    return model


@pytest.mark.parametrize(
    ("make", "names", "source"),
    [
        (lambda: classifier_node({"classlabels_ints": PLACES}), "31402", "LinearClassifier"),
        (lambda: classifier_node({"classlabels_strings": NAMES}), NAMES, "LinearClassifier"),
        (zipmap_alone, NAMES, "ZipMap"),
        (
            lambda: with_label(
                helper.make_node(
                    "ArrayFeatureExtractor", ["table", "place"], ["l"], domain="ai.onnx.ml"
                ),
                helper.make_node("Reshape", ["l", "all"], ["label"]),
                table=np.array(PLACES),
                all=[-1],
            ),
            "31402",
            "ArrayFeatureExtractor",
        ),
        (
            lambda: with_label(
                helper.make_node("Gather", ["table", "place"], ["label"]), table=np.array(PLACES)
            ),
            "31402",
            "Gather",
        ),
        (
            lambda: with_label(
                helper.make_node(
                    "LabelEncoder",
                    ["place"],
                    ["label"],
                    domain="ai.onnx.ml",
                    keys_int64s=[4, 3, 2, 1, 0],
                    values_strings=NAMES[::-1],
                )
            ),
            NAMES,
            "LabelEncoder",
        ),
        (
            lambda: with_label(
                helper.make_node("Cast", ["place"], ["real"], to=TensorProto.FLOAT),
                helper.make_node(
                    "LabelEncoder",
                    ["real"],
                    ["l"],
                    domain="ai.onnx.ml",
                    keys_floats=[0.0, 1.0, 2.0, 3.0, 4.0],
                    values_floats=[float(place) for place in PLACES],
                ),
                helper.make_node("Cast", ["l"], ["label"], to=TensorProto.INT64),
            ),
            "31402",
            "LabelEncoder",
        ),
        (
            lambda: with_label(
                helper.make_node("Add", ["place", "one"], ["from_one"]),
                helper.make_node(
                    "LabelEncoder",
                    ["from_one"],
                    ["label"],
                    domain="ai.onnx.ml",
                    keys_int64s=[1, 2, 3, 4, 5],
                    values_strings=NAMES,
                ),
                one=1,
            ),
            NAMES,
            "LabelEncoder",
        ),
        (lambda: with_metadata("names", str(dict(enumerate(NAMES)))), NAMES, "'names'"),
        (lambda: with_metadata("names", str(NAMES)), NAMES, "'names'"),
        (
            lambda: with_metadata(
                "id2label", '{"1": "dog", "0": "cat", "2": "cow", "3": "hen", "4": "pig"}'
            ),
            NAMES,
            "'id2label'",
        ),
        (
            lambda: with_metadata("class_to_idx", str({n: i for i, n in enumerate(NAMES)})),
            NAMES,
            "'class_to_idx'",
        ),
        (
            lambda: with_metadata(
                "config", json.dumps({"model_type": "vit", "id2label": dict(enumerate(NAMES))})
            ),
            NAMES,
            "'id2label' of 'config'",
        ),
        (
            lambda: with_metadata("label_map", str({n: i for i, n in enumerate(NAMES)})),
            NAMES,
            "'label_map'",
        ),
        (lambda: with_metadata("Labels", "cat, dog,cow,hen, pig"), NAMES, "'Labels'"),
        (lambda: with_metadata("class-names", "\n".join(NAMES)), NAMES, "'class-names'"),
        (lambda: with_metadata("classes", "[1.0, 2.0, 3.0, 4.0, 5.0]"), "12345", "'classes'"),
    ],
)
def test_names_are_found_and_columns_stay(save: Save, make: Any, names: Any, source: str) -> None:
    classifier = robaudit.load(save(make()))
    assert classifier.spec.class_names == tuple(names)
    assert classifier.details["class_names"].startswith(source)
    np.testing.assert_array_equal(
        classifier.predict(X).argmax(axis=1), expected_scores(X).argmax(axis=1)
    )


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("names", str(NAMES[:4])),
        ("names", str([*NAMES[:4], "cat"])),
        ("names", "{0: 'cat', 1: 'dog', 2: 'cow', 3: 'hen', 5: 'pig'}"),
        ("names", "[0, 1, 2, 3, 4]"),
        ("names", "__import__('os').system('exit')"),
        ("names", "[" * 5000),
        ("names", "5"),
        ("names", ""),
        ("names", str([{"name": name} for name in NAMES])),
        ("author", ",".join(NAMES)),
    ],
)
def test_what_names_no_classes_is_not_believed(save: Save, key: str, value: str) -> None:
    classifier = robaudit.load(save(with_metadata(key, value)))
    assert classifier.spec.class_names is None
    assert "class_names" not in classifier.details


def test_a_label_of_the_logits_names_probabilities_that_were_cooled(save: Save) -> None:
    model = with_label(
        helper.make_node("Gather", ["table", "place"], ["label"]),
        helper.make_node("Div", ["y", "temperature"], ["cooled"]),
        helper.make_node("Softmax", ["cooled"], ["p"], axis=1),
        table=np.array(PLACES),
        temperature=np.float32(2),
    )
    model.graph.output[0].CopyFrom(helper.make_tensor_value_info("p", TensorProto.FLOAT, ["N", 5]))
    assert robaudit.load(save(model)).spec.class_names == tuple("31402")


def test_the_graph_is_believed_before_metadata(save: Save) -> None:
    model = classifier_node({"classlabels_ints": PLACES})
    model.metadata_props.add(key="names", value=str(NAMES))
    assert robaudit.load(save(model)).spec.class_names == tuple(map(str, PLACES))


def test_a_label_of_another_output_names_nothing(save: Save) -> None:
    """Of as many things, which are scored elsewhere."""
    model = with_label(
        helper.make_node("Gather", ["table", "place"], ["label"]), table=np.array(PLACES)
    )
    nodes = list(model.graph.node)
    nodes.insert(0, helper.make_node("Gather", ["x", "few"], ["part"], axis=1))
    next(node for node in nodes if node.op_type == "ArgMax").input[0] = "part"
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    model.graph.initializer.append(numpy_helper.from_array(np.arange(5), "few"))
    assert robaudit.load(save(model)).spec.class_names is None


def test_labels_in_any_order_are_told(shared: Path) -> None:
    classifier = load(shared, "08-labels-in-onnx/skl_perm.onnx")
    assert classifier.spec.class_names == tuple("3140592687")
    data = case(shared, "08-labels-in-onnx/m.npz")
    assert accuracy(classifier, data) == pytest.approx(0.922, abs=0.001)


def test_labels_that_count_from_one_are_told(shared: Path) -> None:
    classifier = load(shared, "08-labels-in-onnx/skl_1_10.onnx")
    assert classifier.spec.class_names == tuple(str(number) for number in range(1, 11))
    data = case(shared, "08-labels-in-onnx/m1.npz")
    assert accuracy(classifier, data) == pytest.approx(0.922, abs=0.001)
