"""Measures beside attacks in blocks: the same, whatever ended them before, kept or shared them."""

from dataclasses import asdict, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from robaudit import Classifier, SearchPlan, batches
from robaudit.attacks.boundaries import detection
from robaudit.attacks.catalogue import parse_attack
from robaudit.attacks.common_corruptions import error
from robaudit.attacks.measures import MEASURES, Measure
from robaudit.attacks.measuring import Measured, measure_beside, measure_share
from robaudit.attacks.outcome import Targets
from robaudit.attacks.run import AttackResult, run_attacks
from robaudit.batches import Blocks, Pace, Share, Stopped
from robaudit.preprocessing.arrangement import Arrangement
from robaudit.storage import blocks as keeping
from robaudit.storage.journal import Journal
from robaudit.types import FloatArray
from tests.support.affine_models import affine, some_inputs
from tests.support.kept_work import Counting, Ended, KeptWork, ending_after, killed

PLAN = SearchPlan(80, 6, step=0.05, steps=20)
FEW = 20
CORRUPTED = 75 * 80 // FEW


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have small blocks, and in the library's place of corruptions noise and darkness."""
    pytest.importorskip("sklearn", reason="detectors are scikit-learn's")

    def corrupt(picture: FloatArray, name: str, severity: int, random: Any) -> FloatArray:
        noise = random.normal(0, len(name) / 100, picture.shape)
        return np.asarray(np.clip(picture - severity / 20 + noise, 0, 1), dtype=np.float32)

    monkeypatch.setattr(error, "corrupt", corrupt)
    monkeypatch.setattr(batches, "_LARGEST_BLOCK", 200)
    monkeypatch.setattr(batches, "_LARGEST_BATCH", FEW)
    monkeypatch.setattr(keeping, "SECONDS", 0)
    monkeypatch.setattr("os.fsync", lambda _number: None)
    monkeypatch.setattr(detection, "_TREES", 5)


@cache
def attacked() -> tuple[Targets, tuple[AttackResult, ...]]:
    """Attack samples most of which are right at the start, by two adversaries."""
    x, _ = some_inputs(80)
    start = affine()[0].predict(x).argmax(axis=1)
    origin = np.where(np.arange(80) % 10, start, (start + 1) % 5)
    targets = Targets(x, origin, start, 1.0, Arrangement((6, 6, 1), "CHW", "grey"))
    spec = affine()[0].spec
    attacks = [parse_attack(name, spec) for name in ("ddn:steps=20", "pgd:epsilon=0.4,steps=5")]
    return targets, run_attacks(affine()[0], targets, attacks, seed=0, pace=Pace(FEW))


def measured(blocks: Blocks | None, model: Classifier | None = None, batch_size: int = 7) -> Any:
    """Take all measures; give them as plain values."""
    targets, results = attacked()
    pace = Pace(batch_size, 50, blocks=blocks or Blocks())
    found = measure_beside(model or affine()[0], targets, results, PLAN, MEASURES, pace)
    assert found.skipped == {}
    return plain(found)


@cache
def whole() -> Any:
    """Measure in one piece."""
    return measured(None)


def plain(found: Measured) -> Any:
    assert found.corruptions is not None
    assert found.directions is not None
    assert found.detection is not None
    return (
        found.corruptions.wrong.tobytes(),
        asdict(found.corruptions.mean),
        [asdict(one) for one in found.detection],
        found.directions.crossing.tolist(),
        found.directions.linear.tolist(),
    )


def counting() -> tuple[Classifier, list[int]]:
    """Make a classifier that lists how many inputs it is asked about, for gradients too."""
    classifier, asked = affine()[0], list[int]()

    def predict(x: FloatArray) -> FloatArray:
        asked.append(len(x))
        return classifier.predict(x)

    return replace(classifier, predict=predict, prober=None), asked


def test_what_is_kept_is_not_measured_again(tmp_path: Path) -> None:
    model, asked = counting()
    assert measured(KeptWork(tmp_path).blocks, model) == whole()
    assert sum(asked) > 75 * 80
    asked.clear()
    work = KeptWork(tmp_path)
    assert measured(work.blocks, model, batch_size=11) == whole()
    assert not asked
    assert work.found["corruptions"] == CORRUPTED
    assert work.found["directions"] == 80 // FEW
    assert work.found["detection"] == 2
    assert work.found["rays"] > 10


def test_measures_that_are_ended_anywhere_go_on_to_the_same(tmp_path: Path) -> None:
    ended = 0
    for turn in range(1, 100):
        work = KeptWork(tmp_path)
        try:
            found = measured(work.blocks, ending_after(affine()[0], 500 + 200 * turn, killed))
        except Ended:
            ended += 1
            continue
        assert found == whole()
        assert ended > 2
        return
    raise AssertionError("nothing was kept")


@pytest.mark.parametrize(
    "stop", [{"corruptions": 3}, {"directions": 2}, {"classes": 1}, {"detection": 1}], ids=str
)
def test_measures_that_are_stopped_keep_what_they_did(stop: dict[str, int], tmp_path: Path) -> None:
    ((kind, many),) = stop.items()
    with pytest.raises(Stopped):
        measured(KeptWork(tmp_path, **stop).blocks)
    work = KeptWork(tmp_path)
    assert measured(work.blocks) == whole()
    assert work.found[kind] == many


@pytest.mark.parametrize("of", [1, 2, 7])
def test_shares_of_measures_are_what_one_process_measures(of: int, tmp_path: Path) -> None:
    targets, _ = attacked()
    for number in range(1, of + 1):
        shared = Counting(Journal(tmp_path, print, f"share-{number}"), share=Share(number, of))
        pace = Pace(9, 50, blocks=Blocks(shared).within(model="it"))
        measure_share(affine()[0], targets, PLAN, MEASURES, pace)
        shared.write()
        assert shared.kept["corruptions"] in (CORRUPTED // of, CORRUPTED // of + 1)
        assert shared.kept["directions"] in (4 // of, 4 // of + 1)
    work = KeptWork(tmp_path)
    assert measured(work.blocks) == whole()
    assert work.found["corruptions"] == CORRUPTED
    assert work.found["directions"] == 4
    assert "corruptions" not in work.keeping.kept


def test_another_sample_is_measured_anew(tmp_path: Path) -> None:
    targets, results = attacked()
    work = KeptWork(tmp_path)
    measured(work.blocks)
    x = targets.x.copy()
    x[0] = x[1]
    work = KeptWork(tmp_path)
    other = replace(targets, x=x)
    wanted: tuple[Measure, ...] = ("corruptions", "directions")
    found, anew = (
        measure_beside(affine()[0], other, results, PLAN, wanted, Pace(7, 50, blocks=blocks))
        for blocks in (work.blocks, Blocks())
    )
    assert found.corruptions is not None
    assert anew.corruptions is not None
    assert found.corruptions.wrong.tobytes() == anew.corruptions.wrong.tobytes()
    assert work.found == {"corruptions": 75 * 3, "directions": 3}
