"""What the softmax or sigmoid at the end of a module is made of.

The operator that makes the probabilities is watched for while the module runs, so that it
does not matter whether it is a layer, a function or part of a graph.
"""

from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode

from robaudit.types import FloatArray, Logits
from robaudit_torch.network import (
    Network,
    Tensor,
    exact_products,
    gradient_of,
    to_array,
    two_columns,
)

ENDS = {
    "sigmoid": "sigmoid",
    "softmax": "softmax",
    "_softmax": "softmax",
    "log_softmax": "log-softmax",
    "_log_softmax": "log-softmax",
}
"""Operators that make probabilities, or their logarithms, of logits."""


def operator_name(operator: Any) -> str:
    """Give the name of an operator of torch's, without those of its library and its variant."""
    return str(operator.name()).removeprefix("aten::").partition(".")[0]


def logits_of(network: Network) -> Logits:
    """Make the logits of a network of which `has_logits` says that it has some."""

    def scores(x: Tensor) -> Tensor:
        values = network.in_batches(lambda part: _values_before_end(network, part), x)
        return values if network.one_score is None else two_columns(values, "logits")

    def predict(x: FloatArray) -> FloatArray:
        with torch.inference_mode(), exact_products(network.device):
            return to_array(scores(network.tensor(x)))

    return Logits(predict, gradient_of(scores, network))


def has_logits(network: Network, x: Tensor, end: str) -> bool:
    """Tell whether what goes into the last operator, ``end``, makes the values of a network."""
    with torch.inference_mode(), exact_products(network.device):
        values = network.values(x).double()
        before = _values_before_end(network, x)
    if before.shape != values.shape:
        return False
    before = before.double()
    made = {
        "sigmoid": before.sigmoid(),
        "softmax": before.softmax(dim=1),
        "log-softmax": before.log_softmax(dim=1),
    }[end]
    return bool(torch.allclose(made, values, rtol=1e-2, atol=1e-2))


def _values_before_end(network: Network, x: Tensor) -> Tensor:
    """Compute what the last operator that makes probabilities is given: (n, classes) or (n, 1)."""
    # What TorchScript puts together for speed hides the slopes of what is inside.
    with torch.jit.optimized_execution(False), _Ends() as ends:
        network.module(x)
    return ends.given.reshape(len(x), -1)


class _Ends(TorchDispatchMode):  # type: ignore[misc]
    """Keeps what the last operator that makes probabilities was given."""

    given: Any = None

    def __torch_dispatch__(
        self, operator: Any, _types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        if operator_name(operator) in ENDS:
            self.given = args[0]
        return operator(*args, **(kwargs or {}))
