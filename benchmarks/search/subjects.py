"""The models that are searched: real ones by other people, and networks of other sizes."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

import numpy as np
import onnx

import robaudit
from benchmarks.search.multiply_adds import count_in_graph, count_in_module
from benchmarks.search.networks import export, settled_network
from benchmarks.search.runtimes import runtime_of
from robaudit import Classifier, OpenOptions, SearchPlan
from robaudit.predicting import checked, classes_of
from robaudit.preprocessing.arrangement import Channels, arrangements
from robaudit.preprocessing.candidates import given_preprocessing
from robaudit.preprocessing.normalisation import Preprocessing, normalised
from robaudit.preprocessing.synthesis import draw_patterns
from robaudit.search.directions import random_directions
from robaudit.types import FloatArray, IntArray

ROOT = Path(__file__).parents[2]
SHARED = Path(os.environ.get("ROBAUDIT_SHARED", ROOT.parent / "shared"))

Statistics = tuple[float, ...]

SHARE_TOLD_OTHERWISE = 0.001
"""The tolerance of the traced search: closer than most figures need, but the same everywhere."""


@dataclass(frozen=True)
class Subject:
    """A model to search, how it takes its images, and by which plan.

    ``file`` is one of the shared models, opened with the ``factory`` of tests/support/networks.py
    where it holds weights alone; without a file it is one of the networks made here, for
    the ``runtime``. ``images`` names a shared data set; without one, patterns are drawn.
    ``exchanged`` models take pictures whose rows and columns have changed places.
    ``linear_samples`` is from how many of the samples the linear search walks (``None``:
    all), ``timed_samples`` from how many the authors' way does.
    """

    name: str
    plan: SearchPlan
    image_shape: tuple[int, int, int]
    file: str | None = None
    factory: str | None = None
    network: str | None = None
    runtime: Literal["onnx", "torch"] = "onnx"
    images: str | None = None
    mean: Statistics = (0.0,)
    std: Statistics = (1.0,)
    channels: Channels | None = None
    exchanged: bool = False
    linear_samples: int | None = None
    timed_samples: int = 10


@dataclass(frozen=True)
class Bench:
    """A subject, opened: all that a way to search it needs.

    ``model`` is the classifier over its own inputs, ``classifier`` that over pixels.
    ``x`` (S, *shape) are the samples, ``start`` (S,) the classes predicted for them,
    ``scale`` how large scores usually are. ``multiply_adds`` is the work of one input.
    """

    subject: Subject
    plan: SearchPlan
    model: Classifier
    classifier: Classifier
    preprocessing: Preprocessing
    multiply_adds: int
    x: FloatArray
    start: IntArray
    scale: float
    directions: FloatArray


def _mnist(samples: int = 500, directions: int = 200) -> SearchPlan:
    return SearchPlan(samples, directions, 2, step=0.02, steps=25, tolerance=SHARE_TOLD_OTHERWISE)


def _cifar(samples: int = 1000, directions: int = 200) -> SearchPlan:
    return SearchPlan(
        samples, directions, 1, step=2 / 255, steps=63, tolerance=SHARE_TOLD_OTHERWISE
    )


def _real(name: str, mean: Statistics = (0.0,), std: Statistics = (1.0,)) -> Subject:
    """Describe one of the shared ONNX models, for the data set that its name begins with."""
    small = name.startswith("mnist")
    return Subject(
        name,
        _mnist() if small else _cifar(),
        (28, 28, 1) if small else (32, 32, 3),
        f"{name}.onnx",
        images="mnist" if small else "cifar10",
        mean=mean,
        std=std,
        linear_samples=100 if small else 200,
    )


_MNIST_STATISTICS = ((0.1307,), (0.3081,))
_IMAGENET_MEAN = (0.485, 0.456, 0.406)

REAL = (
    _real("mnist-burn-bn-logsoftmax", *_MNIST_STATISTICS),
    _real("mnist-cntk-opset8"),
    _real("mnist-colt-0.1", *_MNIST_STATISTICS),
    _real("mnist-keras2onnx-cnn-max"),
    _real("mnist-leakyrelu-5x20"),
    _real("mnist-self-attention-nhwc"),
    _real("mnist-softmax-last"),
    replace(
        _real("mnist-convex-adv"),
        file="mnist-convex-adv.pth",
        factory="mnist_convex",
        runtime="torch",
    ),
    _real("cifar10-oval21-base-kw-shapeops", _IMAGENET_MEAN, (0.225,)),
    replace(
        _real("cifar10-winml-opset10", (0.5,), (0.5,)),
        linear_samples=60,
        timed_samples=5,
    ),
    replace(
        _real("cifar10-captum-legacy", (0.5,), (0.5,)),
        linear_samples=120,
        file="cifar10-captum-legacy.pt",
        factory="Captum",
        runtime="torch",
    ),
    Subject(
        "imagenet-squeezenet-fp16",
        SearchPlan(24, 20, signs=1, step=0.002, steps=10),
        (224, 224, 3),
        "imagenet-squeezenet-fp16.onnx",
        mean=(104 / 255, 117 / 255, 123 / 255),
        std=(1 / 255,),
        channels="bgr",
        timed_samples=2,
    ),
)

MADE = (
    Subject("mlp", _mnist(), (28, 28, 1), network="mlp", linear_samples=300),
    Subject("mlp-torch", _mnist(), (28, 28, 1), network="mlp", runtime="torch", linear_samples=300),
    Subject("cnn", _mnist(250), (28, 28, 1), network="cnn", linear_samples=100, timed_samples=2),
    Subject(
        "cnn-torch",
        _mnist(40, 50),
        (28, 28, 1),
        network="cnn",
        runtime="torch",
        timed_samples=2,
    ),
    Subject("resnet20", _cifar(40, 50), (32, 32, 3), network="resnet20", timed_samples=2),
    Subject(
        "resnet20-torch",
        _cifar(40, 50),
        (32, 32, 3),
        network="resnet20",
        runtime="torch",
        timed_samples=2,
    ),
    Subject(
        "resnet50",
        SearchPlan(12, 12, signs=1, step=0.00005, steps=10),
        (224, 224, 3),
        network="resnet50",
        timed_samples=1,
    ),
)

SUBJECTS = {one.name: one for one in (*REAL, *MADE)}
"""Everything that can be searched, by name."""


def quicker(subject: Subject) -> Subject:
    """Shrink a subject's plan to a few rays."""
    plan = subject.plan
    few = replace(plan, samples=min(plan.samples, 4), directions=min(plan.directions, 10), steps=5)
    return replace(subject, plan=few, timed_samples=2)


def missing(subject: Subject, shared: Path = SHARED) -> str | None:
    """Name the file that a subject needs and that is not there, ``None`` where all is."""
    files = [f"models/{subject.file}"] * (subject.file is not None)
    files += [f"data/{subject.images}.npz"] * (subject.images is not None)
    return next((one for one in files if not (shared / one).is_file()), None)


def open_bench(subject: Subject, shared: Path = SHARED) -> Bench:
    """Open a subject's model, count its work, and draw its samples and directions."""
    plan = subject.plan
    pixels = _pixels(subject, plan.samples, shared)
    with TemporaryDirectory() as folder:
        source, factory = _source(subject, pixels, shared, Path(folder))
        options = OpenOptions(image_shape=subject.image_shape, factory=factory)
        model = robaudit.load(source, options)
        nothing = np.zeros((1, *model.spec.shape), dtype=np.float32)
        module = runtime_of(model).module
        multiply_adds = (
            count_in_graph(onnx.load(source), nothing)
            if module is None
            else count_in_module(module, nothing)
        )
    arrangement = next(
        one
        for one in arrangements(subject.image_shape, model.spec.shape)
        if subject.channels in (None, one.channels) and subject.exchanged == one.exchanged
    )
    preprocessing = given_preprocessing(subject.mean, subject.std, arrangement)
    classifier = normalised(checked(model), preprocessing)
    x = arrangement.arrange(pixels, model.spec.shape)
    start, scale = classes_of(classifier.predict, x, 8)
    directions = random_directions(model.spec.shape, plan.directions, seed=plan.seed)
    return Bench(
        subject,
        plan,
        model,
        classifier,
        preprocessing,
        multiply_adds,
        x,
        start,
        scale,
        directions,
    )


def _pixels(subject: Subject, count: int, shared: Path) -> FloatArray:
    """Give images in 0..1: (count, *image_shape)."""
    if subject.images is None:
        return draw_patterns(subject.image_shape, 0, range(count))
    images = robaudit.read_images(shared / "data" / f"{subject.images}.npz")
    return images.unit_pixels(slice(0, count)).reshape(count, *subject.image_shape)


def _source(
    subject: Subject, pixels: FloatArray, shared: Path, folder: Path
) -> tuple[Any, str | None]:
    """Give what is opened, a file or a module, and what makes the network of its weights."""
    if subject.file is not None:
        networks = ROOT / "tests" / "support" / "networks.py"
        return shared / "models" / subject.file, subject.factory and f"{networks}:{subject.factory}"
    x = np.ascontiguousarray(pixels.transpose(0, 3, 1, 2))
    network = settled_network(subject.network or "", x)
    if subject.runtime == "torch":
        return network, None
    path = folder / f"{subject.name}.onnx"
    export(network, x, path)
    return path, None


def chosen(patterns: Sequence[str], shared: Path = SHARED) -> list[Subject]:
    """List the subjects that some patterns such as "mnist*" name: without any, all there are."""
    found = [one for one in SUBJECTS.values() if missing(one, shared) is None]
    if not patterns:
        return found
    return [one for one in found if any(Path(one.name).match(pattern) for pattern in patterns)]
