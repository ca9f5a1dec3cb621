"""The table of class centres."""

from statistics import mean, stdev
from typing import Any

from tests.support.report_words import draw, words


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
