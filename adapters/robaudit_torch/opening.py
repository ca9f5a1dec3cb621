"""From a module, or a file of PyTorch's, to a classifier."""

import hashlib
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from robaudit import Classifier, InputSpec, OpenOptions, TrainPlan
from robaudit.errors import UsageError
from robaudit.opening import find_doubt, find_spec
from robaudit.predicting import failing_as
from robaudit.types import FloatArray, IntArray
from robaudit_torch.declared import class_names_in, declaration_of, facts_of
from robaudit_torch.files import read_file
from robaudit_torch.network import Module, Network, copied, find_device, weight_type
from robaudit_torch.opened import Opened
from robaudit_torch.prober import make_prober
from robaudit_torch.saving import AS_IT_IS, Form, save_module
from robaudit_torch.training import Views, set_mode, trained_copy


def open_model(source: object, options: OpenOptions) -> Classifier:
    """Open a module or a file as a classifier over its own input, not yet normalised.

    A module is copied: it stays as it is, and what becomes of it later does not
    change the classifier. Raises UsageError for what the user can put right and
    NotAuditableError for what is no classifier.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of formats that torch would rather not read
        return _open(source, options)


def _open(source: object, options: OpenOptions) -> Classifier:
    device = find_device(options.device)
    if isinstance(source, str | Path):
        path = Path(source)
        opened = read_file(path, options)
        name, fingerprint = path.name, opened.digest
    else:
        opened = Opened(_snapshot(source), "a live module")
        name, fingerprint = type(source).__name__, _digest_of_module(opened.module)
    module = opened.module.to(device)
    set_mode(module, training=False)
    network = Network(module, device, weight_type(module), options.output, opened.batch)
    spec = find_spec(network.predict, options, name, opened.declared)
    facts = {"kind": opened.kind, "device": device.type, "dtype": str(network.dtype)[6:]}
    if opened.weights is not None:
        facts |= {"weights": opened.weights}
    own = facts_of(module)
    if spec.class_names is None:
        names = class_names_in(opened.facts, spec.classes) or class_names_in(own, spec.classes)
        spec = replace(spec, class_names=names)
    doubt = find_doubt(spec, options)
    classifier = classifier_of(
        network, name, spec, fingerprint=fingerprint, doubt=doubt, facts=facts, form=opened.form
    )
    declares = declaration_of(opened.facts, name) or declaration_of(own, "the module")
    return replace(classifier, declares=declares)


def classifier_of(
    network: Network,
    name: str,
    spec: InputSpec,
    *,
    fingerprint: str,
    doubt: str | None,
    facts: dict[str, Any],
    form: Form = AS_IT_IS,
) -> Classifier:
    """Make the classifier of a network, with all that torch can do."""

    def live(trainee: Network) -> Classifier:
        return classifier_of(
            trainee, name, spec, fingerprint="", doubt=doubt, facts=facts, form=form
        )

    def kept(trained: Network) -> Classifier:
        return replace(live(trained), fingerprint=_digest_of_module(trained.module))

    def train(x: FloatArray, y: IntArray, plan: TrainPlan) -> Classifier:
        with failing_as(f"training {name}", expected="a trained model", advice=""):
            return kept(trained_copy(network, spec.scores, x, y, plan, Views(live, kept)))

    trainable = any(parameter.requires_grad for parameter in network.module.parameters())
    if not trainable:
        facts = {**facts, "training": "it has no weights that can be trained"}
    return Classifier(
        name=name,
        spec=spec,
        predict=network.predict,
        fingerprint=fingerprint,
        prober=make_prober(network),
        vjp=network.vjp,
        train=train if trainable else None,
        save=lambda path: save_module(network, spec.shape, Path(path), form),
        adapter="torch",
        doubt=doubt,
        details=facts,
    )


def _snapshot(module: Any) -> Module:
    if isinstance(module, torch.export.ExportedProgram):
        module = module.module()
    try:
        return copied(module)
    except Exception as error:
        raise UsageError(
            f"{type(module).__name__} cannot be copied ({type(error).__name__}: {error})",
            expected="a module that can be copied",
            advice="Save its weights, and open these with a factory.",
        ) from error


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
