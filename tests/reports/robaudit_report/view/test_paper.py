"""The paper's own measures: said with what they depend on, ranked without praise or blame."""

import copy
import re
from typing import Any

import pytest

from tests.support.audit_words import render, words
from tests.support.report_words import draw

FORMATS = ("html", "text", "markdown")
REASON = "most pairs of classes were never reached, and count at the reach"
NONE_CROSSED = "no ray crossed out of this class within reach"


def measured(record: Any) -> Any:
    """Give a record whose R and R_i are known well, but for two classes."""
    shown = copy.deepcopy(record)
    inequality = shown["inequality"]
    robustness: list[float | None] = [2.0, 0.5, None, 1.0, 4.0, 0.25, 1.5, 0.75, 3.0, 0.1]
    inequality.update(
        model_robustness=27.0,
        class_robustness=robustness,
        class_robustness_missing=[NONE_CROSSED if one is None else None for one in robustness],
        levels=["medium", "low", None, "low", "high", "low", "medium", "low", "high", "low"],
    )
    inequality["intervals"].update(
        model_robustness=[18.0, 36.0],
        class_robustness=[
            [None, None] if one in (None, 1.5) else [0.05, 5.0] for one in robustness
        ],
        class_robustness_missing=[
            "too few samples have rays that cross" if one == 1.5 else None for one in robustness
        ],
        missing={},
    )
    return shown


@pytest.mark.parametrize("name", FORMATS)
def test_r_is_no_headline_and_says_what_it_depends_on(name: str, record: Any) -> None:
    report = words(render(name, measured(record)))
    assert (
        "R (Eq. 2) is 27.00 (18.00 to 36.00), 0.300 (0.200 to 0.400) a pair of classes: its mean "
        "over samples and directions drawn anew under this very plan. It depends on the effort"
    ) in report
    assert "Model robustness" not in report


@pytest.mark.parametrize("name", FORMATS)
def test_where_most_pairs_were_never_reached_r_has_no_number(name: str, record: Any) -> None:
    shown = measured(record)
    shown["inequality"]["intervals"].update(
        model_robustness=[None, None], missing={"model_robustness": REASON}
    )
    report = words(render(name, shown))
    assert "27.00" not in report
    assert f"says too little to be given: {REASON} (" in report
    assert "of 90 pairs were reached)." in report


def test_classes_are_ranked_from_the_lowest_r_i_and_what_has_none_says_why(record: Any) -> None:
    for name in ("html", "markdown"):
        report = words(render(name, measured(record)))
        ranked = re.sub(r"[|]", " ", report[report.index("R (Eq. 2)") :])
        rows = [
            *("9 0.100 0.050 to 5.000 low", "5 0.250 0.050 to 5.000 low"),
            "6 1.500 no interval: too few samples have rays that cross medium",
            *("4 4.000 0.050 to 5.000 high", f"2 - {NONE_CROSSED}"),
        ]
        places = [" ".join(ranked.split()).index(row) for row in rows]
        assert places == sorted(places)


def test_levels_have_no_colours_and_stand_in_no_other_table(record: Any, comparison: Any) -> None:
    shown = measured(record)
    for page in (render("html", shown), draw("html", comparison)):
        assert not re.search(r'class="[^"]*\b(high|medium|low)\b', page)
    first = render("html", shown).split("<table")[1]
    assert not re.search(r">(high|medium|low)<|R<sub>", first)
    terminal = render("text", shown)
    assert not re.search(r"\b(high|medium|low)\b", terminal)
