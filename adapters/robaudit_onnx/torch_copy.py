"""A copy of an ONNX model in torch, made by onnx2fx, which only this file knows.

onnx2fx is young: nothing that it makes is used before it has agreed with
onnxruntime, see `robaudit_onnx.gradients`.
"""

import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import onnx
import onnx2fx
import torch

from robaudit.batches import slices
from robaudit.types import FloatArray, Logits, Pull, PullBack
from robaudit_onnx.agreement import agree
from robaudit_onnx.outputs import End, name_logits
from robaudit_onnx.plain_copy import plain_copy
from robaudit_onnx.runtime import Runner
from robaudit_onnx.weights import float_types, trainable_names

SCORES, LOGITS = 0, 1
"""Places among the outputs of a copy's module."""


@dataclass(frozen=True)
class TorchCopy:
    """The torch module of a model, in the types and the batches of the runner that it copies.

    It keeps nothing between calls: its weights are frozen, and it only infers.
    Half precision is computed as single. The module gives scores and, where ``end`` says
    that a softmax or a sigmoid made them, the logits that it made them of. ``weights``
    has, for the name of each weight that can be trained in the model, that of the
    module's buffer; ``tensors`` counts all tensors of floating-point numbers.
    """

    module: Any
    device: str
    input_dtype: np.dtype[Any]
    scores_dtype: np.dtype[Any]
    batch: int | None
    end: End | None
    weights: Mapping[str, str]
    tensors: int

    def scores(self, x: FloatArray, output: int = SCORES) -> FloatArray:
        """Compute scores as the model's runner does, or logits: (n, *shape) -> (n, classes)."""
        with exact_and_quiet(), torch.no_grad():
            parts = [self._run(self._tensor(x[part]), output) for part in self._parts(len(x))]
        return self._array(torch.cat(parts))

    @property
    def vjp(self) -> PullBack:
        """Differentiate the sum of scores times cotangents (n, classes): like x."""
        return PullBack(self._differentiable)

    @property
    def logits(self) -> Logits | None:
        """What the scores are made of, with gradients, where that is known."""
        if self.end is None:
            return None
        pull_back = PullBack(partial(self._differentiable, output=LOGITS))
        return Logits(partial(self.scores, output=LOGITS), pull_back)

    def ends_as_said(self, x: FloatArray) -> bool:
        """Tell whether what makes scores of logits at the end gives the scores of x (n, *shape)."""
        scores, logits = self.scores(x), self.scores(x, LOGITS).astype(np.float64)
        if scores.shape != logits.shape:
            return False
        with np.errstate(all="ignore"):  # of logits that are infinite, or no numbers
            if self.end == "sigmoid":
                return agree(scores, 1 / (1 + np.exp(-logits)))
            powers = np.exp(logits - logits.max(axis=1, keepdims=True))
            return agree(scores, powers / powers.sum(axis=1, keepdims=True))

    def _differentiable(self, x: FloatArray, output: int = SCORES) -> tuple[FloatArray, Pull]:
        inputs = self._tensor(x).requires_grad_()
        with exact_and_quiet(), torch.enable_grad():
            parts = [self._run(inputs[part], output) for part in self._parts(len(x))]
            scores = torch.cat(parts)

        def pull(cotangent: FloatArray) -> FloatArray:
            if not scores.requires_grad:
                return np.zeros(x.shape, dtype=inputs.detach().numpy(force=True).dtype)
            whole = np.ascontiguousarray(cotangent)
            with exact_and_quiet():  # torch warns of arrays that cannot be written to
                weights = torch.as_tensor(whole, dtype=scores.dtype, device=self.device)
                (gradient,) = torch.autograd.grad(
                    scores, inputs, weights, retain_graph=True, materialize_grads=True
                )
            return np.asarray(gradient.cpu().numpy())

        return self._array(scores), pull

    def _array(self, scores: Any) -> FloatArray:
        with np.errstate(over="ignore"):  # half precision is infinite where single is large
            return np.asarray(scores.detach().cpu().numpy(), dtype=self.scores_dtype)

    def _tensor(self, x: FloatArray) -> Any:
        rounded = np.ascontiguousarray(x, dtype=self.input_dtype)
        dtype = torch.float64 if self.input_dtype == np.float64 else torch.float32
        return torch.tensor(rounded, dtype=dtype, device=self.device)

    def _run(self, x: Any, output: int = SCORES) -> Any:
        """Run one batch, filled up with its last input where the graph wants more."""
        count, missing = len(x), (self.batch or len(x)) - len(x)
        if missing:
            x = torch.cat([x, x[-1:].expand(missing, *x.shape[1:])])
        return rows(self.module, x, output)[:count]

    def _parts(self, total: int) -> Iterator[slice]:
        return slices(total, self.batch or total)


def _gather(builder: Any, node: onnx.NodeProto) -> Any:
    """Convert Gather, with a single index from the end too, where onnx2fx's own fails."""
    axis = next((attribute.i for attribute in node.attribute if attribute.name == "axis"), 0)
    data, indices = (builder.get_value(name) for name in node.input)

    def gather(data: Any, indices: Any) -> Any:
        return data[(slice(None),) * (axis % data.dim()) + (indices.long(),)]

    return builder.call_function(gather, args=(data, indices))


onnx2fx.register_op("Gather", _gather)


def convert(
    model: onnx.ModelProto, runner: Runner, scores_dtype: np.dtype[Any], device: str
) -> TorchCopy:
    """Copy the part of a model that gives a runner's scores, on a device of torch.

    Weights inside the model's functions cannot be trained, since it may use them twice.
    """
    logits = name_logits(model, runner.output_name)
    outputs = [runner.output_name, *([logits[0]] if logits else [])]
    plain, names = plain_copy(model, runner.input_name, *outputs)
    module = onnx2fx.convert(plain).to(device).eval().requires_grad_(requires_grad=False)
    tensors, trainable = float_types(plain.graph), trainable_names(plain.graph)
    weights = {w: names[w] for w in float_types(model.graph) if names.get(w) in trainable}
    return TorchCopy(
        module=module,
        device=device,
        input_dtype=runner.dtype,
        scores_dtype=scores_dtype,
        batch=runner.batch,
        end=logits[1] if logits else None,
        weights=weights,
        tensors=len(tensors),
    )


def rows(module: Any, x: Any, output: int) -> Any:
    """Run a module on a batch x (n, *shape), and give a row of an output for each: (n, classes)."""
    # Calling the module itself would print what goes wrong in it.
    outputs = module.forward(x)
    chosen = outputs[output] if isinstance(outputs, tuple) else outputs
    return chosen.reshape(len(x), -1)


@contextmanager
def exact_and_quiet() -> Iterator[None]:
    """Compute without TF32, which keeps three digits, and without warnings of torch."""
    with warnings.catch_warnings(), torch.backends.cudnn.flags(enabled=True, allow_tf32=False):
        warnings.simplefilter("ignore")
        yield
