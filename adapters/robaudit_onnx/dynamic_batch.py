"""Making a graph whose batch is fixed at 1 take any number of inputs.

The rewriting is a guess that is right for most graphs and wrong for some, so it
is never trusted without a proof on inputs.
"""

import numpy as np
import onnx
from onnx import numpy_helper

BATCH = "batch"


def with_dynamic_batch(model: onnx.ModelProto, input_name: str) -> onnx.ModelProto:
    """Copy a model, its batch axis made symbolic.

    Shapes that were inferred are dropped, and constant shapes of Reshape on the
    way from the input lose their fixed leading size.
    """
    rewritten = onnx.ModelProto()
    rewritten.CopyFrom(model)
    graph = rewritten.graph
    del graph.value_info[:]
    for value in (*graph.input, *graph.output):
        shape = value.type.tensor_type.shape
        if shape.dim and (value.name == input_name or value in graph.output):
            shape.dim[0].Clear()
            shape.dim[0].dim_param = BATCH
    constants = {tensor.name: tensor for tensor in graph.initializer}
    for node in graph.node:
        if node.op_type == "Constant" and node.attribute[0].HasField("t"):
            constants[node.output[0]] = node.attribute[0].t
    from_input = {input_name}
    for node in graph.node:
        if from_input.isdisjoint(node.input):
            continue
        from_input.update(node.output)
        if node.op_type == "Reshape" and node.input[1] in constants:
            target = _unfixed(numpy_helper.to_array(constants[node.input[1]]))
            name = f"{node.output[0]}_any_batch"
            graph.initializer.append(numpy_helper.from_array(target, name))
            node.input[1] = name
    return rewritten


def _unfixed(shape: np.ndarray) -> np.ndarray:
    """Free the leading size of a Reshape's target: -1, or 0 (as it was) next to another -1."""
    if shape.size and shape[0] > 0:
        free = 0 if (shape == -1).any() else -1
        return np.concatenate([[free], shape[1:]]).astype(np.int64)
    return shape
