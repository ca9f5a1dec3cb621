"""ONNX models that take weights from elsewhere, or use operators that nobody knows."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper

from tests.support.hostile.canaries import ESCAPES, MARKUP, Place
from tests.support.hostile.fixture import SCAN, Hostile
from tests.support.hostile.pickles import DATA
from tests.support.small_onnx import make_onnx

_WEIGHTS = np.random.default_rng(0).normal(size=(64, 10)).astype(np.float32)


def elsewhere(location: str, **more: str) -> onnx.TensorProto:
    """Give weights that lie in another file."""
    tensor = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=_WEIGHTS.shape)
    tensor.data_location = TensorProto.EXTERNAL
    for key, value in {"location": location, **more}.items():
        tensor.external_data.add(key=key, value=value)
    return tensor


def model(*nodes: onnx.NodeProto, weights: dict[str, Any] | None = None) -> onnx.ModelProto:
    """Make a linear classifier of the digits from the last node's "w"."""
    flat = helper.make_node("Flatten", ["x"], ["f"], axis=1)
    end = helper.make_node("MatMul", ["f", "w"], ["y"])
    given = {"w": _WEIGHTS} if weights is None and not nodes else weights or {}
    return make_onnx([flat, *nodes, end], given, ["N", 1, 8, 8], ["N", 10])


def as_initializer(tensor: onnx.TensorProto) -> onnx.ModelProto:
    made = model()
    made.graph.initializer[0].CopyFrom(tensor)
    return made


def as_constant(tensor: onnx.TensorProto) -> onnx.ModelProto:
    return model(helper.make_node("Constant", [], ["w"], value=tensor))


def in_branches(tensor: onnx.TensorProto) -> onnx.ModelProto:
    """Put a tensor into a branch of a branch."""
    return model(*_in_branches(tensor))


def _in_branches(tensor: onnx.TensorProto) -> list[onnx.NodeProto]:
    inside = _if([helper.make_node("Constant", [], ["inner"], value=tensor)], "inner", "outer")
    return _if(inside, "outer", "w")


def _if(nodes: list[onnx.NodeProto], inner: str, outer: str) -> list[onnx.NodeProto]:
    """Put nodes that make ``inner`` into a branch that gives it as ``outer``."""
    made = helper.make_tensor_value_info(inner, TensorProto.FLOAT, _WEIGHTS.shape)
    branch = helper.make_graph(nodes, outer, [], [made])
    asked = helper.make_tensor("yes", TensorProto.BOOL, [], [True])
    return [
        helper.make_node("Constant", [], [f"if_{outer}"], value=asked),
        helper.make_node("If", [f"if_{outer}"], [outer], then_branch=branch, else_branch=branch),
    ]


def in_function(tensor: onnx.TensorProto) -> onnx.ModelProto:
    """Put a tensor into a branch of a function that is the model's own."""
    return _with_function(_in_branches(tensor))


def _with_function(nodes: list[onnx.NodeProto]) -> onnx.ModelProto:
    made = model(helper.make_node("Weights", [], ["w"], domain="own"), weights={})
    opset = helper.make_opsetid("", 17)
    made.functions.append(helper.make_function("own", "Weights", [], ["w"], nodes, [opset]))
    made.opset_import.append(helper.make_opsetid("own", 1))
    return made


def in_sparse(tensor: onnx.TensorProto) -> onnx.ModelProto:
    """Put a tensor into a sparse one."""
    indices = helper.make_tensor("at", TensorProto.INT64, [640], range(640))
    values = TensorProto()
    values.CopyFrom(tensor)
    values.dims[:] = [640]
    made = model(weights={})
    made.graph.sparse_initializer.append(helper.make_sparse_tensor(values, indices, [64, 10]))
    return made


Wrap = Callable[[onnx.TensorProto], onnx.ModelProto]
Lay = Callable[[Place], str]


def absolute(place: Place) -> str:
    return str(place.secret)


def upwards(place: Place) -> str:
    return f"../{place.secret.parent.name}/{place.secret.name}"


def upwards_from_within(place: Place) -> str:
    Path(place.work, "inner").mkdir()
    return f"inner/../../{place.secret.parent.name}/{place.secret.name}"


def symlink(place: Place) -> str:
    Path(place.work, "weights").symlink_to(place.secret)
    return "weights"


def linked_folder(place: Place) -> str:
    Path(place.work, "inner").symlink_to(place.secret.parent)
    return f"inner/{place.secret.name}"


def hard_link(place: Place) -> str:
    os.link(place.secret, place.work / "weights")
    return "weights"


def pipe(place: Place) -> str:
    os.mkfifo(place.work / "weights")
    return "weights"


def device(place: Place) -> str:
    Path(place.work, "weights").symlink_to("/dev/zero")
    return "weights"


def of_process(_: Place) -> str:
    return "/proc/self/environ"


def as_address(place: Place) -> str:
    host, port = place.listening.getsockname()
    return f"http://{host}:{port}/weights"


def ended_early(place: Place) -> str:
    return f"{place.secret}\0.bin"


def _taking(lay: Lay, wrap: Wrap) -> Callable[[Place], list[str]]:
    def make(place: Place) -> list[str]:
        return _saved(wrap(elsewhere(lay(place))), place)

    return make


def _saved(made: onnx.ModelProto, place: Place) -> list[str]:
    Path(place.work, "model.onnx").write_bytes(made.SerializeToString())
    return ["scan", "model.onnx", *DATA, *SCAN]


def of_working_folder(place: Place) -> list[str]:
    """Take weights from where the command is run, and not from beside the model."""
    made = in_function(elsewhere("weights"))
    Path(place.work, "weights").write_bytes(_WEIGHTS.tobytes())
    Path(place.work, "models").mkdir()
    Path(place.work, "models/model.onnx").write_bytes(made.SerializeToString())
    return ["scan", "models/model.onnx", *DATA, *SCAN]


def _strange(node: onnx.NodeProto, wrap: str = "") -> Callable[[Place], list[str]]:
    """Make a model with an operator that onnxruntime does not have, perhaps inside something."""

    def make(place: Place) -> list[str]:
        made = _with_function([node]) if wrap == "function" else model(node, weights={})
        if wrap == "branch":
            inner = onnx.NodeProto()
            inner.CopyFrom(node)
            inner.output[0] = "inner"
            made = model(*_if([inner], "inner", "w"), weights={})
        made.opset_import.append(helper.make_opsetid(node.domain, 1))
        return _saved(made, place)

    return make


def kept_elsewhere(place: Place) -> list[str]:
    """Ask for what a compiler of onnxruntime's keeps in another file."""
    node = helper.make_node(
        "EPContext",
        [],
        ["w"],
        domain="com.microsoft",
        ep_cache_context=str(place.secret),
        embed_mode=0,
        main_context=1,
    )
    return _strange(node)(place)


def names_that_speak(place: Place) -> list[str]:
    """Name all that has a name after what a terminal or a page would obey."""
    made, name = model(), ESCAPES + MARKUP
    made.producer_name = made.graph.name = made.doc_string = name
    for number, node in enumerate(made.graph.node):
        node.name = f"{name}{number}"
    made.graph.input[0].name = made.graph.node[0].input[0] = name
    made.graph.output[0].name = made.graph.node[-1].output[0] = name + "y"
    names = "\n".join(f"{number} {name}{number}" for number in range(10))
    for key in ("names", "class_names", "labels", name):
        made.metadata_props.add(key=key, value=str([f"{name}{n}" for n in range(10)]))
    Path(place.work, "labels.txt").write_text(names)
    return _saved(made, place)


def operator_that_speaks(place: Place) -> list[str]:
    made = model(helper.make_node(ESCAPES + MARKUP, [], ["w"], domain=ESCAPES), weights={})
    made.opset_import.append(helper.make_opsetid(ESCAPES, 1))
    return _saved(made, place)


_IN_FUNCTION = "own folder|a link or no regular file|in functions|onnxruntime"


def _all() -> Iterator[Hostile]:
    inside = "own folder|a link or no regular file"
    wraps = (as_initializer, as_constant, in_branches, in_function, in_sparse)
    for wrap in wraps:
        words = _IN_FUNCTION if wrap is in_function else inside
        yield Hostile(f"onnx absolute {wrap.__name__}", _taking(absolute, wrap), words)
    lays = (upwards, upwards_from_within, symlink, linked_folder, hard_link, pipe, device)
    for lay in (*lays, of_process, as_address, ended_early):
        words = f"{inside}|which is missing"
        yield Hostile(f"onnx {lay.__name__}", _taking(lay, as_initializer), words)
    for lay in (upwards, symlink):
        taken = _taking(lay, in_function)
        yield Hostile(f"onnx {lay.__name__} in_function", taken, _IN_FUNCTION)
    yield Hostile(
        "onnx of the working folder",
        of_working_folder,
        "which is missing",
    )
    strange = helper.make_node("ReadFile", [], ["w"], domain="mine", path="/etc/passwd")
    foreign = helper.make_node("PyOp", [], ["w"], domain="com.microsoft", module="os", name="w")
    aten = helper.make_node("ATen", [], ["w"], domain="org.pytorch.aten", operator="from_file")
    for node in (strange, foreign, aten):
        for wrap_name in ("", "branch", "function"):
            name = f"onnx {node.op_type} {wrap_name}".strip()
            yield Hostile(name, _strange(node, wrap_name), "operators|onnxruntime|cannot")
    yield Hostile("onnx EPContext", kept_elsewhere, "operators|onnxruntime|cannot")
    yield Hostile("onnx names", names_that_speak, "")
    yield Hostile("onnx operator that speaks", operator_that_speaks, "operators")


MADE = [*_all()]
