"""From a model of Keras, live or in a file, to a classifier."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import keras
import numpy as np

from robaudit import Classifier, InputSpec, OpenOptions
from robaudit.errors import NotAuditableError, UsageError
from robaudit.opening import find_doubt, find_spec, trial_inputs
from robaudit.types import FloatArray
from robaudit_keras.backends import current_backend
from robaudit_keras.classifying import hash_model, make_classifier
from robaudit_keras.copying import copy_model
from robaudit_keras.loading import load_model
from robaudit_keras.model_file import read_model_file
from robaudit_keras.network import Network, check_device, on_device
from robaudit_keras.outputs import choose_output, named_outputs, score_rows
from robaudit_keras.quiet import quietly
from robaudit_keras.saved_model import hash_folder, open_saved_model


@dataclass(frozen=True)
class _Opened:
    """A model that nobody else holds, and where it came from."""

    model: Any
    name: str
    fingerprint: str
    declared: tuple[int | None, ...] | None
    details: Mapping[str, Any] = field(default_factory=dict)


def open_model(source: object, options: OpenOptions) -> Classifier:
    """Open a live model, or the path of one, as a classifier over its own input.

    A live model is copied, and stays as it is. Raises UsageError for what the user
    can put right and NotAuditableError for what is no classifier.
    """
    check_device(options.device, current_backend().devices())
    with on_device(options.device), quietly():
        opened = _open(source, options)
        spec, chosen, outputs = _find_scores(opened, options)
        if isinstance(source, keras.Model):
            _check_copy(source, opened, spec)
    network = Network(
        model=opened.model,
        output=list(outputs).index(chosen),
        shape=spec.shape,
        classes=spec.classes,
        dtype=_input_dtype(opened.model),
        device=options.device,
    )
    details = {
        "backend": keras.backend.backend(),
        "keras": keras.__version__,
        "output_tensor": chosen,
        **opened.details,
    }
    doubt = find_doubt(spec, options, chosen)
    return make_classifier(network, spec, opened.name, opened.fingerprint, doubt, details)


def _open(source: object, options: OpenOptions) -> _Opened:
    if isinstance(source, keras.Model):
        _check_built(source, source.name)
        copy = copy_model(source)
        return _Opened(copy, source.name, hash_model(copy), _declared(source, source.name))
    path = Path(str(source))
    if path.is_dir():
        program, declared = open_saved_model(path, options)
        return _Opened(program, path.name, hash_folder(path), declared)
    file = read_model_file(path)
    model, uncompiled = load_model(file, options)
    _check_built(model, path.name)
    details = {"saved_by": f"Keras {file.version}"} if file.version else {}
    if uncompiled:
        details["not_compiled"] = uncompiled
    return _Opened(model, path.name, file.fingerprint, _declared(model, path.name), details)


def _check_built(model: Any, name: str) -> None:
    if not model.built:
        raise UsageError(
            f"{name} has no weights yet, since nothing says what its input is",
            expected="a trained model",
            advice="Call it on a batch of images, or train it, first.",
        )


def _declared(model: Any, name: str) -> tuple[int | None, ...] | None:
    """Give one input's shape, ``None`` for open sizes; ``None`` where a model says nothing."""
    inputs = getattr(model, "inputs", None)
    if inputs:
        if len(inputs) != 1:
            listed = ", ".join(f"{tensor.name} {tensor.shape}" for tensor in inputs)
            raise NotAuditableError(
                f"{name} has {len(inputs)} inputs: {listed}", expected="one, the image"
            )
        shape, dtype = inputs[0].shape, keras.backend.standardize_dtype(inputs[0].dtype)
        if not keras.backend.is_float_dtype(dtype):
            raise NotAuditableError(
                f"{name} takes {dtype} numbers", expected="pixels in floating-point numbers"
            )
    else:
        shape = (model.get_build_config() or {}).get("input_shape")
        if not isinstance(shape, tuple | list) or not all(
            isinstance(size, int | None) for size in shape
        ):
            return None
    if len(shape) < 2:
        raise NotAuditableError(
            f"{name} takes an input of shape {tuple(shape)}",
            expected="a batch of images, such as (None, 32, 32, 3)",
        )
    return tuple(shape[1:])


def _input_dtype(model: Any) -> str:
    inputs = getattr(model, "inputs", None)
    dtype = inputs[0].dtype if inputs else model.input_dtype
    name: str = keras.backend.standardize_dtype(dtype)
    return name


def _find_scores(opened: _Opened, options: OpenOptions) -> tuple[InputSpec, str, Mapping[str, Any]]:
    """Find what a model takes and gives, and which of its outputs the scores are."""
    model, name = opened.model, opened.name

    def scores(x: FloatArray) -> FloatArray:
        outputs = named_outputs(model, x)
        return score_rows(outputs, choose_output(outputs, len(x), options.output, name))

    spec = find_spec(scores, options, name, opened.declared)
    outputs = named_outputs(model, trial_inputs(spec.shape))
    chosen = choose_output(outputs, len(next(iter(outputs.values()))), options.output, name)
    return spec, chosen, outputs


def _check_copy(source: Any, opened: _Opened, spec: InputSpec) -> None:
    """Raise UsageError where a copy does not do as its model does."""
    x = trial_inputs(spec.shape)
    pairs = zip(
        named_outputs(source, x).values(), named_outputs(opened.model, x).values(), strict=True
    )
    if not all(
        np.allclose(scores, other, rtol=1e-3, atol=1e-5, equal_nan=True) for scores, other in pairs
    ):
        raise UsageError(
            f"a copy of the model {source.name} gives other scores than the model itself",
            expected="a model whose configuration and weights are all that it depends on",
            advice="Audit a function instead: robaudit.Classifier(name, spec, predict).",
        )
