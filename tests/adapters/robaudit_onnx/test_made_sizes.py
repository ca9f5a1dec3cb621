"""Little files that would make far more than they are are refused before they are opened."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import helper

import robaudit
from robaudit.errors import NotAuditableError
from robaudit_onnx.made_sizes import most_folded, refuse_large_values
from tests.support.onnx_bombs import (
    BOMBS,
    calls_that_double,
    classifier,
    doubled,
    node,
    ones,
    whole,
)


def refuse(model: onnx.ModelProto, shape: tuple[int | None, ...] = (4,)) -> None:
    refuse_large_values(model, model.graph.input[0], 1, shape, Path("bomb.onnx"))


@pytest.mark.parametrize("name", BOMBS)
def test_bombs_are_refused_by_name_size_and_bound(name: str, tmp_path: Path) -> None:
    path = tmp_path / "bomb.onnx"
    path.write_bytes(BOMBS[name]().SerializeToString())
    with pytest.raises(
        NotAuditableError, match=r"makes .* [GT]iB .*; expected at most (1|4) GiB"
    ) as refused:
        robaudit.load(path)
    assert str(path) in refused.value.found


def test_what_stays_small_is_opened(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    sums = [ones("many", "s"), node("Expand", ["many", "t"], ["bomb"])]
    model = classifier(sums, [whole("s", 5), whole("t", 2, 5)])
    path.write_bytes(model.SerializeToString())
    scores = robaudit.load(path).predict(np.zeros((2, 4), np.float32))
    np.testing.assert_array_equal(scores, np.full((2, 3), 10.0))


def test_constants_that_nothing_needs_any_more_do_not_count() -> None:
    """A tower of which each step takes half of the bound, and the one below is thrown away."""
    steps = [ones("step_0", "s")]
    steps += [node("Neg", [f"step_{each}"], [f"step_{each + 1}"]) for each in range(20)]
    steps.append(node("ReduceMax", ["step_20"], ["bomb"]))
    refuse(classifier(steps, [whole("s", 2**26)]))
    with pytest.raises(NotAuditableError):
        refuse(
            classifier([*steps, node("Add", ["step_0", "step_9"], ["kept"])], [whole("s", 2**28)])
        )


def test_large_models_may_make_more_of_their_constants() -> None:
    model = classifier(doubled(2), [whole("start", *range(2**14))])
    assert most_folded(model) == 2**30
    held = onnx.TensorProto(data_type=1, dims=[2**25], raw_data=bytes(2**27), name="large")
    model.graph.initializer.append(held)
    assert most_folded(model) == 16 * model.ByteSize() > 2**31


def test_open_sizes_are_taken_to_be_small() -> None:
    refuse(classifier([node("Expand", ["x", "s"], ["bomb"])], [whole("s", 3, 1, 1)]), (None,))


def test_graphs_that_are_wrong_are_left_to_the_runtime() -> None:
    """What nobody can infer is not refused here, and raises nothing."""
    strange = [
        node("NoSuchOperator", ["x"], ["a"]),
        node("Expand", ["missing", "a"], ["b"]),
        node("Loop", [], ["c"]),
        node("If", ["x"], ["d"]),
        node("Scan", ["x"], ["e"]),
        helper.make_node("Range", ["x"], ["f"], domain="com.microsoft"),
        node("Constant", [], ["g"], value_strings=[b"a", b"b"]),
        node("Sum", ["b", "c", "d", "e", "f"], ["bomb"]),
    ]
    refuse(classifier(strange))


@pytest.mark.parametrize("name", [b"bomb", b"ConstantOfShape"])
def test_names_that_are_no_text_hide_nothing(name: bytes, tmp_path: Path) -> None:
    """Protobuf gives them as bytes, with which nothing can be inferred, and runtimes take them."""
    path = tmp_path / "bomb.onnx"
    written = classifier([ones("bomb", "s")], [whole("s", 2**40)]).SerializeToString()
    path.write_bytes(written.replace(name, name[:-2] + b"\xff\xfe"))
    with pytest.raises(NotAuditableError, match="is no text; expected names in UTF-8"):
        robaudit.load(path)


def test_functions_that_are_called_otherwise_than_they_are(tmp_path: Path) -> None:
    model = calls_that_double(2)
    model.graph.node[0].input.extend(["x", "x"])
    path = tmp_path / "model.onnx"
    path.write_bytes(model.SerializeToString())
    with pytest.raises(NotAuditableError, match="its functions are not as they are called"):
        robaudit.load(path)
