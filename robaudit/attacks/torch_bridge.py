"""Any classifier as a module of PyTorch, for libraries of attacks that take nothing else.

What such a library asks is the module's scores and their gradients; both follow from ``predict``
and ``vjp``, whatever framework is behind them.
"""

from typing import Any

import numpy as np

from robaudit.batches import batch_size_for, in_passes
from robaudit.errors import ClassifierError
from robaudit.losses import at_logits, with_log_probabilities
from robaudit.requirements import needs, requirement
from robaudit.types import Classifier, FloatArray, pull_back, why_no_gradients

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
    asked = in_passes(asked, batch_size_for(asked.spec))
    differentiable = asked.vjp is not None and asked.spec.scores != "labels"

    class Scores(torch.autograd.Function):  # type: ignore[misc]
        """The scores of arrays, and how cotangents go back through them."""

        @staticmethod
        def forward(ctx: Any, x: Tensor) -> Tensor:
            if not (differentiable and ctx.needs_input_grad[0]):
                return _tensor_like(x, asked.predict(_array(x)))
            scores, ctx.pull = pull_back(asked, _array(x))
            return _tensor_like(x, scores)

        @staticmethod
        @torch.autograd.function.once_differentiable  # type: ignore[untyped-decorator]
        def backward(ctx: Any, cotangent: Tensor) -> Tensor:
            if not hasattr(ctx, "pull"):
                raise _no_gradients(asked)
            return _tensor_like(cotangent, ctx.pull(_array(cotangent)))

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


def _no_gradients(classifier: Classifier) -> ClassifierError:
    return ClassifierError(
        f"{classifier.name} has no gradients",
        expected="a classifier with `vjp`",
        advice=why_no_gradients(classifier) or "",
    )
