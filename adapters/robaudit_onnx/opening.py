"""From an ``.onnx`` file to a classifier: its input, its scores, its batch."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import onnxruntime

from robaudit import Classifier, InputSpec, OpenOptions
from robaudit.errors import ClassifierError, NotAuditableError, UsageError
from robaudit.opening import find_doubt, possible_shapes, score_kind, trial_inputs
from robaudit.predicting import batches_are_independent
from robaudit.types import FloatArray
from robaudit_onnx import gradients
from robaudit_onnx.dynamic_batch import with_dynamic_batch
from robaudit_onnx.model_file import all_nodes, read_model
from robaudit_onnx.outputs import choose_output, reveal_scores
from robaudit_onnx.runtime import (
    INPUT_TYPES,
    NoCudaError,
    Runner,
    run_session,
    start_session,
    uses_cuda,
)


def open_model(path: Path, options: OpenOptions) -> Classifier:
    """Open a file as a classifier over its own input, not yet normalised.

    Where CUDA is asked for and onnxruntime has none, the model's copy in torch
    runs there. Raises UsageError for what the user can put right and
    NotAuditableError for what is no classifier.
    """
    try:
        return _open(path, options)
    except NoCudaError as lack:
        device = gradients.cuda_device()
        if device is None:
            raise
        opened = _open(path, replace(options, device="cpu"), device)
        if opened.twin is None:
            why = opened.details["gradients"]["none"]
            raise NoCudaError(
                f"{lack.found}, and no copy of {path} in torch can be used ({why})",
                expected=lack.expected,
                advice=lack.advice,
            ) from lack
        details = {**opened.details, "predicted_by": f"its copy in torch, on {device}"}
        return replace(opened, predict=opened.twin, twin=opened.predict, details=details)


def _open(path: Path, options: OpenOptions, copy_device: str | None = None) -> Classifier:
    model, digests = read_model(path)
    value = _only_input(model, path)
    reveal_scores(model)
    batch, shapes = _input_shapes(value, options, path)
    session = start_session(model, path, options.device)
    shape, alone = _first_that_works(model, session, value, batch, shapes, path, options)
    x = trial_inputs(shape)
    try:
        scores = alone(x)
    except ClassifierError as error:
        raise NotAuditableError(
            f"{path} is no classifier: {error.found}", expected="scores for every input"
        ) from error
    runner, graph = _any_batch(model, alone, x, path, options)
    spec = options.spec or InputSpec(shape, scores.shape[1], options.scores or score_kind(scores))
    if spec.classes != scores.shape[1]:
        raise UsageError(
            f"{path} gives {scores.shape[1]} scores", expected=f"{spec.classes}, as its spec says"
        )
    if copy_device is None and uses_cuda(runner.session):
        copy_device = gradients.cuda_device()
    copy, found = gradients.copy_in_torch(graph, runner, x, copy_device or "cpu")
    return Classifier(
        name=path.name,
        spec=spec,
        predict=runner,
        fingerprint=digests.pop(path.name),
        vjp=copy.vjp if copy else None,
        twin=copy.scores if copy else None,
        adapter="onnx",
        doubt=find_doubt(spec, options, alone.output_name),
        details={
            "input_tensor": {"name": value.name, "dtype": alone.dtype.name},
            "output_tensor": alone.output_name,
            "batch": "any" if runner.batch is None else f"{runner.batch} at a time",
            "opset": {one.domain or "ai.onnx": one.version for one in model.opset_import},
            "producer": f"{model.producer_name} {model.producer_version}".strip(),
            "providers": alone.session.get_providers(),
            "external_data": digests,
            "gradients": found,
        },
    )


def _only_input(model: onnx.ModelProto, path: Path) -> onnx.ValueInfoProto:
    """Find the one input that is no weight and is used; drop the others from the graph.

    Old files list their weights as inputs too, which keeps onnxruntime from
    treating them as constants.
    """
    weights = {tensor.name for tensor in model.graph.initializer}
    used = {name for node in all_nodes(model.graph) for name in node.input}
    inputs = [v for v in model.graph.input if v.name not in weights and v.name in used]
    if len(inputs) != 1:
        listed = ", ".join(f"{v.name} {_shown(v)}" for v in inputs)
        raise NotAuditableError(
            f"{path} has {len(inputs)} inputs" + (f": {listed}" if listed else ""),
            expected="one, the image",
        )
    only = onnx.ValueInfoProto()
    only.CopyFrom(inputs[0])
    del model.graph.input[:]
    model.graph.input.append(only)
    # Up to IR version 3 weights had to be inputs; version 4 changed just that.
    model.ir_version = max(model.ir_version, 4)
    return only


def _shown(value: onnx.ValueInfoProto) -> str:
    dims = value.type.tensor_type.shape.dim
    return "(" + ", ".join(str(d.dim_value or d.dim_param or "?") for d in dims) + ")"


def _input_shapes(
    value: onnx.ValueInfoProto, options: OpenOptions, path: Path
) -> tuple[int | None, list[tuple[int, ...]]]:
    """Give the batch that the graph insists on, if any, and what one input's shape may be.

    Sizes that the graph leaves open come from the user, or else from the data.
    """
    tensor = value.type.tensor_type
    sizes = [dim.dim_value if dim.dim_value > 0 else None for dim in tensor.shape.dim]
    if len(sizes) < 2:
        raise NotAuditableError(
            f"{path} takes an input of shape {_shown(value)}",
            expected="a batch of images, such as (N, 3, 32, 32)",
        )
    batch, declared = sizes[0], sizes[1:]
    fitting = possible_shapes(options, declared)
    if not fitting:
        wanted = options.input_shape or (options.spec and options.spec.shape)
        raise UsageError(
            f"{path} takes an input of shape {_shown(value)}"
            + (f", which {wanted} does not fit" if wanted else ""),
            expected="all sizes but the first",
            advice="Give them with --input-shape, e.g. --input-shape 3,224,224.",
        )
    return batch, fitting


def _first_that_works(
    model: onnx.ModelProto,
    session: onnxruntime.InferenceSession,
    value: onnx.ValueInfoProto,
    batch: int | None,
    shapes: Sequence[tuple[int, ...]],
    path: Path,
    options: OpenOptions,
) -> tuple[tuple[int, ...], Runner]:
    """Find the first shape that the graph runs on, and the runner that changes nothing."""
    failures = []
    for shape in shapes:
        try:
            x = trial_inputs(shape)
            return shape, _alone(model, session, value, batch or 1, x, path, options)
        except ClassifierError as error:
            failures.append(error)
    raise NotAuditableError(
        f"{path} fails on an input of shape {shapes[0]}: {failures[0].found}",
        expected="scores",
        advice="Say what its input is with --input-shape, if it is not that.",
    ) from failures[0]


def _alone(
    model: onnx.ModelProto,
    session: onnxruntime.InferenceSession,
    value: onnx.ValueInfoProto,
    batch: int,
    x: FloatArray,
    path: Path,
    options: OpenOptions,
) -> Runner:
    """Make the runner of the graph as it is: one input, or its own batch, at a time."""
    kind = onnx.TensorProto.DataType.Name(value.type.tensor_type.elem_type).lower()
    dtype = INPUT_TYPES.get(kind)
    if dtype is None:
        raise NotAuditableError(
            f"{path} takes {kind} numbers", expected="float, float16 or double pixels"
        )
    feed = {value.name: x[:1].repeat(batch, axis=0).astype(dtype)}
    names = [output.name for output in session.get_outputs()]
    outputs = dict(zip(names, map(np.asarray, run_session(session, names, feed)), strict=True))
    consumed = {name for node in model.graph.node for name in node.input}
    chosen = choose_output(outputs, batch, consumed, options.output, path)
    return Runner(session, value.name, chosen, dtype, batch)


def _any_batch(
    model: onnx.ModelProto, alone: Runner, x: FloatArray, path: Path, options: OpenOptions
) -> tuple[Runner, onnx.ModelProto]:
    """Make a runner for any number of inputs, if that can be proved right, else ``alone``.

    The graph is tried as it is, then with its batch made symbolic. Also gives the
    model that the runner runs.
    """
    for attempt in (None, with_dynamic_batch):
        try:
            graph = model if attempt is None else attempt(model, alone.input_name)
            session = (
                alone.session if graph is model else start_session(graph, path, options.device)
            )
            runner = replace(alone, session=session, batch=None)
            if batches_are_independent(runner, x, alone):
                return runner, graph
        except Exception:  # noqa: BLE001, S112 - whatever goes wrong, it is no proof
            continue
    return alone, model
