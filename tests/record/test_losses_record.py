"""The record says of each epoch which class lost most, and the outcome names the price."""

import numpy as np
import pytest

from robaudit import InputSpec
from robaudit.hardening import HardeningPlan, Judgement, Run
from robaudit.hardening.allowance import worst_class
from robaudit.record.losses_record import class_loss_record, price
from tests.support.affine_hardening import random_affine

SPEC = InputSpec((4,), 3, class_names=("ant", "bee", "cat"))
PLAN = HardeningPlan()
EVERY = np.full(50, True)
BEFORE = Judgement(1.0, 0.2, (EVERY, EVERY))
AFTER = Judgement(0.95, 0.3, (EVERY, np.arange(50) < 45))


def run_of(best: Judgement) -> Run:
    return Run(0, BEFORE, best, (), None, random_affine(0)[0])


def test_the_class_that_lost_most_is_written_down_by_name() -> None:
    found = class_loss_record(worst_class(AFTER, BEFORE, PLAN), SPEC)
    assert found is not None
    assert (found.class_index, found.name, found.samples) == (1, "bee", 50)
    assert (found.before, found.after) == (1.0, 0.9)
    assert found.low is not None
    assert found.high is not None
    assert found.low < 0.1 < found.high
    assert class_loss_record(None, SPEC) is None


def test_the_price_is_said_with_its_interval() -> None:
    said = price(run_of(AFTER), SPEC, PLAN)
    assert "lost most is bee: of its 50 samples 100.0% were right before and 90.0% after" in said
    assert "(10.0 points lost, 95% interval for this class alone " in said


@pytest.mark.parametrize("best", [BEFORE, Judgement(0.9, 0.3)])
def test_where_no_class_lost_any_there_is_no_price(best: Judgement) -> None:
    assert price(run_of(best), SPEC, PLAN) == ""
