"""Harden classifiers that others have made, as `robaudit harden` does by default, and compare.

Each is trained on so many images of the training part of its data set; the line is judged on a
third of the test part. What came of it is told by the rest, which nothing else has seen: there a
thousand images are searched and attacked for both models, and three thousand covered with noise.
Minutes are those of the hardening, its own audits with it. What is finished is kept in the folder
given by -o, and a run that was interrupted goes on from there. Prints a Markdown table.

    python -m benchmarks.models_hardened --models ../shared/models --data ../shared/data -o hardened
"""

import argparse
import json
import subprocess
import sys
import time
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

_SEED = 0
_NOISE = {"mnist": "gaussian-noise:sigma=0.4", "cifar10": "gaussian-noise:sigma=0.1"}
_ATTACKS = {
    "mnist": (
        "pgd:epsilon=0.1,step=0.01,steps=40",
        "pgd:epsilon=0.3,step=0.01,steps=40",
    ),
    "cifar10": (
        "pgd:epsilon=2/255,step=0.25/255,steps=20",
        "pgd:epsilon=8/255,step=1/255,steps=20",
    ),
}


def convex() -> Any:
    """Make Wong and Kolter's network for MNIST, to which its weights belong."""
    from torch import nn  # noqa: PLC0415 - a framework

    return nn.Sequential(
        *(nn.Conv2d(1, 16, 4, stride=2, padding=1), nn.ReLU()),
        *(nn.Conv2d(16, 32, 4, stride=2, padding=1), nn.ReLU(), nn.Flatten()),
        *(nn.Linear(1568, 100), nn.ReLU(), nn.Linear(100, 10)),
    )


def captum() -> Any:
    """Make the network for CIFAR-10 of captum's tutorial, to which its weights belong."""
    from torch import nn  # noqa: PLC0415 - a framework

    layers = {
        "conv1": nn.Conv2d(3, 6, 5),
        "relu1": nn.ReLU(),
        "pool1": nn.MaxPool2d(2),
        "conv2": nn.Conv2d(6, 16, 5),
        "relu2": nn.ReLU(),
        "pool2": nn.MaxPool2d(2),
        "flat": nn.Flatten(),
        "fc1": nn.Linear(400, 120),
        "relu3": nn.ReLU(),
        "fc2": nn.Linear(120, 84),
        "relu4": nn.ReLU(),
        "fc3": nn.Linear(84, 10),
    }
    return nn.Sequential(OrderedDict(layers))


@dataclass(frozen=True)
class Model:
    """A file, the data set that it is for, and what its network is made by where it has none."""

    file: str
    dataset: str = "mnist"
    factory: str | None = None


MODELS = (
    Model("mnist-cntk-opset8.onnx"),
    Model("mnist-softmax-last.onnx"),
    Model("mnist-keras2onnx-cnn-max.onnx"),
    Model("mnist-leakyrelu-5x20.onnx"),
    Model("mnist-colt-0.1.onnx"),
    Model("mnist-burn-bn-logsoftmax.onnx"),
    Model("mnist-self-attention-nhwc.onnx"),
    Model("mnist-cora-set.onnx"),
    Model("seedigits-mnist.onnx"),
    Model("mnist-convex-adv.pth", factory="convex"),
    Model("cifar10-captum-legacy.pt", "cifar10", "captum"),
    Model("cifar10-winml-opset10.onnx", "cifar10"),
    Model("cifar10-oval21-base-kw-shapeops.onnx", "cifar10"),
)
_FIGURES: dict[str, tuple[str, str, int | None]] = {
    "clean": ("compared", "accuracy", None),
    "margin of right samples": ("compared", "restricted-mean-margin-right-at-start", None),
    "Gaussian noise": ("noise", "robust-accuracy", 0),
    "PGD, 0.1 or 2/255": ("compared", "robust-accuracy", 0),
    "PGD, 0.3 or 8/255": ("compared", "robust-accuracy", 1),
}
"""Each by the comparison that has it, its name there, and the number of the attack."""


def main() -> None:
    """Harden models that were not, and print what came of all."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--models", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--model", action="append", help="a file name; by default all")
    parser.add_argument("--images", type=int, default=4000, help="to train on")
    parser.add_argument("-o", "--out", type=Path, default=Path("models-hardened"))
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    rows = []
    for model in MODELS:
        if not options.model or model.file in options.model:
            rows.append(_row(model, options))
            print(f"{rows[-1]}", file=sys.stderr, flush=True)
    heads = ("model", *_FIGURES, "given back", "minutes")
    print(f"| {' | '.join(heads)} |\n| --- |{' ---: |' * (len(heads) - 1)}")
    print("\n".join(rows))


def _row(model: Model, options: argparse.Namespace) -> str:
    folder, parts = options.out / Path(model.file).stem, _parts(model.dataset, options)
    own = ["--factory", f"{__file__}:{model.factory}"] if model.factory else []
    if not (folder / "seconds").exists():
        began = time.perf_counter()
        data: list[str | Path] = ["--data", parts["train"], "--validation-data", parts["val"]]
        data += ["--test-data", parts["test"]]
        _robaudit("harden", options.models / model.file, *data, *own, "-o", folder)
        (folder / "seconds").write_text(f"{time.perf_counter() - began:.0f}\n")
    hardened = json.loads((folder / "comparison.json").read_text())["hardening"]
    files = options.models / model.file, folder / hardened["files"]["model"]
    data = ["--data", parts["test"], *own]
    noise = _NOISE[model.dataset]
    attacks = [text for attack in _ATTACKS[model.dataset] for text in _of("attack", attack)]
    few = (*_of("directions", 2), *_of("own-directions", 2))
    everywhere = (*_of("attacks", "none"), *_of("attack-samples", 10_000))
    plans = {
        "compared": [*_of("samples", 1000), *attacks],
        "noise": [*_of("samples", 3000), *few, *_of("attack", noise)],
    }
    records = {
        name: _compared(folder / name, files, [*data, *everywhere, *plan])
        for name, plan in plans.items()
    }
    cells = [_cell(records[where], name, attack) for where, name, attack in _FIGURES.values()]
    share = hardened["runs"][0]["line"]["kept"] if hardened["kept"] else None
    given = "the original" if share is None else f"{share:.0%} of the way"
    minutes = float((folder / "seconds").read_text()) / 60
    return f"| {Path(model.file).stem} | {' | '.join(cells)} | {given} | {minutes:.1f} |"


def _of(name: str, value: object) -> tuple[str, str]:
    return f"--{name}", str(value)


def _compared(folder: Path, files: tuple[Path, Path], words: list[str | Path]) -> dict[str, Any]:
    """Scan two models alike, and give the record of their comparison."""
    if not (folder / "comparison.json").exists():
        scans = folder / "one", folder / "other"
        for file, scan in zip(files, scans, strict=True):
            _robaudit("scan", file, *words, "-o", scan)
        _robaudit("compare", *scans, "-o", folder)
    record: dict[str, Any] = json.loads((folder / "comparison.json").read_text())
    return record


def _robaudit(*words: str | Path) -> None:
    command = [sys.executable, "-m", "robaudit", *map(str, words), "-q"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)  # noqa: S603 - robaudit itself


def _cell(record: dict[str, Any], name: str, attack: int | None) -> str:
    """Write a difference down: before, after, and by how much, in % or as a share of the reach."""
    (found,) = (
        one
        for one in record["differences"]
        if one["name"] == name and one["class"] is None and one["attack"] == attack
    )
    names = ("before", "after", "difference", "low", "high")
    scale, digits = (100, 1) if found["unit"] == "share" else (1, 3)
    before, after, change, low, high = (scale * found[name] for name in names)
    numbers = f"{before:.{digits}f} → {after:.{digits}f}"
    return f"{numbers} ({change:+.{digits}f}, {low:+.{digits}f} to {high:+.{digits}f})"


def _parts(dataset: str, options: argparse.Namespace) -> dict[str, Path]:
    """Write images to train on, to judge the line by, and to tell what came of it."""
    paths = {
        part: options.out / f"{dataset}-{options.images}-{part}.npz"
        for part in ("train", "val", "test")
    }
    if all(path.exists() for path in paths.values()):
        return paths
    random = np.random.default_rng(_SEED)
    with np.load(options.data / f"{dataset}.npz", allow_pickle=False) as data:
        rows = np.sort(random.permutation(len(data["y_train"]))[: options.images])
        np.savez(paths["train"], x=data["x_train"][rows], y=data["y_train"][rows])
        rows = random.permutation(len(data["y_test"]))
        third = len(rows) // 3
        for part, some in (("val", rows[:third]), ("test", rows[third:])):
            np.savez(paths[part], x=data["x_test"][np.sort(some)], y=data["y_test"][np.sort(some)])
    return paths


if __name__ == "__main__":
    main()
