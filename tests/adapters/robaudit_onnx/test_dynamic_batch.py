"""Batches that are fixed: made free where that is proved right, and nowhere else."""

import numpy as np
import pytest
from onnx import helper

import robaudit
from tests.support.linear_onnx import WEIGHTS, mixing_model
from tests.support.small_onnx import Save, make_onnx

random = np.random.default_rng(0)


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


def test_a_batch_that_changes_the_scores_is_not_used(save: Save) -> None:
    classifier = robaudit.load(save(mixing_model(1)))
    assert classifier.details["batch"] == "1 at a time"
    x = random.random((4, 64)).astype(np.float32)
    alone = np.concatenate([classifier.predict(x[i : i + 1]) for i in range(4)])
    np.testing.assert_array_equal(classifier.predict(x), alone)


def test_a_batch_that_cannot_be_freed_is_filled_up(save: Save) -> None:
    classifier = robaudit.load(save(mixing_model(3)))
    assert classifier.details["batch"] == "3 at a time"
    x = random.random((4, 64)).astype(np.float32)
    assert classifier.predict(x).shape == (4, 5)
