"""Modules as functions of arrays: outputs, types, batches, gradients and devices."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

import robaudit
from robaudit import OpenOptions, load
from robaudit.errors import UsageError
from tests.support.digit_inputs import DIGITS_SHAPE, SPEC
from tests.support.networks import small
from tests.support.torch_files import export

random = np.random.default_rng(0)


def test_gradients_are_those_of_central_differences(x: np.ndarray) -> None:
    classifier = load(small().double(), spec=SPEC)
    assert classifier.vjp is not None
    point, way = x.astype(np.float64), random.normal(0, 1, x.shape)
    cotangent = random.normal(0, 1, (len(x), 10))
    step = 1e-5
    slope = (classifier.predict(point + step * way) - classifier.predict(point - step * way)) / (
        2 * step
    )
    gradient = classifier.vjp(point, cotangent)
    assert gradient.dtype == np.float64
    np.testing.assert_allclose(
        (gradient * way).sum(axis=(1, 2, 3)), (slope * cotangent).sum(axis=1), rtol=1e-5
    )


class Cut(nn.Module):
    """Scores from which no slope leads back to the input."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.kind, self.inner = kind, small()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if self.kind == "detached":
            return self.inner(x).detach()
        if self.kind == "threshold":
            return self.inner((x > 0.5).float())
        if self.kind == "cast":
            return self.inner(x).long().float()
        return self.inner(torch.full_like(x, 0.5))


@pytest.mark.parametrize("kind", ["detached", "threshold", "cast", "constant"])
def test_slopes_that_are_cut_off_are_zero(kind: str, x: np.ndarray) -> None:
    classifier = load(Cut(kind), spec=SPEC)
    assert classifier.vjp is not None
    gradient = classifier.vjp(x, np.ones((len(x), 10), np.float32))
    assert gradient.shape == x.shape
    assert not gradient.any()


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_weights_of_other_types(dtype: torch.dtype, x: np.ndarray) -> None:
    classifier = load(small().to(dtype), spec=SPEC)
    expected = load(small(), spec=SPEC).predict(x)
    np.testing.assert_allclose(classifier.predict(x), expected, rtol=0.1, atol=0.1)


@pytest.mark.filterwarnings("ignore:.*torch.jit")
@pytest.mark.parametrize("dtype", [torch.float16, torch.float64])
def test_the_weights_of_a_frozen_script_are_its_constants(
    tmp_path: Path, x: np.ndarray, dtype: torch.dtype
) -> None:
    torch.jit.freeze(torch.jit.script(small().eval().to(dtype))).save(tmp_path / "model.pt")
    classifier = robaudit.load(tmp_path / "model.pt", DIGITS_SHAPE)
    assert classifier.details["dtype"] == str(dtype)[6:]
    expected = load(small(), spec=SPEC).predict(x)
    np.testing.assert_allclose(classifier.predict(x), expected, rtol=0.1, atol=0.1)


@pytest.mark.parametrize("batch", [1, 4])
def test_an_exported_program_with_a_fixed_batch_is_filled_up(tmp_path: Path, batch: int) -> None:
    export(tmp_path / "model.pt2", dynamic=False, batch=batch)
    classifier = robaudit.load(tmp_path / "model.pt2")
    x = random.random((7, 1, 8, 8)).astype(np.float32)
    expected = robaudit.load(small(), DIGITS_SHAPE).predict(x)
    np.testing.assert_allclose(classifier.predict(x), expected, rtol=1e-5, atol=1e-6)


@pytest.mark.skipif(torch.cuda.is_available(), reason="CUDA is here")
def test_cuda_that_is_not_there() -> None:
    with pytest.raises(UsageError, match="no GPU"):
        load(small(), OpenOptions(device="cuda", spec=SPEC))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU here")
def test_a_gpu_gives_the_same_scores_and_gradients(x: np.ndarray) -> None:
    here, there = (load(small(), OpenOptions(device=one, spec=SPEC)) for one in ("cpu", "cuda"))
    np.testing.assert_allclose(there.predict(x), here.predict(x), rtol=1e-4, atol=1e-5)
    assert here.vjp is not None
    assert there.vjp is not None
    cotangent = random.normal(0, 1, (len(x), 10))
    np.testing.assert_allclose(
        there.vjp(x, cotangent), here.vjp(x, cotangent), rtol=1e-3, atol=1e-5
    )
