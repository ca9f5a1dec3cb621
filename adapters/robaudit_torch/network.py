"""A PyTorch module as a function of arrays: scores and gradients."""

import copy
import io
import math
import warnings
from collections.abc import Callable, Iterator, ValuesView
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from robaudit.errors import ClassifierError, UsageError
from robaudit.types import Bound, FloatArray, Pull, PullBack, ScoreKind
from robaudit_torch.outputs import choose_output

Tensor = Any
Module = Any


@dataclass(frozen=True)
class Network:
    """A module in evaluation mode on a device, and which of its outputs holds the scores.

    ``dtype`` is the type of its weights, and so of its inputs. ``batch`` is the
    only number of inputs that it takes, ``None`` for any. ``one_score`` says what a
    module gives that has one score for two classes, that of the second; ``None`` is for
    modules that give a score a class. ``classes`` is how many the data has, if that is known.
    """

    module: Module
    device: torch.device
    dtype: torch.dtype
    output: str | None = None
    batch: int | None = None
    one_score: ScoreKind | None = None
    classes: int | None = None

    def scores(self, x: Tensor) -> Tensor:
        """Compute scores (n, classes) of inputs (n, *shape) that lie on the device."""
        values = self.values(x)
        return values if self.one_score is None else two_columns(values, self.one_score)

    def values(self, x: Tensor) -> Tensor:
        """Compute what the module itself gives: scores (n, classes), or (n, 1) for two classes."""
        return self.in_batches(self._values, x)

    def in_batches(self, function: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
        """Compute a function of inputs, so many at a time as the module takes."""
        if self.batch in (None, len(x)):
            return function(x)
        parts = []
        for part in x.split(self.batch):
            filled = torch.cat([part, part[-1:].expand(self.batch - len(part), *part.shape[1:])])
            parts.append(function(filled)[: len(part)])
        return torch.cat(parts)

    def _values(self, x: Tensor) -> Tensor:
        scores = choose_output(self.module(x), self.output, self.classes, len(x))
        if len(x) == 1 and scores.ndim == (self.one_score is None):  # squeeze() takes all ones away
            scores = scores.reshape(1, -1)
        rows = len(scores) if scores.ndim else 0
        sizes = scores.shape[1:]
        if rows != len(x) or 0 in sizes or sum(size > 1 for size in sizes) > 1:
            raise ClassifierError(
                f"the module gives {tuple(scores.shape)} for {len(x)} inputs",
                expected="a row of scores for each",
            )
        return scores.reshape(len(x), math.prod(sizes))

    def tensor(self, array: FloatArray | Bound, dtype: torch.dtype | None = None) -> Tensor:
        """Bring an array to the device, in the type of the weights if in no other."""
        # torch takes neither reversed nor read-only views.
        writable = np.require(np.asarray(array), requirements=["C", "W"])
        return torch.as_tensor(writable, dtype=dtype or self.dtype, device=self.device)

    def predict(self, x: FloatArray) -> FloatArray:
        """Compute scores: (n, *shape) -> (n, classes)."""
        with torch.inference_mode(), exact_products(self.device):
            return to_array(self.scores(self.tensor(x)))

    @property
    def vjp(self) -> PullBack:
        """Multiply cotangents (n, classes) with the Jacobian of the scores at x (n, *shape)."""
        return gradient_of(self.scores, self)


def gradient_of(function: Callable[[Tensor], Tensor], network: Network) -> PullBack:
    """Multiply cotangents (n, classes) with the Jacobian of a network's function at x (n, *shape).

    What the module cuts off, by a threshold or ``detach``, counts as the constant it is.
    """

    def forward(x: FloatArray) -> tuple[FloatArray, Pull]:
        point = network.tensor(x).requires_grad_()
        with torch.enable_grad(), _differentiating(network.device):
            scores = function(point)

        def pull(cotangent: FloatArray) -> FloatArray:
            if not scores.requires_grad:
                return to_array(torch.zeros_like(point))
            with _differentiating(network.device):
                (gradient,) = torch.autograd.grad(
                    *(scores, point, network.tensor(cotangent)),
                    retain_graph=True,
                    allow_unused=True,
                    materialize_grads=True,
                )
            return to_array(gradient)

        return to_array(scores), pull

    return PullBack(forward)


@contextmanager
def _differentiating(device: torch.device) -> Iterator[None]:
    with exact_products(device), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "(?s).*autograd kernel was not registered")
        yield


def two_columns(values: Tensor, kind: ScoreKind) -> Tensor:
    """Give the scores (n, 2) of two classes that one score tells apart, that of the second.

    As `robaudit.opening.two_scores`, but with gradients.
    """
    second = values.reshape(-1)
    if kind == "logits":
        first = torch.zeros_like(second)
    elif kind == "log-probabilities":
        first = torch.log1p(-second.exp())
    else:
        first = 1 - second
    return torch.stack([first, second], dim=1)


def copied(module: Module) -> Module:
    """Copy a module with its weights, as leaves that can be trained.

    What it holds of its last answer is copied as mere numbers: activations that it keeps, and
    weights that a hook makes of others each time (pruning, normalised weights).
    """
    if not isinstance(module, torch.jit.ScriptModule):
        return copy.deepcopy(module, {id(one): one.detach().clone() for one in _results(module)})
    buffer = io.BytesIO()  # copy.deepcopy gives weights that cannot be trained
    torch.jit.save(module, buffer)
    buffer.seek(0)
    return torch.jit.load(buffer)


def _results(module: Module) -> Iterator[Tensor]:
    """Walk through what the parts of a module hold that was computed from weights."""
    for part in module.modules():
        for held in vars(part).values():
            several = held.values() if isinstance(held, dict) else held
            for one in several if isinstance(several, list | tuple | ValuesView) else (held,):
                if isinstance(one, torch.Tensor) and not one.is_leaf:
                    yield one


def to_array(tensor: Tensor) -> FloatArray:
    """Bring a tensor to the CPU, as an array of a type that NumPy has."""
    if tensor.dtype == torch.bfloat16:
        tensor = tensor.float()
    array: FloatArray = tensor.detach().cpu().numpy()
    return array


def exact_products(device: torch.device) -> Any:
    """Keep a GPU from rounding the factors of convolutions, so that it agrees with a CPU."""
    if device.type != "cuda":
        return nullcontext()
    return torch.backends.cudnn.flags(enabled=True, allow_tf32=False)


def find_device(wanted: str) -> torch.device:
    """Give the device that was asked for; "auto" is a GPU where there is one.

    Raises UsageError for CUDA where torch has none.
    """
    if wanted == "auto":
        wanted = "cuda" if torch.cuda.is_available() else "cpu"
    if wanted == "cuda" and not torch.cuda.is_available():
        raise UsageError(
            "device cuda, but torch finds no GPU here",
            expected="a GPU and a build of torch with CUDA",
            advice="Use `device='cpu'`, or install another build of torch.",
        )
    return torch.device(wanted)


def weight_type(module: Module) -> torch.dtype:
    """Find the type of a module's weights: that of the first that is a real number.

    The weights of frozen TorchScript are constants in its graph.
    """
    for tensor in (*module.parameters(), *module.buffers(), *_constants(module)):
        if tensor.is_floating_point():
            return tensor.dtype
    return torch.float32


def _constants(module: Module) -> Iterator[Tensor]:
    if isinstance(module, torch.jit.ScriptModule):
        graph = module.inlined_graph  # whose nodes live no longer than it
        for node in graph.findAllNodes("prim::Constant"):
            if node.output().type().kind() == "TensorType":
                yield node.output().toIValue()
