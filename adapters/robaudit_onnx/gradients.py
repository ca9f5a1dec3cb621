"""Gradients of ONNX models, from a copy in torch; onnxruntime has none."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from io import StringIO
from typing import TYPE_CHECKING

import numpy as np
import onnx

from robaudit.errors import RobauditError
from robaudit.requirements import Requirement, needs, version_of
from robaudit.types import FloatArray
from robaudit_onnx.plain_copy import NotPlainError
from robaudit_onnx.runtime import Runner

if TYPE_CHECKING:
    from robaudit_onnx.torch_copy import TorchCopy

_INSTALL = 'pip install "robaudit[onnx-gradients]"'
_TOLERANCE = 1e-3
_HALF_TOLERANCE = 2e-2

REQUIRES = (Requirement("onnx2fx", "0.0.1", _INSTALL), Requirement("torch", "2.10", _INSTALL))
"""What gradients need beside onnx and onnxruntime."""


def copy_in_torch(
    model: onnx.ModelProto, runner: Runner, x: FloatArray, device: str
) -> tuple["TorchCopy | None", dict[str, str]]:
    """Make a copy of what ``runner`` runs, on a device of torch; also say how, for the record.

    ``model`` is the runner's; ``x`` (n, *shape) are inputs that differ. There is
    no copy, and the reason is given, where what it needs is not installed, where
    the model cannot be converted, where the copy does not agree with the runner
    on ``x``, and where its gradients are of no use.
    """
    try:
        with _silent(), needs(REQUIRES):
            from robaudit_onnx.torch_copy import convert  # noqa: PLC0415 - imports frameworks

            scores = runner(x)
            copy = convert(model, runner, scores.dtype, device)
            flaw = _flaw(copy, scores, x)
    except (RobauditError, NotPlainError) as error:
        return None, {"none": str(error)}
    except Exception as error:  # noqa: BLE001 - whatever a young converter raises
        text = " ".join(str(error).split())[:200]
        return None, {"none": f"onnx2fx cannot convert it ({type(error).__name__}: {text})"}
    if flaw:
        return None, {"none": flaw}
    return copy, {"converter": f"onnx2fx {version_of('onnx2fx')}"}


def cuda_device() -> str | None:
    """Name the CUDA device that a copy can be on, ``None`` where there is none."""
    try:
        with _silent(), needs(REQUIRES):
            import torch  # noqa: PLC0415 - a framework
        return "cuda" if torch.cuda.is_available() else None
    except Exception:  # noqa: BLE001 - not installed, or broken: either way there is none
        return None


def _flaw(copy: "TorchCopy", scores: FloatArray, x: FloatArray) -> str | None:
    """Say why a copy of what gave scores (n, classes) for x cannot be used, if it cannot."""
    copied = copy.scores(x)
    if scores.shape != copied.shape or not agree(scores, copied):
        return "its copy in torch gives other scores"
    cotangent = np.random.default_rng(0).normal(size=scores.shape)
    gradient = copy.vjp(x, cotangent)
    if not np.isfinite(gradient).all():
        return "its gradients are not finite"
    if not gradient.any():
        return "its gradients are zero: it rounds, or saturates, on the way to its scores"
    return None


def agree(scores: FloatArray, others: FloatArray) -> bool:
    """Compare two sets of scores (n, classes), relative to the largest finite one."""
    tolerance = _HALF_TOLERANCE if scores.dtype == np.float16 else _TOLERANCE
    wide = scores.astype(np.float64)
    size = np.abs(wide[np.isfinite(wide)]).max(initial=0.0)
    return np.allclose(others.astype(np.float64), wide, rtol=0, atol=tolerance * size)


@contextmanager
def _silent() -> Iterator[None]:
    """Keep to ourselves what torch has to say while a copy is made and tried."""
    with warnings.catch_warnings(), redirect_stderr(StringIO()), redirect_stdout(StringIO()):
        warnings.simplefilter("ignore")
        yield
