"""What several commands make of their options: attacks, and models that a factory makes."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

import robaudit
from robaudit import Classifier, Images, InputSpec, TrainPlan
from robaudit.cli import main
from robaudit.commands.from_options import code_of, make_hardening_plan, make_search_plan
from robaudit.commands.options.parser import make_parser
from robaudit.errors import UsageError
from robaudit.hardening.plan import HALVINGS
from tests.support.affine_hardening import random_affine
from tests.support.digit_inputs import DIGITS_SHAPE
from tests.support.files import Run, read_record
from tests.support.networks import small
from tests.support.paths import ROOT


def test_attacks_can_be_named_with_their_parameters(run: Run) -> None:
    arguments = ["--attack", "pgd:epsilon=0.05,steps=3", "--attack", "blur", "--strengths", "0.1"]
    assert run(*arguments, "--attack-samples", "10", "-q") == 0
    record = read_record()
    assert [row["name"] for row in record["attacks"]] == ["pgd", "blur"]
    assert record["attacks"][0]["parameters"]["steps"] == 3
    assert record["attacks"][0]["budget"] == 0.05
    assert [curve["strengths"] for curve in record["curves"]] == [[0.1]] * 4


def test_one_of_a_suite_can_be_given_other_parameters(run: Run) -> None:
    assert run("--attacks", "quick", "--attack", "fgsm:epsilon=0.01", "-q") == 0
    rows = {row["name"]: row for row in read_record()["attacks"]}
    assert len(rows) == 4
    assert rows["fgsm"]["budget"] == 0.01


def test_all_there_are_are_the_most_that_are_searched_to_decide() -> None:
    gate, spec = ["--fail-under", "crossing-rate=0.5", "--decide"], InputSpec((1, 28, 28), 10)
    plain, deciding, asked = (
        make_search_plan(make_parser().parse_args(["scan", "model.onnx", *arguments]), spec)
        for arguments in ([], gate, [*gate, "--samples", "70", "--directions", "9"])
    )
    assert deciding.samples > 10**6
    assert replace(deciding, samples=plain.samples) == plain
    assert (asked.samples, asked.directions, asked.own_directions) == (70, 9, None)


@pytest.mark.parametrize("named", ["menagerie.nets:make", "menagerie/nets.py:make"])
def test_code_that_makes_a_model_is_told_by_its_file(
    named: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    code = tmp_path / "menagerie" / "nets.py"
    code.parent.mkdir()
    options = make_parser().parse_args(["scan", named, "--trust-model"])
    known = []
    for content in ("a = 1", "a = 2", "a = 1"):
        code.write_text(content)
        known.append(code_of(options))
    assert known[0] == known[2] != known[1]


def test_a_factory_on_the_command_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, digits: Images
) -> None:
    classifier: Classifier = robaudit.load(small(), DIGITS_SHAPE)
    assert digits.labels is not None
    x = digits.unit_pixels(slice(None)).transpose(0, 3, 1, 2)
    assert classifier.train is not None
    trained = classifier.train(x, digits.labels, TrainPlan(epochs=5, learning_rate=0.01))
    monkeypatch.chdir(tmp_path)
    assert trained.save is not None
    trained.save(Path("digits.pt"))
    (tmp_path / "zoo.py").write_text("from tests.support.networks import small\n")
    arguments = ["--factory", "zoo:small(6)", "--data", str(ROOT / "examples/digits.npz")]
    small_plan = ["--samples", "10", "--directions", "2", "--steps", "5"]
    assert main(["scan", "digits.pt", *arguments, *small_plan, "-q"]) == 0
    record = json.loads(Path("robaudit-report/audit.json").read_text())
    assert record["model"]["adapter"] == "torch"
    assert record["clean"]["accuracy"]["value"] > 0.9


@pytest.mark.parametrize(
    ("asked", "expected"),
    [([], (0.0, "best")), (["--keep", "line"], (0.0, "line")), (["--keep", "last"], (0.0, "last"))],
)
def test_a_plan_is_of_what_the_model_can_do_and_of_what_is_asked_for(
    asked: list[str], expected: tuple[float, str]
) -> None:
    options = make_parser().parse_args(["harden", "m.onnx", "--method", "combined", *asked])
    rigid = replace(random_affine(0)[0], weights=None)
    plan = make_hardening_plan(options, rigid)
    assert (plan.averaging, plan.keep) == expected
    assert make_hardening_plan(options, random_affine(0)[0]).averaging == 0.995


def test_an_adversary_that_is_asked_for_has_the_budget_that_is_asked_for() -> None:
    model = random_affine(0)[0]
    usual, asked = (
        make_hardening_plan(make_parser().parse_args(["harden", "m.onnx", *given]), model)
        for given in ([], ["--adversary", "pgd:epsilon=0.4"])
    )
    assert (usual.reach_of_adversary, asked.reach_of_adversary) == (2.0, 0.0)
    assert asked.adversary is not None
    assert asked.adversary.budget == 0.4
    assert (usual.budget_halvings, asked.budget_halvings) == (HALVINGS, 0)


def test_smaller_budgets_are_tried_below_one_that_is_asked_for_too() -> None:
    given = ["--adversary", "pgd:epsilon=0.4", "--budget-halvings", "3"]
    options = make_parser().parse_args(["harden", "m.onnx", *given])
    assert make_hardening_plan(options, random_affine(0)[0]).budget_halvings == 3


@pytest.mark.parametrize("asked", ["--noise-share 0.7", "--budget-drawn", "--budget-ramp 0"])
@pytest.mark.parametrize("method", ["feedback", "adversarial"])
def test_parts_of_mixed_batches_are_of_combined_hardening_alone(asked: str, method: str) -> None:
    """What is asked for is not passed over in silence, nor found to be wrong in itself."""
    flag, *_ = given = asked.split()
    options = make_parser().parse_args(["harden", "m.onnx", "--method", method, *given])
    with pytest.raises(
        UsageError, match=f"^{flag} with --method {method}; expected --method combined"
    ):
        make_hardening_plan(options, random_affine(0)[0])
