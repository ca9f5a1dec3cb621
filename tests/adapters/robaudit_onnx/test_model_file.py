"""What the ONNX adapter must not read, or must refuse: strange files and models."""

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper

import robaudit
from robaudit import OpenOptions
from robaudit.errors import MissingDependencyError, NotAuditableError, UsageError
from tests.support.paths import EXAMPLES
from tests.support.small_onnx import Save, affine_onnx, make_onnx

random = np.random.default_rng(0)
WEIGHTS, BIAS = random.normal(0, 1, (64, 5)), random.normal(0, 1, 5)


def external_model(path: Path, location: str = "weights.bin") -> Path:
    """Write a model whose weights lie in a file of their own."""
    weights = random.normal(0, 1, (64, 5)).astype(np.float32)
    model = affine_onnx(weights, BIAS, ["N", 64])
    onnx.save(
        model,
        path,
        save_as_external_data=True,
        all_tensors_to_one_file=True,
        location="weights.bin",
        size_threshold=0,
    )
    written = onnx.load(path, load_external_data=False)
    for tensor in written.graph.initializer:
        for entry in tensor.external_data:
            if entry.key == "location":
                entry.value = location
    path.write_bytes(written.SerializeToString())
    return path


def test_external_data_beside_the_file(tmp_path: Path) -> None:
    path = external_model(tmp_path / "model.onnx")
    classifier = robaudit.load(path)
    assert classifier.predict(np.zeros((2, 64), dtype=np.float32)).shape == (2, 5)
    assert list(classifier.details["external_data"]) == ["weights.bin"]


def test_missing_external_data(tmp_path: Path) -> None:
    path = external_model(tmp_path / "model.onnx")
    (tmp_path / "weights.bin").unlink()
    with pytest.raises(NotAuditableError, match=r"weights\.bin, which is missing"):
        robaudit.load(path)


def test_truncated_external_data(tmp_path: Path) -> None:
    path = external_model(tmp_path / "model.onnx")
    (tmp_path / "weights.bin").write_bytes(b"short")
    with pytest.raises(NotAuditableError):
        robaudit.load(path)


@pytest.mark.parametrize("location", ["../weights.bin", "{absolute}", "", "a\\..\\b"])
def test_external_data_elsewhere_is_not_read(tmp_path: Path, location: str) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    path = external_model(folder / "model.onnx", location.format(absolute=tmp_path / "weights.bin"))
    shutil.copy(folder / "weights.bin", tmp_path / "weights.bin")
    with pytest.raises(NotAuditableError, match="own folder"):
        robaudit.load(path)


@pytest.mark.parametrize("link", [os.symlink, os.link])
def test_external_data_through_a_link_is_not_read(
    tmp_path: Path, link: Callable[[Path, Path], None]
) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    path = external_model(folder / "model.onnx")
    (folder / "weights.bin").rename(tmp_path / "elsewhere")
    link(tmp_path / "elsewhere", folder / "weights.bin")
    with pytest.raises(NotAuditableError, match="a link"):
        robaudit.load(path)


def no_real_numbers() -> onnx.ModelProto:
    nodes = [
        helper.make_node("MatMul", ["x", "w"], ["m"]),
        helper.make_node("Cast", ["m"], ["y"], to=TensorProto.INT64),
    ]
    model = make_onnx(nodes, {"w": WEIGHTS.astype(np.float32)}, ["N", 64], ["N", 5])
    model.graph.output[0].type.tensor_type.elem_type = TensorProto.INT64
    return model


def unknown_domain() -> onnx.ModelProto:
    model = make_onnx(
        [helper.make_node("Magic", ["x"], ["y"], domain="org.example")], {}, ["N", 64], ["N", 5]
    )
    model.opset_import.append(helper.make_opsetid("org.example", 1))
    return model


def small_number_input() -> onnx.ModelProto:
    nodes = [
        helper.make_node("Cast", ["x"], ["f"], to=TensorProto.FLOAT),
        helper.make_node("MatMul", ["f", "w"], ["y"]),
    ]
    model = make_onnx(nodes, {"w": WEIGHTS.astype(np.float32)}, ["N", 64], ["N", 5])
    model.graph.input[0].type.tensor_type.elem_type = TensorProto.INT8
    return model


def image_to_image() -> onnx.ModelProto:
    return make_onnx([helper.make_node("Relu", ["x"], ["y"])], {}, [1, 3, 8, 8], [1, 3, 8, 8])


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: affine_onnx(WEIGHTS[:, :1], BIAS[:1], ["N", 64]), "no classifier"),
        (image_to_image, "no classifier"),
        (no_real_numbers, "no classifier"),
        (unknown_domain, "org.example:Magic"),
        (small_number_input, "takes int8 numbers"),
        (lambda: affine_onnx(WEIGHTS, BIAS, ["N", 65]), "fails on an input|does not take"),
        (lambda: make_onnx([], {}, ["N", 64], ["N", 5]), "no graph"),
        (lambda: make_onnx([helper.make_node("Relu", ["x"], ["y"])], {}, [7], [7]), r"\(7\)"),
    ],
)
def test_models_that_are_no_classifiers(
    save: Save, make: Callable[[], onnx.ModelProto], words: str
) -> None:
    path = save(make())
    with pytest.raises(NotAuditableError, match=words) as caught:
        robaudit.load(path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "git lfs pull"),
        (b"hello, I am text", "damaged|no graph"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "damaged|no graph"),
        ((EXAMPLES / "digits.onnx").read_bytes()[:9000], "damaged|no graph|does not take"),
    ],
)
def test_files_that_are_no_models(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(content)
    with pytest.raises(NotAuditableError, match=words):
        robaudit.load(path)


def test_a_missing_model_and_an_unknown_kind(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no model"):
        robaudit.load(tmp_path / "none.onnx")
    with pytest.raises(UsageError, match="no model"):
        robaudit.load(tmp_path / "none.xyz")
    (tmp_path / "model.xyz").touch()
    with pytest.raises(NotAuditableError, match="no adapter recognises"):
        robaudit.load(tmp_path / "model.xyz")


@pytest.mark.skipif(
    "CUDAExecutionProvider" in onnxruntime.get_available_providers(), reason="CUDA is here"
)
def test_cuda_that_is_not_there() -> None:
    with pytest.raises(UsageError, match="onnx-gpu"):
        robaudit.load(EXAMPLES / "digits.onnx", OpenOptions(device="cuda"))


def test_a_missing_framework_names_the_command_that_installs_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "robaudit_onnx.opening", None)
    with pytest.raises(MissingDependencyError, match=r"robaudit\[onnx\]"):
        robaudit.load(EXAMPLES / "digits.onnx")
