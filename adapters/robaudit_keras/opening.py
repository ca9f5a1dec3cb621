"""From a model of Keras, live or in a file, to a classifier."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import keras
import numpy as np

from robaudit import Classifier, InputSpec, OpenOptions
from robaudit.errors import NotAuditableError, UsageError, program_ended
from robaudit.opening import find_doubt, find_spec, trial_inputs, two_scores
from robaudit.types import FloatArray
from robaudit_keras.backends import current_backend
from robaudit_keras.classifying import has_only_layers, hash_model, make_classifier
from robaudit_keras.copying import copy_model
from robaudit_keras.file_names import SUFFIXES
from robaudit_keras.frozen_graph import open_graph_file
from robaudit_keras.kept_state import refuse_kept_state, state_of
from robaudit_keras.loading import load_model
from robaudit_keras.model_file import read_model_file
from robaudit_keras.modes import Modes, inference_mode, watch_modes
from robaudit_keras.network import Network, check_device, on_device
from robaudit_keras.outputs import Outputs, choose_output, named_outputs, score_rows
from robaudit_keras.program import Program
from robaudit_keras.quiet import quietly
from robaudit_keras.saved_model import folder_of, hash_folder, open_saved_model
from robaudit_keras.single_score import SingleScore, find_single_score


@dataclass(frozen=True)
class _Opened:
    """A model that nobody else holds, and where it came from."""

    model: Any
    name: str
    fingerprint: str
    declared: tuple[int | None, ...] | None
    path: Path | None = None
    modes: Modes = field(default_factory=Modes)
    trainable: bool = True
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class _Scores:
    """What was found out of the scores of a model by trying it.

    ``output`` is the name of the output that holds them, ``place`` its number; ``single``
    says what they are where there is one an input.
    """

    spec: InputSpec
    output: str
    place: int
    single: SingleScore | None
    modes: Modes


def open_model(source: object, options: OpenOptions) -> Classifier:
    """Open a live model, or the path of one, as a classifier over its own input.

    A live model is copied, and stays as it is. Raises UsageError for what the user
    can put right and NotAuditableError for what is no classifier.
    """
    check_device(options.device, current_backend().devices())
    with on_device(options.device), quietly():
        try:
            return _open_classifier(source, options)
        except SystemExit as error:
            raise program_ended(str(getattr(source, "name", source)), error) from error


def _open_classifier(source: object, options: OpenOptions) -> Classifier:
    opened = _open(source, options)
    found = _find_scores(opened, options)
    spec, single = found.spec, found.single
    if isinstance(source, keras.Model) and found.modes == Modes():  # else it would change itself
        _check_copy(source, opened, spec)
    network = Network(
        model=opened.model,
        output=found.place,
        shape=spec.shape,
        classes=spec.classes,
        dtype=_input_dtype(opened.model),
        device=options.device,
        single=single.kind if single else None,
        training=inference_mode(opened.model),
    )
    details = {
        "backend": keras.backend.backend(),
        "keras": keras.__version__,
        "output_tensor": found.output,
        **opened.details,
    }
    classifier = make_classifier(
        network,
        spec,
        opened.name,
        opened.fingerprint,
        single.doubt if single else find_doubt(spec, options, found.output),
        details,
        trainable=opened.trainable,
    )
    return replace(
        classifier,
        randomness=found.modes.randomness or opened.modes.randomness,
        batch_statistics=found.modes.batch_statistics or opened.modes.batch_statistics,
    )


def _open(source: object, options: OpenOptions) -> _Opened:
    if isinstance(source, keras.Model):
        _check_built(source, source.name)
        copy = copy_model(source)
        return _Opened(copy, source.name, hash_model(copy), _declared(source, source.name))
    path = Path(str(source))
    folder = folder_of(path)
    if folder is not None:
        program, modes, signature = open_saved_model(folder, options)
        return _Opened(
            program,
            folder.name,
            hash_folder(folder),
            _declared(program, folder.name),
            folder,
            modes,
            details={"signature": signature},
        )
    if path.suffix.lower() not in SUFFIXES:
        program, modes, digest = open_graph_file(path, options)
        return _Opened(program, path.name, digest, _declared(program, path.name), path, modes)
    file = read_model_file(path)
    model, details = load_model(file, options)
    _check_built(model, path.name)
    saved_by = {"saved_by": f"Keras {file.version}"} if file.version else {}
    declared = _declared(model, path.name)
    return _Opened(
        model,
        path.name,
        file.fingerprint,
        declared,
        path,
        trainable=file.format != "h5" or has_only_layers(model),
        details={**saved_by, **details},
    )


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
    shape: Any
    if isinstance(model, Program):
        shape = model.takes
        _check_numbers(model.numbers, name)
    elif inputs:
        if len(inputs) != 1:
            listed = ", ".join(f"{tensor.name} {tensor.shape}" for tensor in inputs)
            raise NotAuditableError(
                f"{name} has {len(inputs)} inputs: {listed}", expected="one, the image"
            )
        shape = inputs[0].shape
        _check_numbers(keras.backend.standardize_dtype(inputs[0].dtype), name)
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


def _check_numbers(dtype: str, name: str) -> None:
    if not keras.backend.is_float_dtype(dtype):
        raise NotAuditableError(
            f"{name} takes {dtype} numbers",
            expected="pixels in floating-point numbers",
            advice='Give it an input of keras.Input(shape, dtype="float32"), whose pixels may go '
            "from 0 to 255 all the same; or export it to ONNX, where whole numbers are rounded.",
        )


def _input_dtype(model: Any) -> str:
    inputs = getattr(model, "inputs", None)
    if isinstance(model, Program):
        return model.numbers
    dtype = inputs[0].dtype if inputs else model.input_dtype
    name: str = keras.backend.standardize_dtype(dtype)
    return name


def _find_scores(opened: _Opened, options: OpenOptions) -> _Scores:
    """Find what a model takes and gives, and which of its outputs the scores are."""
    model, name = opened.model, opened.name

    def scores(x: FloatArray) -> FloatArray:
        outputs = named_outputs(model, x)
        chosen = choose_output(outputs, len(x), options.output, name)
        rows = score_rows(outputs, chosen)
        single = find_single_score(model, outputs, chosen, options, name)
        return two_scores(rows[:, 0], single.kind) if single else rows

    before = state_of(model)
    spec = find_spec(scores, options, name, opened.declared)
    x = trial_inputs(spec.shape)
    with watch_modes(model) as watch:
        outputs = named_outputs(model, x)
    if watch.modes().batch_statistics is None:  # which says more of what is wrong
        refuse_kept_state(before, scores, spec.shape, name)
    chosen = choose_output(outputs, len(next(iter(outputs.values()))), options.output, name)
    single = find_single_score(model, outputs, chosen, options, name)
    if single and options.spec is None:
        spec = replace(spec, scores=single.kind)
    return _Scores(spec, chosen, list(outputs).index(chosen), single, watch.modes())


def _check_copy(source: Any, opened: _Opened, spec: InputSpec) -> None:
    """Raise UsageError where a copy does not do as its model does, if that does the same twice."""
    x = trial_inputs(spec.shape)
    given = named_outputs(source, x)
    if not _agree(given, named_outputs(opened.model, x)) and _agree(
        given, named_outputs(source, x)
    ):
        raise UsageError(
            f"a copy of the model {source.name} gives other scores than the model itself",
            expected="a model whose configuration and weights are all that it depends on",
            advice="Audit a function instead: robaudit.Classifier(name, spec, predict).",
        )


def _agree(first: Outputs, second: Outputs) -> bool:
    return all(
        np.allclose(scores, other, rtol=1e-3, atol=1e-5, equal_nan=True)
        for scores, other in zip(first.values(), second.values(), strict=True)
    )
