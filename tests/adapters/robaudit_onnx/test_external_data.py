"""Weights in files beside the model: found wherever their tensors are, and held to a rule."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

import robaudit
from robaudit.errors import NotAuditableError
from tests.support.onnx_bombs import classifier, graph_of, node, number, whole

Place = Callable[[TensorProto], onnx.ModelProto]


def _constant(tensor: TensorProto, name: str = "bomb") -> onnx.NodeProto:
    return node("Constant", [], [name], value=tensor)


def _branch(nodes: list[onnx.NodeProto], output: str) -> list[onnx.NodeProto]:
    """Put nodes into a branch of a branch, which gives ``bomb``."""
    inner = graph_of(nodes, [], output)
    other = graph_of([number("one", np.float32(1))], [], "one")
    deeper = node("If", ["yes"], ["deeper"], then_branch=inner, else_branch=other)
    outer = graph_of([deeper], [], "deeper")
    return [
        number("yes", np.bool_(True)),
        node("If", ["yes"], ["bomb"], then_branch=outer, else_branch=other),
    ]


def initializer(tensor: TensorProto) -> onnx.ModelProto:
    tensor.name = "bomb"
    return classifier([], [tensor])


def attribute(tensor: TensorProto) -> onnx.ModelProto:
    return classifier([_constant(tensor)])


def branch(tensor: TensorProto) -> onnx.ModelProto:
    return classifier(_branch([_constant(tensor, "made")], "made"))


def function(tensor: TensorProto) -> onnx.ModelProto:
    """Put a tensor into a branch of a branch in a function."""
    opsets = [helper.make_operatorsetid("", 17)]
    nodes = _branch([_constant(tensor, "made")], "made")
    return classifier(
        [node("f", ["x"], ["bomb"], domain="own")],
        functions=[helper.make_function("own", "f", ["a"], ["bomb"], nodes, opsets)],
    )


def sparse(tensor: TensorProto) -> onnx.ModelProto:
    tensor.name = "bomb"
    model = classifier([])
    places = whole("places", *range(4))
    model.graph.sparse_initializer.append(helper.make_sparse_tensor(tensor, places, [4]))
    return model


def training(tensor: TensorProto) -> onnx.ModelProto:
    """Put a tensor where nothing but training looks."""
    model = classifier([], [numpy_helper.from_array(np.full(4, 2.5, np.float32), "bomb")])
    tensor.name = "rate"
    model.training_info.add().algorithm.initializer.append(tensor)
    return model


PLACES: list[Place] = [initializer, attribute, branch, function, sparse, training]


def written(folder: Path, place: Place, **entries: str) -> Path:
    """Write a model one of whose tensors lies in a file beside it: 4 numbers after 8 bytes."""
    (folder / "beside.bin").write_bytes(bytes(8) + np.full(4, 2.5, np.float32).tobytes())
    tensor = TensorProto(data_type=TensorProto.FLOAT, dims=[4])
    tensor.data_location = TensorProto.EXTERNAL
    given = {"location": "beside.bin", "offset": "8", "length": "16"} | entries
    for key, value in given.items():
        tensor.external_data.add(key=key, value=value)
    path = folder / "model.onnx"
    path.write_bytes(place(tensor).SerializeToString())
    return path


@pytest.mark.parametrize("place", PLACES)
def test_data_beside_the_model_are_read_wherever_they_are_used(
    place: Place, tmp_path: Path
) -> None:
    classifier = robaudit.load(written(tmp_path, place))
    assert list(classifier.details["external_data"]) == ["beside.bin"]
    scores = classifier.predict(np.zeros((2, 4), np.float32))
    np.testing.assert_array_equal(scores, np.full((2, 3), 10.0))


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("location", ["../beside.bin", "{folder}/beside.bin", "*/x", "link/x"])
def test_data_elsewhere_are_not_read_wherever_they_are_used(
    place: Place, location: str, tmp_path: Path
) -> None:
    folder = tmp_path / "model"
    for each in (folder, folder / "*", tmp_path / "other"):
        each.mkdir()
    (folder / "link").symlink_to(tmp_path / "other")
    path = written(folder, place, location=location.format(folder=folder))
    for each in (tmp_path / "beside.bin", folder / "*" / "x", tmp_path / "other" / "x"):
        each.write_bytes((folder / "beside.bin").read_bytes())
    with pytest.raises(NotAuditableError, match="takes weights from"):
        robaudit.load(path)


@pytest.mark.parametrize(
    ("entries", "words"),
    [
        ({"length": "20"}, "cannot be read"),
        ({"length": "1099511627776"}, "cannot be read"),
        ({"length": "8"}, "cannot be read"),
        ({"offset": "12"}, "cannot be read"),
        ({"offset": "-8"}, "cannot be read"),
        ({"offset": "eight"}, "lie at 'eight'"),
    ],
)
def test_offsets_and_lengths_lie_within_the_file(
    entries: dict[str, str], words: str, tmp_path: Path
) -> None:
    with pytest.raises(NotAuditableError, match=words):
        robaudit.load(written(tmp_path, initializer, **entries))


def test_two_answers_are_none(tmp_path: Path) -> None:
    path = written(tmp_path, initializer)
    model = onnx.load(path, load_external_data=False)
    (tensor,) = (each for each in model.graph.initializer if each.name == "bomb")
    tensor.external_data.add(key="location", value="/etc/hostname")
    path.write_bytes(model.SerializeToString())
    with pytest.raises(NotAuditableError, match="says twice"):
        robaudit.load(path)


def test_one_file_is_not_read_over_and_over(tmp_path: Path) -> None:
    path = written(tmp_path, initializer)
    (tmp_path / "beside.bin").write_bytes(bytes(2**20))
    model = onnx.load(path, load_external_data=False)
    for each in range(100):
        tensor = TensorProto(data_type=TensorProto.FLOAT, dims=[2**18], name=f"again_{each}")
        tensor.data_location = TensorProto.EXTERNAL
        tensor.external_data.add(key="location", value="beside.bin")
        model.graph.initializer.append(tensor)
    path.write_bytes(model.SerializeToString())
    with pytest.raises(NotAuditableError, match="bytes from files beside it that have 1048576"):
        robaudit.load(path)
