"""A classifier made of a network: what it can do, and the same for what it is trained to be."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import keras
import numpy as np

from robaudit import Classifier, InputSpec
from robaudit.errors import OutputError, UsageError
from robaudit.opening import trial_inputs
from robaudit.predicting import failing_as
from robaudit.types import (
    FloatArray,
    IntArray,
    Logits,
    NamedArrays,
    Predict,
    Save,
    TrainPlan,
    VectorJacobianProduct,
    Weights,
)
from robaudit_keras.backends import current_backend
from robaudit_keras.ends import without_activation
from robaudit_keras.network import Network
from robaudit_keras.optimizers import build_once
from robaudit_keras.program import Program
from robaudit_keras.quiet import quietly, serializing
from robaudit_keras.trained_weights import take_weights, with_weights
from robaudit_keras.training import Views, describe_training, train_network


def make_classifier(
    network: Network,
    spec: InputSpec,
    name: str,
    fingerprint: str,
    doubt: str | None,
    details: Mapping[str, Any],
    *,
    trainable: bool = True,
) -> Classifier:
    """Make the classifier of a network, with all that its model allows.

    It is not ``trainable`` where no file of its format could hold what training makes of it.
    """
    backend = current_backend()
    writable = trainable and not isinstance(network.model, Program)
    trainable = writable and spec.scores != "labels"
    known = Classifier(
        name=name,
        spec=spec,
        predict=backend.predict(network),
        fingerprint=fingerprint,
        prober=backend.prober(network),
        vjp=_proved_gradients(network),
        save=_save(network.model) if writable else None,
        adapter="keras",
        doubt=doubt,
        logits=_logits(network) if spec.scores != "labels" else None,
        details={**details, "training": describe_training(network, spec)} if trainable else details,
    )
    return _trainable(known, network, details) if trainable else known


def _proved_gradients(network: Network) -> VectorJacobianProduct | None:
    """Give the gradients of a model, ``None`` where they cannot be computed at all.

    What they are is not judged here: these inputs are made up.
    """
    x = trial_inputs(network.shape)[:2]
    try:
        with quietly():
            vjp = current_backend().vjp(network)
            gradient = vjp(x, np.ones((len(x), network.classes), np.float32))
    except Exception:  # noqa: BLE001 - whatever an operator without a gradient raises
        return None
    return vjp if gradient.shape == x.shape else None


def _logits(network: Network) -> Logits | None:
    """Give what the softmax or sigmoid at the end of a model is made of, where it has one."""
    if isinstance(network.model, Program):
        return None
    with quietly(), network.on_device():
        model = without_activation(network.model, network.output)
    if model is None:
        return None
    inner = replace(network, model=model, output=0, single=network.single and "logits")

    @cache
    def functions() -> tuple[Predict, VectorJacobianProduct]:
        # Not before they are asked for: some backends compile a model for each.
        return current_backend().predict(inner), current_backend().vjp(inner)

    def predict(x: FloatArray) -> FloatArray:
        return functions()[0](x)

    def vjp(x: FloatArray, cotangent: FloatArray) -> FloatArray:
        return functions()[1](x, cotangent)

    return Logits(predict, vjp)


def _trainable(known: Classifier, network: Network, details: Mapping[str, Any]) -> Classifier:
    """Let a classifier be trained, and its weights be taken out of it and put into a copy."""
    name, spec = known.name, known.spec

    def live(trainee: Network) -> Classifier:
        return make_classifier(trainee, spec, name, "", known.doubt, details)

    def kept(trained: Network) -> Classifier:
        return replace(live(trained), fingerprint=hash_model(trained.model))

    def train(x: FloatArray, y: IntArray, plan: TrainPlan) -> Classifier:
        with failing_as(f"training {name}", expected="a trained model", advice=""):
            return kept(train_network(network, spec, x, y, plan, Views(live, kept)))

    def put_weights(arrays: NamedArrays, x: FloatArray) -> Classifier:
        return kept(with_weights(network, arrays, x))

    weights = Weights(lambda: take_weights(network.model), put_weights)
    return replace(known, train=train, weights=weights)


def _save(model: Any) -> Save:
    def save(path: Path) -> None:
        if path.suffix not in (".keras", ".h5", ".hdf5"):
            raise UsageError(f"cannot save to {path}", expected="a name that ends in .keras or .h5")
        try:
            with serializing():
                if path.name.endswith(".weights.h5"):
                    model.save_weights(path)
                    return
                if model.compiled and model.optimizer is not None:
                    build_once(model.optimizer, model)  # or Keras warns in reading it
                model.save(path)
        except OSError as error:
            raise OutputError(f"{path} cannot be written: {error.strerror or error}") from error

    return save


def has_only_layers(model: Any) -> bool:
    """Tell whether a model is of layers alone, and of no operations: HDF5 holds no others."""
    return all(
        isinstance(operation, keras.layers.Layer)
        for inner in model._flatten_layers()  # noqa: SLF001 - the only way to models within others
        for operation in getattr(inner, "operations", ())
    )


def hash_model(model: Any) -> str:
    """Give the SHA-256 of a model's configuration and weights, whatever its layers are called."""
    config = _anonymous(model.get_config())
    digest = hashlib.sha256(json.dumps(config, sort_keys=True, default=str).encode())
    for weights in model.get_weights():
        digest.update(str((weights.dtype, weights.shape)).encode())
        digest.update(np.ascontiguousarray(weights).tobytes())
    return digest.hexdigest()


def _anonymous(config: Any) -> Any:
    """Replace names of layers by numbers: Keras counts on in them while a process lives."""
    names: dict[str, str] = {}

    def number(node: Any) -> Any:
        if isinstance(node, str):
            return names.get(node, node)
        if isinstance(node, list | tuple):
            return [number(part) for part in node]
        if not isinstance(node, Mapping):
            return node
        if isinstance(node.get("name"), str) and {"trainable", "batch_shape", "layers"} & set(node):
            names.setdefault(node["name"], f"#{len(names)}")
        return {key: number(value) for key, value in node.items()}

    return number(config)
