"""Mutated model files end well or by a clear error."""

from dataclasses import replace
from pathlib import Path

import onnx
import onnx.parser
import pytest

from tests.fuzz import children, running
from tests.fuzz.cases import make_case
from tests.fuzz.formats import MODELS, make_seeds
from tests.support.fuzz import fuzz

_SLOW = """<ir_version: 8, opset_import: ["" : 17]>
slow (float[N,1,8,8] x) => (float[N,3] y) <int64 times = {1000000000}> {
  axes = Constant <value = int64[1] {1}> ()
  shape = Constant <value = int64[2] {-1, 64}> ()
  ends = Constant <value = int64[1] {3}> ()
  begins = Constant <value = int64[1] {0}> ()
  flat = Reshape (x, shape)
  part = Slice (flat, begins, ends, axes)
  y = Loop (times, "", part) <body: graph = body (int64 i, bool going, float[N,3] sum)
    => (bool goes, float[N,3] more) { goes = Identity (going) more = Add (sum, part) }>
}"""


def test_mutated_models_end_well_or_clearly(tmp_path: Path) -> None:
    for framework in ("skops", "tensorflow", "torch"):
        pytest.importorskip(framework)
    fuzz(MODELS, 100, 1, tmp_path)


def test_what_takes_long_is_run_again_as_a_command_with_a_limit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Which has to end it: the forked children of a run have nobody who watches."""
    monkeypatch.setattr(children, "SECONDS", 3)
    case = make_case("onnx", -1, make_seeds(["onnx"]))
    slow = onnx.parser.parse_model(_SLOW).SerializeToString()
    case = replace(case, files={**case.files, "model.onnx": slow})
    assert running.run_case(case, None).kind == "time limit"
    monkeypatch.setattr(running, "_TIMEOUT", 0.001)
    assert running.run_case(case, None).kind == "hang"
