"""Hardenings that were cut off anywhere go on to what they would have come to."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from robaudit.attacks.catalogue import Attack
from robaudit.hardening import resuming
from robaudit.hardening.plan import HardeningPlan
from tests.support.affine_hardening import SMALL, random_affine
from tests.support.cut_hardening import Work, assert_same_run, hardened, shorter

PGD = Attack("pgd", {"epsilon": 0.05, "step": 0.02, "steps": 2, "restarts": 1})
FEEDBACK = shorter(SMALL, most_examples=1.0)
PLANS = {
    "feedback": FEEDBACK,
    "the last epoch": replace(FEEDBACK, keep="last"),
    "adversarial": shorter(SMALL, method="adversarial", batch_size=8),
    "rounds": replace(FEEDBACK, rounds=2, epochs=2, max_accuracy_drop=0.5),
}


@pytest.fixture(autouse=True)
def at_each_batch(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Have a state written after each batch."""
    monkeypatch.setattr(resuming, "SECONDS", 0.0)
    return iter(())


@pytest.mark.parametrize("name", PLANS)
def test_cut_off_before_any_batch_it_comes_to_the_same(name: str, tmp_path: Path) -> None:
    """And nothing is done twice but the batch that was under way."""
    plan, whole = PLANS[name], Work()
    wanted = hardened(plan, None, whole)
    assert wanted is not None
    for cut in range(whole.batches):
        folder = tmp_path / str(cut)
        folder.mkdir()
        before, after = Work(cut=cut), Work()
        assert hardened(plan, folder, before) is None
        assert_same_run(hardened(plan, folder, after), wanted)
        assert before.batches + after.batches == whole.batches
        assert before.judged + after.judged == whole.judged
