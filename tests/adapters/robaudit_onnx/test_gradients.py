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
from tests.support.onnx_gradients import BIAS, WEIGHTS, cut, gradients, twin_of, vjp_of
from tests.support.paths import EXAMPLES, SHARED
from tests.support.small_onnx import Save, affine_onnx, make_onnx

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


def unknown_to_the_converter() -> onnx.ModelProto:
    model = cut(("Identity",))
    model.opset_import.append(helper.make_opsetid("com.microsoft", 1))
    model.graph.node[-1].op_type, model.graph.node[-1].domain = "FastGelu", "com.microsoft"
    return model


def too_large() -> onnx.ModelProto:
    return cut(("Relu",) * 5_000)


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (normalized_by_another_domain, "ai.onnx.ml"),
        (too_large, "nodes"),
        (unknown_to_the_converter, "UnsupportedOpError"),
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


@pytest.mark.parametrize("tail", [("Sign",), ("Round",), ("Softmax", "Log")])
def test_gradients_are_not_judged_on_inputs_that_were_made_up(
    save: Save, tail: tuple[str, ...]
) -> None:
    """Whether they are zero, or not finite, on real images is what counts."""
    classifier = robaudit.load(save(affine_onnx(1000 * WEIGHTS, BIAS, ["N", 64], tail=tail)))
    x = random.random((3, 64)).astype(np.float32)
    gradient = vjp_of(classifier, x, np.ones((3, 5), dtype=np.float32))
    assert gradient.shape == x.shape
    assert not (np.isfinite(gradient).all() and gradient.any())
    np.testing.assert_allclose(twin_of(classifier, x), classifier.predict(x), rtol=1e-4)


def test_units_that_are_dead_on_made_up_inputs_leave_gradients_on_others(save: Save) -> None:
    """Units that no mixture of 0..1 reaches: as of a network for pixels of -3..3."""
    nodes = [
        helper.make_node("Gemm", ["x", "w", "low"], ["h"]),
        helper.make_node("Relu", ["h"], ["r"]),
        helper.make_node("MatMul", ["r", "v"], ["y"]),
    ]
    weights = {
        "w": -np.abs(WEIGHTS).astype(np.float32),
        "low": np.full(5, -1, np.float32),
        "v": np.eye(5, dtype=np.float32),
    }
    classifier = robaudit.load(save(make_onnx(nodes, weights, ["N", 64], ["N", 5])))
    x = np.full((2, 64), -1, np.float32)
    cotangent = np.eye(5, dtype=np.float32)[:2]
    np.testing.assert_allclose(vjp_of(classifier, x, cotangent), weights["w"].T[:2], rtol=1e-5)


@pytest.mark.parametrize("end", ["Softmax", "Sigmoid"])
def test_what_probabilities_are_made_of_is_offered(save: Save, end: str) -> None:
    """Where they are so near to 0 and 1 that their slope is lost, it has one."""
    path = save(affine_onnx(300 * WEIGHTS, BIAS, ["N", 64], tail=(end, "Identity")))
    classifier = robaudit.load(path)
    assert gradients(classifier)["logits"] == f"what its {end.lower()} is made of"
    assert classifier.logits is not None
    x = random.random((4, 64)).astype(np.float32)
    np.testing.assert_allclose(
        classifier.logits.predict(x), x @ (300 * WEIGHTS) + BIAS, rtol=1e-3, atol=1e-2
    )
    cotangent = np.eye(5, dtype=np.float32)[:4]
    assert np.abs(vjp_of(classifier, x, cotangent)).max(axis=1).min() < 1e-6
    np.testing.assert_allclose(
        classifier.logits.vjp(x, cotangent), 300 * WEIGHTS.T[:4], rtol=1e-4, atol=1e-4
    )


def test_logits_that_are_not_what_scores_are_made_of_are_not_offered(save: Save) -> None:
    """A softmax over another axis than that of the classes: of each alone, which is 1."""
    nodes = [
        helper.make_node("MatMul", ["x", "w"], ["m"]),
        helper.make_node("Softmax", ["m"], ["y"], axis=0),
    ]
    path = save(make_onnx(nodes, {"w": WEIGHTS.astype(np.float32)}, [1, 64], [1, 5]))
    classifier = robaudit.load(path)
    assert classifier.vjp is not None
    assert classifier.logits is None
    assert "logits" not in gradients(classifier)


def test_infinite_scores_are_the_same_in_the_copy(save: Save) -> None:
    path = save(affine_onnx(WEIGHTS, np.append(BIAS[:4], -np.inf), ["N", 64]))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        classifier = robaudit.load(path)
        images = robaudit.images_from_arrays(random.random((20, 64)), np.arange(20) % 4)
        prepared = prepare(
            classifier, images, PreprocessingRequest(), count=8, seed=0, pace=Pace(8)
        )
    assert gradients(prepared.classifier)["parity"] < 1e-5


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


def test_dynamic_quantisation_has_no_slope_and_that_is_told(save: Save) -> None:
    """It rounds what flows through it: no gradient is no reason to call it robust."""
    nodes = [
        helper.make_node("Flatten", ["x"], ["f"]),
        helper.make_node("DynamicQuantizeLinear", ["f"], ["q", "scale", "zero"]),
        helper.make_node("DequantizeLinear", ["q", "scale", "zero"], ["d"]),
        helper.make_node("MatMul", ["d", "w"], ["a"]),
        helper.make_node("Add", ["a", "b"], ["y"]),
    ]
    weights = {"w": WEIGHTS.astype(np.float32), "b": BIAS.astype(np.float32)}
    path = save(make_onnx(nodes, weights, ["N", 8, 8], ["N", WEIGHTS.shape[1]]))
    x = random.random((60, 8, 8)).astype(np.float32)
    classifier = robaudit.load(path)
    images = robaudit.images_from_arrays(x, classifier.predict(x).argmax(axis=1))
    request = PreprocessingRequest((0.0,), (1.0,))
    prepared = prepare(classifier, images, request, count=10, seed=0, pace=Pace(16))
    assert prepared.classifier.vjp is None
    found = prepared.classifier.details["gradients"]
    assert found["zero"] > 30
    assert "rounding" in found["refused"]
