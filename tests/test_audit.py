"""`scan`, `harden` and `attack_images` take what a notebook has."""

from pathlib import Path

import numpy as np
import pytest

import robaudit
from robaudit.errors import RobauditError, UsageError
from robaudit.search.plan import SearchPlan
from tests.support.small_onnx import affine_onnx

random = np.random.default_rng(0)
WEIGHTS, BIAS = random.normal(size=(64, 4)), np.zeros(4)
PIXELS = random.random((40, 8, 8)).astype(np.float32)
LABELS = (PIXELS.reshape(40, 64) @ WEIGHTS).argmax(axis=1)
PLAN = SearchPlan(8, 2)


def linear(x: np.ndarray) -> np.ndarray:
    return x.reshape(len(x), 64) @ WEIGHTS


def test_a_function_and_arrays_need_nothing_else() -> None:
    audit = robaudit.scan(linear, (PIXELS, LABELS), plan=PLAN)
    assert audit.clean.overall.value == 1
    attack = robaudit.parse_attack("fgsm:epsilon=0.1", audit.classifier.spec)
    attacked = robaudit.attack_images(linear, (PIXELS, LABELS), [attack], samples=8)
    assert len(attacked.rows) == 8


def test_paths_of_model_and_data_are_opened(tmp_path: Path) -> None:
    model, data = tmp_path / "m.onnx", tmp_path / "d.npz"
    model.write_bytes(affine_onnx(WEIGHTS, BIAS, ["N", 8, 8]).SerializeToString())
    np.savez(data, x_test=PIXELS, y_test=LABELS)
    for paths in ((model, data), (str(model), str(data))):
        assert robaudit.scan(*paths, plan=PLAN).clean.overall.value == 1


def test_a_bare_module_learns_its_shape_from_a_data_set() -> None:
    torch = pytest.importorskip("torch")
    pixels = torch.from_numpy(PIXELS)[:, None]
    module = torch.nn.Sequential(
        torch.nn.Conv2d(1, 2, 3), torch.nn.Flatten(), torch.nn.Linear(72, 4)
    )
    with torch.no_grad():
        labels = module.eval()(pixels).argmax(1)
    loader = torch.utils.data.DataLoader(
        torch.utils.data.TensorDataset(pixels, labels), batch_size=16
    )
    audit = robaudit.scan(module, loader, plan=PLAN)
    assert audit.clean.overall.value == 1
    assert audit.classifier.spec.shape == (1, 8, 8)


@pytest.mark.parametrize("model", [42, None, [1, 2], "nothing.onnx"])
def test_what_is_no_model_is_refused_by_name(model: object) -> None:
    with pytest.raises(RobauditError, match="model") as refusal:
        robaudit.scan(model, (PIXELS, LABELS))
    assert "--" not in str(refusal.value)


@pytest.mark.parametrize("data", [42, {"a"}, "nothing.npz"])
def test_what_holds_no_images_is_refused_by_name(data: object) -> None:
    for call, argument in ((robaudit.scan, "images"), (robaudit.harden, "train")):
        with pytest.raises(RobauditError, match=f"{argument}|nothing.npz") as refusal:
            call(linear, data)
        assert "--" not in str(refusal.value)


def test_errors_name_arguments_of_python() -> None:
    with pytest.raises(UsageError, match=r"`input_shape=\(3, 224, 224\)`"):
        robaudit.scan(linear)
