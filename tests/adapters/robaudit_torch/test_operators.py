"""Which operators a stranger's program may use."""

import pytest
import torch

from robaudit_torch.operators import _INNER, _QUANTIZED, computes

SCHEMAS = torch._C._jit_get_all_schemas()
NAMES = {schema.name for schema in SCHEMAS}


def test_public_operators_that_do_more_than_compute() -> None:
    """A look at all of them: what a new version of torch adds is seen here, if it is refused."""
    refused = {name[6:] for name in NAMES if name.startswith("aten::") and not computes(name)}
    trusting = ("backward", "fbgemm", "mkldnn", "quantized", "sparse")
    assert {
        name
        for name in refused
        if not name.startswith("_") and not any(w in name for w in trusting)
    } == {
        *("confirmed_by_owner", "cuda", "from_file", "initial_seed", "is_owner", "local_value"),
        *("manual_seed", "owner", "owner_name", "pin_memory", "record_stream", "save", "seed"),
        *("set_data", "to_here", "wait", "warn"),
        *("ctc_loss", "linalg_ldl_solve", "linalg_lu_solve", "lu_solve", "lu_unpack"),
        "segment_reduce",
    }


def test_no_operator_on_the_list_takes_what_is_not_a_value() -> None:
    """Files, streams, other processes and objects of libraries come to an operator as such."""
    strange = ("__torch__", "Storage", "Stream", "Future", "RRef", "Await", "PyObject", "Capsule")
    found = {
        schema.name
        for schema in SCHEMAS
        if computes(schema.name)
        for argument in (*schema.arguments, *schema.returns)
        if any(word in str(argument.type) for word in strange)
    }
    assert found <= {"aten::set_", "aten::set"}  # which try the sizes they are given


@pytest.mark.parametrize(
    "name",
    [
        *("aten::save", "aten::from_file", "aten::warn", "aten::_print", "aten::record_stream"),
        *("prim::Print", "prim::PythonOp", "prim::rpc_sync", "prim::fork", "prim::profile"),
        *("profiler::_record_function_enter", "cuda::set_stream", "c10d::send", "relu", ""),
        *(
            "inductor::_reinterpret_tensor",
            "torchvision::nms",
            "aten::",
            "prim::",
            "aten::_made_up",
        ),
        *("__torch__.torch.classes.quantized.LinearPackedParamsBase", "^Function"),
    ],
)
def test_what_is_not_on_the_list(name: str) -> None:
    assert not computes(name)


@pytest.mark.parametrize(
    "name", ["aten::conv2d", "aten::_softmax", "aten::add_", "prim::If", "quantized::relu6"]
)
def test_what_is_on_the_list(name: str) -> None:
    assert computes(name)


def test_the_list_names_what_torch_has() -> None:
    assert {f"aten::{name}" for name in _INNER} <= NAMES
    assert {f"quantized::{name}" for name in _QUANTIZED} <= NAMES
