"""What several tests need: the shared models and data, and small ONNX models made here."""

import json
import os
import signal
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

import robaudit
from robaudit import Classifier, Images
from robaudit.cli import main

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "examples"
SHARED = Path(os.environ.get("ROBAUDIT_SHARED", ROOT.parent / "shared"))

FLOAT = TensorProto.FLOAT
SMALL_SCAN = ["--samples", "20", "--directions", "6", "--steps", "10", "--step", "0.05"]
Shape = list[int | str | None]
Save = Callable[..., Path]
Run = Callable[..., int]
DIGITS = str(EXAMPLES / "digits.onnx")


if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    # Shells start what goes on in the background so, and processes would inherit it from us.
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real models and data, where it is there."""
    if not (SHARED / "models").is_dir():
        pytest.skip(f"no real models at {SHARED} (set ROBAUDIT_SHARED)")
    return SHARED


@cache
def read_shared_images(shared: Path, name: str) -> Images:
    """Read the test split of one of the shared data sets."""
    return robaudit.read_images(shared / "data" / f"{name}.npz")


@pytest.fixture(scope="session")
def mnist(shared: Path) -> Images:
    """MNIST's test images."""
    return read_shared_images(shared, "mnist")


@pytest.fixture(scope="session")
def digits() -> Images:
    """Test images of the embedded demo."""
    return robaudit.read_images(EXAMPLES / "digits.npz")


@pytest.fixture
def digits_model() -> Classifier:
    """The classifier of the embedded demo, over its own input."""
    return robaudit.load(EXAMPLES / "digits.onnx")


def first(images: Images, count: int) -> Images:
    """Take the first images of a set."""
    labels = None if images.labels is None else images.labels[:count]
    return replace(images, pixels=images.pixels[:count], labels=labels)


def make_onnx(
    nodes: list[onnx.NodeProto],
    weights: dict[str, Any],
    input_shape: Shape,
    output_shape: Shape,
    *,
    dtype: int = FLOAT,
    opset: int = 17,
    weights_as_inputs: bool = False,
) -> onnx.ModelProto:
    """Make a model from input "x" to output "y"."""
    initializers = [numpy_helper.from_array(np.asarray(w), name) for name, w in weights.items()]
    inputs = [helper.make_tensor_value_info("x", dtype, input_shape)]
    if weights_as_inputs:
        inputs += [
            helper.make_tensor_value_info(i.name, i.data_type, list(i.dims)) for i in initializers
        ]
    graph = helper.make_graph(
        nodes,
        "test",
        inputs,
        [helper.make_tensor_value_info("y", dtype, output_shape)],
        initializers,
    )
    return helper.make_model(
        graph,
        ir_version=3 if weights_as_inputs else 8,
        opset_imports=[helper.make_opsetid("", opset)],
    )


def affine_onnx(
    weights: np.ndarray,
    bias: np.ndarray,
    input_shape: Shape,
    *,
    tail: tuple[str, ...] = (),
    dtype: int = FLOAT,
    opset: int = 17,
) -> onnx.ModelProto:
    """Make ``flatten(x) @ weights + bias``, followed by operators without arguments."""
    kind = helper.tensor_dtype_to_np_dtype(dtype)
    names = ["a", *[f"t{i}" for i in range(len(tail))]]
    names[-1] = "y"
    nodes = [
        helper.make_node("Flatten", ["x"], ["f"], axis=1),
        helper.make_node("MatMul", ["f", "w"], ["m"]),
        helper.make_node("Add", ["m", "b"], [names[0]]),
        *[
            helper.make_node(operator, [names[i]], [names[i + 1]])
            for i, operator in enumerate(tail)
        ],
    ]
    return make_onnx(
        nodes,
        {"w": weights.astype(kind), "b": bias.astype(kind)},
        input_shape,
        [input_shape[0], len(bias)],
        dtype=dtype,
        opset=opset,
    )


def striped_onnx(direction: np.ndarray, width: float, classes: int, size: int) -> onnx.ModelProto:
    """Make the ONNX form of `robaudit.testing.striped_classifier` over (N, size, size)."""
    turns = 2 * np.pi / (len(direction) * width * classes)
    phase = 2 * np.pi * (np.arange(classes) + 0.5) / classes
    nodes = [
        helper.make_node("Flatten", ["x"], ["f"], axis=1),
        helper.make_node("MatMul", ["f", "w"], ["m"]),
        helper.make_node("Sub", ["m", "p"], ["s"]),
        helper.make_node("Cos", ["s"], ["y"]),
    ]
    weights = {
        "w": np.repeat(direction[:, None] * turns, classes, axis=1).astype(np.float32),
        "p": phase.astype(np.float32),
    }
    return make_onnx(nodes, weights, ["N", size, size], ["N", classes])


@pytest.fixture
def save(tmp_path: Path) -> Save:
    """Give a function that writes a model to a temporary file."""

    def save_model(model: onnx.ModelProto, name: str = "model.onnx") -> Path:
        path = tmp_path / name
        onnx.save(model, path)
        return path

    return save_model


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Give a function that runs a small scan in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")

    def run_scan(*arguments: object, model: object = DIGITS) -> int:
        return main(["scan", str(model), *SMALL_SCAN, *map(str, arguments)])

    return run_scan


def read_record(folder: Path = Path("robaudit-report")) -> Any:
    """Read the record that a scan wrote."""
    return json.loads((folder / "audit.json").read_text())


def save_data(path: Path, x: np.ndarray, y: np.ndarray) -> Path:
    """Write images and labels as an .npz file."""
    np.savez(path, x=x, y=y)
    return path
