"""What reports say of hardening: its outcome, every epoch, and the spread over seeds."""

from typing import Any

import msgspec
import pytest

from robaudit.record.schema.hardening import HardeningRecord
from robaudit_report.view import hardening
from tests.support import comparison_samples as samples
from tests.support.report_words import FORMATS, draw, words, written


@pytest.mark.parametrize("name", FORMATS)
def test_the_original_given_back_is_said_and_nothing_is_marked_kept(name: str, real: Any) -> None:
    report = words(draw(name, samples.hardened(real, kept=False)))
    assert "The original is given back: every epoch lost too much." in report
    if name == "html":
        assert "Seed 0: kept no epoch" in report
        assert "(the model given back)" not in report
        assert "too large kept" not in report
        assert "allowed kept" not in report


def test_training_has_every_epoch_and_round(comparison: Any) -> None:
    page = words(draw("html", comparison))
    for run in comparison["hardening"]["runs"]:
        original = run["original"]
        first = f"{100 * original['accuracy']:.1f}% {original['restricted_mean']:.3f}"
        assert f"Original {first}" in page
        for number, turn in enumerate(run["rounds"], start=1):
            for epoch in turn["epochs"]:
                values = f"{100 * epoch['accuracy']:.1f}% {epoch['restricted_mean']:.3f}"
                kept = " kept" if (number, epoch["epoch"]) == (1, 3) else ""
                within = "allowed" if epoch["within"] else "too large"
                row = f"Round {number}, epoch {epoch['epoch']} {values} {within}{kept}"
                assert row in page
            assert (
                "along 12,000 rays, of which 4,321 (36.0%) crossed. Check of the search: 1 of "
                "2,600 rays drawn at random told otherwise when walked in full; with 95% "
                f"confidence that is at most 0.093% of all rays. {turn['examples']:,}" in page
            )
            for one in turn["classes"]:
                value = "-" if one["robustness"] is None else f"{one['robustness']:.3f}"
                level = one["level"] or "-"
                row = f"{one['name']} {value} {level} 15 {one['chosen']} {one['examples']}"
                assert row in page
    assert "Chosen samples and examples are those of seed 0, round 1." in page


@pytest.mark.parametrize("name", FORMATS)
def test_the_spread_over_seeds_is_that_of_the_json(name: str, comparison: Any) -> None:
    report = words(draw(name, comparison))
    for one in comparison["hardening"]["spread"]:
        cells = [written(one["unit"], one["before"])]
        if name == "html":
            cells += [written(one["unit"], value) for value in one["values"]]
        cells.append(written(one["unit"], one["mean"]))
        cells.append(" to ".join(written(one["unit"], one[key]) for key in ("lowest", "highest")))
        assert f"{one['title']} {' '.join(cells)}" in report


@pytest.mark.parametrize("name", FORMATS)
def test_batches_of_several_kinds_are_told_with_their_shares(name: str, real: Any) -> None:
    made = samples.hardened(real)
    made["hardening"]["method"] = "combined"
    made["hardening"]["plan"] |= {"clean_share": 0.25, "attacked_share": 0.75, "noise_share": 0}
    said = "Trained on 25.0% samples as they are, 75.0% attacked samples."
    made["hardening"]["plan"]["adversary"] = None
    assert said in words(draw(name, made))
    made["hardening"]["plan"]["adversary"] = {"name": "pgd", "epsilon": 0.1581, "steps": 3.0}
    how_far = f"{said[:-1]}; attacked by pgd with a budget of 0.158."
    assert how_far in words(draw(name, made))
    made["hardening"]["method"] = "feedback"
    assert said not in words(draw(name, made))
    assert how_far not in words(draw(name, made))


@pytest.mark.parametrize("name", FORMATS)
def test_noise_that_was_trained_on_is_told_where_its_figures_stand(name: str, real: Any) -> None:
    made = samples.hardened(real)
    made["hardening"]["method"] = "combined"
    titles = ("Gaussian noise", "Uniform noise")
    for share, told in ((0.25, True), (0, False)):
        made["hardening"]["plan"]["noise_share"] = share
        report = words(draw(name, made))
        assert all((f"{title}, trained on" in report) == told for title in titles)
        assert all(title in report for title in titles)


def test_an_adversary_that_was_trained_against_is_told(real: Any) -> None:
    made = samples.hardened(real)["hardening"]

    def seen(attack: str, **changed: Any) -> str:
        record = msgspec.convert({**made, **changed}, HardeningRecord)
        return hardening.trained_on(record, attack)

    assert seen("pgd", method="adversarial") == ", trained against"
    assert seen("fgsm", method="adversarial") == ""
    assert seen("pgd", method="feedback") == ""
    mixed = {"method": "combined", "plan": {**made["plan"], "attacked_share": 0.5}}
    assert seen("pgd", **mixed) == ", trained against"
    assert seen("pgd", **mixed, kept=None) == ""  # the original came back
    adversary = {"name": "pgd", "epsilon": 0.2}
    mixed["plan"] = {**made["plan"], "attacked_share": 0.5, "adversary": adversary}
    assert seen("pgd", **mixed) == ", trained against within 0.2"
    runs = [{**run, "budget": 0.05} for run in made["runs"]]  # as far as the model that was kept
    assert seen("pgd", **mixed, runs=runs) == ", trained against within 0.05"
    assert hardening.trained_on(None, "pgd") == ""


def test_the_budget_of_what_was_kept_is_told_and_not_that_of_the_plan(real: Any) -> None:
    made = samples.hardened(real)["hardening"]
    plan = {**made["plan"], "attacked_share": 0.5, "adversary": {"name": "pgd", "epsilon": 0.2}}
    made |= {"method": "combined", "plan": plan}
    said = hardening.batches(msgspec.convert(made, HardeningRecord))
    assert said.endswith("; attacked by pgd with a budget of 0.2.")
    for run in made["runs"]:
        run["budget"] = 0.05
    said = hardening.batches(msgspec.convert(made, HardeningRecord))
    assert said.endswith("; attacked by pgd with a budget of 0.05.")


def test_samples_that_no_example_takes_the_place_of_are_counted(real: Any) -> None:
    made = samples.hardened(real)
    assert "of classes without any" not in words(draw("html", made))
    made["hardening"]["runs"][0]["rounds"][0]["without_examples"] = 1234
    said = "1,234 training samples are of classes without any: where others give their place"
    assert said in words(draw("html", made))


@pytest.mark.parametrize(
    ("method", "plan", "said"),
    [
        ("feedback", {}, True),  # a record of before there was another rule
        ("feedback", {"compensation": "levels"}, True),
        ("feedback", {"compensation": "neighbours"}, False),
        ("reduced", {"compensation": "levels"}, False),
    ],
)
def test_levels_choose_examples_where_that_is_the_rule(
    method: str, plan: dict[str, str], said: bool, comparison: Any
) -> None:
    hardening = comparison["hardening"]
    changed = {**hardening, "method": method, "plan": plan}
    page = words(draw("html", {**comparison, "hardening": changed}))
    assert ("by which examples of it were chosen" in page) == said
