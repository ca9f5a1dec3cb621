"""Multiply-adds are counted as by hand."""

from pathlib import Path

import numpy as np
import onnx

from benchmarks.search.multiply_adds import count_in_graph, count_in_module
from benchmarks.search.networks import NETWORKS, export, settled_network

# A convolution of 1 to 32 channels, one of 32 to 64, both 3x3 on 28x28, and two products.
CNN = 28 * 28 * 32 * 9 + 28 * 28 * 64 * 32 * 9 + 14 * 14 * 64 * 128 + 128 * 10


def test_multiply_adds_of_modules_and_graphs(tmp_path: Path) -> None:
    x = np.random.default_rng(0).random((4, 1, 28, 28), dtype=np.float32)
    network = settled_network("cnn", x)
    assert count_in_module(network, x[:1]) == CNN
    export(network, x, tmp_path / "cnn.onnx")
    assert count_in_graph(onnx.load(tmp_path / "cnn.onnx"), x[:1]) == CNN


def test_residual_networks_are_of_the_usual_size() -> None:
    for name, shape, millions in (("resnet20", (3, 32, 32), 41), ("resnet50", (3, 224, 224), 4089)):
        count = count_in_module(NETWORKS[name]().eval(), np.zeros((1, *shape), dtype=np.float32))
        assert round(count / 1e6) == millions
