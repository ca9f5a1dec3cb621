"""Classifiers made by other people, on real data: what is found is what is there."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

import robaudit
from robaudit import (
    Images,
    InputSpec,
    OpenOptions,
    PreprocessingRequest,
    SearchPlan,
    make_record,
    scan,
)
from robaudit.attacks.assessment import AttackPlan
from robaudit.attacks.catalogue import parse_attack
from robaudit.cli import main
from tests.support.files import first, read_shared_images
from tests.support.paths import ROOT

IMAGENET_MEAN = (0.485, 0.456, 0.406)


@dataclass(frozen=True)
class Known:
    """What is published of a model: its preprocessing, and its accuracy on 1,000 images."""

    data: str
    accuracy: float
    mean: tuple[float, ...] = (0.0,)
    std: tuple[float, ...] = (1.0,)
    exchanged: bool = False


KNOWN = {
    "mnist-cntk-opset8": Known("mnist", 0.984),
    "mnist-softmax-last": Known("mnist", 0.883),
    "mnist-keras2onnx-cnn-max": Known("mnist", 0.978),
    "mnist-leakyrelu-5x20": Known("mnist", 0.945),
    "mnist-colt-0.1": Known("mnist", 0.990, (0.1307,), (0.3081,)),
    "mnist-burn-bn-logsoftmax": Known("mnist", 0.990, (0.1307,), (0.3081,)),
    "mnist-self-attention-nhwc": Known("mnist", 0.974),
    "seedigits-mnist": Known("mnist", 0.991, (0.5,), (0.5,)),
    "seedigits-dynamic-int8": Known("mnist", 0.991, (0.5,), (0.5,)),
    "mnist-cora-set": Known("mnist", 0.975, exchanged=True),
    "cifar10-winml-opset10": Known("cifar10", 0.655, (0.5,), (0.5,)),
    "cifar10-oval21-base-kw-shapeops": Known("cifar10", 0.611, IMAGENET_MEAN, (0.225,)),
}
SMALL = SearchPlan(samples=20, directions=10, steps=25)


@pytest.fixture(params=sorted(KNOWN))
def name(request: pytest.FixtureRequest) -> str:
    """Every real classifier that comes with labelled data."""
    return str(request.param)


def test_accuracy_and_preprocessing_are_found(shared: Path, name: str) -> None:
    known = KNOWN[name]
    images = first(read_shared_images(shared, known.data), 1000)
    audit = scan(robaudit.load(shared / f"models/{name}.onnx"), images, plan=SMALL)
    assert audit.clean.overall.value == pytest.approx(known.accuracy, abs=1e-9)
    choice = audit.prepared.choice
    assert choice.how == "found"
    assert choice.preprocessing.mean == known.mean
    assert choice.preprocessing.std == known.std
    assert choice.preprocessing.arrangement.channels in ("grey", "rgb")
    assert choice.preprocessing.arrangement.exchanged == known.exchanged
    said = any("rows and columns exchanged" in note for note in audit.prepared.notes)
    assert said == known.exchanged


def test_given_preprocessing_gives_the_published_accuracy(shared: Path, name: str) -> None:
    known = KNOWN[name]
    images = first(read_shared_images(shared, known.data), 1000)
    audit = scan(
        robaudit.load(shared / f"models/{name}.onnx"),
        images,
        plan=SMALL,
        preprocessing=PreprocessingRequest(
            known.mean, known.std, exchanged=True if known.exchanged else None
        ),
    )
    assert audit.clean.overall.value == pytest.approx(known.accuracy, abs=1e-9)


def test_rays_walked_again_by_plain_onnxruntime_agree(
    shared: Path, name: str, tmp_path: Path
) -> None:
    """Random rays of rays.npz, one input at a time, by nothing of robaudit's."""
    known = KNOWN[name]
    path = shared / f"models/{name}.onnx"
    numbers = [",".join(map(str, values)) for values in (known.mean, known.std)]
    arguments = ["--mean", numbers[0], "--std", numbers[1], "--samples", "40"]
    data = shared / f"data/{known.data}.npz"
    out = tmp_path / "report"
    small = ["--directions", "15", "--step", "0.02", "--steps", "25", "-q", "-o", str(out)]
    assert main(["scan", str(path), "--data", str(data), *arguments, *small]) == 0

    images = np.load(data)["x_test"].astype(np.float32) / 255
    if images.ndim == 3:
        images = images[..., np.newaxis]
    if known.exchanged:
        images = images.transpose(0, 2, 1, 3)
    if robaudit.load(path).spec.shape[-1] not in (1, 3):
        images = images.transpose(0, 3, 1, 2)
    walked, crossed = walk_again(path, out, images, known.mean, known.std, count=60)
    assert 0 < crossed < walked


def walk_again(
    model: Path,
    out: Path,
    images: np.ndarray,
    mean: Sequence[float],
    std: Sequence[float],
    *,
    count: int,
) -> tuple[int, int]:
    """Walk rays drawn from rays.npz with a plain session; count them, and those that cross."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    tensor = session.get_inputs()[0]
    dtype = np.float16 if "float16" in tensor.type else np.float32
    plan = json.loads((out / "audit.json").read_text())["plan"]
    with np.load(out / "rays.npz") as archive:
        rays = {key: archive[key] for key in archive.files}
    axis = (-1, 1, 1) if images.shape[-1] not in (1, 3) else (1, 1, -1)
    means, stds = (np.array(v, dtype=np.float32).reshape(axis) for v in (mean, std))
    total = len(rays["step"])
    chosen = np.random.default_rng(0).choice(total, size=min(count, total), replace=False)
    crossed = 0
    for ray in chosen:
        x = images[rays["sample"][ray]]
        direction = rays["directions"][rays["direction"][ray]].reshape(x.shape)
        found = (-1, -1)
        for step in range(plan["steps"] + 1):
            point = np.clip(x + float(rays["sign"][ray]) * step * plan["step"] * direction, 0, 1)
            inputs = ((point - means) / stds).astype(dtype).reshape(1, *tensor.shape[1:])
            predicted = int(session.run(None, {tensor.name: inputs})[0].argmax())
            if predicted != rays["origin"][ray]:
                found = (step, predicted)
                break
        assert (rays["step"][ray], rays["adjacent"][ray]) == found
        crossed += found[0] > 0
    return len(chosen), crossed


def test_about_18_percent_of_the_rays_of_the_cntk_model_cross(shared: Path, mnist: Images) -> None:
    """Unclipped. Clipping, the default, leaves 0.7 of each distance, and 14 % that cross."""
    classifier = robaudit.load(shared / "models/mnist-cntk-opset8.onnx")
    shares = {}
    for clip in (True, False):
        plan = SearchPlan(samples=300, directions=30, step=0.02, steps=25, clip=clip)
        audit = scan(classifier, mnist, plan=plan)
        shares[clip] = audit.margins.crossing_rate.value
        if clip:
            assert audit.margins.realised_share == pytest.approx(0.70, abs=0.02)
    assert shares[False] == pytest.approx(0.18, abs=0.02)
    assert shares[True] == pytest.approx(0.14, abs=0.02)


def test_float16_input_a_thousand_classes_and_no_data(shared: Path, tmp_path: Path) -> None:
    model, out = shared / "models/imagenet-squeezenet-fp16.onnx", tmp_path / "out"
    arguments = ["--samples", "8", "--directions", "2", "--steps", "5", "--step", "0.1"]
    assert main(["scan", str(model), *arguments, "-o", str(out)]) == 0
    assert (out / "report.html").stat().st_size < 1_000_000
    found = json.loads((out / "audit.json").read_text())["data"]["preprocessing"]
    with np.load(out / "rays.npz") as archive:
        inputs = archive["inputs"]
    assert walk_again(model, out, inputs, found["mean"], found["std"], count=20)[1] > 0


def test_a_batch_that_is_declared_but_does_not_work(shared: Path, mnist: Images) -> None:
    path = shared / "models/edge/dynamic-batch-declared-only-1-works.onnx"
    classifier = robaudit.load(path)
    assert classifier.details["batch"] == "1 at a time"
    record = make_record(scan(classifier, first(mnist, 500), plan=SMALL))
    assert any("close to chance" in warning for warning in record["warnings"])


REJECTED = {
    "detector-ultraface": "no classifier",
    "style-transfer": "no classifier",
    "taxinet-regressor": "regression",
    "two-inputs-three-outputs": "2 inputs",
    "superres-custom-ops": "num_bytes",
    "lfs-pointer": "git lfs pull",
    "truncated-mnist": "cut short",
    "empty": "is empty",
}


@pytest.mark.parametrize("with_data", [True, False])
@pytest.mark.parametrize("name", sorted(REJECTED))
def test_files_that_must_be_refused(
    shared: Path, name: str, with_data: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model, out = shared / f"models/reject/{name}.onnx", tmp_path / "report"
    data = ["--data", str(shared / "data/mnist.npz")] if with_data else []
    assert main(["scan", str(model), *data, "-o", str(out)]) == 3
    captured = capsys.readouterr()
    assert REJECTED[name] in captured.err
    assert len(captured.err.splitlines()) == 1
    assert captured.out == ""
    assert not out.exists()


def test_all_files_to_refuse_are_cases(shared: Path) -> None:
    assert {p.stem for p in (shared / "models/reject").glob("*.onnx")} == set(REJECTED)
    assert set(KNOWN) <= {p.stem for p in (shared / "models").glob("*.onnx")}


def test_a_certified_network_keeps_far_more_than_an_ordinary_one(
    shared: Path, mnist: Images
) -> None:
    """mnist-convex-adv was trained with a certificate against changes of 0.1."""
    kept = {}
    attacks = AttackPlan(
        (parse_attack("pgd:epsilon=0.1,step=0.02,steps=20", InputSpec((1, 28, 28), 10)),)
    )
    for name in ("mnist-convex-adv.pth", "mnist-cntk-opset8.onnx"):
        options = OpenOptions(
            factory=f"{ROOT / 'tests/support/networks.py'}:mnist_convex", image_shape=(28, 28, 1)
        )
        classifier = robaudit.load(shared / "models" / name, options)
        audit = robaudit.scan(
            classifier,
            mnist,
            plan=SearchPlan(100, 2, steps=3),
            preprocessing=PreprocessingRequest((0.0,), (1.0,)),
            attacks=attacks,
        )
        kept[name] = robaudit.make_record(audit)["attacks"][0]["accuracy"]
    assert kept["mnist-convex-adv.pth"]["low"] > kept["mnist-cntk-opset8.onnx"]["high"] + 0.2


PROVEN, ROUNDED = 0.058, 0.0005
"""Wong and Kolter's bound for their MNIST network, whose other errors stand in the tests."""


def errors_of_certified(shared: Path, *attacks: str) -> list[float]:
    """Give the error of mnist-convex-adv on all test images, then that under each attack."""
    options = OpenOptions(
        factory=f"{ROOT / 'tests/support/networks.py'}:mnist_convex", image_shape=(28, 28, 1)
    )
    attacked = robaudit.attack_images(
        robaudit.load(shared / "models" / "mnist-convex-adv.pth", options),
        robaudit.read_images(shared / "data" / "mnist.npz", split="test"),
        attacks,
        preprocessing=PreprocessingRequest((0.0,), (1.0,)),
    )
    targets = attacked.targets
    assert len(targets.x) == 10_000
    outcomes = [result.outcome for result in attacked.results]
    return [
        float(np.mean(~targets.correct)),
        *(float(outcome.success.mean()) for outcome in outcomes if outcome is not None),
    ]


def test_clean_error_and_that_under_fgsm_are_as_published(shared: Path) -> None:
    clean, fgsm = errors_of_certified(shared, "fgsm:epsilon=0.1")
    assert clean == pytest.approx(0.018, abs=ROUNDED)
    assert fgsm == pytest.approx(0.039, abs=ROUNDED)


@pytest.mark.slow
def test_pgd_finds_what_is_published_and_nothing_finds_more_than_is_proven(shared: Path) -> None:
    _, pgd, apgd = errors_of_certified(
        shared, "pgd:epsilon=0.1,step=0.01,steps=40", "apgd:epsilon=0.1"
    )
    assert pgd == pytest.approx(0.041, abs=0.001)
    assert pgd <= apgd + 2 / 10_000
    assert max(pgd, apgd) <= PROVEN + ROUNDED
