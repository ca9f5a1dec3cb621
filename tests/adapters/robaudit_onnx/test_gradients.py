"""Gradients of ONNX models: right where they are given, with a reason where they are not."""

import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper

import robaudit
from robaudit import Classifier, OpenOptions, PreprocessingRequest, make_record, scan
from robaudit.batches import Pace
from robaudit.errors import UsageError
from robaudit.preprocessing.prepare import prepare
from robaudit.requirements import version_of
from robaudit_onnx import ADAPTER
from tests.adapters.robaudit_onnx.test_opening import HEADS, mixing_model, several_outputs
from tests.support.files import first, read_shared_images
from tests.support.paths import EXAMPLES, SHARED
from tests.support.small_onnx import FLOAT, Save, affine_onnx, make_onnx

random = np.random.default_rng(0)
WEIGHTS, BIAS = random.normal(0, 0.2, (64, 5)), random.normal(0, 1, 5)
DOUBLE = TensorProto.DOUBLE


def gradients(classifier: Classifier) -> Any:
    """Give what the record says of a classifier's gradients."""
    return classifier.details["gradients"]


def vjp_of(classifier: Classifier, x: np.ndarray, cotangent: np.ndarray) -> np.ndarray:
    assert classifier.vjp is not None, gradients(classifier)
    return classifier.vjp(x, cotangent)


def twin_of(classifier: Classifier, x: np.ndarray) -> np.ndarray:
    assert classifier.twin is not None, gradients(classifier)
    return classifier.twin(x)


def central_differences(
    classifier: Classifier, x: np.ndarray, cotangent: np.ndarray, step: float = 1e-4
) -> np.ndarray:
    """Differentiate ``predict`` itself, one number of the input at a time."""
    found = np.zeros_like(x)
    for index in np.ndindex(x.shape[1:]):
        moved = np.zeros_like(x)
        moved[(slice(None), *index)] = step
        change = classifier.predict(x + moved) - classifier.predict(x - moved)
        found[(slice(None), *index)] = (change * cotangent).sum(axis=1) / (2 * step)
    return found


def small_network() -> Any:
    """Make a network whose BatchNorm has seen data, and whose Dropout would be noticed."""
    torch.manual_seed(0)
    network = torch.nn.Sequential(
        torch.nn.Conv2d(1, 4, 3, padding=1),
        torch.nn.BatchNorm2d(4),
        torch.nn.ReLU(),
        torch.nn.MaxPool2d(2),
        torch.nn.Dropout(0.5),
        torch.nn.Flatten(),
        torch.nn.Linear(64, 5),
        torch.nn.LogSoftmax(dim=1),
    )
    for _ in range(5):
        network(torch.randn(16, 1, 8, 8) * 2 + 1)
    return network.eval()


@pytest.mark.parametrize("optimize", [True, False])
def test_an_exported_network_has_the_gradients_of_the_original(
    tmp_path: Path, optimize: bool
) -> None:
    network, path = small_network(), tmp_path / "network.onnx"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the exporter
        torch.onnx.export(
            network,
            (torch.zeros(2, 1, 8, 8),),
            path,
            dynamo=True,
            optimize=optimize,
            verbose=False,
            dynamic_shapes=({0: "n"},),
        )
    classifier = robaudit.load(path)
    x = random.random((7, 1, 8, 8)).astype(np.float32)
    cotangent = random.normal(size=(7, 5)).astype(np.float32)
    inputs = torch.tensor(x, requires_grad=True)
    (network(inputs) * torch.tensor(cotangent)).sum().backward()
    with torch.no_grad():  # whatever the caller is in the middle of
        found = vjp_of(classifier, x, cotangent)
    np.testing.assert_allclose(found, inputs.grad.numpy(), rtol=1e-4, atol=1e-6)
    assert found.dtype == np.float32


@pytest.mark.parametrize("batch", ["N", 1, 3])
def test_gradients_are_those_of_central_differences(save: Save, batch: int | str) -> None:
    model = affine_onnx(WEIGHTS, BIAS, [batch, 4, 16], tail=("Tanh",), dtype=DOUBLE)
    classifier = robaudit.load(save(model))
    x, cotangent = random.random((4, 4, 16)), random.normal(size=(4, 5))
    found = vjp_of(classifier, x, cotangent)
    assert found.dtype == np.float64
    np.testing.assert_allclose(found, central_differences(classifier, x, cotangent), atol=1e-8)


def in_double(model: onnx.ModelProto) -> onnx.ModelProto:
    for tensor in model.graph.initializer:
        wide = numpy_helper.to_array(tensor).astype(np.float64)
        tensor.CopyFrom(numpy_helper.from_array(wide, tensor.name))
    for value in (*model.graph.input, *model.graph.output):
        value.type.tensor_type.elem_type = DOUBLE
    return model


def test_the_twin_fills_up_batches_as_the_model_does(save: Save) -> None:
    """The last of four inputs makes a batch of three of its own, and is in it three times."""
    classifier = robaudit.load(save(in_double(mixing_model(3))))
    assert classifier.details["batch"] == "3 at a time"
    x, cotangent = random.random((4, 64)), random.normal(size=(4, 5))
    np.testing.assert_allclose(twin_of(classifier, x), classifier.predict(x), rtol=1e-12)
    alone = vjp_of(classifier, x, cotangent)[3:]
    np.testing.assert_allclose(
        alone, central_differences(classifier, x[3:], cotangent[3:]), rtol=1e-6
    )


def test_half_precision_is_differentiated_in_single(save: Save) -> None:
    model = affine_onnx(WEIGHTS, BIAS, ["N", 64], tail=("Tanh",), dtype=TensorProto.FLOAT16)
    classifier = robaudit.load(save(model))
    x = random.random((6, 64)).astype(np.float32)
    cotangent = random.normal(size=(6, 5)).astype(np.float32)
    scores = np.tanh(x @ WEIGHTS + BIAS)
    found = vjp_of(classifier, x, cotangent)
    assert found.dtype == np.float32
    assert twin_of(classifier, x).dtype == classifier.predict(x).dtype == np.float16
    np.testing.assert_allclose(found, (cotangent * (1 - scores**2)) @ WEIGHTS.T, atol=5e-3)


def test_weights_and_casts_in_half_precision_inside_a_single_model(save: Save) -> None:
    nodes = [
        helper.make_node("Cast", ["x"], ["half"], to=TensorProto.FLOAT16),
        helper.make_node("MatMul", ["half", "w"], ["m"]),
        helper.make_node("Cast", ["m"], ["y"], to=TensorProto.FLOAT),
    ]
    classifier = robaudit.load(
        save(make_onnx(nodes, {"w": WEIGHTS.astype(np.float16)}, ["N", 64], ["N", 5]))
    )
    x = random.random((3, 64)).astype(np.float32)
    found = vjp_of(classifier, x, np.eye(5, dtype=np.float32)[:3])
    np.testing.assert_allclose(found, WEIGHTS.T[:3], atol=1e-3)


def test_the_twin_gives_the_output_that_was_chosen(save: Save) -> None:
    path = save(several_outputs([("scores", ["N", 5]), ("other", ["N", 3])], HEADS))
    classifier = robaudit.load(path, OpenOptions(output="other"))
    x = random.random((4, 64)).astype(np.float32)
    assert twin_of(classifier, x).shape == (4, 3)
    np.testing.assert_allclose(twin_of(classifier, x), classifier.predict(x), rtol=1e-4, atol=1e-4)


def test_what_comes_after_the_scores_is_no_hindrance(save: Save) -> None:
    model = affine_onnx(WEIGHTS, BIAS, [1, 64])
    model.graph.node.append(helper.make_node("ArgMax", ["y"], ["label"], axis=1, keepdims=0))
    del model.graph.output[:]
    model.graph.output.append(helper.make_tensor_value_info("label", TensorProto.INT64, [1]))
    classifier = robaudit.load(save(model))
    found = vjp_of(classifier, random.random((3, 64)), np.eye(5)[:3])
    np.testing.assert_allclose(found, WEIGHTS.T[:3], rtol=1e-5)


def test_nothing_is_kept_between_calls(digits_model: Classifier) -> None:
    x = random.random((5, *digits_model.spec.shape)).astype(np.float32)
    x.setflags(write=False)
    cotangent = np.eye(10, dtype=np.float32)[:5]
    scores, gradient = twin_of(digits_model, x), vjp_of(digits_model, x, cotangent)
    vjp_of(digits_model, -x, cotangent * 3)
    np.testing.assert_array_equal(vjp_of(digits_model, x, cotangent), gradient)
    np.testing.assert_array_equal(twin_of(digits_model, x), scores)
    assert torch.is_grad_enabled()


def test_the_record_says_how_well_the_twin_agrees(
    digits_model: Classifier, capfd: pytest.CaptureFixture[str]
) -> None:
    images = robaudit.read_images(EXAMPLES / "digits.npz")
    record = make_record(scan(digits_model, first(images, 50), plan="quick"))
    assert "vjp" in record["model"]["capabilities"]
    found = record["model"]["details"]["gradients"]
    assert found["converter"] == f"onnx2fx {version_of('onnx2fx')}"
    assert 0 <= found["parity"] < 1e-5
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("index", [-1, 2, [0, -1], [[3, 1], [-2, 0]]], ids=str)
def test_the_last_of_a_row_can_be_gathered(save: Save, index: Any) -> None:
    """As recurrent networks and image transformers do, which take one of their positions."""
    nodes = [
        helper.make_node("Gather", ["x", "index"], ["some"], axis=-2),
        helper.make_node("Flatten", ["some"], ["f"], axis=1),
        helper.make_node("MatMul", ["f", "w"], ["y"]),
    ]
    taken = np.take(np.arange(4), index).ravel()
    weights = {"index": np.array(index), "w": WEIGHTS[: 16 * len(taken)].astype(np.float32)}
    classifier = robaudit.load(save(make_onnx(nodes, weights, ["N", 4, 16], ["N", 5])))
    found = vjp_of(classifier, random.random((3, 4, 16)), np.eye(5)[:3])
    expected = np.zeros((3, 4, 16))
    expected[:, taken] = WEIGHTS[: 16 * len(taken)].T[:3].reshape(3, len(taken), 16)
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def cut(tail: tuple[str, ...]) -> onnx.ModelProto:
    return affine_onnx(WEIGHTS, BIAS, ["N", 64], tail=tail)


def normalized_by_another_domain() -> onnx.ModelProto:
    model = cut(("Identity",))
    model.opset_import.append(helper.make_opsetid("ai.onnx.ml", 2))
    model.graph.node[-1].op_type, model.graph.node[-1].domain = "Normalizer", "ai.onnx.ml"
    return model


def too_large() -> onnx.ModelProto:
    return cut(("Relu",) * 5_000)


def in_training_mode() -> onnx.ModelProto:
    nodes = [
        helper.make_node("MatMul", ["x", "w"], ["m"]),
        helper.make_node(
            "BatchNormalization", ["m", "s", "b", "b", "s"], ["y", "mean", "var"], training_mode=1
        ),
    ]
    ones, zeros = np.ones(5, dtype=np.float32), np.zeros(5, dtype=np.float32)
    weights = {"w": WEIGHTS.astype(np.float32), "s": ones, "b": zeros}
    return make_onnx(nodes, weights, ["N", 64], ["N", 5])


def failing_inside() -> onnx.ModelProto:
    """Fail in torch inside a graph of the graph: these are no probabilities."""
    value = helper.make_tensor_value_info("inner", FLOAT, ["N", 64])
    inner = [
        helper.make_node("Neg", ["x"], ["negative"]),
        helper.make_node("Bernoulli", ["negative"], ["inner"]),
    ]
    body = helper.make_graph(inner, "body", [], [value])
    nodes = [
        helper.make_node("If", ["yes"], ["h"], then_branch=body, else_branch=body),
        helper.make_node("MatMul", ["h", "w"], ["y"]),
    ]
    weights = {"yes": np.array(True), "w": WEIGHTS.astype(np.float32)}
    return make_onnx(nodes, weights, ["N", 64], ["N", 5])


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda: cut(("Sign",)), "gradients are zero"),
        (lambda: cut(("Round",)), "gradients are zero"),
        (lambda: affine_onnx(1000 * WEIGHTS, BIAS, [1, 64], tail=("Softmax", "Log")), "finite"),
        (normalized_by_another_domain, "ai.onnx.ml"),
        (too_large, "nodes"),
        (in_training_mode, "training mode"),
        (lambda: cut(("Sigmoid", "Bernoulli")), "other scores"),
        (lambda: cut(("Bernoulli",)), "RuntimeError"),
        (failing_inside, "RuntimeError"),
    ],
)
def test_a_model_without_gradients_is_opened_and_says_why(
    save: Save,
    make: Callable[[], onnx.ModelProto],
    reason: str,
    capfd: pytest.CaptureFixture[str],
) -> None:
    classifier = robaudit.load(save(make()))
    assert classifier.vjp is None
    assert classifier.twin is None
    assert classifier.capabilities == ("predict", "prober")
    assert list(gradients(classifier)) == ["none"]
    assert reason in gradients(classifier)["none"]
    assert classifier.predict(random.random((3, 64))).shape == (3, 5)
    assert capfd.readouterr() == ("", "")


def test_a_converter_that_is_wrong_or_fails_is_not_believed(
    save: Save, monkeypatch: pytest.MonkeyPatch
) -> None:
    import onnx2fx

    path = save(affine_onnx(WEIGHTS, BIAS, ["N", 64]))
    convert = onnx2fx.convert
    wrong = affine_onnx(WEIGHTS * 1.01, BIAS, ["N", 64])
    monkeypatch.setattr(onnx2fx, "convert", lambda _model: convert(wrong))
    assert gradients(robaudit.load(path)) == {"none": "its copy in torch gives other scores"}

    def fail(_model: onnx.ModelProto) -> None:
        warnings.warn("this is not shown", stacklevel=1)
        raise KeyError("v7")

    monkeypatch.setattr(onnx2fx, "convert", fail)
    assert gradients(robaudit.load(path)) == {"none": "onnx2fx cannot convert it (KeyError: 'v7')"}


@pytest.mark.parametrize("missing", ["onnx2fx", "torch"])
def test_without_the_converter_the_model_is_audited_all_the_same(
    missing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both a package that is not there and one that is there and does not import."""
    monkeypatch.delitem(sys.modules, "robaudit_onnx.torch_copy", raising=False)
    monkeypatch.setitem(sys.modules, missing, None)
    images = first(robaudit.read_images(EXAMPLES / "digits.npz"), 50)
    audit = scan(robaudit.load(EXAMPLES / "digits.onnx"), images, plan="quick")
    record = make_record(audit)
    assert record["model"]["capabilities"] == ["predict", "prober"]
    reason = record["model"]["details"]["gradients"]["none"]
    assert reason.startswith(f"{missing} is not installed")
    assert 'pip install "robaudit[onnx-gradients]"' in reason

    monkeypatch.setattr(
        "robaudit.requirements.version_of", lambda p: None if p == missing else version_of(p)
    )
    assert gradients(robaudit.load(EXAMPLES / "digits.onnx")) == {"none": reason}


def test_frameworks_are_imported_only_when_a_model_is_opened() -> None:
    code = "import robaudit_onnx.opening, sys; assert not {'torch', 'onnx2fx'} & {*sys.modules}"
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.fixture
def cuda_is_the_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let torch's CPU stand in for a CUDA device that onnxruntime cannot use."""
    providers = ["CPUExecutionProvider"]
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: providers)
    monkeypatch.setattr("robaudit_onnx.gradients.cuda_device", lambda: "cpu")


@pytest.mark.usefixtures("cuda_is_the_cpu")
def test_without_cuda_in_onnxruntime_the_copy_runs_there(digits_model: Classifier) -> None:
    """What it gives is compared with onnxruntime on the CPU: they have changed places."""
    opened = robaudit.load(EXAMPLES / "digits.onnx", OpenOptions(device="cuda"))
    x = random.random((5, *opened.spec.shape)).astype(np.float32)
    np.testing.assert_array_equal(opened.predict(x), twin_of(digits_model, x))
    np.testing.assert_array_equal(twin_of(opened, x), digits_model.predict(x))
    assert opened.fingerprint == digits_model.fingerprint
    assert ADAPTER.devices() == ("cpu", "cuda")
    assert opened.details["predicted_by"] == "its copy in torch, on cpu"
    images = first(robaudit.read_images(EXAMPLES / "digits.npz"), 50)
    prepared = prepare(opened, images, PreprocessingRequest(), count=8, seed=0, pace=Pace(8))
    assert gradients(prepared.classifier)["parity"] < 1e-5


@pytest.mark.usefixtures("cuda_is_the_cpu")
def test_a_model_that_no_one_can_run_on_cuda_is_refused(save: Save) -> None:
    path = save(cut(("Sign",)))
    with pytest.raises(UsageError, match="gradients are zero") as caught:
        robaudit.load(path, OpenOptions(device="cuda"))
    assert "onnx-gpu" in str(caught.value)


REAL = [
    path
    for folder in ("models", "models/edge")
    for path in SHARED.joinpath(folder).glob("*.onnx")
    if "int8" not in path.stem  # quantised: there is nothing to differentiate
]


@pytest.mark.parametrize("path", sorted(REAL), ids=lambda path: path.stem)
def test_real_classifiers_have_gradients(shared: Path, path: Path) -> None:
    """The twin agrees on real inputs, and along its gradients scores change as these say."""
    random = np.random.default_rng(0)
    data = "cifar10" if path.stem.startswith("cifar10") else "mnist"
    images = first(read_shared_images(shared, data), 200)
    request, noise = PreprocessingRequest(), path.stem.startswith("imagenet")
    if noise:
        images = robaudit.images_from_arrays(random.random((16, 224, 224, 3)), np.arange(16))
        request = PreprocessingRequest((0.45,), (1 / 255,))
    prepared = prepare(robaudit.load(path), images, request, count=8, seed=0, pace=Pace(8))
    classifier = prepared.classifier
    assert "vjp" in classifier.capabilities, gradients(classifier)
    assert gradients(classifier)["parity"] < 1e-3
    if noise:  # in half precision differences are lost in rounding
        return
    x = prepared.inputs(slice(0, 40))
    cotangent = random.normal(size=(40, 10)).astype(np.float32)
    gradient = vjp_of(classifier, x, cotangent).astype(np.float64).reshape(40, -1)
    slope = np.linalg.norm(gradient, axis=1)
    step = 0.01 * (gradient / np.maximum(slope, 1e-30)[:, None]).reshape(x.shape)
    ends = [classifier.predict((x + sign * step).astype(np.float32)) for sign in (1, -1)]
    change = ((ends[0].astype(np.float64) - ends[1]) * cotangent).sum(axis=1) / 0.02
    assert change @ slope == pytest.approx(slope @ slope, rel=0.1)
