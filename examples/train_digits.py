"""Train the classifier of the embedded demo, and write it with its data.

The handwritten digits that ship with scikit-learn (8 x 8 pixels, ten classes)
and a small convolutional network, as ``digits.npz`` and ``digits.onnx`` beside
this script. Needs ``pip install torch scikit-learn onnx onnxscript``:

    python examples/train_digits.py
"""

from pathlib import Path

import numpy as np
import onnx
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn

HERE = Path(__file__).parent
TEST_IMAGES = 600
EPOCHS = 60
BATCH = 64


def main() -> None:
    """Train, say how well, and write both files."""
    torch.manual_seed(0)
    digits = load_digits()
    pixels = np.rint(digits.images * (255 / 16)).astype(np.uint8)
    x_train, x_test, y_train, y_test = train_test_split(
        pixels, digits.target, test_size=TEST_IMAGES, stratify=digits.target, random_state=0
    )
    np.savez_compressed(
        HERE / "digits.npz",
        x_train=x_train,
        y_train=y_train.astype(np.uint8),
        x_test=x_test,
        y_test=y_test.astype(np.uint8),
    )
    model = make_model()
    train(model, to_inputs(x_train), torch.tensor(y_train))
    with torch.no_grad():
        right = model(to_inputs(x_test)).argmax(dim=1) == torch.tensor(y_test)
    print(f"accuracy on {len(right)} test images: {right.float().mean():.3f}")
    export(model, HERE / "digits.onnx")


def make_model() -> nn.Module:
    """Make a network of two convolutions and two linear layers, over pixels in 0..1."""
    return nn.Sequential(
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


def to_inputs(pixels: np.ndarray) -> torch.Tensor:
    """Bring pixels (n, 8, 8) of 0..255 into inputs (n, 1, 8, 8) of 0..1."""
    return torch.tensor(pixels, dtype=torch.float32)[:, None] / 255


def train(model: nn.Module, x: torch.Tensor, y: torch.Tensor) -> None:
    """Train with Adam on shuffled batches."""
    optimiser = torch.optim.Adam(model.parameters(), lr=2e-3)
    for _ in range(EPOCHS):
        for rows in torch.randperm(len(x)).split(BATCH):
            optimiser.zero_grad()
            nn.functional.cross_entropy(model(x[rows]), y[rows]).backward()
            optimiser.step()


def export(model: nn.Module, path: Path) -> None:
    """Write the model as ONNX, any number of images at a time."""
    program = torch.onnx.export(
        model.eval(),
        (torch.zeros(2, 1, 8, 8),),
        input_names=["image"],
        output_names=["scores"],
        dynamic_shapes=({0: torch.export.Dim("batch")},),
        opset_version=18,
        dynamo=True,
    )
    proto = program.model_proto
    # The exporter notes where in which source file each operator was made: of no use here.
    del proto.metadata_props[:]
    for item in (*proto.graph.node, *proto.graph.value_info, proto.graph):
        del item.metadata_props[:]
    onnx.save(proto, path)


if __name__ == "__main__":
    main()
