"""What a hostile ONNX file can say to the converter, which writes Python code: nothing."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

import robaudit
from robaudit_onnx.plain_copy import NotPlainError, plain_copy
from tests.support.small_onnx import FLOAT, Save, make_onnx

random = np.random.default_rng(0)
WEIGHTS = random.normal(0, 0.2, (64, 5)).astype(np.float32)
HOSTILE = [
    "{quote}); __import__('os').system('touch {marker}') #",
    '"""\n__import__("os").system("touch {marker}")\n"""',
    "x=__import__('os').system('touch {marker}')",
    "self",
    "forward",
    "lambda",
    "_modules",
    "w.1",
    "w_1",
    "w/1",
    "",
]


def hostile_model(names: list[str]) -> onnx.ModelProto:
    """Add up products with a weight for each name; whatever can be named has a name in turn."""
    weights = {name: WEIGHTS * (i + 1) for i, name in enumerate(names)}
    products, nodes = [], []
    for i, name in enumerate(names):
        products.append(f"{name}, product {i}")
        nodes.append(helper.make_node("MatMul", [names[0] + "x", name], [products[-1]], name=name))
    nodes.append(helper.make_node("Sum", products, [names[0] + "y"], name=names[0] + names[1]))
    model = make_onnx(nodes, weights, [names[2] + "N", 64], [names[2] + "N", 5])
    model.graph.input[0].name = names[0] + "x"
    model.graph.output[0].name = names[0] + "y"
    model.graph.name = model.producer_name = model.doc_string = names[0]
    model.metadata_props.add(key=names[0], value=names[1])
    model.graph.value_info.append(helper.make_tensor_value_info(products[0], FLOAT, [names[1], 5]))
    for node in model.graph.node:
        node.doc_string = names[1]
    for tensor in model.graph.initializer:
        tensor.doc_string = names[1]
    return model


def test_hostile_names_run_nothing_and_mix_nothing_up(save: Save, tmp_path: Path) -> None:
    marker = tmp_path / "marker"
    names = [one.format(marker=marker, quote="'") for one in HOSTILE if one]
    classifier: Any = robaudit.load(save(hostile_model(names)))
    assert classifier.vjp is not None, classifier.details["gradients"]
    x = random.random((3, 64)).astype(np.float32)
    total = len(names) * (len(names) + 1) / 2
    np.testing.assert_allclose(classifier.twin(x), x @ WEIGHTS * total, rtol=1e-4, atol=1e-3)
    found = classifier.vjp(x, np.eye(5, dtype=np.float32)[:3])
    np.testing.assert_allclose(found, WEIGHTS.T[:3] * total, rtol=1e-4)
    code = classifier.twin.__self__.module.code
    assert "matmul" in code
    assert not any(word in code for word in ("import", "system", "marker", "w_1"))
    assert not marker.exists()


def test_no_text_of_the_file_is_in_the_copy() -> None:
    model = hostile_model([f"evil{i}" for i in range(4)])
    assert b"evil" in model.SerializeToString()
    plain, names = plain_copy(model, "evil0x", "evil0y")
    assert b"evil" not in plain.SerializeToString()
    onnx.checker.check_model(plain)
    assert len(set(names.values())) == len(names)
    by_name = {one.name: numpy_helper.to_array(one) for one in plain.graph.initializer}
    for i in range(4):
        np.testing.assert_array_equal(by_name[names[f"evil{i}"]], WEIGHTS * (i + 1))


def test_the_copy_holds_what_the_scores_need_and_nothing_else() -> None:
    nodes = [
        helper.make_node("MatMul", ["x", "w"], ["y"]),
        helper.make_node("MatMul", ["x", "unused"], ["z"]),
    ]
    weights = {"w": WEIGHTS, "unused": WEIGHTS}
    plain, _ = plain_copy(make_onnx(nodes, weights, ["N", 64], ["N", 5]), "x", "y")
    assert len(plain.graph.node) == 1
    assert len(plain.graph.initializer) == 1


def branch(name: str, weight: str) -> onnx.GraphProto:
    value = helper.make_tensor_value_info(name, FLOAT, ["evil N", 5])
    inner = helper.make_node("MatMul", ["evil h", weight], [name])
    return helper.make_graph([inner], "evil graph", [], [value])


def branching_model() -> onnx.ModelProto:
    """Choose between weights inside a graph's own graphs, which read values of the outer one."""
    nodes = [
        helper.make_node("Tanh", ["x"], ["evil h"]),
        helper.make_node(
            "If",
            ["evil yes"],
            ["y"],
            name="evil if",
            then_branch=branch("evil a", "evil w"),
            else_branch=branch("evil b", "evil v"),
        ),
    ]
    weights = {"evil yes": np.array(True), "evil w": WEIGHTS, "evil v": -WEIGHTS}
    return make_onnx(nodes, weights, ["N", 64], ["N", 5])


def model_of_functions() -> onnx.ModelProto:
    """Put the product into a function of the model's own."""
    model = make_onnx(
        [helper.make_node("Evil", ["x", "w"], ["y"], domain="evil.domain")],
        {"w": WEIGHTS},
        ["N", 64],
        ["N", 5],
    )
    own = helper.make_opsetid("evil.domain", 1)
    standard = helper.make_opsetid("", 17)
    body = [
        helper.make_node("Tanh", ["evil a"], ["evil h"]),
        helper.make_node("MatMul", ["evil h", "evil b"], ["evil c"]),
    ]
    model.functions.append(
        helper.make_function(
            "evil.domain", "Evil", ["evil a", "evil b"], ["evil c"], body, [standard]
        )
    )
    model.opset_import.append(own)
    return model


@pytest.mark.parametrize("make", [branching_model, model_of_functions])
def test_graphs_and_functions_inside_the_model(
    save: Save, make: Callable[[], onnx.ModelProto]
) -> None:
    model = make()
    assert b"evil" not in plain_copy(model, "x", "y")[0].SerializeToString()
    classifier: Any = robaudit.load(save(model))
    assert classifier.vjp is not None, classifier.details["gradients"]
    x = random.random((3, 64)).astype(np.float32)
    np.testing.assert_allclose(classifier.twin(x), np.tanh(x) @ WEIGHTS, rtol=1e-4, atol=1e-5)
    found = classifier.vjp(x, np.eye(5, dtype=np.float32)[:3])
    np.testing.assert_allclose(found, (1 - np.tanh(x) ** 2) * WEIGHTS.T[:3], rtol=1e-4, atol=1e-6)


def test_a_standard_domain_may_be_written_out(save: Save) -> None:
    model = make_onnx(
        [helper.make_node("MatMul", ["x", "w"], ["y"], domain="ai.onnx")],
        {"w": WEIGHTS},
        ["N", 64],
        ["N", 5],
    )
    model.opset_import[0].domain = "ai.onnx"
    plain, _ = plain_copy(model, "x", "y")
    assert plain.graph.node[0].domain == plain.opset_import[0].domain == ""
    assert robaudit.load(save(model)).vjp is not None


SPARSE = (
    helper.make_tensor("evil", FLOAT, [1], [1.0]),
    helper.make_tensor("indices", TensorProto.INT64, [1], [0]),
    [5],
)


def with_attribute(**attributes: Any) -> onnx.ModelProto:
    node = helper.make_node("Einsum", ["x", "w"], ["y"], **attributes)
    return make_onnx([node], {"w": WEIGHTS}, ["N", 64], ["N", 5])


def in_another_domain() -> onnx.ModelProto:
    node = helper.make_node("Gradient", ["x"], ["y"], domain="ai.onnx.preview.training")
    return make_onnx([node], {}, ["N", 64], ["N", 5])


def with_other_files() -> onnx.ModelProto:
    model = with_attribute(equation="ni,ij->nj")
    tensor = model.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="../secret")
    return model


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (with_attribute(equation="'); import os #"), "plain word"),
        (with_attribute(equation="ij->j", words=["fine", "f(x)"]), "plain word"),
        (with_attribute(equation="i,j->i", a=helper.make_sparse_tensor(*SPARSE)), "plain word"),
        (with_attribute(equation="i,j->i", **{"a(b)": 1}), "plain word"),
        (in_another_domain(), "ai.onnx.preview.training"),
        (with_other_files(), "other files"),
    ],
)
def test_what_the_copy_must_not_hold(model: onnx.ModelProto, words: str) -> None:
    plain_copy(with_attribute(equation="...i, ij->...j"), "x", "y")  # the like of it is fine
    with pytest.raises(NotPlainError, match=words):
        plain_copy(model, "x", "y")
