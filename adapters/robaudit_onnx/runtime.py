"""Sessions of onnxruntime, and what goes in and out of them."""

import io
import os
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime

from robaudit.errors import (
    ClassifierError,
    NotAuditableError,
    UsageError,
    is_out_of_memory,
    is_out_of_processes,
    out_of_processes,
)
from robaudit.opening import one_hot_of
from robaudit.types import FloatArray
from robaudit_onnx.made_sizes import most_folded
from robaudit_onnx.model_file import fits_a_file, unknown_operators

_FATAL_ONLY = 4
_CUDA = "CUDAExecutionProvider"
_LARGEST_CONSTANT = "optimization.constant_folding_max_output_size_in_bytes"
_COMPLEX = (onnx.TensorProto.COMPLEX64, onnx.TensorProto.COMPLEX128)
_EXACT = {"use_tf32": 0}
"""A GPU must not round the factors of products, so that it agrees with a CPU."""


INPUT_TYPES: dict[str, np.dtype[Any]] = {
    "float": np.dtype(np.float32),
    "float16": np.dtype(np.float16),
    "double": np.dtype(np.float64),
}
"""Types of pixels, by their names in ONNX."""


Start = Callable[[onnx.ModelProto], onnxruntime.InferenceSession]
"""Starts a session for a model."""


class NoCudaError(UsageError):
    """CUDA was asked for, and onnxruntime cannot use it."""


@dataclass(frozen=True)
class Runner:
    """Runs one input and one output of a session.

    ``batch`` is the only number of inputs that the graph takes, ``None`` for any. Where the
    output gives the class of an input, and no scores, ``classes`` are all that there are:
    rows with a one in their place are then given instead.
    """

    session: onnxruntime.InferenceSession
    input_name: str
    output_name: str
    dtype: np.dtype[Any]
    batch: int | None
    classes: tuple[object, ...] | None = None

    def __call__(self, x: FloatArray) -> FloatArray:
        """Compute scores: (n, *shape) -> (n, classes), in the type the model gives."""
        x = np.ascontiguousarray(x, dtype=self.dtype)
        if self.batch is None or self.batch == len(x):
            return self._run(x)
        parts = []
        for start in range(0, len(x), self.batch):
            part = x[start : start + self.batch]
            filled = np.concatenate([part, np.repeat(part[-1:], self.batch - len(part), axis=0)])
            parts.append(self._run(filled)[: len(part)])
        return np.concatenate(parts)

    def _run(self, x: npt.NDArray[Any]) -> FloatArray:
        (scores,) = run_session(self.session, [self.output_name], {self.input_name: x})
        rows = score_rows(scores, len(x), self.output_name)
        return rows if self.classes is None else one_hot_of(rows, self.classes)


def score_rows(scores: npt.NDArray[Any], count: int, output_name: str) -> FloatArray:
    """Bring an output into one row of scores an input: (count, classes).

    Raises ClassifierError where it has none, or no whole number for each.
    """
    if not scores.size or scores.size % count:
        raise ClassifierError(
            f"the model gives {output_name} {scores.shape} for {count} inputs",
            expected="a row of scores for each",
        )
    return np.asarray(scores).reshape(count, -1)


def run_session(
    session: onnxruntime.InferenceSession,
    outputs: Sequence[str],
    feed: Mapping[str, npt.NDArray[Any]],
) -> list[npt.NDArray[Any]]:
    """Run a session; what goes wrong in it becomes what `explained` makes of it."""
    try:
        arrays: list[npt.NDArray[Any]] = session.run(list(outputs), dict(feed))
    except Exception as error:
        raise explained(error) from error
    return arrays


def explained(error: Exception) -> Exception:
    """Make a ClassifierError of what a session raised, a MemoryError where memory ran out."""
    if is_out_of_memory(error):
        return MemoryError(reason(error))
    return ClassifierError(
        f"onnxruntime says: {reason(error)}", expected="scores", advice="Try `batch_size=1`."
    )


def providers_for(device: str) -> list[str | tuple[str, dict[str, int]]]:
    """List the execution providers to ask for, with their options.

    Raises NoCudaError for CUDA where this onnxruntime has none.
    """
    available = onnxruntime.get_available_providers()
    if device == "cuda" and _CUDA not in available:
        raise NoCudaError(
            "device cuda, but the onnxruntime installed here has no CUDA",
            expected="onnxruntime-gpu",
            advice='Install it with: pip uninstall onnxruntime; pip install "robaudit[onnx-gpu]".',
        )
    cuda = [(_CUDA, _EXACT)] if device != "cpu" and _CUDA in available else []
    return [*cuda, "CPUExecutionProvider"]


def usable_devices() -> tuple[str, ...]:
    """Name the devices that this onnxruntime was built for."""
    return ("cpu", "cuda") if _CUDA in onnxruntime.get_available_providers() else ("cpu",)


def _threads() -> int:
    """Give how many threads an operator may have, 0 where onnxruntime is to choose.

    It does not heed the variable by itself, which is how others share out the cores.
    """
    first = os.environ.get("OMP_NUM_THREADS", "").partition(",")[0].strip()
    return int(first) if first.isdecimal() else 0


def uses_cuda(session: onnxruntime.InferenceSession) -> bool:
    """Tell whether a session was really given CUDA."""
    return _CUDA in session.get_providers()


def start_session(model: onnx.ModelProto, path: Path, device: str) -> onnxruntime.InferenceSession:
    """Start a session for a model that was read from ``path``.

    Raises NotAuditableError for what onnxruntime does not take, and NoCudaError
    for CUDA that it was asked for and did not give.
    """
    options = onnxruntime.SessionOptions()
    options.log_severity_level = _FATAL_ONLY
    options.intra_op_num_threads = _threads()
    # What `made_sizes` cannot tell, as of operators of onnxruntime's own, is left for later.
    options.add_session_config_entry(_LARGEST_CONSTANT, str(most_folded(model)))
    # A protobuf message of more than 2 GB cannot be written; then the file itself is opened.
    source = model.SerializeToString() if fits_a_file(model) else str(path)
    try:
        with redirect_stdout(io.StringIO()):  # it prints when it falls back to the CPU
            session = onnxruntime.InferenceSession(source, options, providers=providers_for(device))
    except UsageError:
        raise
    except Exception as error:
        if is_out_of_processes(error):
            raise out_of_processes(error) from error
        if any(out.type.tensor_type.elem_type in _COMPLEX for out in model.graph.output):
            raise NotAuditableError(
                f"{path} gives complex numbers", expected="real scores"
            ) from error
        custom = unknown_operators(model)
        raise NotAuditableError(
            f"{path} needs operators that onnxruntime does not have: {custom}"
            if custom
            else f"onnxruntime {onnxruntime.__version__} does not take {path}: {reason(error)}",
            expected="standard operators of opset 7 or newer",
            advice="Export the model again, or update onnxruntime.",
        ) from error
    if device == "cuda" and not uses_cuda(session):
        raise NoCudaError(
            "device cuda, but onnxruntime could not use it and fell back to the CPU",
            expected="a CUDA device with the libraries that onnxruntime-gpu needs",
            advice="Use `device='cpu'`, or check the installation of CUDA.",
        )
    return session


def reason(error: Exception) -> str:
    r"""Cut an error of onnxruntime down to what it says, without where in its source.

    >>> reason(Exception("[ONNXRuntimeError] : 1 : FAIL : /a/b.cc:2 void f(int, g&) Bad model.\n"))
    'Bad model.'
    """
    text = re.sub(r"^\[ONNXRuntimeError\] : \d+ : \w+ : ", "", " ".join(str(error).split()))
    return re.sub(r"^/\S+ .*?\) (?=[A-Z])", "", text)[:300]
