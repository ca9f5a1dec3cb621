"""What is drawn lies where the JSON says."""

import re
from statistics import mean, stdev
from typing import Any

import numpy as np

from tests.support.report_words import draw, words


def test_lines_of_epochs_lie_where_the_json_says(comparison: Any) -> None:
    page = draw("html", comparison)
    lines = re.findall(r'<polyline class="line" points="([^"]+)"', page)
    assert len(lines) == 6
    run = comparison["hardening"]["runs"][0]
    epochs = [one for turn in run["rounds"] for one in turn["epochs"]]
    values = np.array([one["restricted_mean"] for one in (run["original"], *epochs)])
    places = np.array([point.split(",") for point in lines[0].split()], float)
    np.testing.assert_allclose(places[:, 0], np.linspace(0, 220, 9), atol=0.06)
    share = (values.max() - values) / (values.max() - values.min())
    np.testing.assert_allclose(places[:, 1], 90 * share, atol=0.06)
    assert page.count('<text class="kept"') == 6


def test_curves_of_both_models_lie_over_each_other(comparison: Any) -> None:
    page = draw("html", comparison)
    overlaid = re.findall(
        r'series-1"><polyline class="series" points="([^"]+)"/></g>'
        r'<g class="series-0"><polyline class="series" points="([^"]+)"',
        page,
    )
    assert len(overlaid) == 11
    margins = [comparison[part]["margins"] for part in ("before", "after")]
    wanted = [
        [one["not_crossed"] for one in margins],
        *([one["per_class"][index]["not_crossed"] for one in margins] for index in range(10)),
    ]
    for points, shares in zip(overlaid, wanted, strict=True):
        for line, share in zip(points, shares, strict=True):
            heights = [float(point.split(",")[1]) for point in line.split()]
            np.testing.assert_allclose(heights, 80 * (1 - np.array(share)), atol=0.06)


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


def test_differences_of_attacks_are_drawn_on_one_scale(comparison: Any) -> None:
    page = draw("html", comparison)
    attacked = [one for one in comparison["differences"] if one["attack_name"]]
    widest = max(abs(one[end]) for one in attacked for end in ("low", "high"))
    part = page[page.index('id="attacks"') : page.index('id="strengths"')]
    drawn = re.findall(r'class="span" d="M(\S+) 0H(\S+)"/><circle class="dot" cx="(\S+)"', part)
    wanted = [[64 * one[key] / widest for key in ("low", "high", "difference")] for one in attacked]
    np.testing.assert_allclose(np.array(drawn, float), wanted, atol=0.06)


def test_class_centres_are_those_of_the_json_with_their_pictures(comparison: Any) -> None:
    page = draw("html", comparison)
    text = words(page)
    sets = ("center_of_before", "center_of_after")
    for one in comparison["class_centers"]:
        cells = [
            f"row {one[name]['row']} {one[name]['before']:.3f} {one[name]['after']:.3f}"
            for name in sets
        ]
        assert f"{one['name']} {' '.join(cells)}" in text
    columns = [
        [one[name][model] for one in comparison["class_centers"]]
        for name in sets
        for model in ("before", "after")
    ]
    for title, measure in (("Average", mean), ("Standard deviation", stdev)):
        assert f"{title} {' '.join(f'{measure(column):.3f}' for column in columns)}" in text
    for part in ("before", "after"):
        for center in comparison[part]["class_centers"]:
            assert center["picture"] in page
