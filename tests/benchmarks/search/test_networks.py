"""Networks with random weights that are settled tell classes apart."""

from dataclasses import replace

import numpy as np

from benchmarks.search.networks import settled_network
from benchmarks.search.subjects import SUBJECTS, open_bench
from tests.support.search_benchmarks import PLAN


def test_settled_networks_see_several_classes() -> None:
    x = np.random.default_rng(0).random((20, 3, 32, 32), dtype=np.float32)
    x *= np.linspace(0.1, 1, 20, dtype=np.float32)[:, None, None, None]
    bench = open_bench(replace(SUBJECTS["resnet20-torch"], plan=replace(PLAN, samples=20)))
    assert len(set(bench.start.tolist())) > 1
    again = settled_network("resnet20", x), settled_network("resnet20", x)
    one, other = (network.state_dict().values() for network in again)
    assert all((a == b).all() for a, b in zip(one, other, strict=True))
