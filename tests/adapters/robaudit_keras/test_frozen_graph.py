"""Frozen graphs are opened when they are trusted; checkpoints are called what they are."""

from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from robaudit import load
from robaudit.errors import NotAuditableError, UsageError
from tests.support.keras_files import TRUSTED
from tests.support.tensorflow_1 import scores, weights, write_checkpoint, write_frozen_graph

x = np.random.default_rng(0).random((5, 4, 4, 1)).astype(np.float32)


@pytest.mark.parametrize("name", ["frozen.pb", "frozen.pbtxt"])
def test_a_frozen_graph_is_opened_when_trusted(name: str, tmp_path: Path) -> None:
    path = write_frozen_graph(tmp_path / name)
    with pytest.raises(UsageError, match=r"a graph of TensorFlow.*trust=True"):
        load(path)
    classifier = load(path, TRUSTED)
    assert classifier.spec.shape == (4, 4, 1)
    np.testing.assert_allclose(classifier.predict(x), scores(x), atol=1e-5)
    assert classifier.vjp is not None
    cotangent = np.random.default_rng(1).normal(size=(5, 3))
    expected = (cotangent @ weights().T).reshape(x.shape)
    np.testing.assert_allclose(classifier.vjp(x, cotangent), expected, atol=1e-5)
    assert classifier.details["output_tensor"] == "logits"


def test_a_frozen_graph_that_draws_at_random_says_so(tmp_path: Path) -> None:
    path = write_frozen_graph(tmp_path / "f.pb", change=lambda one: tf.nn.dropout(one, rate=0.5))
    cause = load(path, TRUSTED).randomness
    assert cause is not None
    assert cause.startswith("its graph draws random numbers (RandomUniform 'dropout/")


@pytest.mark.parametrize("part", [".meta", ".index", ".data-00000-of-00001"])
def test_a_checkpoint_is_not_called_damaged(part: str, tmp_path: Path) -> None:
    path = write_checkpoint(tmp_path / "model.ckpt")
    with pytest.raises(
        NotAuditableError, match=r"part of a checkpoint.*tf2onnx\.convert --checkpoint"
    ):
        load(f"{path}{part}")


def test_what_is_no_graph_or_takes_no_image_is_refused(tmp_path: Path) -> None:
    noise = tmp_path / "noise.pb"
    noise.write_bytes(b"\xff" * 100)
    with pytest.raises(NotAuditableError, match="no graph of TensorFlow, or damaged"):
        load(noise, TRUSTED)

    def with_second(one: tf.Tensor) -> tf.Tensor:
        return one * tf.compat.v1.placeholder(tf.float32, [], name="keep")

    two = write_frozen_graph(tmp_path / "two.pb", change=with_second)
    with pytest.raises(NotAuditableError, match=r"2 inputs: image, keep.*tf2onnx"):
        load(two, TRUSTED)
