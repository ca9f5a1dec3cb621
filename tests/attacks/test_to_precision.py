"""Attacking until robust accuracy is known precisely enough."""

from collections.abc import Callable

import numpy as np
import pytest

from robaudit import AttackPlan, Images, SearchPlan, load, make_record, parse_attack, scan
from robaudit.attacks.run import INTERRUPTED, AttackResult, lowest_accuracy
from robaudit.attacks.to_precision import Results, attack_to, half_of
from robaudit.errors import UsageError
from robaudit.metrics.figures import ROBUST_ACCURACY
from robaudit.search.plan import Precision
from tests.support.agreements import make_result
from tests.support.files import Run, read_record
from tests.support.paths import DIGITS

PLAN = SearchPlan(9000, 64)


def to(half_width: float) -> Precision:
    return Precision(half_width, ROBUST_ACCURACY.name)


def drawing(share: float, random: np.random.Generator) -> Callable[[slice], Results]:
    """An adversary that leaves so large a share, wherever it looks."""

    def attack(part: slice) -> Results:
        held = random.random(part.stop - part.start) < share
        distances = np.where(held, np.inf, 0.1).tolist()
        return (make_result("pgd", distances),)

    return attack


@pytest.mark.parametrize("share", [0.01, 0.3, 0.5])
def test_the_interval_is_as_narrow_as_asked_for_and_covers(share: float) -> None:
    random, missed = np.random.default_rng(3), 0
    for _ in range(400):
        results, _, reached = attack_to(to(0.04), drawing(share, random), PLAN)
        assert reached.met
        assert reached.half_width == half_of(results)
        outcome = results[0].outcome
        assert outcome is not None
        assert len(outcome.success) == reached.samples
        found = lowest_accuracy([outcome])
        assert found.low is not None
        assert found.high is not None
        missed += not found.low <= share <= found.high
    assert missed <= 0.05 * 400 + 3 * np.sqrt(400 * 0.05 * 0.95)


def test_shares_near_the_ends_take_fewer_samples() -> None:
    random = np.random.default_rng(4)
    few, many = (
        attack_to(to(0.03), drawing(share, random), PLAN)[2].samples for share in (0.01, 0.5)
    )
    assert few < many / 3


def test_where_there_are_too_few_that_is_said() -> None:
    few = AttackPlan((), samples=300)
    _, plan, reached = attack_to(to(0.01), drawing(0.5, np.random.default_rng(5)), PLAN, few)
    assert plan.samples == 300
    assert not reached.met
    assert (reached.samples, reached.most, reached.samples_for_half) == (300, 300, None)


def test_an_interrupt_ends_it() -> None:
    attack = drawing(0.5, np.random.default_rng(6))

    def interrupted(part: slice) -> Results:
        results = attack(part)
        if part.start:
            return tuple(AttackResult(one.attack, None, INTERRUPTED) for one in results)
        return results

    with pytest.raises(KeyboardInterrupt):
        attack_to(to(0.01), interrupted, PLAN)


def test_an_audit_attacks_and_searches_the_same_samples(digits: Images) -> None:
    model = load(DIGITS)
    attacks = AttackPlan((parse_attack("fgsm:epsilon=0.1", model.spec),))
    plan = SearchPlan(10_000, 64, own_directions=2, steps=5,
                      precision=to(0.06))  # fmt: skip
    record = make_record(scan(model, digits, plan=plan, attacks=attacks))
    reached, samples = record["search"]["precision"], record["plan"]["samples"]
    assert 100 < samples < 600
    assert record["attack_plan"]["samples"] == samples == reached["samples"]
    lowest = record["attack_plan"]["lowest"]
    assert reached["half_width"] == pytest.approx((lowest["high"] - lowest["low"]) / 2)
    assert reached["met"]
    assert record["search"]["rays"] == samples * 4


def test_it_takes_an_adversary(digits: Images) -> None:
    model = load(DIGITS)
    noise = AttackPlan((parse_attack("gaussian-noise:sigma=0.1", model.spec),))
    plan = SearchPlan(50, 64, precision=to(0.05))
    for attacks in (None, noise):
        with pytest.raises(UsageError, match="without attacks that look for the worst"):
            scan(model, digits, plan=plan, attacks=attacks)


def test_on_the_command_line(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ("--precision", "robust-accuracy=0.1", "--attack", "fgsm:epsilon=0.1")
    assert run(*asked, "--samples", "9999") == 0
    record = read_record()
    assert record["search"]["precision"]["figure"] == "robust-accuracy"
    assert record["search"]["precision"]["met"]
    said = " ".join(capsys.readouterr().out.split())
    assert "Reached: robust accuracy known to within" in said
