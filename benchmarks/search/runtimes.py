"""A model's own runtime, with nothing of the search around it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnxruntime
import torch

from robaudit import Classifier
from robaudit.types import FloatArray
from robaudit_onnx.runtime import Runner
from robaudit_torch.network import Network


@dataclass(frozen=True)
class Runtime:
    """How to run a model by its runtime alone.

    ``bring`` makes of inputs (n, *shape) what ``run`` takes; ``run`` gives scores
    (n, classes). ``batch`` is the only number of inputs that it takes, ``None`` for
    any. ``module`` is the torch module, for models of torch.
    """

    name: str
    bring: Callable[[FloatArray], Any]
    run: Callable[[Any], FloatArray]
    batch: int | None
    module: Any = None

    def scores(self, x: FloatArray) -> FloatArray:
        """Compute scores of any number of inputs, in one batch where the model takes that."""
        size = self.batch or len(x)
        filled = np.concatenate([x, np.repeat(x[-1:], -len(x) % size, axis=0)])
        parts = [filled[start : start + size] for start in range(0, len(filled), size)]
        scores = [self.run(self.bring(part)) for part in parts]
        return (scores[0] if len(scores) == 1 else np.concatenate(scores))[: len(x)]


def runtime_of(model: Classifier) -> Runtime:
    """Find the runtime under a model that an adapter opened, over its own inputs."""
    runner = model.predict
    if isinstance(runner, Runner):
        return _onnxruntime(runner)
    network = getattr(runner, "__self__", None)
    if isinstance(network, Network):
        return _torch(network)
    raise TypeError(f"{model.name} is run by neither onnxruntime nor torch alone")


def _onnxruntime(runner: Runner) -> Runtime:
    session, names = runner.session, [runner.output_name]

    def bring(x: FloatArray) -> dict[str, FloatArray]:
        return {runner.input_name: np.ascontiguousarray(x, dtype=runner.dtype)}

    def run(feed: dict[str, FloatArray]) -> FloatArray:
        (scores,) = session.run(names, feed)
        return np.asarray(scores).reshape(len(feed[runner.input_name]), -1)

    return Runtime(f"onnxruntime {onnxruntime.__version__}", bring, run, runner.batch)


def _torch(network: Network) -> Runtime:
    module = network.module

    def run(x: Any) -> FloatArray:
        with torch.inference_mode():
            scores: FloatArray = module(x).cpu().numpy()
        return scores.reshape(len(x), -1)

    return Runtime(f"torch {torch.__version__}", network.tensor, run, network.batch, module)
