"""The search's fast path: one session computes the points on rays and their scores.

Samples and directions are bound once. Whatever cannot be fused, or does not give
the scores that the model gives for points computed by NumPy, is probed that way.
"""

from functools import lru_cache
from pathlib import Path
from threading import Lock

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime
from onnxruntime import OrtValue

from robaudit.predicting import direct_prober
from robaudit.types import Bound, FloatArray, IntArray, Probe, Prober
from robaudit_onnx.model_file import fits_a_file
from robaudit_onnx.ray_graph import Box, RayInputs, make_box, with_rays
from robaudit_onnx.runtime import Runner, explained, score_rows, start_session, uses_cuda

_KEPT_BINDINGS = 8
_TRIALS = 8
_TOLERANCE = 1e-4
_HALF_TOLERANCE = 1e-2


def make_prober(model: onnx.ModelProto, runner: Runner, path: Path, device: str) -> Prober | None:
    """Make the prober of what ``runner`` runs; ``model`` is its graph, read from ``path``.

    Its session is started when samples and directions are first bound, and is kept
    for as long as shape and box stay the same. A model of more than 2 GB has none.
    """
    if not fits_a_file(model):
        return None

    @lru_cache(maxsize=1)
    def start(
        shape: tuple[int, ...], low: bytes, high: bytes
    ) -> tuple[onnxruntime.InferenceSession, RayInputs]:
        box = Box(np.frombuffer(low, np.float32), np.frombuffer(high, np.float32))
        fused, inputs = with_rays(model, runner, shape, box)
        return start_session(fused, path, device), inputs

    def bind(x: FloatArray, directions: FloatArray, low: Bound, high: Bound) -> Probe:
        box = make_box(low, high, x.shape[1:])
        direct = direct_prober(runner)(x, directions, low, high)
        try:
            session, inputs = start(x.shape[1:], box.low.tobytes(), box.high.tobytes())
            probe = bound_probe(session, inputs, runner, x, directions)
            proved = _agree(probe, direct, x, directions)
        except Exception:  # noqa: BLE001 - whatever goes wrong, the direct way is left
            return direct
        return probe if proved else direct

    return bind


def bound_probe(
    session: onnxruntime.InferenceSession,
    inputs: RayInputs,
    runner: Runner,
    x: FloatArray,
    directions: FloatArray,
) -> Probe:
    """Make a probe of samples x (S, *shape) and directions (K, *shape) that a session holds.

    Buffers are kept for the last few numbers of rays asked for, and written over
    each time.
    """
    device = "cuda" if uses_cuda(session) else "cpu"

    def on_device(array: npt.ArrayLike, dtype: npt.DTypeLike) -> OrtValue:
        return OrtValue.ortvalue_from_numpy(np.ascontiguousarray(array, dtype=dtype), device)

    banks = (
        (inputs.samples, on_device(x.reshape(len(x), -1), np.float32)),
        (inputs.directions, on_device(directions.reshape(len(directions), -1), np.float32)),
    )
    lock = Lock()

    @lru_cache(maxsize=_KEPT_BINDINGS)
    def binding_for(count: int) -> tuple[onnxruntime.IOBinding, tuple[OrtValue, ...]]:
        """Bind the banks, and buffers for so many rays."""
        # What is bound from elsewhere than the device is copied to it once, then never again.
        buffers = (
            on_device(np.zeros(count), np.int32),
            on_device(np.zeros(count), np.int32),
            on_device(np.zeros((count, 1)), np.float32),
        )
        names = (inputs.sample, inputs.direction, inputs.distance)
        binding = session.io_binding()
        for name, value in (*banks, *zip(names, buffers, strict=True)):
            binding.bind_ortvalue_input(name, value)
        binding.bind_output(runner.output_name, "cpu")
        return binding, buffers

    def probe(sample: IntArray, direction: IntArray, distance: FloatArray) -> FloatArray:
        count = len(sample)
        rays = (
            sample.astype(np.int32, copy=False),
            direction.astype(np.int32, copy=False),
            distance.astype(np.float32, copy=False).reshape(-1, 1),
        )
        try:
            with lock:
                binding, buffers = binding_for(count)
                for buffer, values in zip(buffers, rays, strict=True):
                    buffer.update_inplace(values)
                session.run_with_iobinding(binding)
                (scores,) = binding.copy_outputs_to_cpu()
        except Exception as error:
            raise explained(error) from error
        return score_rows(scores, count, runner.output_name)

    return probe if runner.batch is None else _in_batches_of(runner.batch, probe)


def _in_batches_of(batch: int, probe: Probe) -> Probe:
    """Make a probe of any number of rays from one of ``batch``: the last ray fills it up."""

    def probe_filled_up(sample: IntArray, direction: IntArray, distance: FloatArray) -> FloatArray:
        count = len(sample)
        sample, direction, distance = (
            np.concatenate([values, values[-1:].repeat(-count % batch)])
            for values in (sample, direction, distance)
        )
        parts = []
        for start in range(0, count, batch):
            part = slice(start, start + batch)
            parts.append(probe(sample[part], direction[part], distance[part]))
        return np.concatenate(parts)[:count]

    return probe_filled_up


def _agree(probe: Probe, direct: Probe, x: FloatArray, directions: FloatArray) -> bool:
    """Tell whether two probes give the same scores but for rounding, near and far, both ways."""
    sample, direction = np.arange(_TRIALS) % len(x), np.arange(_TRIALS)[::-1] % len(directions)
    reach = (np.ptp(x[sample]) or 1) / (np.abs(directions[direction]).max() or 1)
    distance = np.linspace(-reach, reach, _TRIALS)
    fused, wanted = (prober(sample, direction, distance) for prober in (probe, direct))
    tolerance = _HALF_TOLERANCE if wanted.dtype == np.float16 else _TOLERANCE
    size = np.abs(wanted[np.isfinite(wanted)]).max(initial=0)
    return fused.dtype == wanted.dtype and np.allclose(
        fused, wanted, rtol=0, atol=tolerance * float(size), equal_nan=True
    )
