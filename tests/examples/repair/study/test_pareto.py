"""The picture of what none beats in both."""

import xml.etree.ElementTree as ET

from study.pareto import draw_pareto, front_of


def test_the_front_is_what_no_other_beats_in_both() -> None:
    points = {"a": (0.2, 0.9), "b": (0.5, 0.9), "c": (0.9, 0.1), "d": (0.4, 0.4)}
    assert front_of(points) == ["b", "c"]
    assert front_of({"a": (0.5, 0.5), "same": (0.5, 0.5)}) == ["a", "same"]


def test_models_are_numbered_and_named() -> None:
    root = drawn({"One": (0.2, 0.9), "A & B": (0.5, 0.5), "Low": (0.1, 0.1)})
    texts = texts_of(root)
    assert [text for text in texts if text in ("1", "2", "3")] == ["1", "2", "3"]
    assert texts[-3:] == ["1  One", "2  A & B", "3  Low"]
    filled = [one for one in root.iter() if one.get("class") == "on-front"]
    assert len(filled) == 2
    assert "var(" not in "".join(root.itertext())


def test_models_that_are_the_same_share_a_mark() -> None:
    texts = texts_of(drawn({"Ori.": (0.2, 0.3), "Adv.": (0.5, 0.5), "Line": (0.2, 0.3)}))
    assert [text for text in texts if text in ("1, 3", "2")] == ["1, 3", "2"]
    assert "1" not in texts


def test_numbers_of_dots_that_touch_do_not_cover_each_other() -> None:
    near = {str(one): (0.8 + one / 1000, 0.9 - one / 500) for one in range(9)}
    root = drawn({"far": (0.1, 0.1), **near})
    places = [
        (float(one.get("x", 0)), float(one.get("y", 0)))
        for one in root.iter("{http://www.w3.org/2000/svg}text")
        if "number" in one.get("class", "")
    ]
    assert len(places) == 10
    for place, (x, y) in enumerate(places):
        assert all(abs(x - a) >= 7 or abs(y - b) >= 12 for a, b in places[:place])


def drawn(places: dict[str, tuple[float, float]]) -> ET.Element:
    models = [
        {
            "name": title,
            "title": title,
            "groups": {"gradient attacks": {"value": across}, "noise": {"value": up}},
        }
        for title, (across, up) in places.items()
    ]
    return ET.fromstring(draw_pareto({"title": "MNIST", "models": models}))


def texts_of(root: ET.Element) -> list[str | None]:
    return [one.text for one in root.iter("{http://www.w3.org/2000/svg}text")]
