"""ONNX graphs that draw random numbers, as those do that were exported while they were trained."""

from collections.abc import Callable
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

import robaudit
from robaudit_onnx.randomness import find_randomness
from tests.support.linear_onnx import BIAS, WEIGHTS
from tests.support.onnx_gradients import gradients
from tests.support.small_onnx import FLOAT, Save, make_onnx

W = {"w": WEIGHTS.astype(np.float32), "b": BIAS.astype(np.float32)}
MODE = {"half": np.array(0.5, np.float32), "none": np.array(0, np.float32)}
SWITCHES = {"yes": np.array(True), "no": np.array(False)}
X = np.random.default_rng(0).random((6, 64)).astype(np.float32)


def drawing(*nodes: onnx.NodeProto, batch: int | str = "N", opset: int = 17) -> onnx.ModelProto:
    """Make a linear model whose input goes through some nodes, from "x" to "h"."""
    all_nodes = [*nodes, helper.make_node("MatMul", ["h", "w"], ["y"])]
    weights: dict[str, Any] = W | MODE | SWITCHES
    return make_onnx(all_nodes, weights, [batch, 64], [batch, 5], opset=opset)


def dropout(*inputs: str, name: str = "drop1", output: str = "h", **more: Any) -> onnx.NodeProto:
    return helper.make_node("Dropout", ["x", *inputs], [output], name=name, **more)


def switched_by_a_constant() -> onnx.ModelProto:
    """Take the mode from a Constant, by way of an Identity, as PyTorch writes it."""
    mode = helper.make_node("Constant", [], ["t"], value=numpy_helper.from_array(np.array(True)))
    return drawing(mode, helper.make_node("Identity", ["t"], ["u"]), dropout("half", "u"))


def in_a_function() -> onnx.ModelProto:
    """Hide it in a function that is told its mode, as exporters of whole modules write it."""
    model = drawing(helper.make_node("Block", ["x", "yes"], ["h"], domain="own", name="block"))
    inner = [
        helper.make_node("Constant", [], ["r"], value_float=0.5),
        helper.make_node("Dropout", ["a", "r", "mode"], ["d"], name="inner"),
    ]
    standard = [helper.make_opsetid("", 17)]
    model.functions.append(
        helper.make_function("own", "Block", ["a", "mode"], ["d"], inner, standard)
    )
    model.opset_import.append(helper.make_opsetid("own", 1))
    return model


def in_a_branch() -> onnx.ModelProto:
    value = helper.make_tensor_value_info("z", FLOAT, ["N", 64])
    body = helper.make_graph([dropout("half", "yes", output="z")], "body", [], [value])
    return drawing(helper.make_node("If", ["yes"], ["h"], then_branch=body, else_branch=body))


def noisy(operator: str, **attributes: Any) -> onnx.ModelProto:
    return drawing(
        helper.make_node(operator, ["x"], ["n"], name="noise", **attributes),
        helper.make_node("Add", ["x", "n"], ["h"]),
    )


def uniform() -> onnx.ModelProto:
    return drawing(
        helper.make_node("RandomUniform", [], ["n"], shape=[1, 64], seed=3.0),
        helper.make_node("Add", ["x", "n"], ["h"]),
    )


RANDOM: dict[str, tuple[Callable[[], onnx.ModelProto], str]] = {
    "an input": (lambda: drawing(dropout("half", "yes")), "Dropout 'drop1' is in training mode"),
    "by default half": (lambda: drawing(dropout("", "yes")), "Dropout 'drop1' is in training mode"),
    "a constant": (switched_by_a_constant, "Dropout 'drop1' is in training mode"),
    "a function": (in_a_function, "is in training mode"),
    "a branch": (in_a_branch, "Dropout 'drop1' (and 1 more) is in training mode"),
    "without a name": (
        lambda: drawing(dropout("half", "yes", name="")),
        "Dropout 'h' is in training mode",
    ),
    "noise": (
        lambda: noisy("RandomNormalLike", scale=0.1),
        "RandomNormalLike 'noise' draws random numbers",
    ),
    "uniform": (uniform, "RandomUniform 'n' draws random numbers"),
    "coins": (lambda: noisy("Bernoulli"), "Bernoulli 'noise' draws random numbers"),
}


@pytest.mark.parametrize("kind", RANDOM)
def test_what_draws_at_random_is_named(save: Save, kind: str) -> None:
    make, reason = RANDOM[kind]
    classifier = robaudit.load(save(make()))
    assert classifier.randomness is not None
    assert reason in classifier.randomness
    assert (classifier.predict(X) != classifier.predict(X)).any()
    assert classifier.details["batch"] == "any"
    assert classifier.capabilities == ("predict",)
    assert gradients(classifier) == {
        "none": f"{classifier.randomness}, so that its scores are others each time"
    }


def test_a_batch_that_cannot_be_proved_is_left_as_it_is(save: Save) -> None:
    classifier = robaudit.load(save(drawing(dropout("half", "yes"), batch=1)))
    assert classifier.details["batch"] == "1 at a time"
    assert classifier.predict(X).shape == (6, 5)


@pytest.mark.parametrize(
    "make",
    [
        lambda: drawing(dropout("half", "no")),
        lambda: drawing(dropout("half")),
        lambda: drawing(dropout("none", "yes")),
        lambda: drawing(dropout(), opset=9),
        lambda: drawing(
            dropout("half", "yes", output="unused"), helper.make_node("Identity", ["x"], ["h"])
        ),
    ],
)
def test_what_draws_nothing_is_no_cause(save: Save, make: Callable[[], onnx.ModelProto]) -> None:
    classifier = robaudit.load(save(make()))
    assert classifier.randomness is None
    np.testing.assert_array_equal(classifier.predict(X), classifier.predict(X))
    assert classifier.vjp is not None


def test_dropout_of_the_oldest_opsets_has_an_attribute_for_it() -> None:
    """Nothing runs them any more; what they say is known all the same."""
    assert find_randomness(drawing(dropout(), opset=6), "y") is not None
    assert find_randomness(drawing(dropout(is_test=1), opset=6), "y") is None


def test_a_boolean_input_is_no_constant() -> None:
    """What nothing fixes is not called training mode."""
    model = drawing(dropout("half", "told"))
    model.graph.input.append(helper.make_tensor_value_info("told", TensorProto.BOOL, []))
    assert find_randomness(model, "y") is None


@pytest.mark.parametrize("end", [("Relu",), ("Relu", "Softmax")])
def test_dropout_that_onnxruntime_leaves_out_is_told_and_hinders_nothing(
    save: Save, end: tuple[str, ...]
) -> None:
    """Between two operators it does; the record says what another runtime may do."""
    nodes = [
        helper.make_node("Relu", ["x"], ["a"]),
        helper.make_node("Dropout", ["a", "half", "yes"], ["h"], name="drop1"),
        helper.make_node("MatMul", ["h", "w"], ["z"]),
    ]
    names = ["z", *(f"z{place}" for place in range(len(end) - 1)), "y"]
    nodes += [helper.make_node(kind, [names[i]], [names[i + 1]]) for i, kind in enumerate(end)]
    model = make_onnx(nodes, W | MODE | SWITCHES, ["N", 64], ["N", 5])
    classifier = robaudit.load(save(model))
    np.testing.assert_array_equal(classifier.predict(X), classifier.predict(X))
    assert classifier.randomness == "Dropout 'drop1' is in training mode"
    assert classifier.details["training_mode"] == (
        "Dropout 'drop1' is in training mode, but its scores are the same each time"
    )
    assert classifier.vjp is not None
    assert classifier.prober is not None
