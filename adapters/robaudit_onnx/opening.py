"""From an ``.onnx`` file to a classifier: its input, its scores, its batch."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import helper

from robaudit import Classifier, InputSpec, OpenOptions
from robaudit.batches import batches_are_independent
from robaudit.errors import ClassifierError, NotAuditableError, UsageError
from robaudit.opening import find_doubt, score_kind, trial_inputs
from robaudit.types import FloatArray
from robaudit_onnx import gradients
from robaudit_onnx.dynamic_batch import with_dynamic_batch
from robaudit_onnx.inputs import input_shapes, only_input
from robaudit_onnx.model_file import read_model
from robaudit_onnx.outputs import choose_output, reveal_scores
from robaudit_onnx.prober import make_prober
from robaudit_onnx.runtime import (
    INPUT_TYPES,
    NoCudaError,
    Runner,
    run_session,
    start_session,
    uses_cuda,
)
from robaudit_onnx.saving import digest_of
from robaudit_onnx.weights import QUANTIZED, is_quantized
from robaudit_onnx.whole_numbers import LARGEST, take_real_numbers, takes_whole_numbers


@dataclass(frozen=True)
class Source:
    """A model as it was read, or trained, and the file that it comes from.

    ``fingerprint`` is the SHA-256 of the file that holds it, and ``external`` has
    those of its external data.
    """

    model: onnx.ModelProto
    path: Path
    fingerprint: str
    external: Mapping[str, str]


def open_model(path: Path, options: OpenOptions) -> Classifier:
    """Open a file as a classifier over its own input, not yet normalised.

    Where CUDA is asked for and onnxruntime has none, the model's copy in torch
    runs there. Raises UsageError for what the user can put right and
    NotAuditableError for what is no classifier.
    """
    model, digests = read_model(path)
    fingerprint = digests.pop(path.name)
    return _open(Source(model, path, fingerprint, digests), options)


def _open(source: Source, options: OpenOptions) -> Classifier:
    try:
        return _open_on(source, options, options.device)
    except NoCudaError as lack:
        device = gradients.cuda_device()
        if device is None:
            raise
        opened = _open_on(source, options, "cpu", device)
        if opened.twin is None:
            why = opened.details["gradients"]["none"]
            raise NoCudaError(
                f"{lack.found}, and no copy of {source.path} in torch can be used ({why})",
                expected=lack.expected,
                advice=lack.advice,
            ) from lack
        details = {**opened.details, "predicted_by": f"its copy in torch, on {device}"}
        return replace(
            opened, predict=opened.twin, twin=opened.predict, prober=None, details=details
        )


def _open_on(
    source: Source, options: OpenOptions, device: str, copy_device: str | None = None
) -> Classifier:
    """Open a model on a device of onnxruntime's, its copy in torch on one of torch's."""
    path, model = source.path, onnx.ModelProto()
    model.CopyFrom(source.model)  # what is saved later is the model as it was read
    value = only_input(model, path)
    own_type = value.type.tensor_type.elem_type
    whole = takes_whole_numbers(value)
    if whole:
        value = take_real_numbers(model, value)
    high = LARGEST if whole else 1.0
    reveal_scores(model)
    batch, shapes = input_shapes(value, options, path)
    session = start_session(model, path, device)
    x, alone = _first_that_works(model, session, value, batch, shapes, high, path, options)
    try:
        scores = alone(x)
    except ClassifierError as error:
        raise NotAuditableError(
            f"{path} is no classifier: {error.found}", expected="scores for every input"
        ) from error
    runner, graph = _any_batch(model, alone, x, path, device)
    kind = options.scores or score_kind(scores)
    spec = options.spec or InputSpec(x.shape[1:], scores.shape[1], kind, high=high)
    if spec.classes != scores.shape[1]:
        raise UsageError(
            f"{path} gives {scores.shape[1]} scores", expected=f"{spec.classes}, as its spec says"
        )
    if copy_device is None and uses_cuda(runner.session):
        copy_device = gradients.cuda_device()
    if whole:
        copy, facts = None, {"none": "it takes whole numbers, and rounding has no gradients"}
    else:
        copy, facts = gradients.copy_in_torch(graph, runner, x, copy_device or "cpu")
    classifier = Classifier(
        name=path.name,
        spec=spec,
        predict=runner,
        fingerprint=source.fingerprint,
        prober=make_prober(graph, runner, path, device),
        vjp=copy.vjp if copy else None,
        twin=copy.scores if copy else None,
        adapter="onnx",
        doubt=find_doubt(spec, options, alone.output_name),
        details={
            "input_tensor": {"name": value.name, "dtype": _dtype_name(own_type)},
            "output_tensor": alone.output_name,
            "batch": "any" if runner.batch is None else f"{runner.batch} at a time",
            "opset": {opset.domain or "ai.onnx": opset.version for opset in model.opset_import},
            "producer": f"{model.producer_name} {model.producer_version}".strip(),
            "providers": alone.session.get_providers(),
            "external_data": dict(source.external),
            "gradients": facts,
            **({"training": QUANTIZED} if is_quantized(model.graph) else {}),
        },
    )
    if copy is None:
        return classifier
    from robaudit_onnx.training import with_training  # noqa: PLC0415 - imports frameworks

    def reopen(trained: onnx.ModelProto) -> Classifier:
        fresh = replace(source, model=trained, fingerprint=digest_of(trained), external={})
        opened = _open(fresh, replace(options, spec=spec, output=alone.output_name))
        return replace(opened, doubt=classifier.doubt)

    return with_training(classifier, source.model, copy, x, reopen)


def _dtype_name(kind: int) -> str:
    return helper.tensor_dtype_to_np_dtype(kind).name


def _first_that_works(
    model: onnx.ModelProto,
    session: onnxruntime.InferenceSession,
    value: onnx.ValueInfoProto,
    batch: int | None,
    shapes: Sequence[tuple[int, ...]],
    high: float,
    path: Path,
    options: OpenOptions,
) -> tuple[FloatArray, Runner]:
    """Find inputs of a shape that the graph runs on, and the runner that changes nothing."""
    failures = []
    for shape in shapes:
        try:
            x = trial_inputs(shape) * np.float32(high)
            return x, _alone(model, session, value, batch or 1, x, path, options)
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
            f"{path} takes {kind} numbers",
            expected="float, float16 or double pixels, or whole numbers of 0 to 255",
        )
    feed = {value.name: x[:1].repeat(batch, axis=0).astype(dtype)}
    names = [output.name for output in session.get_outputs()]
    outputs = dict(zip(names, map(np.asarray, run_session(session, names, feed)), strict=True))
    consumed = {name for node in model.graph.node for name in node.input}
    chosen = choose_output(outputs, batch, consumed, options.output, path)
    return Runner(session, value.name, chosen, dtype, batch)


def _any_batch(
    model: onnx.ModelProto, alone: Runner, x: FloatArray, path: Path, device: str
) -> tuple[Runner, onnx.ModelProto]:
    """Make a runner for any number of inputs, if that can be proved right, else ``alone``.

    The graph is tried as it is, then with its batch made symbolic. Also gives the
    model that the runner runs.
    """
    for attempt in (None, with_dynamic_batch):
        try:
            graph = model if attempt is None else attempt(model, alone.input_name)
            session = alone.session if graph is model else start_session(graph, path, device)
            runner = replace(alone, session=session, batch=None)
            if batches_are_independent(runner, x, alone):
                return runner, graph
        except Exception:  # noqa: BLE001, S112 - whatever goes wrong, it is no proof
            continue
    return alone, model
