"""Gradients of ONNX models: given where they are of use, with a reason where they are not."""

import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import helper

import robaudit
from robaudit import Classifier, PreprocessingRequest, make_record, scan
from robaudit.batches import Pace
from robaudit.preprocessing.prepare import prepare
from robaudit.requirements import version_of
from tests.support.files import first, read_shared_images
from tests.support.onnx_gradients import BIAS, WEIGHTS, cut, gradients, vjp_of
from tests.support.paths import EXAMPLES, SHARED
from tests.support.small_onnx import FLOAT, Save, affine_onnx, make_onnx

random = np.random.default_rng(0)


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
