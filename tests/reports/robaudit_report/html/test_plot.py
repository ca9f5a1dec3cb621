"""Lines of accuracy against strength lie where the record says, and can be told apart."""

import re
from typing import Any

import numpy as np

from tests.support.audit_words import render
from tests.support.report_words import draw, words


def test_lines_can_be_told_apart_without_colour(attacked: Any) -> None:
    page = render("html", attacked)
    lines = re.findall(r'<g class="(series-\d)">.*?<path class="mark" d="M[\d.,]+([^M"]+)', page)
    assert len(lines) == 5
    lines = lines[:4]  # the fifth is that of queries, in a plot of its own
    assert len({shape for _, shape in lines}) == 4
    dashes = dict(re.findall(r"\.(series-\d) \{[^}]*?(?:--dash: ([^;]*);)? \}", page))
    assert len({dashes[series] for series, _ in lines}) == 4


def test_points_of_a_line_lie_where_the_record_says(attacked: Any) -> None:
    page = render("html", attacked)
    drawn = re.findall(r'<polyline class="series" points="([^"]+)"', page)
    ends = re.findall(r'<path class="spread" d="([^"]+)"', page)
    curves = [*attacked["curves"], *attacked["query_curves"]]
    for points, whiskers, curve in zip(drawn, ends, curves, strict=True):
        places = np.array([point.split(",") for point in points.split()], float)
        values = [0.97, *(one["value"] for one in curve["accuracy"])]
        strengths = np.array([0.0, *(curve.get("strengths") or curve["queries"])])
        np.testing.assert_allclose(places[:, 0], 400 * strengths / strengths.max(), atol=0.06)
        np.testing.assert_allclose(places[:, 1], 200 * (1 - np.array(values)), atol=0.06)
        bounds = np.array(re.findall(r"([\d.]+)V([\d.]+)", whiskers), float)
        wanted = np.array([(one["low"], one["high"]) for one in curve["accuracy"]])
        np.testing.assert_allclose(bounds, 200 * (1 - wanted), atol=0.06)


def test_accuracy_against_strength_has_both_models_in_one_plot(comparison: Any) -> None:
    page = draw("html", comparison)
    plots = re.findall(r'<figure class="plot">.*?</figure>', page, flags=re.DOTALL)
    assert len(plots) == 2  # not of FGSM, which could not run
    for plot in plots:
        assert re.findall(r'<g class="(series-\d)"', plot) == ["series-1", "series-0"]
        assert re.findall(r"</svg>\s*(\w+)</li>", plot) == ["before", "after"]
    text = words(page)
    for part in ("before", "after"):
        for one in comparison[part]["curves"][0]["accuracy"]:
            assert f"{100 * one['value']:.1f}%" in text
    del comparison["after"]["curves"]
    assert "Accuracy against strength" not in draw("html", comparison)
