"""A model as Teachable Machine exports it, small: nested Sequentials around a MobileNetV2.

What it gives is computed in NumPy, from the definitions of its layers.
"""

from pathlib import Path
from typing import Any

import numpy as np

from tests.support.keras_2_files import (
    called,
    functional,
    layer,
    sequential,
    start,
    write_hdf5,
)

SIZE, CLASSES = 16, 3
_GLOROT = {"class_name": "VarianceScaling", "config": {"scale": 1, "mode": "fan_avg"}}
_CONV = {
    "data_format": "channels_last",
    "dilation_rate": [1, 1],
    "groups": 1,
    "activation": "linear",
    "use_bias": False,
    "kernel_regularizer": None,
    "kernel_constraint": None,
    "bias_initializer": {"class_name": "Zeros", "config": {}},
}


def _norm(name: str) -> Any:
    return layer("BatchNormalization", name, axis=[3], momentum=0.999, epsilon=0.001)


def _relu6(name: str) -> Any:
    return layer("ReLU", name, max_value=6, negative_slope=0, threshold=0)


def configuration() -> Any:
    """Give its configuration, as Keras 2.2.4 in TensorFlow wrote it."""
    depthwise = {"depth_multiplier": 1, "depthwise_initializer": _GLOROT}
    layers = [
        start("input_1", (SIZE, SIZE, 3)),
        called(layer("ZeroPadding2D", "Conv1_pad", padding=[[0, 1], [0, 1]]), ["input_1"]),
        called(
            layer("Conv2D", "Conv1", filters=4, kernel_size=[3, 3], strides=[2, 2], **_CONV),
            ["Conv1_pad"],
        ),
        called(_norm("bn_Conv1"), ["Conv1"]),
        called(_relu6("Conv1_relu"), ["bn_Conv1"]),
        called(
            layer(
                "DepthwiseConv2D",
                "expanded_conv_depthwise",
                kernel_size=[3, 3],
                padding="same",
                **_CONV,
                **depthwise,
            ),
            ["Conv1_relu"],
        ),
        called(_norm("expanded_conv_depthwise_BN"), ["expanded_conv_depthwise"]),
        called(_relu6("expanded_conv_depthwise_relu"), ["expanded_conv_depthwise_BN"]),
        called(
            layer("Conv2D", "expanded_conv_project", filters=4, kernel_size=[1, 1], **_CONV),
            ["expanded_conv_depthwise_relu"],
        ),
        called(_norm("expanded_conv_project_BN"), ["expanded_conv_project"]),
        called(layer("Add", "block_1_add"), ["Conv1_relu", "expanded_conv_project_BN"]),
    ]
    base = functional("model1", layers, "input_1", ["block_1_add", 0, 0])
    pool = layer("GlobalAveragePooling2D", "global_average_pooling2d_GlobalAveragePooling2D1")
    hidden = layer("Dense", "dense_Dense1", batch_input_shape=[None, 4], units=5, activation="relu")
    scores = layer("Dense", "dense_Dense2", units=CLASSES, activation="softmax", use_bias=False)
    return sequential(
        "sequential_4",
        sequential("sequential_1", base, pool),
        sequential("sequential_3", hidden, scores),
    )


def weights() -> dict[str, dict[str, np.ndarray]]:
    """Draw its weights, in the order of Keras 2: those of all layers that training moves first."""
    random = np.random.default_rng(7)
    norms = ("bn_Conv1", "expanded_conv_depthwise_BN", "expanded_conv_project_BN")
    shapes = {
        "Conv1/kernel:0": (3, 3, 3, 4),
        "expanded_conv_depthwise/depthwise_kernel:0": (3, 3, 4, 1),
        "expanded_conv_project/kernel:0": (1, 1, 4, 4),
    }
    moved: dict[str, np.ndarray] = {}
    for (name, shape), norm in zip(shapes.items(), norms, strict=True):
        moved[name] = random.normal(0, 0.5, shape)
        moved |= {f"{norm}/{part}:0": random.uniform(0.5, 1.5, 4) for part in ("gamma", "beta")}
    kept = {
        f"{norm}/{part}:0": random.uniform(0.2, 1, 4)
        for norm in norms
        for part in ("moving_mean", "moving_variance")
    }
    head = {
        "dense_Dense1/kernel:0": random.normal(size=(4, 5)),
        "dense_Dense1/bias:0": random.normal(size=5),
        "dense_Dense2/kernel:0": random.normal(size=(5, CLASSES)),
    }
    return {"sequential_1": {**moved, **kept}, "sequential_3": head}


def write(folder: Path) -> Path:
    """Write the model, and the names of its classes beside it."""
    (folder / "labels.txt").write_text("0 cat\n1 dog\n2 Otter, sleeping\n")
    return write_hdf5(folder / "keras_model.h5", configuration(), weights(), version="2.2.4-tf")


def scores(x: np.ndarray) -> np.ndarray:
    """Compute what the model gives for images (n, SIZE, SIZE, 3)."""
    every = weights()
    base, head = every["sequential_1"], every["sequential_3"]

    def normalised(h: np.ndarray, name: str) -> np.ndarray:
        gamma, beta, mean, variance = (
            base[f"{name}/{part}:0"] for part in ("gamma", "beta", "moving_mean", "moving_variance")
        )
        return gamma * (h - mean) / np.sqrt(variance + 0.001) + beta

    h = np.pad(x.astype(np.float64), ((0, 0), (0, 1), (0, 1), (0, 0)))
    kernel, size = base["Conv1/kernel:0"], SIZE // 2
    h = sum(
        h[:, i : i + 2 * size : 2, j : j + 2 * size : 2] @ kernel[i, j] for i, j in np.ndindex(3, 3)
    )
    h = first = np.clip(normalised(h, "bn_Conv1"), 0, 6)
    wide = np.pad(h, ((0, 0), (1, 1), (1, 1), (0, 0)))
    kernel = base["expanded_conv_depthwise/depthwise_kernel:0"][..., 0]
    h = sum(wide[:, i : i + size, j : j + size] * kernel[i, j] for i, j in np.ndindex(3, 3))
    h = np.clip(normalised(h, "expanded_conv_depthwise_BN"), 0, 6)
    h = normalised(h @ base["expanded_conv_project/kernel:0"][0, 0], "expanded_conv_project_BN")
    h = (first + h).mean(axis=(1, 2))
    h = np.maximum(h @ head["dense_Dense1/kernel:0"] + head["dense_Dense1/bias:0"], 0)
    logits = h @ head["dense_Dense2/kernel:0"]
    shifted = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=1, keepdims=True))
