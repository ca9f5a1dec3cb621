"""How large what a graph makes would be, found out before a session is made of it.

A session computes all that does not depend on the input when it starts, so that a file of a
few bytes can take all memory there is. So a graph is walked once with types alone, and with
the numbers of the little arrays that shapes are made of.
"""

from collections import ChainMap, Counter
from collections.abc import MutableMapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import onnx
from onnx import helper, inliner

from robaudit.errors import NotAuditableError, RobauditError
from robaudit_onnx.graph import array_of, names_read
from robaudit_onnx.sequences import SEQUENCES, with_parts
from robaudit_onnx.small_values import Calculator
from robaudit_onnx.subgraphs import control_flow
from robaudit_onnx.tensors import readable, type_of
from robaudit_onnx.values import UNKNOWN, Value, inferred, of_array, of_sizes

LARGEST_VALUE = 2**32
"""How many bytes any one value may take for one input."""

_MOST_FOLDED = 2**30
_MOST_TIMES = 16
_MOST_STEPS = 200_000
_ADVICE = "Export the model again: no classifier of images needs so much."

Known = MutableMapping[str, Value]


def most_folded(model: onnx.ModelProto) -> int:
    """Give how many bytes constants may become: 1 GiB, or 16 times what the model holds."""
    return max(_MOST_FOLDED, _MOST_TIMES * int(model.ByteSize()))


def refuse_large_values(
    model: onnx.ModelProto,
    value: onnx.ValueInfoProto,
    batch: int,
    shape: Sequence[int | None],
    path: Path,
) -> None:
    """Raise NotAuditableError for a graph that makes too much of its constants, or of one input.

    ``value`` is its input, of ``batch`` images of ``shape``, with ``None`` for sizes that are
    not known. What is not known is taken to be small.
    """
    bound = most_folded(model)
    if model.functions:
        try:
            model = inliner.inline_local_functions(model)
        except Exception as error:
            raise NotAuditableError(
                f"{path}: its functions are not as they are called ({str(error)[-150:]})",
                expected="functions that can be put in the place of their calls",
            ) from error
    known: Known = ChainMap(
        {value.name: of_sizes(value.type.tensor_type.elem_type, [batch, *shape])}
    )
    opsets = {each.domain: each.version for each in model.opset_import}
    _Walk(path, bound, list(model.opset_import), Calculator(opsets)).graph(model.graph, known)


@dataclass
class _Walk:
    """A walk through a graph, node by node, and how much was made until now.

    ``folded`` is what the constants that are still needed take: those that nothing reads any
    more are thrown away.
    """

    path: Path
    bound: int
    opsets: Sequence[onnx.OperatorSetIdProto]
    calculator: Calculator
    folded: int = 0
    steps: int = 0

    @property
    def tired(self) -> bool:
        """Whether so much was looked at that loops are gone through only once."""
        return self.steps > _MOST_STEPS

    def graph(self, graph: onnx.GraphProto, known: Known) -> None:
        """Walk a graph; what it makes is added to ``known``."""
        for tensor in graph.initializer:
            known[tensor.name] = self._constant(tensor)
        for sparse in graph.sparse_initializer:
            known[sparse.values.name] = dense = _dense(sparse)
            self._check(f"the sparse tensor {sparse.values.name!r:.80}", [dense])
        readers = Counter(name for node in graph.node for name in names_read(node))
        readers.update(output.name for output in graph.output)
        made: dict[str, int] = {}
        for node in graph.node:
            self.steps += 1
            outputs = self._outputs(node, known)
            known.update(zip(node.output, outputs, strict=True))
            name = node.name or next(iter(node.output), "")  # bytes, where they are no text
            self._check(f"{node.op_type} {name!r:.80}", outputs)
            if all(value.constant for value in outputs):
                made |= {
                    name: value.bytes for name, value in zip(node.output, outputs, strict=True)
                }
                for name in names_read(node):
                    readers[name] -= 1
                    if not readers[name]:
                        self.folded -= made.pop(name, 0)

    def inside(self, graph: onnx.GraphProto, known: Known, given: Sequence[Value]) -> list[Value]:
        """Walk the graph inside a node, with what it is given; give its outputs."""
        inner = ChainMap({}, *(known.maps if isinstance(known, ChainMap) else [known]))
        names = [each.name for each in graph.input]
        inner.update(zip(names, given, strict=False))
        self.graph(graph, inner)
        return [inner.get(output.name, UNKNOWN) for output in graph.output]

    def refuse(self, what: str, size: int) -> None:
        """Raise NotAuditableError where something takes more bytes than it may."""
        if size > LARGEST_VALUE:
            raise NotAuditableError(
                f"{self.path}: {what} makes {readable(size)} of one input",
                expected=f"at most {readable(LARGEST_VALUE)} in any one value",
                advice=_ADVICE,
            )

    def _check(self, what: str, values: Sequence[Value]) -> None:
        for value in values:
            if not value.constant:
                self.refuse(what, value.bytes)
                continue
            self.folded += value.bytes
            if self.folded > self.bound:
                raise NotAuditableError(
                    f"{self.path}: {what} makes {readable(value.bytes)} of constants, "
                    f"{readable(self.folded)} with what was made before it",
                    expected=f"at most {readable(self.bound)} before the model is run",
                    advice=_ADVICE,
                )

    def _outputs(self, node: onnx.NodeProto, known: Known) -> list[Value]:
        """Tell what a node gives, one value an output: what nobody can tell is not known."""
        try:
            outputs = self._told(node, known)
        except (RobauditError, MemoryError):
            raise
        except Exception:  # noqa: BLE001 - of a node that is wrong, which the runtime will say
            outputs = []
        return [*outputs, *[UNKNOWN] * (len(node.output) - len(outputs))][: len(node.output)]

    def _told(self, node: onnx.NodeProto, known: Known) -> list[Value]:
        if any(each.HasField("g") for each in node.attribute):
            return control_flow(self, node, known)
        if node.op_type == "Constant" and node.attribute:
            return [self._written(node.attribute[0])]
        values = {name: known.get(name, UNKNOWN) for name in node.input if name}
        if node.op_type in SEQUENCES and node.domain in ("", "ai.onnx"):
            return with_parts(node, values, self.opsets)
        outputs = inferred(node, values, self.opsets)
        if all(value.array is not None for value in values.values()):
            arrays = {name: value.array for name, value in values.items()}
            outputs = self.calculator.computed(node, arrays, outputs)
        return outputs

    def _written(self, attribute: onnx.AttributeProto) -> Value:
        """Tell what stands in a Constant."""
        if attribute.type == onnx.AttributeProto.TENSOR:
            return self._constant(attribute.t)
        if attribute.type == onnx.AttributeProto.SPARSE_TENSOR:
            return _dense(attribute.sparse_tensor)
        return of_array(np.asarray(helper.get_attribute_value(attribute)))

    def _constant(self, tensor: onnx.TensorProto) -> Value:
        value = Value(type_of(tensor), constant=True)
        if tensor.data_type == onnx.TensorProto.STRING or not self.calculator.allows(value.count):
            return value
        self.calculator.used += value.count
        try:
            return replace(value, array=array_of(tensor))
        except Exception:  # noqa: BLE001 - of a type that is not known here
            return value


def _dense(sparse: onnx.SparseTensorProto) -> Value:
    return of_sizes(sparse.values.data_type, list(sparse.dims), constant=True)
