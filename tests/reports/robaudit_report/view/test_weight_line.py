"""The page shows every point of the line of weights, and why one was kept."""

import copy
from typing import Any

from tests.support import comparison_samples as samples
from tests.support.report_words import draw, words

WHY = "Kept is the point 50% of the way from the original's weights."


def standing(accuracy: float, *, within: bool = True) -> dict[str, Any]:
    return {
        "accuracy": accuracy,
        "restricted_mean": 0.25,
        "attacked": 0.125,
        "robustness": 0.2,
        "within": within,
    }


def with_line(comparison: Any) -> Any:
    made = copy.deepcopy(comparison)
    for run in made["hardening"]["runs"]:
        run["line"] = {
            "kept": 0.5,
            "why": WHY,
            "points": [
                {"share": 0.0, "choosing": standing(0.9), "confirming": standing(0.91)},
                {"share": 0.5, "choosing": standing(0.89), "confirming": standing(0.92)},
                {"share": 1.0, "choosing": standing(0.7, within=False), "confirming": None},
            ],
        }
    return made


def test_every_point_is_shown_and_the_kept_one_marked(real: Any) -> None:
    page = words(draw("html", with_line(samples.hardened(real))))
    assert WHY in page
    assert "Original 90.0% 0.250 12.5% 91.0% 0.250 12.5%" in page
    assert "50.0% of the way 89.0% 0.250 12.5% allowed 92.0% 0.250 12.5% kept" in page
    assert "100.0% of the way 70.0% 0.250 12.5% too large - - -" in page
    assert "Seed 0: kept 50.0% of the way to round 1, epoch 3" in page


def test_of_several_trainings_each_point_says_within_which_budget(real: Any) -> None:
    """Points of the same share are told apart, and only that is marked which was kept."""
    made = with_line(samples.hardened(real))
    for run in made["hardening"]["runs"]:
        original, *others = run["line"]["points"]
        twice = [{**point, "budget": budget} for budget in (0.2, 0.1) for point in others]
        run["line"] |= {"points": [original, *twice], "budget": 0.1}
        run["budget"] = 0.1
    page = words(draw("html", made))
    assert "50.0% of the way 0.2 89.0% 0.250 12.5% allowed 92.0% 0.250 12.5% 100" in page
    kept = "50.0% of the way 0.1 89.0% 0.250 12.5% allowed 92.0% 0.250 12.5% kept"
    assert kept in page
    assert "All points of 2 lines" in page


def test_without_a_line_there_is_none(real: Any) -> None:
    assert "of the way" not in words(draw("html", samples.hardened(real)))
