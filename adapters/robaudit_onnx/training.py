"""Training ONNX models: in their copy in torch, the weights written back into the model.

Graph, names, types and batches stay as they were; onnxruntime has the last word
on whether the trained model is the one that was trained.
"""

import copy as copying
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import onnx
import torch

from robaudit import Classifier, TrainPlan
from robaudit.errors import ClassifierError
from robaudit.predicting import failing_as, refuse_other_weights
from robaudit.types import FloatArray, IntArray, NamedArrays, Weights
from robaudit_onnx.agreement import agree
from robaudit_onnx.model_file import fits_a_file
from robaudit_onnx.saving import save_model
from robaudit_onnx.torch_copy import LOGITS, SCORES, TorchCopy, exact_and_quiet, rows
from robaudit_onnx.weights import float_types, with_weights
from robaudit_torch.network import Network
from robaudit_torch.training import Views, train_parameters

_COMPARED = 32

Reopen = Callable[[onnx.ModelProto], Classifier]
"""Opens a model that is like the one at hand but for its weights."""


def with_training(
    classifier: Classifier, model: onnx.ModelProto, copy: TorchCopy, reopen: Reopen
) -> Classifier:
    """Let a classifier be saved and, unless there is a reason not to, trained.

    ``model`` is the model as it was read, ``copy`` its copy in torch, ``x``
    (n, *shape) inputs to try it on.
    """
    classifier = replace(classifier, save=partial(save_model, model))
    why = classifier.details.get("training") or _hindrance(classifier, model, copy)
    if why:
        return replace(classifier, details={**classifier.details, "training": why})
    logits = classifier.spec.scores == "probabilities" and copy.end == "softmax"
    said = (
        f"Adam, cross-entropy{' of the logits' if logits else ''}; "
        f"{len(copy.weights)} of {copy.tensors} tensors are weights"
    )
    classifier = replace(classifier, details={**classifier.details, "training": said})
    trainer = _Trainer(classifier, model, copy, logits, reopen)
    weights = Weights(lambda: _taken(copy.weights, copy.module.get_buffer), trainer.put)
    return replace(classifier, train=trainer.train, weights=weights)


def _taken(names: Mapping[str, str], tensor_of: Callable[[str], Any]) -> NamedArrays:
    """Copy weights, by their names in the model; ``names`` are theirs in the module."""
    return {
        name: np.array(tensor_of(inner).detach().cpu().numpy()) for name, inner in names.items()
    }


def _hindrance(classifier: Classifier, model: onnx.ModelProto, copy: TorchCopy) -> str | None:
    """Say why a model cannot be trained, if it cannot."""
    if classifier.spec.scores == "labels":
        return "its scores are labels, which have no loss"
    if not copy.weights:
        return "no operator outside of functions and branches has weights that could be trained"
    if not fits_a_file(model):
        return "it is larger than 2 GB, more than one ONNX file can hold"
    return None


@dataclass(frozen=True)
class _Trainer:
    """What training needs: the classifier, its model and copy, and how what it gives is opened.

    Scores are trained by way of the ``logits`` where a softmax saturates: there the
    gradients of probabilities vanish.
    """

    classifier: Classifier
    model: onnx.ModelProto
    copy: TorchCopy
    logits: bool
    reopen: Reopen

    def train(self, x: FloatArray, y: IntArray, plan: TrainPlan) -> Classifier:
        """Train the weights of a copy on (x (n, *shape), y (n,)), and open the model with them.

        Raises ClassifierError where that fails, and where onnxruntime gives other
        scores than what was trained.
        """
        name, scores = self.classifier.name, self.classifier.spec.scores
        logits = self.logits and plan.loss is None  # a loss of the user's is told the scores
        learner = _Learner(self.copy, LOGITS if logits else SCORES)
        network = self._network(learner)
        views = Views(self._live, partial(self._kept, x[:_COMPARED]))
        with failing_as(f"training {name}", expected="a trained model", advice=""):
            with exact_and_quiet():
                train_parameters(
                    network,
                    list(learner.parameters()),
                    "logits" if logits else scores,
                    x,
                    y,
                    plan,
                    views,
                )
            self._refuse_what_stood_still(learner)
            return self._kept(x[:_COMPARED], network)

    def put(self, arrays: NamedArrays, x: FloatArray) -> Classifier:
        """Open the model with other weights; ``x`` (n, *shape) are inputs to compare it on.

        Raises ClassifierError for arrays of other names or shapes.
        """
        buffer, names = self.copy.module.get_buffer, self.copy.weights
        shapes = {name: tuple(buffer(inner).shape) for name, inner in names.items()}
        refuse_other_weights(arrays, shapes)
        learner = _Learner(self.copy, SCORES)
        learner.put(arrays)
        return self._kept(x[:_COMPARED], self._network(learner))

    def _network(self, learner: "_Learner") -> Network:
        double = self.copy.input_dtype == np.float64
        return Network(
            learner,
            torch.device(self.copy.device),
            torch.float64 if double else torch.float32,
            batch=self.copy.batch,
        )

    def _refuse_what_stood_still(self, learner: "_Learner") -> None:
        """Raise ClassifierError where training changed nothing at all."""
        weights = self.copy.weights.values()
        if all(
            torch.equal(learner.graph.get_parameter(each), self.copy.module.get_buffer(each))
            for each in weights
        ):
            raise ClassifierError(
                "training changed none of the weights: the gradients of the loss are zero",
                expected="a model that neither rounds nor saturates on the way to its scores",
                advice="Train it in its own framework.",
            )

    def _live(self, network: Network) -> Classifier:
        """See the trainee as it is just now, by torch alone."""
        seen = replace(self.copy, module=network.module.graph)
        return replace(
            self.classifier,
            predict=seen.scores,
            vjp=seen.vjp,
            fingerprint="",
            twin=None,
            logits=seen.logits,
            train=None,
            save=None,
            weights=Weights(network.module.take, self.put),
        )

    def _kept(self, x: FloatArray, network: Network) -> Classifier:
        """Write the weights of a trainee that is no longer trained into a model, and open it.

        ``x`` (n, *shape) is what onnxruntime is compared with the trainee on.
        """
        types, values = float_types(self.model.graph), {}
        for name, buffer in self.copy.weights.items():
            weights = network.module.graph.get_parameter(buffer)
            exact = weights.detach().cpu().numpy()
            with np.errstate(over="ignore"):
                stored = exact.astype(types[name])
            rounded = stored.astype(exact.dtype)
            if not np.isfinite(rounded).all():
                raise ClassifierError(
                    f"training gave weights that are too large for {types[name].name}",
                    expected="weights that the model's own type can hold",
                    advice="Train with a smaller learning rate.",
                )
            weights.data.copy_(torch.from_numpy(rounded))
            values[name] = stored
        trained = with_weights(self.model, values)
        opened = self.reopen(trained)
        expected = replace(self.copy, module=network.module.graph).scores(x)
        if not agree(expected, opened.predict(x)):
            raise ClassifierError(
                "onnxruntime gives other scores than the copy in torch that was trained",
                expected="the same from both",
                advice="Train it in its own framework.",
            )
        return replace(opened, save=partial(save_model, trained))


class _Learner(torch.nn.Module):  # type: ignore[misc]  # torch is untyped here
    """A copy of a module whose weights are parameters; it gives rows of one of its outputs."""

    def __init__(self, copy: TorchCopy, output: int) -> None:
        super().__init__()
        self.graph, self._output = copying.deepcopy(copy.module), output
        self._names = copy.weights
        for buffer in copy.weights.values():
            weights = torch.nn.Parameter(self.graph.get_buffer(buffer).clone())
            delattr(self.graph, buffer)
            self.graph.register_parameter(buffer, weights)

    def take(self) -> NamedArrays:
        """Copy the weights, by their names in the model."""
        return _taken(self._names, self.graph.get_parameter)

    def put(self, arrays: NamedArrays) -> None:
        """Put arrays in the place of weights, by their names in the model."""
        for name, buffer in self._names.items():
            weights = self.graph.get_parameter(buffer)
            weights.data.copy_(torch.from_numpy(np.array(arrays[name])))

    def forward(self, x: Any) -> Any:
        """Compute scores, or logits: (n, *shape) -> (n, classes)."""
        return rows(self.graph, x, self._output)

    def train(self, mode: bool = True) -> "_Learner":  # noqa: ARG002 - torch's
        """Stay in evaluation mode: a graph that was exported has no other."""
        return self
