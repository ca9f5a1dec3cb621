"""TorchScript as people write it: it is opened without trust, and computes as before."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch
from torch.nn import functional

import robaudit
from robaudit import OpenOptions
from robaudit.errors import NotAuditableError, RobauditError, UsageError
from robaudit_torch import scripts
from robaudit_torch.scripts import read_script
from tests.support.networks import small

pytestmark = pytest.mark.filterwarnings(
    "ignore::DeprecationWarning",
    "ignore::torch.jit.TracerWarning",
    "ignore:torch.quantize_per_tensor",
)
INPUTS = torch.rand(3, 1, 8, 8, generator=torch.Generator().manual_seed(0))


class Scores(NamedTuple):
    logits: torch.Tensor
    more: torch.Tensor | None


class Varied(torch.nn.Module):
    """Layers, loops, branches and containers that TorchScript has words for."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.norm, self.drop = torch.nn.BatchNorm2d(1), torch.nn.Dropout2d()
        self.up = torch.nn.Upsample(scale_factor=2, mode="bilinear")
        self.layers = torch.nn.ModuleList([torch.nn.Linear(8, 8), torch.nn.Linear(8, 8)])
        self.memory = torch.nn.GRU(8, 8, batch_first=True)
        self.last = torch.nn.Linear(64, 10)

    @torch.jit.export  # type: ignore[untyped-decorator]
    def scaled(self, x: torch.Tensor, factor: float = float("inf")) -> torch.Tensor:
        return x * min(factor, 2.0)

    def forward(self, x: torch.Tensor) -> Scores:
        x = functional.interpolate(self.up(self.drop(self.norm(x))), size=[8, 8])
        rows = x.squeeze(1)
        for layer in self.layers:
            rows = layer(rows).relu()
        rows, _ = self.memory(rows)
        kept: dict[str, torch.Tensor] = {"rows": self.scaled(rows, 1.5)}
        rounds = 0
        while rounds < 2:
            rounds += 1
            if rounds > 1:
                kept["rows"] = kept["rows"].half().float()
        assert x.ndim == 4, f"{x.ndim} Größen, 次元\t\r\n"
        with torch.no_grad():
            beside = kept["rows"].mean()
        return Scores(self.last(kept["rows"].flatten(1)), beside)


class Hooked(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.network = small()

    def forward(self, x: torch.Tensor) -> dict[str, torch.Tensor]:
        return {"logits": self.network(x)}


def _double(self: Any, given: tuple[torch.Tensor]) -> torch.Tensor:  # noqa: ARG001
    return given[0] * 2


def scripted() -> Any:
    return torch.jit.script(Varied().eval())


def traced() -> Any:
    return torch.jit.trace(Varied().eval(), INPUTS, check_trace=False)


def frozen() -> Any:
    return torch.jit.freeze(torch.jit.script(Varied().eval()))


def hooked() -> Any:
    module = Hooked().eval()
    module.register_forward_pre_hook(_double)
    return torch.jit.script(module)


def half() -> Any:
    return torch.jit.script(small().eval().bfloat16())


def _first(given: Any) -> Any:
    if isinstance(given, dict):
        return given["logits"]
    return given[0] if isinstance(given, tuple) else given


@pytest.mark.parametrize("make", [scripted, traced, frozen, hooked, half])
def test_it_is_opened_and_computes_the_same(tmp_path: Path, make: Callable[[], Any]) -> None:
    module = make()
    torch.jit.save(module, str(tmp_path / "model.pt"))
    opened = read_script(tmp_path / "model.pt", trust=False)
    x = INPUTS.bfloat16() if make is half else INPUTS
    assert torch.equal(_first(opened(x)), _first(module(x)))
    assert opened.state_dict().keys() == module.state_dict().keys()


def test_a_model_of_someone_else(shared: Path) -> None:
    path = shared / "cases/01-training-mode/trace_train.pt"
    known = torch.jit.load(path).eval()
    opened = read_script(path, trust=False).eval()
    results = []
    for module in (known, opened):
        torch.manual_seed(0)  # traced while it was trained: it drops out
        results.append(module(torch.zeros(2, 1, 28, 28)))
    assert torch.equal(*results)


class Forking(torch.nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        task = torch.jit.fork(torch.relu, x)
        return torch.jit.wait(task).flatten(1)


def test_work_beside_the_program_takes_trust(tmp_path: Path) -> None:
    torch.jit.save(torch.jit.script(Forking()), str(tmp_path / "model.pt"))
    with pytest.raises(UsageError, match=r"aten::wait, prim::fork.*trust=True"):
        robaudit.load(tmp_path / "model.pt", OpenOptions(image_shape=(8, 8, 1)))


class Classes(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.packed = torch.ops.quantized.linear_prepack(
            torch.quantize_per_tensor(torch.rand(10, 64), 0.1, 0, torch.qint8), None
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.ops.quantized.linear_dynamic(x.flatten(1), self.packed)


def test_objects_of_torch_s_own_classes_take_trust(tmp_path: Path) -> None:
    """Weights that are packed, as quantised layers keep them, are read by code in C++."""
    path = tmp_path / "model.pt"
    torch.jit.save(torch.jit.script(Classes()), str(path))
    with pytest.raises(UsageError, match=r"torch\.classes\.quantized.*trust=True"):
        robaudit.load(path, OpenOptions(image_shape=(8, 8, 1)))
    classifier = robaudit.load(path, OpenOptions(image_shape=(8, 8, 1), trust=True))
    assert classifier.predict(INPUTS.numpy()).shape == (3, 10)
    assert np.isfinite(classifier.predict(INPUTS.numpy())).all()


ANSWERS = [
    ("import os; os.kill(os.getpid(), 9)", UsageError, "120 seconds"),
    ("print('no answer')", NotAuditableError, "damaged"),
    (
        "print('{\"operators\": [\"aten::relu\"]}'); print('no archive')",
        NotAuditableError,
        "damaged",
    ),
    ('print(\'{"operators": ["aten::\\\\u001b"]}\')', UsageError, r"uses aten::\\x1b:"),
    ("import os, json; print(json.dumps({'danger': str(os.environ)}))", UsageError, "HOME"),
]


@pytest.mark.parametrize(("child", "error", "words"), ANSWERS)
def test_what_the_child_says_is_not_believed(
    tmp_path: Path,
    child: str,
    error: type[RobauditError],
    words: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nor does it know the environment."""
    monkeypatch.setenv("CANARY", "a secret")
    monkeypatch.setattr(scripts, "_CHILD", ("-c", child))
    torch.jit.save(torch.jit.script(small()), str(tmp_path / "model.pt"))
    with pytest.raises(error, match=words) as caught:
        robaudit.load(tmp_path / "model.pt", OpenOptions(image_shape=(8, 8, 1)))
    assert "secret" not in str(caught.value)


def test_what_takes_too_much_memory_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scripts, "_MEMORY", 2**24)
    monkeypatch.setattr(scripts, "_COPIES", 0)
    torch.jit.save(torch.jit.script(torch.nn.Linear(2000, 2000)), str(tmp_path / "model.pt"))
    with pytest.raises(UsageError, match=r"(more than \d+ bytes|ends what reads it).*trust=True"):
        robaudit.load(tmp_path / "model.pt", OpenOptions(image_shape=(8, 8, 1)))
