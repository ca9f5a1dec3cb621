"""The ways to search find the same, and count what they do."""

import numpy as np
import pytest

from benchmarks.search.figures import disagreements
from benchmarks.search.subjects import open_bench
from benchmarks.search.ways import WAYS
from robaudit.search.rays import NONE
from tests.support.search_benchmarks import PLAN, RAYS, tiny


@pytest.mark.parametrize("runtime", ["onnx", "torch"])
def test_the_ways_find_the_same_crossings_and_count_their_probes(runtime: str) -> None:
    bench = open_bench(tiny(runtime))
    found = {}
    for name in ("linear", "traced", "authors"):
        way = WAYS[name](bench, 0.01)
        assert not isinstance(way, str)
        found[name] = way(3)
        assert found[name].rays == RAYS
        assert 0 < found[name].in_model <= 1
    linear = found["linear"]
    assert linear.step is not None
    assert (linear.step != NONE).any()
    every_step = np.where(linear.step == NONE, PLAN.steps, linear.step).sum()
    assert found["authors"].probes == every_step
    assert linear.linear_probes == every_step
    assert every_step <= linear.probes <= 1.5 * every_step  # near ties are probed again
    for name in ("traced", "authors"):
        assert disagreements(found[name], linear) == (0, RAYS)


def test_the_bare_model_is_run_at_one_of_some_batch_sizes() -> None:
    way = WAYS["bare"](open_bench(tiny()), 0.01)
    assert not isinstance(way, str)
    bare = way(1)
    assert bare.probes % bare.batch_size == 0
    assert bare.probes > 0
    assert bare.rays == 0


def test_foolbox_runs_on_models_of_torch() -> None:
    assert WAYS["foolbox"](open_bench(tiny()), 0.01) == "torch models only"
    way = WAYS["foolbox"](open_bench(tiny("torch")), 0.01)
    if isinstance(way, str):
        assert way == "not installed"
        pytest.skip("Foolbox is not installed")
    blended = way(3)
    assert blended.rays % 3 == 0
    assert blended.probes > blended.rays > 0
