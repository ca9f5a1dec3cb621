"""Attacks that were given too little for their budget are found out."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from robaudit.attacks.catalogue import CATALOGUE, default_attack, parse_attack
from robaudit.attacks.curves import default_strengths, with_strength
from robaudit.attacks.effort import doubt_of, too_little_effort
from robaudit.attacks.run import AttackResult
from robaudit.cli import main
from tests.support.agreements import make_result
from tests.support.files import read_record
from tests.support.flat_boundary import COLOUR, GREY
from tests.support.schemas import validate


def test_what_is_usual_is_enough() -> None:
    for spec in (GREY, COLOUR):
        for name in CATALOGUE:
            attack = default_attack(name, spec)
            assert too_little_effort(attack, spec.dimension) is None
            if "step" in attack.parameters:
                for strength in default_strengths(spec):
                    assert (
                        too_little_effort(with_strength(attack, strength), spec.dimension) is None
                    )


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("pgd:epsilon=0.05,step=0.0001,steps=5", "change a pixel by at most 0.0005"),
        ("pgd:epsilon=16/255,step=1/255,steps=15", "of a budget of 0.06275"),
        ("bim:epsilon=0.5,step=0.01", "at most 0.1"),
        ("mim:steps=2", "its 2 steps"),
        ("pgd:step=0", "at most 0"),
        ("cw-l2:steps=1", "its steps are 1"),
        ("cw-l2:searches=1", "its searches are 1"),
        ("cw-l2:learning_rate=1e-5", "a learning rate of 1e-05"),
        (
            "cw-l2:searches=7,steps=20",
            "its 20 steps at a learning rate of 0.03 are few for a budget",
        ),
        ("cw-l2:budget=2.5,learning_rate=0.01", "few for a budget of 2.5"),
        ("deepfool:steps=1", "its steps are 1"),
        ("apgd:steps=2", "its steps are 2"),
        ("apgd-t:steps=2", "its steps are 2"),
        ("pgd-l2:steps=2", "change a sample by at most 0.2"),
        ("ddn:steps=5", "its steps are 5"),
        ("autoattack:queries=50", "its queries are 50"),
        ("fmn-l0:steps=5", "its steps are 5"),
        ("square:queries=3", "its queries are 3"),
        ("hopskipjump:queries=10", "its queries are 10"),
        ("boundary:queries=99", "its queries are 99"),
        ("hopskipjump-linf:queries=200", "its queries are 200"),
    ],
)
def test_too_little_is_said(text: str, says: str) -> None:
    assert says in str(too_little_effort(parse_attack(text, GREY), 784))


@pytest.mark.parametrize(
    "text",
    [
        "pgd:step=0.3,steps=1",
        "pgd:epsilon=16/255,step=1/255,steps=16",
        "cw-l2:budget=2.5,searches=7,steps=60",
    ],
)
def test_steps_that_just_reach_are_enough(text: str) -> None:
    assert too_little_effort(parse_attack(text, GREY), 784) is None


def test_an_attack_that_broke_all_had_enough() -> None:
    weak = parse_attack("pgd:steps=1", GREY)
    broke, left = ([0.1, 0.1], [0.1, np.inf])

    def doubt(sizes: Sequence[float]) -> str | None:
        return doubt_of(replace(make_result("pgd", sizes), attack=weak))

    assert doubt(broke) is None
    assert "its 1 steps" in str(doubt(left))
    assert doubt_of(AttackResult(weak, None, "no gradients")) is None


@pytest.mark.parametrize(
    ("attack", "code", "held"),
    [
        ("pgd:epsilon=8", 2, None),
        ("pgd:epsilon=0.05,step=0.0001,steps=5", 0, 0.9),
        ("cw-l2:steps=1", 0, 0.8),
    ],
)
def test_budgets_of_the_cases(
    attack: str, code: int, held: float | None, shared: Path, tmp_path: Path
) -> None:
    pytest.importorskip("art")
    pytest.importorskip("onnx2fx")
    case = shared / "cases" / "09-epsilon"
    if not case.is_dir():
        pytest.skip("the cases are not there")
    data = ["--data", str(case / "m.npz"), "--samples", "10", "--directions", "2"]
    attacks = ["--attack", attack, "--attack-samples", "10"]
    command = ["scan", str(case / "plain.onnx"), *data, *attacks, "-q", "-o", str(tmp_path / "out")]
    assert main(command) == code
    if held is None:
        assert not (tmp_path / "out").exists()
        return
    record = read_record(tmp_path / "out")
    validate(record)
    assert record["attacks"][0]["accuracy"]["value"] == pytest.approx(held)
    assert record["attacks"][0]["doubt"]
    assert [flag["name"] for flag in record["trust"] if flag["raised"]] == ["too-little-effort"]
