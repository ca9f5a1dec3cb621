"""From a module, or a file of PyTorch's, to a classifier."""

import hashlib
import warnings
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from robaudit import Classifier, InputSpec, OpenOptions, TrainPlan
from robaudit.errors import ClassifierError, NotAuditableError, UsageError, program_ended
from robaudit.opening import (
    doubt_of_one_score,
    find_doubt,
    find_spec,
    possible_shapes,
    score_kind_of_one,
    takes_a_row,
    two_scores,
)
from robaudit.predicting import failing_as
from robaudit.types import FloatArray, IntArray, NamedArrays, Weights
from robaudit_torch.choosing import few
from robaudit_torch.declared import class_names_in, declaration_of, facts_of
from robaudit_torch.files import read_file
from robaudit_torch.kept_state import refuse_kept_state, state_of
from robaudit_torch.logits import logits_of
from robaudit_torch.network import Module, Network, copied, find_device, to_array, weight_type
from robaudit_torch.observation import Observation, observe
from robaudit_torch.opened import Opened
from robaudit_torch.prober import make_prober
from robaudit_torch.saving import Form, save_module
from robaudit_torch.trained_weights import take_weights, with_weights
from robaudit_torch.training import Views, set_mode, trained_copy
from robaudit_torch.whole_numbers import refuse_whole_numbers


def open_model(source: object, options: OpenOptions) -> Classifier:
    """Open a module or a file as a classifier over its own input, not yet normalised.

    A module is copied: it stays as it is, and what becomes of it later does not
    change the classifier. Raises UsageError for what the user can put right and
    NotAuditableError for what is no classifier.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of formats that torch would rather not read
        try:
            return _open(source, options)
        except SystemExit as error:
            raise program_ended("what is opened", error) from error


def _open(source: object, options: OpenOptions) -> Classifier:
    device = find_device(options.device)
    if isinstance(source, str | Path):
        path = Path(source)
        opened = read_file(path, options)
        name = path.name
    else:
        opened = Opened(_snapshot(source), "a live module")
        name = type(source).__name__
    _refuse_lazy(opened.module)
    fingerprint = opened.digest or _digest_of_module(opened.module)
    module = opened.module.to(device)
    set_mode(module, training=False)
    classes = options.spec.classes if options.spec else options.classes
    network = Network(
        module, device, weight_type(module), options.output, opened.batch, classes=classes
    )
    before = state_of(module)
    network, spec = _tried(network, options, name, opened.declared)
    seen = _observed(network, spec)
    if seen.batch_statistics is None:  # which says more of what is wrong
        refuse_kept_state(network, before, spec.shape, name)
    own, facts = facts_of(module), {"kind": opened.kind, "device": device.type}
    facts |= {"dtype": str(network.dtype)[6:]}
    if opened.weights is not None:
        facts |= {"weights": str(opened.weights)}
    if seen.output is not None:
        facts |= {"output": seen.output}
    if spec.class_names is None:
        names = class_names_in(opened.facts, spec.classes) or class_names_in(own, spec.classes)
        spec = replace(spec, class_names=names)
    doubt = find_doubt(spec, options)
    if network.one_score is not None and seen.end != "sigmoid":
        doubt = doubt_of_one_score(network.one_score, options)
    known = Classifier(
        name=name,
        spec=spec,
        predict=network.predict,
        fingerprint=fingerprint,
        adapter="torch",
        doubt=doubt,
        randomness=seen.randomness,
        batch_statistics=seen.batch_statistics,
        declares=declaration_of(opened.facts, name) or declaration_of(own, "the module"),
        logits=logits_of(network) if seen.logits else None,
        in_a_row=takes_a_row(network.predict, spec, options, opened.declared),
        notes=_notes(opened, seen, options),
        details=facts,
    )
    return _able(known, network, opened.form)


def _notes(opened: Opened, seen: Observation, options: OpenOptions) -> tuple[str, ...]:
    """Say what was taken where there was a choice, and the user made none."""
    notes = []
    if opened.weights is not None and opened.weights.left:
        notes.append(
            f"The file holds several sets of weights. These are {opened.weights}; "
            "--weights chooses."
        )
    if seen.output is not None and options.output is None:
        notes.append(
            f"The model gives several outputs. Its scores are {seen.output}; "
            "--score-output chooses."
        )
    return tuple(notes)


def _tried(
    network: Network, options: OpenOptions, name: str, declared: Sequence[int | None] | None
) -> tuple[Network, InputSpec]:
    """Find out what a network takes and gives; one score an input is one for two classes."""
    width = 0

    def predict(x: FloatArray) -> FloatArray:
        nonlocal width
        with torch.inference_mode():
            values = network.values(network.tensor(x))
        scores, width = to_array(values), values.shape[1]
        if scores.shape[1] > 1:
            return scores
        if not values.is_floating_point():
            raise NotAuditableError(
                f"{name} gives one whole number an input, such as that of a class",
                expected="a score for each class",
            )
        return two_scores(scores[:, 0], score_kind_of_one(scores, options, name))

    declared = declared or _row_length(network.module, options)
    try:
        spec = find_spec(predict, options, name, declared, network.batch)
    except NotAuditableError as error:
        if isinstance(error.__cause__, ClassifierError):  # it fails, whatever the shape
            refuse_whole_numbers(network, possible_shapes(options, declared), name)
        raise
    return replace(network, one_score=spec.scores if width == 1 else None), spec


def _row_length(module: Module, options: OpenOptions) -> tuple[int] | None:
    """Give how many numbers the first layer of a module takes, where nobody knows their shape.

    A module that flattens its inputs takes them in a row as well.
    """
    if options.spec or options.input_shape or options.image_shape:
        return None
    first: Any = next((p for p in module.modules() if list(p.parameters(recurse=False))), None)
    return (first.in_features,) if isinstance(first, torch.nn.Linear) else None


def _observed(network: Network, spec: InputSpec) -> Observation:
    """Look at what a network does, where it lets itself be looked at."""
    try:
        return observe(network, spec.shape)
    except Exception:  # noqa: BLE001 - a stranger's module may bear no onlooker
        return Observation()


def _able(known: Classifier, network: Network, form: Form) -> Classifier:
    """Give a classifier of which all is known the abilities of the network that it is of."""
    name, spec = known.name, known.spec

    def live(trainee: Network) -> Classifier:
        unmarked = replace(known, predict=trainee.predict, fingerprint="")
        return _able(unmarked, trainee, form)

    def kept(trained: Network) -> Classifier:
        return replace(live(trained), fingerprint=_digest_of_module(trained.module))

    def train(x: FloatArray, y: IntArray, plan: TrainPlan) -> Classifier:
        with failing_as(f"training {name}", expected="a trained model", advice=""):
            return kept(trained_copy(network, spec.scores, x, y, plan, Views(live, kept)))

    def put_weights(arrays: NamedArrays, x: FloatArray) -> Classifier:
        return kept(with_weights(network, arrays, x))

    trainable = any(parameter.requires_grad for parameter in network.module.parameters())
    details = dict(known.details)
    if not trainable:
        details["training"] = "it has no weights that can be trained"
    return replace(
        known,
        prober=make_prober(network),
        vjp=network.vjp,
        logits=logits_of(network) if known.logits else None,
        train=train if trainable else None,
        weights=Weights(lambda: take_weights(network.module), put_weights) if trainable else None,
        save=lambda path: save_module(network, spec.shape, Path(path), form),
        details=details,
    )


def _snapshot(module: Any) -> Module:
    if isinstance(module, torch.export.ExportedProgram):
        module = module.module()
    try:
        return copied(module)
    except SystemExit as error:
        raise program_ended(f"copying {type(module).__name__}", error) from error
    except Exception as error:
        raise UsageError(
            f"{type(module).__name__} cannot be copied ({type(error).__name__}: {error})",
            expected="a module that can be copied",
            advice="Save its weights, and open these with a factory.",
        ) from error


def _refuse_lazy(module: Module) -> None:
    """Refuse what has no weights yet: those that its first input would draw say nothing."""
    empty = [
        name for name, value in module.state_dict().items() if torch.nn.parameter.is_lazy(value)
    ]
    if empty:
        raise UsageError(
            f"{type(module).__name__} has no weights yet ({few(empty)}): it is lazy, and was "
            "never run",
            expected="a network that was trained",
        )


def _digest_of_module(module: Any) -> str:
    """SHA-256 of a module's class and of the names and values of its weights."""
    total = hashlib.sha256(type(module).__qualname__.encode())
    for name, tensor in module.state_dict().items():
        if isinstance(tensor, torch.Tensor):
            total.update(f"\0{name}{tuple(tensor.shape)}{tensor.dtype}\0".encode())
            raw = tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8)
            total.update(raw.numpy().tobytes())
        else:
            total.update(f"\0{name}\0{tensor!r}".encode())
    return total.hexdigest()
