"""A hardening from end to end: its parts fit together, or it says why they do not."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import robaudit
from robaudit import Classifier, SearchPlan
from robaudit.errors import DataError
from robaudit.hardening import Judge, Judgement
from robaudit.hardening.harden import Hardening
from robaudit.storage.blocks import Blocks, Keeping, Stopped
from robaudit.storage.journal import Journal
from robaudit.testing.resuming_checks import CutOff
from tests.support.paths import DIGITS, EXAMPLES

TINY = SearchPlan(20, 4)


def harden_digits(blocks: Blocks, seed: int = 0) -> Hardening:
    """Train the demo twice, with as little of everything as makes sense."""
    classifier = robaudit.load(DIGITS)
    plan = replace(
        robaudit.hardening_preset("quick", classifier.spec),
        search=TINY,
        epochs=2,
        validation_samples=20,
        validation_directions=2,
        keep="last",
        seed=seed,
    )
    train = robaudit.read_images(EXAMPLES / "digits.npz", split="train")
    return robaudit.harden(classifier, train, plan=plan, audit_plan=TINY, seeds=2, blocks=blocks)


def test_work_that_is_to_stop_ends_without_a_result(tmp_path: Path) -> None:
    """An audit of fewer samples before could not be compared with one after."""
    with pytest.raises(Stopped):
        harden_digits(Blocks(Keeping(Journal(tmp_path, print), lambda: True)))


def kept_in(folder: Path) -> Blocks:
    return Blocks(Keeping(Journal(folder, print)))


def test_cut_off_in_its_second_seed_it_goes_on_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("onnx2fx", reason="training ONNX models needs onnx2fx and torch")
    judge, judged = Judge.__call__, list[str]()

    def counted(self: Judge, classifier: Classifier, *others: Any) -> Judgement:
        if len(judged) == 2:
            raise CutOff
        judged.append(classifier.fingerprint)
        return judge(self, classifier, *others)

    whole = harden_digits(Blocks())
    monkeypatch.setattr(Judge, "__call__", counted)
    blocks = kept_in(tmp_path)
    with pytest.raises(CutOff):
        harden_digits(blocks)
    blocks.keeping.write()
    before = judged.copy()
    judged.clear()
    resumed = harden_digits(kept_in(tmp_path))
    assert len(judged) == 1, "the model itself, and the last epoch of the first seed, were judged"
    assert [run.classifier.fingerprint for run in resumed.runs] == [
        run.classifier.fingerprint for run in whole.runs
    ]
    assert [run.rounds[0].epochs for run in resumed.runs] == [
        run.rounds[0].epochs for run in whole.runs
    ]
    assert resumed.chosen == whole.chosen
    for one, other in zip(resumed.seed_audits, whole.seed_audits, strict=True):
        np.testing.assert_array_equal(one.rays.step, other.rays.step)
    assert not {*before} & {*judged}


def test_images_held_out_for_another_seed_are_others(tmp_path: Path) -> None:
    pytest.importorskip("onnx2fx", reason="training ONNX models needs onnx2fx and torch")
    blocks = kept_in(tmp_path)
    harden_digits(blocks)
    blocks.keeping.write()
    resumed, whole = harden_digits(kept_in(tmp_path), seed=1), harden_digits(Blocks(), seed=1)
    for one, other in ((resumed.before, whole.before), (resumed.after, whole.after)):
        np.testing.assert_array_equal(one.samples.x, other.samples.x)
        np.testing.assert_array_equal(one.rays.step, other.rays.step)
    assert resumed.runs[0].rounds[0].epochs == whole.runs[0].rounds[0].epochs


def test_parts_that_name_other_classes_are_refused(digits: robaudit.Images) -> None:
    """They are numbered by name in each part, so the same number would mean two classes."""
    train = robaudit.read_images(EXAMPLES / "digits.npz", split="train")
    train = replace(train, class_names=tuple("abcdefghij"))
    test = replace(digits, class_names=tuple("abcdefghik"))
    with pytest.raises(DataError, match=r"not named as those of .*'j'"):
        robaudit.harden(robaudit.load(DIGITS), train, test, plan="quick", audit_plan=TINY)


def test_images_to_test_on_that_are_those_to_train_on_are_refused(digits: robaudit.Images) -> None:
    with pytest.raises(DataError, match="50 of 60 images to test on are among those to train"):
        robaudit.harden(
            robaudit.load(DIGITS),
            digits.take(np.arange(50), "train"),
            digits.take(np.arange(60), "test"),
            plan="quick",
            audit_plan=TINY,
        )


def test_too_few_images_to_walk_the_line_by_are_refused_before_any_work(
    digits: robaudit.Images,
) -> None:
    """A tenth of 16 is two: a half of one image each."""
    classifier = robaudit.load(DIGITS)
    plan = robaudit.hardening_preset("quick", classifier.spec, method="combined")
    silent = replace(classifier, predict=lambda _x: pytest.fail("work was done"))
    with pytest.raises(DataError, match="2 validation image"):
        robaudit.harden(silent, digits.take(np.arange(20), "train"), plan=plan, audit_plan=TINY)
