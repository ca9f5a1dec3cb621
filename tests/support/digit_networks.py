"""The network of the embedded demo, with its weights, in PyTorch and in Keras."""

import os

os.environ.setdefault("KERAS_BACKEND", "tensorflow")

import keras
import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import nn

from tests.support.paths import EXAMPLES

Weights = dict[str, np.ndarray]


def digit_weights() -> Weights:
    """Read the weights of the embedded demo, by the names that PyTorch gave them."""
    graph = onnx.load(EXAMPLES / "digits.onnx").graph
    return {one.name: numpy_helper.to_array(one).copy() for one in graph.initializer}


def in_torch(weights: Weights) -> nn.Module:
    module = nn.Sequential(
        nn.Conv2d(1, 8, 3, padding=1),
        nn.ReLU(),
        nn.Conv2d(8, 16, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(16 * 4 * 4, 32),
        nn.ReLU(),
        nn.Linear(32, 10),
    )
    module.load_state_dict({name: torch.tensor(weights[name]) for name in module.state_dict()})
    return module


def in_keras(weights: Weights) -> keras.Model:
    """Build the network over (8, 8, 1); axes are turned round, and with them the weights."""
    model = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            keras.layers.Conv2D(8, 3, padding="same", activation="relu"),
            keras.layers.Conv2D(16, 3, padding="same", activation="relu"),
            keras.layers.MaxPooling2D(2),
            keras.layers.Flatten(),
            keras.layers.Dense(32, activation="relu"),
            keras.layers.Dense(10),
        ]
    )
    flat = weights["6.weight"].reshape(32, 16, 4, 4).transpose(2, 3, 1, 0).reshape(256, 32)
    model.set_weights(
        [
            weights["0.weight"].transpose(2, 3, 1, 0),
            weights["0.bias"],
            weights["2.weight"].transpose(2, 3, 1, 0),
            weights["2.bias"],
            flat,
            weights["6.bias"],
            weights["8.weight"].T,
            weights["8.bias"],
        ]
    )
    return model
