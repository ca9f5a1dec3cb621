"""Gradients of ONNX models, from a copy in torch; onnxruntime has none."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import replace
from io import StringIO
from typing import TYPE_CHECKING

import numpy as np
import onnx

from robaudit.errors import RobauditError
from robaudit.requirements import needs, requirement, version_of
from robaudit.types import FloatArray
from robaudit_onnx.agreement import agree
from robaudit_onnx.plain_copy import NotPlainError
from robaudit_onnx.runtime import Runner

if TYPE_CHECKING:
    from robaudit_onnx.torch_copy import TorchCopy

_INSTALL = 'pip install "robaudit[onnx-gradients]"'

REQUIRES = (requirement("onnx2fx", _INSTALL), requirement("torch", _INSTALL))
"""What gradients need beside onnx and onnxruntime."""


def copy_in_torch(
    model: onnx.ModelProto, runner: Runner, x: FloatArray, device: str
) -> tuple["TorchCopy | None", dict[str, str]]:
    """Make a copy of what ``runner`` runs, on a device of torch; also say how, for the record.

    ``model`` is the runner's; ``x`` (n, *shape) are inputs that differ. There is
    no copy, and the reason is given, where what it needs is not installed, where
    the model cannot be converted, and where the copy does not agree with the runner
    on ``x``. Whether its gradients are of any use is judged later, on real inputs: on
    these, units may be dead or saturated that are not on those.
    """
    try:
        with _silent(), needs(REQUIRES):
            from robaudit_onnx.torch_copy import convert  # noqa: PLC0415 - imports frameworks

            scores = runner(x)
            copy = convert(model, runner, scores.dtype, device)
            copied = copy.scores(x)
            copy.vjp(x, np.ones_like(copied))
            if copy.end and not copy.ends_as_said(x):
                copy = replace(copy, end=None)
    except (RobauditError, NotPlainError) as error:
        return None, {"none": str(error)}
    except Exception as error:  # noqa: BLE001 - whatever a young converter raises
        text = " ".join(str(error).split())[:200]
        return None, {"none": f"onnx2fx cannot convert it ({type(error).__name__}: {text})"}
    if not agree(scores, copied):
        return None, {"none": "its copy in torch gives other scores"}
    said = {"logits": f"what its {copy.end} is made of"} if copy.end else {}
    return copy, {"converter": f"onnx2fx {version_of('onnx2fx')}", **said}


def cuda_device() -> str | None:
    """Name the CUDA device that a copy can be on, ``None`` where there is none."""
    try:
        with _silent(), needs(REQUIRES):
            import torch  # noqa: PLC0415 - a framework
        return "cuda" if torch.cuda.is_available() else None
    except Exception:  # noqa: BLE001 - not installed, or broken: either way there is none
        return None


@contextmanager
def _silent() -> Iterator[None]:
    """Keep to ourselves what torch has to say while a copy is made and tried."""
    with warnings.catch_warnings(), redirect_stderr(StringIO()), redirect_stdout(StringIO()):
        warnings.simplefilter("ignore")
        yield
