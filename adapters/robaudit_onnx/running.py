"""From a graph to what runs it: of which shape its input is, which output, in which batches."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import onnx
import onnxruntime

from robaudit import OpenOptions
from robaudit.batches import batches_are_independent
from robaudit.errors import NotAuditableError
from robaudit.opening import first_shape_that_works, trial_inputs
from robaudit.types import FloatArray
from robaudit_onnx.batch_statistics import refuse_reduced_batches
from robaudit_onnx.dynamic_batch import with_dynamic_batch
from robaudit_onnx.labels import how_many
from robaudit_onnx.outputs import Given, choose_output, tensor_outputs
from robaudit_onnx.runtime import INPUT_TYPES, Runner, Start, run_session


@dataclass(frozen=True)
class Trial:
    """Inputs x (n, *shape) that a graph runs on, what runs it as it is, and what it gives."""

    x: FloatArray
    alone: Runner
    given: Given


def first_that_works(
    model: onnx.ModelProto,
    value: onnx.ValueInfoProto,
    batch: int,
    shapes: Sequence[tuple[int, ...]],
    high: float,
    path: Path,
    options: OpenOptions,
    start: Start,
) -> Trial:
    """Find inputs of a shape that the graph runs on, and the runner that changes nothing.

    ``value`` is the graph's input, whose pixels go up to ``high``.
    """
    session = start(model)

    def attempt(shape: tuple[int, ...]) -> Trial:
        x = trial_inputs(shape) * np.float32(high)
        return _try(model, session, value, batch, x, path, options)

    return first_shape_that_works(shapes, attempt, str(path))


def _try(
    model: onnx.ModelProto,
    session: onnxruntime.InferenceSession,
    value: onnx.ValueInfoProto,
    batch: int,
    x: FloatArray,
    path: Path,
    options: OpenOptions,
) -> Trial:
    """Run the graph as it is, on one input, or on its own batch, and choose an output."""
    kind = onnx.TensorProto.DataType.Name(value.type.tensor_type.elem_type).lower()
    dtype = INPUT_TYPES.get(kind)
    if dtype is None:
        raise NotAuditableError(
            f"{path} takes {kind} numbers",
            expected="float, float16 or double pixels, or whole numbers of 0 to 255",
            advice="Which pixel is which of its numbers is not said: export it with an input of "
            "float or uint8 (in TensorFlow Lite inference_input_type).",
        )
    feed = {value.name: x[:1].repeat(batch, axis=0).astype(dtype)}
    names = tensor_outputs(session, options.output, path)
    outputs = dict(zip(names, map(np.asarray, run_session(session, names, feed)), strict=True))
    consumed = {name for node in model.graph.node for name in node.input}
    chosen, given = choose_output(outputs, batch, consumed, options.output, path)
    alone = Runner(session, value.name, chosen, dtype, batch)
    if given == "a class":
        classes = how_many(outputs[chosen].dtype, options, path)
        alone = replace(alone, classes=tuple(range(classes)))
    return Trial(x, alone, given)


def any_batch(
    model: onnx.ModelProto,
    alone: Runner,
    x: FloatArray,
    path: Path,
    start: Start,
    *,
    at_random: bool,
) -> tuple[Runner, onnx.ModelProto]:
    """Make a runner for any number of inputs, if that can be proved right, else ``alone``.

    ``alone`` runs ``model`` as it is, ``x`` (n, *shape) are inputs that differ. The graph is
    tried as it is, then with its batch made symbolic. Of one whose answers differ each time
    nothing can be proved: it is taken at its word, and never rewritten. Also gives the model
    that the runner runs. Raises NotAuditableError for one that normalises by its batch.
    """
    for attempt in (None,) if at_random else (None, with_dynamic_batch):
        try:
            graph = model if attempt is None else attempt(model, alone.input_name)
            session = alone.session if graph is model else start(graph)
            runner = replace(alone, session=session, batch=None)
            if at_random:
                proved = runner(x).shape == alone(x).shape
            else:
                proved = batches_are_independent(runner, x, alone)
        except Exception:  # noqa: BLE001, S112 - whatever goes wrong, it is no proof
            continue
        if proved:
            return runner, graph
        if attempt is None:  # it takes a batch, and looks at more than each input
            refuse_reduced_batches(model, alone.input_name, alone.output_name, path)
    return alone, model
