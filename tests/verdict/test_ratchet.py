"""When an audit may replace its baseline."""

import datetime

import pytest
from msgspec.structs import replace

from robaudit.metrics.figures import ACCURACY
from robaudit.metrics.gates import Gate
from robaudit.record.findings import Findings
from robaudit.record.schema.verdict import GateRecord
from robaudit.verdict.baseline import evaluate_against
from robaudit.verdict.ratchet import may_replace, with_given_up
from robaudit.verdict.suppression import suppress
from robaudit.verdict.suppression_file import Suppression
from tests.support.lives import NOT_WORSE, attacked, with_wrong


@pytest.fixture(scope="module")
def before() -> Findings:
    return attacked()


@pytest.fixture(scope="module")
def gates(before: Findings) -> list[GateRecord]:
    """Hold a model against one that was worse."""
    return evaluate_against(NOT_WORSE, before, with_wrong(before, 40))


def test_a_better_model_replaces_it(before: Findings, gates: list[GateRecord]) -> None:
    assert may_replace(before.audit_record, gates) == (
        True, "better by more than chance: accuracy/max-drop",
    )  # fmt: skip


def test_an_equal_model_does_not(before: Findings) -> None:
    same = evaluate_against(NOT_WORSE, before, before)
    assert may_replace(before.audit_record, same) == (
        False, "no gate is better by more than chance",
    )  # fmt: skip


def test_what_is_let_be_does_not_hold_it_back_unless_it_is_a_loss(before: Findings) -> None:
    """A gate that is missed for now was missed before; a loss is a loss all the same."""
    asked = [*NOT_WORSE, Gate(ACCURACY, 1.0)]
    held = evaluate_against(asked, before, with_wrong(before, 40))
    assert held[-1].outcome == "failed"
    assert not may_replace(before.audit_record, held)[0]
    one = Suppression(None, None, None, datetime.date(9999, 1, 1), "known")
    let_be, _ = suppress(held, [one], before.audit_record.model.name)
    assert may_replace(before.audit_record, let_be)[0]
    worse = [replace(let_be[0], outcome="failed", suppressed=let_be[-1].suppressed), *let_be[1:]]
    assert not may_replace(before.audit_record, worse)[0]


def test_a_loss_that_is_not_shown_to_be_within_keeps_the_old_one(
    before: Findings, gates: list[GateRecord]
) -> None:
    lost = [gates[0], gates[1], replace(gates[2], value=0.01)]
    updated, why = may_replace(before.audit_record, lost)
    assert not updated
    assert why == "robust-accuracy/max-drop is not shown to be within its max-drop of 0"
    updated, why = may_replace(before.audit_record, [replace(gates[0], outcome="failed")])
    assert (updated, why) == (False, "accuracy/max-drop is not passed")


def test_many_small_losses_never_add_up(before: Findings, gates: list[GateRecord]) -> None:
    gate = Gate(ACCURACY, 0.02, drop=True)
    small = replace(
        gates[2], threshold=gate.threshold, value=0.008, low=0.001, high=0.011, given_up=None
    )
    replaced = 0
    while may_replace(before.audit_record, [gates[0], small])[0]:
        (small,) = with_given_up([small])
        replaced += 1
        assert replaced < 10
    assert replaced == 2
    assert small.given_up == pytest.approx(0.016)
    _, why = may_replace(before.audit_record, [gates[0], small])
    assert "earlier baselines gave up 0.0160" in why
