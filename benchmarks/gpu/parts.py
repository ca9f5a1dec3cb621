"""The parts, each a process: `python -m benchmarks.gpu.parts PART --output found.json`."""

import argparse
import copy
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from xml.etree import ElementTree

import numpy as np
import torch

import robaudit
from benchmarks.gpu.searching import Sizes, measure_search
from benchmarks.search.networks import settled_network
from benchmarks.search.runtimes import runtime_of
from benchmarks.search.subjects import ROOT
from benchmarks.search.whole import NETWORKS, images_of
from robaudit import Classifier, OpenOptions, TrainPlan
from robaudit.batches import batch_size_for
from robaudit.predicting import classes_of
from robaudit.types import FloatArray, IntArray

Note = Callable[[dict[str, Any]], None]
"""Writes down what is known so far."""

_LEARNING_RATE = 1e-3
_CONTRACT = "tests/support/contract_on_device.py"


@dataclass(frozen=True)
class Work:
    """What a part is told: the device, where the data are, and how much it is to do."""

    device: str
    shared: Path
    sizes: Sizes
    note: Note


def main() -> None:
    """Do one part, and write down what comes of it as it comes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", choices=PARTS)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--shared", type=Path, required=True)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--tiny", action="store_true")
    options = parser.parse_args()
    found: dict[str, Any] = {"device": name_of(options.device), "torch": torch.__version__}

    def note(more: dict[str, Any]) -> None:
        found.update(more)
        partial = options.output.with_suffix(".partial")
        partial.write_text(json.dumps(found), encoding="utf-8")
        partial.replace(options.output)  # whole, whenever the process is ended

    note({})
    sizes = TINY if options.tiny else Sizes()
    PARTS[options.part](options.part, Work(options.device, options.shared, sizes, note))


def name_of(device: str) -> str:
    """Name the device; ends the part where there is no GPU."""
    if device == "cpu":
        return "cpu"
    if not torch.cuda.is_available():
        sys.exit("torch finds no GPU here; --device cpu --tiny tries the script without one")
    return str(torch.cuda.get_device_name())


def search(name: str, work: Work) -> None:
    """Train a network on the device, and search from its training images as the paper does."""
    x, y = images_of(work.shared / "data" / f"{name}.npz", "train", work.sizes.images)
    trained, seconds = _trained(name, work.device, x, y, work.sizes)
    work.note({"training, s": seconds, "accuracy": _accuracy(name, trained, work)})
    module = runtime_of(trained).module.cpu()
    here, there = (
        robaudit.load(copy.deepcopy(module), OpenOptions(device=device, input_shape=x.shape[1:]))
        for device in ("cpu", work.device)
    )
    measure_search(there, here, x, work.sizes, work.note)


def training(_part: str, work: Work) -> None:
    """Train one network in the same way on the device and on the CPU."""
    name, rows = "mnist", {}
    x, y = images_of(work.shared / "data" / f"{name}.npz", "train", work.sizes.trained)
    for device in dict.fromkeys([work.device, "cpu"]):
        _trained(name, device, x[:64], y[:64], work.sizes)  # warms up
        trained, seconds = _trained(name, device, x, y, work.sizes)
        speed = work.sizes.epochs * len(x) / seconds
        rows[device] = {"images/s": speed, "accuracy": _accuracy(name, trained, work)}
        work.note({"training": rows})


def contract(_part: str, work: Work) -> None:
    """Run the contract of adapters on models that are opened on the device."""
    with TemporaryDirectory() as folder:
        report = Path(folder) / "contract.xml"
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
        command += [str(ROOT / _CONTRACT), f"--junitxml={report}"]
        command += ["-k", work.sizes.checks] if work.sizes.checks else []
        environment = {**os.environ, "ROBAUDIT_DEVICE": work.device}
        code = subprocess.run(command, env=environment, check=False).returncode  # noqa: S603
        if not report.exists():
            sys.exit(f"pytest ended with {code}")
        work.note({"contract": read_report(report)})


def read_report(report: Path) -> dict[str, Any]:
    """Count what passed, failed and was skipped, by adapter, and name what failed."""
    rows: dict[str, Any] = {}
    for case in ElementTree.parse(report).iter("testcase"):  # noqa: S314 - pytest wrote it
        adapter = case.attrib["classname"].rpartition(".Test")[2]
        row = rows.setdefault(adapter, {"passed": 0, "failed": [], "skipped": 0})
        if case.find("failure") is not None or case.find("error") is not None:
            row["failed"].append(case.attrib["name"])
        else:
            row["passed" if case.find("skipped") is None else "skipped"] += 1
    return rows


def _trained(
    name: str, device: str, x: FloatArray, y: IntArray, sizes: Sizes
) -> tuple[Classifier, float]:
    """Train the network of a data set; also give the seconds that took."""
    opening = OpenOptions(device=device, input_shape=x.shape[1:])
    begun = robaudit.load(settled_network(NETWORKS[name], x[:64]), opening)
    assert begun.train is not None  # noqa: S101 - networks of torch have it
    before = time.perf_counter()
    trained = begun.train(x, y, TrainPlan(sizes.epochs, learning_rate=_LEARNING_RATE))
    return trained, time.perf_counter() - before


def _accuracy(name: str, classifier: Classifier, work: Work) -> float:
    x, y = images_of(work.shared / "data" / f"{name}.npz", "test", work.sizes.tested)
    classes, _ = classes_of(classifier.predict, x, batch_size_for(classifier.spec))
    return float(np.mean(classes == y))


TINY = Sizes(
    images=64,
    epochs=1,
    trained=64,
    tested=32,
    samples=2,
    directions=4,
    recorded=20,
    batches=(1, 8, 32),
    seconds_each=0.0,
    checks="Torch and scores_are",
)

PARTS = {"contract": contract, "training": training, "mnist": search, "cifar10": search}
"""What each part does."""


if __name__ == "__main__":
    main()
