"""Pictures of figures: well-formed, and of one look."""

import re
from xml.etree import ElementTree

from reproduction.rendering import render_pictures
from robaudit_report import svg
from tests.support.paper_results import CURVES, RESULTS


def test_every_figure_is_a_picture_of_well_formed_svg(markdown: str) -> None:
    pictures = render_pictures(RESULTS)
    names = {f"{one}-figure-{number}.svg" for one in ("mnist", "cifar10") for number in (3, 4)}
    assert set(pictures) == {*names, "beyond-figure-3.svg"}
    for name, text in pictures.items():
        root = ElementTree.fromstring(text)
        assert root.tag == f"{{{svg.NAMESPACE}}}svg"
        assert root.get("role") == "img"
        assert root[0].text
        assert root[1].text
        assert "var(" not in text
        assert f"]({name})" in markdown
    drawn = [one.text for one in ElementTree.fromstring(pictures["mnist-figure-4.svg"]).iter()]
    assert drawn.count("0.381") == drawn.count("0.250") == 3


def test_a_model_looks_the_same_in_every_figure() -> None:
    others = [
        {**one, "name": name} for one, name in zip(CURVES["series"], ("new", "Ori."), strict=True)
    ]
    results = {
        **RESULTS,
        "beyond": {**RESULTS["beyond"], "figures": [{**CURVES, "series": others}]},
    }
    for name, looks in (("mnist-figure-3", ["s0", "s1"]), ("beyond-figure-3", ["s2", "s0"])):
        drawn = render_pictures(results)[f"{name}.svg"]
        assert re.findall(r'<polyline[^>]*class="line (s\d)"', drawn) == looks
