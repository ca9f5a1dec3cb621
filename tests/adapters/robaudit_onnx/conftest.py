"""What tests of the ONNX adapter share."""

import onnxruntime
import pytest

from robaudit.types import FloatArray, Probe
from robaudit_onnx import prober


@pytest.fixture
def cuda_is_the_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let torch's CPU stand in for a CUDA device that onnxruntime cannot use."""
    providers = ["CPUExecutionProvider"]
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: providers)
    monkeypatch.setattr("robaudit_onnx.gradients.cuda_device", lambda: "cpu")


@pytest.fixture
def proofs(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Collect whether each graph that was fused gave the model's own scores."""
    found: list[bool] = []
    agree = prober._agree

    def noted(probe: Probe, direct: Probe, x: FloatArray, directions: FloatArray) -> bool:
        found.append(agree(probe, direct, x, directions))
        return found[-1]

    monkeypatch.setattr(prober, "_agree", noted)
    return found


@pytest.fixture
def without_gradients(monkeypatch: pytest.MonkeyPatch) -> None:
    """Open models without a copy in torch, which takes time."""
    monkeypatch.setattr(
        "robaudit_onnx.gradients.copy_in_torch", lambda *_: (None, {"none": "not wanted here"})
    )
