"""Any classifier as a module of PyTorch, for libraries of attacks that take nothing else.

What such a library asks is the module's scores and their gradients; both follow from ``predict``
and ``vjp``, whatever framework is behind them.
"""

from typing import Any

import numpy as np

from robaudit.batches import batch_size_for, slices
from robaudit.errors import ClassifierError
from robaudit.losses import at_logits, with_log_probabilities
from robaudit.requirements import needs, requirement
from robaudit.types import Classifier, FloatArray, why_no_gradients

TORCH = (requirement("torch", 'pip install "robaudit[torch]"'),)

Tensor = Any
Module = Any


def torch_module(classifier: Classifier) -> Module:
    """Make a classifier a ``torch.nn.Module`` in evaluation mode, over its own pixel box.

    It takes tensors (n, *shape) on any device and gives (n, classes): logits, where the
    classifier has or offers them, else log-probabilities, which every loss of logits takes as
    well; one-hot rows of a classifier of labels. Gradients with respect to the input are those
    of ``vjp``, and only of the first order; where there is no ``vjp``, asking for them raises
    ClassifierError. A module of PyTorch that was opened as it is, without preprocessing,
    computes by itself, with all that autograd can do.

    Raises MissingDependencyError without PyTorch.
    """
    with needs(TORCH):
        import torch  # noqa: PLC0415 - imports PyTorch
    network = _own_network(classifier)
    asked = with_log_probabilities(at_logits(classifier))

    class Scores(torch.autograd.Function):  # type: ignore[misc]
        """The scores of arrays, and how cotangents go back through them."""

        @staticmethod
        def forward(ctx: Any, x: Tensor) -> Tensor:
            ctx.save_for_backward(x)
            return _tensor_like(x, _scores(asked, _array(x)))

        @staticmethod
        @torch.autograd.function.once_differentiable  # type: ignore[untyped-decorator]
        def backward(ctx: Any, cotangent: Tensor) -> Tensor:
            (x,) = ctx.saved_tensors
            return _tensor_like(x, _pulled_back(asked, _array(x), _array(cotangent)))

    class ClassifierModule(torch.nn.Module):  # type: ignore[misc]
        """A classifier as PyTorch sees it."""

        def __init__(self) -> None:
            super().__init__()
            self.network = None if network is None else network.module
            # Libraries look at the first parameter to learn the device.
            self.marker = torch.nn.Parameter(torch.zeros(0), requires_grad=False)

        def forward(self, x: Tensor) -> Tensor:
            if network is None:
                return Scores.apply(x)
            return network.scores(x.to(network.device, network.dtype)).to(x.device, x.dtype)

    return ClassifierModule().eval()


def _own_network(classifier: Classifier) -> Any:
    """Give what computes the scores in PyTorch itself, where ``predict`` is no more than that."""
    owner = getattr(classifier.predict, "__self__", None)
    native = classifier.adapter == "torch" and classifier.spec.scores == "logits"
    return owner if native and hasattr(owner, "scores") else None


def _array(x: Tensor) -> FloatArray:
    return np.asarray(x.detach().cpu().numpy(), dtype=np.float32)


def _tensor_like(x: Tensor, array: FloatArray) -> Tensor:
    return x.new_tensor(np.ascontiguousarray(array))


def _scores(classifier: Classifier, x: FloatArray) -> FloatArray:
    spec = classifier.spec
    parts = slices(len(x), batch_size_for(spec))
    empty = np.zeros((0, spec.classes), dtype=np.float32)
    return np.concatenate([empty, *(classifier.predict(x[part]) for part in parts)])


def _pulled_back(classifier: Classifier, x: FloatArray, cotangent: FloatArray) -> FloatArray:
    vjp, spec = classifier.vjp, classifier.spec
    if vjp is None or spec.scores == "labels":
        raise ClassifierError(
            f"{classifier.name} has no gradients",
            expected="a classifier with `vjp`",
            advice=why_no_gradients(classifier) or "",
        )
    parts = slices(len(x), batch_size_for(spec))
    return np.concatenate([x[:0], *(vjp(x[part], cotangent[part]) for part in parts)])
