"""Long work is told of before it begins."""

import re
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from robaudit import AttackPlan, Classifier, InputSpec, SearchPlan, parse_attack
from robaudit.cli import main
from robaudit.commands import announcement
from robaudit.commands.announcement import announce, announce_hardening
from robaudit.hardening import HardeningPlan
from tests.support.commands import DATA
from tests.support.flat_boundary import GREY
from tests.support.paths import DIGITS

PLAN = SearchPlan(samples=100, directions=10)


def sleepy(seconds: float) -> Classifier:
    """Make a model that takes so long for each input."""

    def predict(x: np.ndarray) -> np.ndarray:
        time.sleep(seconds * len(x))
        return np.zeros((len(x), 10), dtype=np.float32)

    return Classifier("sleepy", InputSpec((2**19,), 10), predict)


def test_work_of_more_than_a_minute_is_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(announcement, "_inputs_per_second", lambda _: 100.0)
    said = announce(sleepy(0), 500, PLAN, None)
    assert said is not None
    assert "classify 500 inputs" in said
    assert "2,000 rays of up to 25 steps" in said
    assert "50,500 forward passes at most, 8 min" in said


def test_short_work_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(announcement, "_inputs_per_second", lambda _: 1e6)
    assert announce(sleepy(0), 500, PLAN, None) is None


@pytest.mark.parametrize(
    ("attack", "passes"),
    [
        ("pgd:steps=10,restarts=2", 60),
        ("fgsm", 3),
        ("square:queries=50", 50),
        ("apgd-t:steps=10,targets=3", 90),
        ("opt-margin:members=5,searches=3,steps=20", 3 * 5 * 3 * 20),
        ("autoattack:steps=10,targets=3,queries=50", 200),
    ],
)
def test_attacks_count(attack: str, passes: int) -> None:
    attacks = AttackPlan((parse_attack(attack, GREY),), samples=40)
    said = announce(sleepy(0.01), None, PLAN, attacks)
    assert said is not None
    assert "attack 40 samples with 1 attack(s)" in said
    assert f"{100 + 50_000 + 40 * passes:,}" in said


def test_a_search_may_end_before_its_samples_do() -> None:
    said = announce(sleepy(0.01), 500, PLAN, None, decide=True)
    assert said is not None
    assert "2,000 rays of up to 25 steps), until gates are decided: " in said


HARDENING = HardeningPlan(
    search=SearchPlan(20, 5),
    epochs=2,
    rounds=2,
    most_examples=1,
    validation_samples=4,
    validation_directions=5,
)


def test_all_parts_of_a_hardening_count() -> None:
    """Of 1,000 images 200 are held out, and 80 of the others judge epochs."""
    said = announce_hardening(sleepy(0.01), 1000, None, HARDENING, PLAN, None, seeds=3)
    assert said is not None
    audits = 4 * (200 + 100 * 20 * 25)
    searches = 6 * 20 * 10 * 25
    training = 12 * 720 * 2 * 3
    judging = 12 * (80 + 4 * 10 * 25)
    assert "audit the model before and after, 4 times in all" in said
    assert "search 20 training samples" in said
    assert "train for 12 epochs on 720 images, and up to 1 examples for each" in said
    assert f"{audits + searches + training + judging:,} forward passes at most" in said


def test_adversarial_training_searches_nothing_and_attacks_each_image() -> None:
    plan = replace(HARDENING, method="adversarial", adversary=parse_attack("pgd:steps=5", GREY))
    said = announce_hardening(sleepy(0.01), 1000, 100, plan, PLAN, None)
    assert said is not None
    passes = 2 * (100 + 100 * 20 * 25) + 4 * 900 * 3 * (5 + 1) + 4 * (100 + 4 * 10 * 25)
    assert "search 20" not in said
    assert f"{passes:,} forward passes at most" in said


def test_combined_hardening_searches_and_attacks_a_share_of_the_images() -> None:
    plan = replace(HARDENING, method="combined", adversary=parse_attack("pgd:steps=5", GREY))
    said = announce_hardening(sleepy(0.01), 1000, 100, plan, PLAN, None)
    assert said is not None
    training = 4 * 900 * (round(0.7 * 3 * 5) + 3)
    passes = 2 * (100 + 100 * 20 * 25) + 2 * 20 * 10 * 25 + training + 4 * (100 + 4 * 10 * 25)
    assert "900 images, each as it is, attacked, an example or noisy" in said
    assert f"{passes:,} forward passes at most" in said


def test_the_line_of_weights_counts() -> None:
    """Eleven points are judged on each half, and what is searched attacked with four budgets."""
    of_five, of_one = (
        replace(HARDENING, keep="line", adversary=parse_attack(f"pgd:steps={steps}", GREY))
        for steps in (5, 1)
    )
    blind = sleepy(0.01)
    sighted = replace(blind, vjp=lambda x, _cotangent: x)
    others = announce_hardening(blind, 1000, 100, HARDENING, PLAN, None, seeds=2)
    for model, plan, attacked in (
        (blind, of_five, 0),
        (sighted, of_five, 4 * (2 + 8) * 3 * 5),
        (sighted, of_one, 4 * (2 + 8) * 3 * 3),  # which is judged by three
    ):
        said = announce_hardening(model, 1000, 100, plan, PLAN, None, seeds=2)
        assert said is not None
        assert others is not None
        assert "walk the line back to the original" in said
        line = 2 * 11 * (100 + 2 * 10 * 25 + 8 * 30 * 25 + attacked)
        assert _passes_in(said) - _passes_in(others) == line


def test_trainings_within_smaller_budgets_count_as_often_as_there_may_be() -> None:
    """They begin with what the first has found; without gradients or a line there is one."""
    plan = replace(
        HARDENING,
        method="combined",
        rounds=1,
        keep="line",
        adversary=parse_attack("pgd:steps=5", GREY),
    )
    model = replace(sleepy(0.01), vjp=lambda x, _cotangent: x)

    def passes(**changed: Any) -> int:
        said = announce_hardening(model, 1000, 100, replace(plan, **changed), PLAN, None)
        assert said is not None
        assert ("epochs at most" in said) == (changed == {"budget_halvings": 2})
        return _passes_in(said)

    once, thrice = passes(), passes(budget_halvings=2)
    search, audits = 20 * 10 * 25, 2 * (100 + 100 * 20 * 25)
    assert thrice - audits - search == 3 * (once - audits - search)
    assert passes(budget_halvings=2, keep="best") == passes(keep="best")


def _passes_in(said: str) -> int:
    (found,) = re.findall(r"([\d,]+) forward passes at most", said)
    return int(found.replace(",", ""))


def test_a_short_hardening_is_not_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(announcement, "_inputs_per_second", lambda _: 1e7)
    assert announce_hardening(sleepy(0), 1000, None, HARDENING, PLAN, None) is None


@pytest.mark.parametrize("command", ["scan", "init", "harden"])
@pytest.mark.parametrize("quiet", [False, True])
def test_commands_tell_of_it_unless_they_are_to_be_quiet(
    command: str,
    quiet: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """They have told of it when the work begins."""
    pytest.importorskip("onnx2fx", reason="training ONNX models needs onnx2fx and torch")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(announcement, "_inputs_per_second", lambda _: 1e-3)
    work = "harden" if command == "harden" else "scan"
    monkeypatch.setattr(f"robaudit.commands.{command}.{work}", interrupted)
    options = ["-q"] if quiet else []
    assert main([command, str(DIGITS), *DATA, *options]) == 130
    assert ("about to " in capsys.readouterr().err) != quiet


def interrupted(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def test_fewer_images_than_a_plan_searches_take_less_time() -> None:
    few, many = (
        announcement.estimated_seconds(sleepy(0.01), images, PLAN, None) for images in (10, 1000)
    )
    assert 0 < few < many
