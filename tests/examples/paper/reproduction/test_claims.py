"""What the reproduction says of each of the paper's claims."""

import numpy as np
import pytest

from reproduction.claims import difference, findings, most_frequent, numbers
from tests.support.paper_measures import judged, measures
from tests.support.paper_results import cell


def test_figure_3_is_judged_strength_by_strength() -> None:
    better = judged(measures("mnist", {"adversarial": (0.6, 0.5), "feedback": (0.1, 0.5)}))
    assert better["Fig. 3", "Adv. above F.L. under FGSM of 0.3"]["verdict"] == "reproduced"
    above = better["Fig. 3", "F.L. above Adv. under FGSM of 0.5"]
    assert above["verdict"] == "not reproduced"
    assert "Likely" in above["text"]
    assert not any(where == "Fig. 3" for where, _ in judged(measures("cifar10", {})))


def test_numbers_are_told_by_the_side_on_which_they_lie() -> None:
    cells = [cell(0.5, 0.4, 0.6, paper=one) for one in (0.5, 0.1, 0.9)]
    table = {"columns": ["a", "b", "c"], "rows": [{"name": "Ori.", "cells": cells}]}
    found = numbers("Table I", table)
    assert found.verdict == "not reproduced"
    assert found.text == (
        "The paper's number lies inside our interval for 1 of 3; below it for b; above it for c."
    )


@pytest.mark.parametrize(
    ("bird", "expected"), [((0.04, 0.06), "not reproduced"), ((0.04, 0.3), "open")]
)
def test_the_most_frequent_class_is_another_only_where_intervals_are_apart(
    bird: tuple[float, float], expected: str
) -> None:
    cells = [cell(0.05, *bird, paper=0.45), cell(0.27, 0.2, 0.4, paper=0.26), cell(0.6, paper=0.3)]
    row = {"name": "Ori.", "cells": cells}
    found = most_frequent({"columns": ["bird", "frog", "none"], "rows": [row]})
    assert (found.claim, found.verdict) == ("most rays end in bird", expected)


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_differences_are_told_as_the_claim_is(sign: float) -> None:
    values = [sign * value for value in (0.01, 0.02, 0.03)]
    found = difference("R", "a above b", values, sign * 0.02, sign)
    assert found.verdict == "open"
    assert found.text == "Ours, paired: +2.0 [\N{MINUS SIGN}0.5, +4.5]; the paper's: +2.0."
    apart = [sign * value for value in (0.02, 0.021, 0.022)]
    assert difference("R", "a above b", apart, None, sign).verdict == "reproduced"
    assert difference("R", "a above b", apart, None, -sign).verdict == "not reproduced"


def test_findings_are_only_of_the_papers_data_sets() -> None:
    assert findings(measures("digits", {}), {}) == []
    assert np.isfinite(measures("mnist", {}).models["original"][0].under_noise)
