"""Functions are counted before they are put in the place of their calls."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import onnx
import pytest

import robaudit
from robaudit.errors import NotAuditableError
from robaudit_onnx.function_calls import refuse_endless_functions
from tests.support.onnx_bombs import call_of_itself, calls_that_double


def twice() -> onnx.ModelProto:
    model = calls_that_double(2)
    model.functions.append(model.functions[0])
    return model


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (partial(calls_that_double, 40), r"has \d{13,} nodes"),
        (partial(calls_that_double, 2000), "too deeply"),
        (call_of_itself, "'f' calls itself"),
        (twice, "have the same name"),
    ],
)
def test_functions_that_do_not_end_are_refused(
    make: Callable[[], onnx.ModelProto], words: str, tmp_path: Path
) -> None:
    path = tmp_path / "bomb.onnx"
    path.write_bytes(make().SerializeToString())
    with pytest.raises(NotAuditableError, match=words):
        robaudit.load(path)


def test_functions_that_end_are_not() -> None:
    refuse_endless_functions(calls_that_double(10), Path("model.onnx"))
