"""Attacks are matched by name and parameters, and others are named."""

from dataclasses import replace

from robaudit.comparison import compare
from robaudit.record.findings import Findings
from tests.support.comparisons import NOISE, findings, model


def test_attacks_are_matched_by_parameters_and_others_are_named() -> None:
    first = [("gaussian-noise", 0.3), ("gaussian-noise", 0.1), ("uniform-noise", 0.2)]
    then = [("gaussian-noise", 0.1), ("gaussian-noise", 0.3), ("uniform-noise", 0.1)]
    pair = []
    for named_attacks in (first, then):
        attacks = tuple(
            replace(NOISE.attacks[0], name=name, parameters={_KEYS[name]: size})
            for name, size in named_attacks
        )
        pair.append(findings(model(), attacks=replace(NOISE, attacks=attacks)))
    found = compare(*pair)
    rows = [one for one in found["differences"] if one["attack"] is not None]
    assert [(one["attack_name"], one["attack"]) for one in rows] == [
        ("gaussian-noise", 0),
        ("gaussian-noise", 1),
    ]
    for one in rows:
        assert one["difference"] == 0
        told = pair[0].record["attacks"][one["attack"]]["accuracy"]["value"]
        assert one["before"] == told
    left_out = [text for text in found["warnings"] if "was not compared" in text]
    assert [text.split(":")[0] for text in left_out] == [
        "Uniform noise (epsilon 0.2) was not compared",
        "Uniform noise (epsilon 0.1) was not compared",
    ]


_KEYS = {"gaussian-noise": "sigma", "uniform-noise": "epsilon"}


def test_attacks_on_other_samples_are_not_compared(before: Findings) -> None:
    found = compare(before, findings(model(0.3), attacks=replace(NOISE, samples=20)))
    assert not any(one["name"] == "robust-accuracy" for one in found["differences"])
    assert sum("it ran on other samples" in text for text in found["warnings"]) == 2
    assert "No attack ran on both" in found["verdict"][2]
    neither = compare(before, findings(model(0.3)))
    assert "No attack was compared: only the audit before ran any." in neither["warnings"]
