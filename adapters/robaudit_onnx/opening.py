"""From an ``.onnx`` file to a classifier: its input, its scores, its batch."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import helper

from robaudit import Classifier, InputSpec, OpenOptions
from robaudit.errors import UsageError
from robaudit.opening import find_doubt
from robaudit.types import FloatArray
from robaudit_onnx import gradients
from robaudit_onnx.class_labels import class_names
from robaudit_onnx.declaration import declaration_of
from robaudit_onnx.inputs import only_input
from robaudit_onnx.model_file import read_model
from robaudit_onnx.prober import make_prober
from robaudit_onnx.randomness import draws_in, find_randomness
from robaudit_onnx.running import any_batch
from robaudit_onnx.runtime import NoCudaError, start_session, uses_cuda
from robaudit_onnx.saving import digest_of
from robaudit_onnx.scoring import Scored, find_scores
from robaudit_onnx.two_classes import only_probabilities
from robaudit_onnx.weights import QUANTIZED, is_quantized, rounds_what_comes
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

    def start(model: onnx.ModelProto) -> onnxruntime.InferenceSession:
        return start_session(model, path, device)

    scored = find_scores(model, value, high, options, path, start)
    spec, named_by = _spec(scored, high, options, path)
    randomness = find_randomness(scored.model, scored.alone.output_name)
    draws = randomness is not None and draws_in(scored.alone, scored.x)
    runner, graph = any_batch(scored.model, scored.alone, scored.x, path, start, at_random=draws)
    no_copy = _why_no_copy(scored, randomness if draws else None)
    if copy_device is None and uses_cuda(runner.session):
        copy_device = gradients.cuda_device()
    copy, facts = (
        (None, {"none": no_copy})
        if no_copy
        else gradients.copy_in_torch(graph, runner, scored.x, copy_device or "cpu")
    )
    slopeless = copy is None and not no_copy and rounds_what_comes(graph.graph)
    if slopeless:
        facts = {"by": "rounding (DynamicQuantizeLinear), which has no slope"}
    steady = (
        f"{randomness}, but its scores are the same each time" if randomness and not draws else None
    )
    classifier = Classifier(
        name=path.name,
        spec=spec,
        predict=only_probabilities(runner, scored.output_name) if scored.by_value else runner,
        fingerprint=source.fingerprint,
        prober=None if no_copy else make_prober(graph, runner, path, device),
        vjp=copy.vjp if copy else (_no_slope if slopeless else None),
        twin=copy.scores if copy else None,
        logits=copy.logits if copy else None,
        adapter="onnx",
        doubt=scored.doubt or find_doubt(spec, options, scored.output_name),
        randomness=randomness,
        notes=tuple(_notes(value, runner.batch, steady)),
        declares=declaration_of(source.model, value.name),
        details={
            "input_tensor": {"name": value.name, "dtype": _dtype_name(own_type)},
            "output_tensor": scored.output_name,
            **({"class_names": named_by} if named_by else {}),
            "batch": "any" if runner.batch is None else f"{runner.batch} at a time",
            "opset": {opset.domain or "ai.onnx": opset.version for opset in model.opset_import},
            "producer": f"{model.producer_name} {model.producer_version}".strip(),
            "providers": runner.session.get_providers(),
            "external_data": dict(source.external),
            "gradients": facts,
            **({"training_mode": steady} if steady else {}),
            **({"training": QUANTIZED} if is_quantized(model.graph) else {}),
        },
    )
    if copy is None:
        return classifier
    from robaudit_onnx.training import with_training  # noqa: PLC0415 - imports frameworks

    def reopen(trained: onnx.ModelProto) -> Classifier:
        fresh = replace(source, model=trained, fingerprint=digest_of(trained), external={})
        opened = _open(fresh, replace(options, spec=spec, output=scored.output_name))
        return replace(opened, doubt=classifier.doubt)

    return with_training(classifier, source.model, copy, reopen)


def _no_slope(x: FloatArray, _cotangent: FloatArray) -> FloatArray:
    return np.zeros_like(x)


def _notes(value: onnx.ValueInfoProto, batch: int | None, steady: str | None) -> Iterator[str]:
    """Say what readers of figures should know of how a model is run."""
    sizes = value.type.tensor_type.shape.dim
    if batch == 1 and sizes and sizes[0].dim_value != 1:
        yield (
            "The model fails on several inputs at a time, or gives an input other scores in a "
            "batch than alone; it was run on one at a time."
        )
    if steady:
        yield f"The model was not exported for use: {steady}."


def _spec(
    scored: Scored, high: float, options: OpenOptions, path: Path
) -> tuple[InputSpec, str | None]:
    """Say what a model takes and gives, and where the names of its classes were found."""
    spec = options.spec or InputSpec(scored.x.shape[1:], scored.classes, scored.kind, high=high)
    if spec.classes != scored.classes:
        raise UsageError(
            f"{path} gives {scored.classes} scores", expected=f"{spec.classes}, as its spec says"
        )
    if spec.class_names is not None:
        return spec, None
    names, named_by = class_names(scored.model, scored.output_name, scored.classes)
    return replace(spec, class_names=names), named_by


def _why_no_copy(scored: Scored, randomness: str | None) -> str | None:
    """Say why a model has no gradients, and no fused graph, whatever can be converted."""
    if randomness is not None:
        return f"{randomness}, so that its scores are others each time"
    if scored.alone.classes is not None:
        return "it says which class an input is of, and gives no scores"
    return None


def _dtype_name(kind: int) -> str:
    return helper.tensor_dtype_to_np_dtype(kind).name
