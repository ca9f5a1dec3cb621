"""The catalogue of attacks: whole, documented, and read from words."""

import numpy as np
import pytest

from robaudit.attacks.catalogue import CATALOGUE, SUITES, default_attack, parse_attack
from robaudit.attacks.curves import default_strengths
from robaudit.errors import UsageError
from tests.support.flat_boundary import COLOUR, GREY
from tests.support.paths import ROOT


def test_the_catalogue_is_whole() -> None:
    assert SUITES["paper"] == (
        *("fgsm", "cw-l2", "pgd", "bim", "mim", "deepfool"),
        *("uniform-noise", "gaussian-noise"),
    )
    assert set(SUITES["quick"]) == {"fgsm", "pgd", "uniform-noise", "gaussian-noise"}
    for entry in CATALOGUE.values():
        assert entry.source
        assert set(entry.grey) == set(entry.colour)
        assert ("epsilon" in entry.grey) == (entry.norm == "linf")
        assert ("budget" in entry.grey) == (entry.norm in ("l2", "l1", "l0"))
    assert default_attack("pgd", GREY).budget == 0.3
    assert default_attack("pgd", COLOUR).budget == pytest.approx(8 / 255)
    assert default_attack("gaussian-noise", GREY).budget == np.inf
    assert default_strengths(GREY) != default_strengths(COLOUR)


def test_the_document_gives_every_budget_and_its_source() -> None:
    document = (ROOT / "docs/attacks.md").read_text(encoding="utf-8")
    norms = {"linf": "L-inf", "l2": "L2", "l1": "L1", "l0": "L0", "none": "any"}
    for name, entry in CATALOGUE.items():
        grey, colour = (
            ", ".join(f"{key} {value:.4g}" for key, value in values.items())
            for values in (entry.grey, entry.colour)
        )
        cells = [
            f"`{name}`",
            entry.title,
            norms[entry.norm],
            entry.need,
            grey,
            colour,
            entry.source,
        ]
        row = f"| {' | '.join(cells)} |"
        assert row in document, f"docs/attacks.md wants this row: {row}"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "magic",
        "pgd:speed=1",
        "pgd:steps=1.5",
        "pgd:epsilon=",
        "pgd:epsilon=-1",
        "pgd:epsilon=x",
    ],
)
def test_attacks_that_are_none(text: str) -> None:
    with pytest.raises(UsageError, match="attack"):
        parse_attack(text, GREY)


def test_parameters_are_taken() -> None:
    found = parse_attack("pgd:epsilon=4/255,steps=7", COLOUR)
    assert found.parameters["epsilon"] == 4 / 255
    assert found.whole("steps") == 7
    assert found.parameters["step"] == 2 / 255
