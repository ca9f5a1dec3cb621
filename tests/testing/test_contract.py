"""The contract suite: right classifiers pass, and each check fails on one that is wrong."""

import subprocess
import sys
from dataclasses import replace
from unittest import SkipTest

import numpy as np
import pytest

from robaudit import Classifier
from robaudit.testing import AdapterContract
from robaudit.types import FloatArray, ScoreKind
from tests.support.broken_classifiers import BROKEN, Damage, sound
from tests.support.contract import Contract
from tests.support.frameworks import FRAMEWORKS

CHECKS = [name for name in dir(AdapterContract) if name.startswith("test_")]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("kind", ["logits", "probabilities", "log-probabilities"])
@pytest.mark.parametrize("check", CHECKS)
def test_sound_classifiers_keep_the_contract(check: str, kind: ScoreKind, dtype: type) -> None:
    if "art" in check:
        pytest.importorskip("art")
    getattr(Contract(lambda: sound(kind, dtype)), check)()


def labelling(classifier: Classifier) -> Classifier:
    """Give one-hot rows."""

    def predict(x: FloatArray) -> FloatArray:
        scores = classifier.predict(x)
        return np.eye(scores.shape[1], dtype=np.float32)[scores.argmax(axis=1)]

    spec = replace(classifier.spec, scores="labels")
    return Classifier("labels", spec, predict, "0", train=classifier.train)


@pytest.mark.parametrize("check", CHECKS)
def test_classifiers_that_only_label_keep_it_but_for_what_they_have_not(check: str) -> None:
    if "art" in check:
        pytest.importorskip("art")
    contract = Contract(lambda: labelling(replace(sound(), train=None)))
    lacking = ("prober", "gradients", "differentiated", "train", "saved", "weights")
    if any(word in check for word in lacking):
        with pytest.raises(SkipTest):
            getattr(contract, check)()
    else:
        getattr(contract, check)()


@pytest.mark.parametrize(
    ("check", "damage"),
    [
        pytest.param(check, damage, id=f"{check}: {what}")
        for check, damages in BROKEN.items()
        for what, damage in damages.items()
    ],
)
def test_each_check_fails_on_what_is_broken(check: str, damage: Damage) -> None:
    if "art" in check:
        pytest.importorskip("art")
    with pytest.raises(AssertionError):
        getattr(Contract(lambda: damage(sound())), check)()


def test_every_check_has_been_seen_to_fail() -> None:
    assert set(BROKEN) == set(CHECKS)


def test_the_contract_needs_neither_pytest_nor_a_framework() -> None:
    script = "import robaudit.testing, sys; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    loaded = {name.partition(".")[0] for name in done.stdout.split()}
    assert not loaded & (FRAMEWORKS | {"pytest", "_pytest"})


def test_a_contract_without_a_classifier_says_what_is_missing() -> None:
    with pytest.raises(NotImplementedError, match="def make_classifier"):
        AdapterContract().test_its_fingerprint_stays_the_same()
