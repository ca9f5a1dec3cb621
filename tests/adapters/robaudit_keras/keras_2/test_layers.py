"""Layers of Keras 2 give in Keras 3 what tf-keras gives, or are left to it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from robaudit import load
from robaudit_keras.keras_2.configuration import UntranslatableError
from robaudit_keras.keras_2.layers import make_layer
from tests.support.keras_2_files import layer, save_by_tf_keras

random = np.random.default_rng(0)


def convolutions(k: Any) -> list[Any]:
    return [
        k.layers.ZeroPadding2D(((1, 2), (0, 1))),
        k.layers.Conv2D(6, 3, strides=2, padding="same", groups=3, kernel_regularizer="l2"),
        k.layers.BatchNormalization(),
        k.layers.DepthwiseConv2D(3, depth_multiplier=2, dilation_rate=2, padding="same"),
        k.layers.BatchNormalization(scale=False, trainable=False),
        k.layers.SeparableConv2D(4, 3, padding="same", activation="relu"),
        k.layers.Conv2DTranspose(3, 3, strides=2, padding="same", use_bias=False),
        k.layers.AveragePooling2D(2, padding="same"),
        k.layers.UpSampling2D(2, interpolation="bilinear"),
        k.layers.Cropping2D(1),
        k.layers.GlobalMaxPooling2D(),
    ]


def activations(k: Any) -> list[Any]:
    return [
        k.layers.LeakyReLU(alpha=0.1),
        k.layers.PReLU(shared_axes=[1, 2]),
        k.layers.ELU(0.5),
        k.layers.ReLU(6.0, negative_slope=0.1, threshold=0.2),
        k.layers.LayerNormalization(),
        k.layers.GroupNormalization(3),
        k.layers.UnitNormalization(),
        k.layers.Permute((3, 1, 2)),
        k.layers.Flatten(),
        *(k.layers.Dense(7, name) for name in ("gelu", "swish", "softplus", "selu", "mish")),
        k.layers.Dense(5, activation=k.layers.LeakyReLU(alpha=0.2)),
    ]


def preprocessing(k: Any) -> list[Any]:
    return [
        k.layers.Resizing(10, 11),
        k.layers.CenterCrop(8, 8),
        k.layers.RandomFlip("horizontal"),
        k.layers.RandomRotation(0.1),
        k.layers.RandomZoom(0.1),
        k.layers.Rescaling(2.0, offset=-1.0),
        k.layers.Normalization(mean=[0.1, 0.2, 0.3], variance=[1.0, 2.0, 3.0]),
        k.layers.Normalization(),
        k.layers.GaussianNoise(0.5),
        k.layers.SpatialDropout2D(0.5),
        k.layers.Flatten(),
    ]


def recurrent(k: Any) -> list[Any]:
    return [
        k.layers.Reshape((9, -1)),
        k.layers.Conv1D(4, 3, padding="causal"),
        k.layers.LSTM(5, return_sequences=True),
        k.layers.GRU(4, return_sequences=True),
        k.layers.GRU(4, return_sequences=True, reset_after=False, recurrent_dropout=0.1),
        k.layers.SimpleRNN(3),
    ]


@pytest.mark.parametrize("stack", [convolutions, activations, preprocessing, recurrent])
@pytest.mark.parametrize("name", ["model.h5", "model.keras"])
def test_layers_give_what_tf_keras_gives(
    name: str, stack: Callable[[Any], list[Any]], tmp_path: Path
) -> None:
    x = random.random((4, 9, 12, 3)).astype(np.float32)

    def make(k: Any) -> Any:
        return k.Sequential([k.Input((9, 12, 3)), *stack(k), k.layers.Dense(4)])

    expected = save_by_tf_keras(make, tmp_path / name, x)
    classifier = load(tmp_path / name)
    assert "read_into" in classifier.details, classifier.details
    np.testing.assert_allclose(classifier.predict(x), expected, rtol=1e-4, atol=1e-5)
    assert expected.std() > 1e-3


def test_settings_that_change_what_a_layer_does_are_not_left_out() -> None:
    plain = layer("BatchNormalization", "norm", axis=[3], virtual_batch_size=None, fused=None)
    assert make_layer(plain).axis == 3
    with pytest.raises(UntranslatableError, match=r"'norm' has virtual_batch_size=4"):
        make_layer(layer("BatchNormalization", "norm", axis=[3], virtual_batch_size=4))
    with pytest.raises(UntranslatableError, match="keeps a state from batch to batch"):
        make_layer(layer("GRU", "gru", units=3, stateful=True))
    with pytest.raises(UntranslatableError, match="hard_sigmoid") as error:
        make_layer(layer("LSTM", "lstm", units=3, recurrent_activation="hard_sigmoid"))
    assert not error.value.foreign


def test_mixed_precision_and_what_only_training_uses_are_kept() -> None:
    policy = {"class_name": "Policy", "config": {"name": "mixed_float16"}}
    decay = {"class_name": "L2", "config": {"l2": 0.25}}
    norm = {"class_name": "MaxNorm", "config": {"max_value": 2, "axis": 0}}
    made = make_layer(
        layer(
            "Dense",
            "dense",
            units=3,
            kernel_regularizer=decay,
            kernel_constraint=norm,
            bias_regularizer={"class_name": "Mine", "config": {}},
        )
        | {"config": {"name": "dense", "dtype": policy, "units": 3, "kernel_regularizer": decay}}
    )
    assert made.dtype_policy.name == "mixed_float16"
    assert float(made.kernel_regularizer.l2) == 0.25


def test_early_gates_of_gru_are_those_of_early_versions() -> None:
    assert make_layer(layer("GRU", "gru", units=3)).reset_after is False
    assert make_layer(layer("GRU", "gru", units=3, reset_after=True)).reset_after is True
