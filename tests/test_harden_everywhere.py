"""The same network as ONNX, PyTorch and Keras, hardened from the command line."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch

from robaudit.cli import main
from tests.support.digit_networks import digit_weights, in_keras, in_torch
from tests.support.paths import DIGITS, EXAMPLES

pytest.importorskip("onnx2fx", reason="training ONNX models needs onnx2fx and torch")

Scores = Callable[[np.ndarray], np.ndarray]


def save_onnx(path: Path) -> Path:
    path = path.with_suffix(".onnx")
    path.write_bytes(Path(DIGITS).read_bytes())
    return path


def save_torch(path: Path) -> Path:
    path = path.with_suffix(".pt2")
    example = (torch.zeros(2, 1, 8, 8),)
    sizes = ({0: torch.export.Dim.AUTO},)
    program = torch.export.export(in_torch(digit_weights()), example, dynamic_shapes=sizes)
    torch.export.save(program, path)
    return path


def save_keras(path: Path) -> Path:
    path = path.with_suffix(".keras")
    in_keras(digit_weights()).save(path)
    return path


def run_onnx(path: Path) -> Scores:
    session = onnxruntime.InferenceSession(path)
    return lambda x: np.asarray(session.run(None, {"image": x[:, None]})[0])


def run_torch(path: Path) -> Scores:
    module = torch.export.load(path).module()
    return lambda x: np.asarray(module(torch.tensor(x[:, None])).detach().numpy())


def run_keras(path: Path) -> Scores:
    import keras

    model = keras.models.load_model(path)
    return lambda x: np.asarray(model.predict(x[..., None], verbose=0))


@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::DeprecationWarning")
@pytest.mark.parametrize(
    ("save", "run"), [(save_onnx, run_onnx), (save_torch, run_torch), (save_keras, run_keras)]
)
def test_a_hardened_model_runs_in_its_own_runtime_and_is_better(
    tmp_path: Path, save: Callable[[Path], Path], run: Callable[[Path], Scores]
) -> None:
    model = save(tmp_path / "digits")
    out = tmp_path / "out"
    search = ["--search-samples", "200", "--search-directions", "40", "--strength", "1,1.5"]
    audit = ["--effort", "quick", "--samples", "300", "--directions", "8", "--attacks", "none"]
    training = ["--epochs", "12", "--max-accuracy-drop", "0.03", "--validation-share", "0.2"]
    training += ["--most-examples", "2", "--high-samples", "0.5", "--seed", "2"]
    validation = ["--validation-samples", "100", "--validation-directions", "8"]
    data = ["--data", str(EXAMPLES / "digits.npz"), "-q", "-o", str(out)]
    assert main(["harden", str(model), *data, *search, *audit, *training, *validation]) == 0

    comparison = json.loads((out / "comparison.json").read_text())
    assert comparison["hardening"]["kept"] is not None
    overall = {one["name"]: one for one in comparison["differences"] if one["class"] is None}
    assert overall["restricted-mean-margin"]["low"] > 0
    assert overall["crossing-rate"]["high"] < 0

    scores = run(out / f"hardened{model.suffix}")
    images = np.load(EXAMPLES / "digits.npz")
    x = images["x_test"].astype(np.float32) / 255
    accuracy = float((scores(x).argmax(axis=1) == images["y_test"]).mean())
    told = comparison["after"]["clean"]["accuracy"]["value"]
    assert accuracy == pytest.approx(told, abs=1e-9)
    assert accuracy > 0.95
