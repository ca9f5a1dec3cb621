"""The formats that robaudit reads: what makes seeds of each, and how often each is drawn."""

import os
import pickle
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module

from tests.fuzz.seeds.seed import Seed

Seeds = dict[str, list[Seed]]
"""The seeds of each format, by its name."""


@dataclass(frozen=True)
class Format:
    """What makes the seeds, ``module:function`` in `tests.fuzz.seeds`, and a share of cases."""

    maker: str
    share: float = 1.0

    def seeds(self) -> list[Seed]:
        module, name = self.maker.split(":")
        make: Callable[[], list[Seed]] = getattr(import_module(f"tests.fuzz.seeds.{module}"), name)
        return make()


MODELS = {
    "onnx": Format("onnx_seeds:onnx_seeds", 3),
    "pth": Format("torch_seeds:weight_seeds"),
    "pickled-module": Format("torch_seeds:module_seeds", 0.5),
    "torchscript": Format("torch_seeds:script_seeds", 0.25),
    "pt2": Format("torch_seeds:exported_seeds", 0.5),
    "safetensors": Format("torch_seeds:safetensors_seeds"),
    "keras": Format("keras_seeds:keras_seeds"),
    "hdf5": Format("keras_seeds:hdf5_seeds"),
    "savedmodel": Format("keras_seeds:program_seeds", 0.5),
    "skops": Format("estimator_seeds:skops_seeds"),
    "pickle": Format("estimator_seeds:pickle_seeds", 0.5),
}
DATA = {
    "npz": Format("data_seeds:npz_seeds"),
    "npy": Format("data_seeds:npy_seeds"),
    "idx": Format("data_seeds:idx_seeds"),
    "cifar": Format("data_seeds:cifar_seeds", 0.5),
    "pictures": Format("data_seeds:picture_seeds", 2),
    "labels": Format("data_seeds:label_seeds"),
    "beside-a-model": Format("data_seeds:beside_seeds"),
    "settings": Format("data_seeds:settings_seeds"),
    "audit.json": Format("record_seeds:audit_seeds", 2),
    "rays.npz": Format("record_seeds:rays_seeds"),
    "comparison.json": Format("record_seeds:comparison_seeds"),
    "examples.npz": Format("record_seeds:example_seeds", 0.5),
}
FORMATS = {**MODELS, **DATA}


def make_seeds(names: Sequence[str]) -> Seeds:
    """Make seeds in a process of its own: whoever forks later must not have run TensorFlow.

    Made again they have the same sizes, and so are mutated in the same places; but torch and
    Keras put a few numbers of their own, and the hour, into their files.
    """
    done = subprocess.run(
        [sys.executable, "-m", "tests.fuzz.formats", *names],
        env={**os.environ, "PYTHONHASHSEED": "0", "TF_CPP_MIN_LOG_LEVEL": "3"},
        stdout=subprocess.PIPE,
        check=True,
    )
    made: Seeds = pickle.loads(done.stdout)
    return made


def draw_formats(names: Sequence[str], count: int) -> list[str]:
    """Share so many cases among formats, each by its share and at least once, in turns.

    >>> draw_formats(["onnx", "npz"], 8)
    ['onnx', 'npz', 'onnx', 'onnx', 'onnx', 'npz', 'onnx', 'onnx']
    """
    given = dict.fromkeys(names, 0)
    drawn = []
    for _ in range(count):
        name = min(names, key=lambda one: given[one] / FORMATS[one].share)
        given[name] += 1
        drawn.append(name)
    return drawn


if __name__ == "__main__":
    out = sys.stdout.buffer
    sys.stdout = sys.stderr
    out.write(pickle.dumps({name: FORMATS[name].seeds() for name in sys.argv[1:]}))
