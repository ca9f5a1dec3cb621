"""What is made of which images hold against more attacks."""

import json
from pathlib import Path

import pytest

pytest.importorskip("torch")

from reproduction.stages import Kept, Stage
from study.settings import study_of
from study.stronger import ANY, FARTHER, LAST, USUAL, Looked, attacks_of, results_of, table

STUDY = study_of("mnist", "small")


def test_attacks_have_the_budget_of_training_and_more_steps() -> None:
    attacks = attacks_of(STUDY)
    assert attacks[USUAL] == "pgd:epsilon=0.2,step=0.0125,steps=40"
    assert attacks[LAST] == "pgd:epsilon=0.2,step=0.00125,steps=400"
    known = {USUAL, LAST, *FARTHER.values()}
    many, targeted = (text for name, text in attacks.items() if name not in known)
    assert many == f"{attacks[LAST]},restarts=5"
    assert targeted == "apgd-t:epsilon=0.2,steps=100,targets=9"
    assert attacks[FARTHER[4]] == "pgd:epsilon=0.8,step=0.05,steps=40"


def test_an_image_holds_that_holds_against_all_and_seeds_count_alike(tmp_path: Path) -> None:
    """Of two seeds of four images PGD leaves 4 and 2, and all attacks within the budget 1 and 1.

    Of Adv. it leaves 2 and 2, and so do all.
    """
    combined = [
        [[1, 1, 1, 1], [1, 1, 0, 1], [1, 1, 1, 0], [0, 1, 1, 1], [0] * 4, [0] * 4],
        [[1, 1, 0, 0], [1, 0, 0, 0], [1, 1, 0, 0], [1, 1, 0, 0], [1, 0, 0, 0], [0] * 4],
    ]
    adversarial = [[[1, 1, 0, 0]] * 3 + [[0] * 4] * 2] * 2
    names = list(attacks_of(STUDY))
    own = [name for name in names if name != LAST]
    kept = Kept(tmp_path)

    def held(number: int, model: str, found: dict[str, list[int]]) -> Stage:
        stage = Stage(f"mnist/seed-{number}/{model}", "attack", {}, (), lambda *_: None)
        kept.folder_of(stage).mkdir(parents=True)
        bools = {name: [bool(one) for one in row] for name, row in found.items()}
        (kept.folder_of(stage) / "held.json").write_text(json.dumps(bools))
        return stage

    looked = Looked(
        STUDY,
        [
            {
                "combined": held(
                    number, "combined", dict(zip(names, combined[number], strict=True))
                ),
                "adversarial": held(
                    number, "adv", dict(zip(own, adversarial[number], strict=True))
                ),
            }
            for number in range(2)
        ],
    )
    (mnist,) = results_of([looked], kept)["datasets"]
    values = {name: cell["value"] for name, cell in mnist["held"]["combined"].items()}
    assert values[USUAL] == 0.75
    assert values[ANY] == 0.25
    assert values[FARTHER[2]] == 0.125
    assert mnist["taken"]["combined"]["value"] == 0.5
    assert mnist["held"]["adversarial"][ANY]["value"] == 0.5
    assert LAST not in mnist["held"]["adversarial"]
    assert mnist["difference"]["value"] == -0.25
    assert (mnist["title"], mnist["over"]) == ("MNIST", "images")
    lines = table([mnist])
    assert lines[0] == "| what holds, in % | MNIST, Combined from Ori. | MNIST, Adv. |"
    assert next(line for line in lines if line.startswith(f"| {LAST}")).endswith("|  |")
