"""Networks with random weights, of the sizes that are missing among the real models."""

import warnings
from itertools import pairwise
from pathlib import Path
from typing import Any

import torch
from torch import nn

from robaudit.types import FloatArray

Module = Any


def mlp() -> Module:
    """Make a network of one hidden layer, 28x28: 0.1 million multiply-adds."""
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 100), nn.ReLU(), nn.Linear(100, 10))


def cnn() -> Module:
    """Make a convolutional network, 28x28: 16 million multiply-adds."""
    return nn.Sequential(
        nn.Conv2d(1, 32, 3, padding=1),
        nn.ReLU(),
        nn.Conv2d(32, 64, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(64 * 14 * 14, 128),
        nn.ReLU(),
        nn.Linear(128, 10),
    )


def resnet20() -> Module:
    """Make a residual network for 32x32: 41 million multiply-adds."""
    widths = [16] * 4 + [32] * 3 + [64] * 3
    blocks = [
        Residual([_convolution(old, new, 3, new // old), nn.ReLU(), _convolution(new, new, 3)])
        for old, new in pairwise(widths)
    ]
    return nn.Sequential(_convolution(3, 16, 3), nn.ReLU(), *blocks, *_head(64, 10))


def resnet50() -> Module:
    """Make a residual network for 224x224: 4.1 billion multiply-adds."""
    blocks, old = [], 64
    for width, depth in ((64, 3), (128, 4), (256, 6), (512, 3)):
        for place in range(depth):
            stride = 2 if place == 0 and width > 64 else 1
            layers = [_convolution(old, width, 1), nn.ReLU()]
            layers += [_convolution(width, width, 3, stride), nn.ReLU()]
            blocks.append(Residual([*layers, _convolution(width, 4 * width, 1)]))
            old = 4 * width
    stem = [_convolution(3, 64, 7, 2), nn.ReLU(), nn.MaxPool2d(3, 2, 1)]
    return nn.Sequential(*stem, *blocks, *_head(old, 1000))


class Residual(nn.Module):  # type: ignore[misc]
    """Adds what some layers make of an input to the input, brought to their shape."""

    def __init__(self, layers: list[Module]) -> None:
        super().__init__()
        self.layers = nn.Sequential(*layers)
        convolutions = [one[0] for one in layers if isinstance(one, nn.Sequential)]
        old, new = convolutions[0].in_channels, convolutions[-1].out_channels
        stride = max(one.stride[0] for one in convolutions)
        same = old == new and stride == 1
        self.shortcut = nn.Identity() if same else _convolution(old, new, 1, stride)

    def forward(self, x: Any) -> Any:
        """Compute the block."""
        return torch.relu(self.layers(x) + self.shortcut(x))


def _convolution(old: int, new: int, size: int, stride: int = 1) -> Module:
    convolution = nn.Conv2d(old, new, size, stride, size // 2, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(new))


def _head(width: int, classes: int) -> list[Module]:
    return [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(width, classes)]


NETWORKS = {"mlp": mlp, "cnn": cnn, "resnet20": resnet20, "resnet50": resnet50}
"""What makes each network, by its name."""


def settled_network(name: str, x: FloatArray) -> Module:
    """Make a network whose random weights suit inputs x (n, *shape): it sees several classes.

    Its normalisations take their statistics from ``x``, and the last layer is
    shifted and scaled so that the scores there have mean 0 and deviation 1.
    """
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(0)
        module = NETWORKS[name]()
        for one in module.modules():
            if isinstance(one, nn.BatchNorm2d):
                one.momentum = None  # the average over what it sees
        inputs = torch.as_tensor(x)
        module.train()(inputs)
        module.eval()
        scores, last = module(inputs), module[-1]
        last.bias -= scores.mean(dim=0)
        size = module(inputs).std()
        last.bias /= size
        last.weight /= size
    return module


def export(module: Module, x: FloatArray, path: Path) -> None:
    """Write a module as an ONNX model for any number of inputs like x (n, *shape)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter that needs nothing else is the older one
        torch.onnx.export(
            module,
            (torch.as_tensor(x[:2]),),
            str(path),
            input_names=["x"],
            output_names=["y"],
            dynamic_axes={"x": {0: "batch"}, "y": {0: "batch"}},
            dynamo=False,
        )
