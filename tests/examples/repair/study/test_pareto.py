"""The picture of what none beats in both."""

import xml.etree.ElementTree as ET

from study.pareto import draw_pareto, front_of


def test_the_front_is_what_no_other_beats_in_both() -> None:
    points = {"a": (0.2, 0.9), "b": (0.5, 0.9), "c": (0.9, 0.1), "d": (0.4, 0.4)}
    assert front_of(points) == ["b", "c"]
    assert front_of({"a": (0.5, 0.5), "same": (0.5, 0.5)}) == ["a", "same"]


def test_models_are_numbered_and_named() -> None:
    places = {"One": (0.2, 0.9), "A & B": (0.5, 0.5), "Low": (0.1, 0.1)}
    models = [
        {
            "name": title,
            "title": title,
            "groups": {"gradient attacks": {"value": across}, "noise": {"value": up}},
        }
        for title, (across, up) in places.items()
    ]
    root = ET.fromstring(draw_pareto({"title": "MNIST", "models": models}))
    texts = [one.text for one in root.iter("{http://www.w3.org/2000/svg}text")]
    assert [text for text in texts if text in ("1", "2", "3")] == ["1", "2", "3"]
    assert texts[-3:] == ["1  One", "2  A & B", "3  Low"]
    filled = [one for one in root.iter() if one.get("class") == "on-front"]
    assert len(filled) == 2
    assert "var(" not in "".join(root.itertext())
