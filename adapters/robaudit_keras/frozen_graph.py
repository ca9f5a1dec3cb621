"""Files of TensorFlow 1: frozen graphs, which are opened, and checkpoints, which are not."""

from pathlib import Path
from typing import Any

from robaudit.errors import NotAuditableError
from robaudit.model_files import look_at_file
from robaudit.opening import OpenOptions
from robaudit.phrases import printable
from robaudit_keras.graph_modes import modes_of_graph
from robaudit_keras.modes import Modes
from robaudit_keras.program import Program, check_program
from robaudit_keras.quiet import quietly

_TO_ONNX = (
    "Export it to ONNX: python -m tf2onnx.convert --{kind} {path} --inputs NAME:0 "
    "--outputs NAME:0 --output model.onnx."
)
_CHOICES = ("ArgMax", "TopKV2", "InTopKV2")
_NO_SCORES = ("NoOp", "Assert", "Placeholder", "Const", "SaveV2", "RestoreV2")


def open_graph_file(path: Path, options: OpenOptions) -> tuple[Program, Modes, str]:
    """Open a frozen graph as a program; also give its modes and the SHA-256 of its file.

    Raises UsageError where it is not trusted and NotAuditableError for the parts of a
    checkpoint, and for a graph that takes no single batch of pixels.
    """
    _, fingerprint = look_at_file(path, "a frozen graph of TensorFlow (.pb)")
    if path.suffix.lower() not in (".pb", ".pbtxt"):
        raise NotAuditableError(
            f"{path} is part of a checkpoint of TensorFlow: weights and no program",
            expected="a whole model: a SavedModel folder, a frozen graph, or ONNX",
            advice=_TO_ONNX.format(kind="checkpoint", path=path.with_suffix(".meta").name),
        )
    check_program(path, "a graph of TensorFlow, a program", options)
    graph = _read(path)
    advice = _TO_ONNX.format(kind="graphdef", path=path.name)
    inputs = [node for node in graph.node if node.op == "Placeholder"]
    if len(inputs) != 1:
        listed = ", ".join(printable(node.name) for node in inputs)
        raise NotAuditableError(
            f"{path} has {len(inputs)} inputs{': ' if inputs else ''}{listed}",
            expected="one, the image",
            advice=advice,
        )
    outputs = _ends(graph)
    try:
        with quietly():
            function = _function(graph, inputs[0].name, outputs)
    except Exception as error:
        raise NotAuditableError(
            f"TensorFlow cannot run {path} ({type(error).__name__}: "
            f"{printable(' '.join(str(error).split())[:200])})",
            expected="a graph of operations that it knows",
            advice=advice,
        ) from error
    (start,) = function.inputs
    if start.shape.rank is None or not start.dtype.is_floating:
        raise NotAuditableError(
            f"{path} takes {start.dtype.name} numbers of shape {start.shape}",
            expected="a batch of pixels in floating-point numbers",
            advice=advice,
        )

    def run(x: Any) -> Any:
        return dict(zip(outputs, function(x), strict=True))

    shape = (None, *start.shape.as_list()[1:])
    return Program(run, function, shape, start.dtype.name), modes_of_graph(function), fingerprint


def _read(path: Path) -> Any:
    import tensorflow as tf  # noqa: PLC0415 - the other backends do without
    from google.protobuf import text_format  # noqa: PLC0415

    graph = tf.compat.v1.GraphDef()
    try:
        if path.suffix.lower() == ".pbtxt":
            text_format.Parse(path.read_text(encoding="utf-8"), graph)
        else:
            graph.ParseFromString(path.read_bytes())
        known = all(node.name and node.op for node in graph.node) and len(graph.node) > 0
    except Exception:  # noqa: BLE001 - whatever a parser says of another format
        known = False
    if not known:
        raise NotAuditableError(
            f"{path} is no graph of TensorFlow, or damaged",
            expected="a frozen graph, or the saved_model.pb of a SavedModel folder",
        )
    return graph


def _ends(graph: Any) -> list[str]:
    """List what a graph ends in: nodes that no other takes, or that only a choice of class does."""
    ends = [node for node in graph.node if node.op not in _NO_SCORES]
    takers = [node for node in graph.node if node.op not in _CHOICES]
    used = {name.lstrip("^").partition(":")[0] for node in takers for name in node.input}
    return [node.name for node in ends if node.name not in used and node.op not in _CHOICES]


def _function(graph: Any, start: str, outputs: list[str]) -> Any:
    """Make a function of a batch that gives all outputs of a graph."""
    import tensorflow as tf  # noqa: PLC0415 - the other backends do without

    def whole() -> None:
        tf.graph_util.import_graph_def(graph, name="")

    wrapped = tf.compat.v1.wrap_function(whole, [])
    tensor = wrapped.graph.get_tensor_by_name
    return wrapped.prune(tensor(f"{start}:0"), [tensor(f"{name}:0") for name in outputs])
