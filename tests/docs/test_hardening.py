"""The training loop of `docs/hardening.md` does what is said of it."""

import re
from typing import Any

import numpy as np
import pytest

from tests.support.paths import ROOT

torch = pytest.importorskip("torch")

TEXT = (ROOT / "docs" / "hardening.md").read_text(encoding="utf-8")


def test_the_loop_for_training_elsewhere_trains_on_mixed_batches() -> None:
    elsewhere = TEXT[TEXT.index("## Training elsewhere") :]
    (loop,) = re.findall(r"```python\n(.*?)```", elsewhere, re.DOTALL)[:1]
    torch.manual_seed(0)
    network = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(784, 10))
    random = np.random.default_rng(0)
    names: dict[str, Any] = {
        "network": network,
        "x": random.uniform(size=(80, 1, 28, 28)).astype(np.float32),
        "y": np.arange(80) % 10,
        "epochs": 1,
        "optimizer": torch.optim.Adam(network.parameters()),
    }
    before = network[1].weight.detach().clone()
    exec(compile(loop, "docs/hardening.md", "exec"), names)
    assert len(names["batch"]) == 16  # the last of 80 in batches of 64
    assert np.isfinite(names["batch"]).all()
    assert not np.array_equal(names["batch"], names["x"][names["rows"].numpy()])
    assert not torch.equal(network[1].weight, before)
