"""Retraining from a search or examples that were kept: the same as without, or refused."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from robaudit import Classifier, SearchPlan
from robaudit.errors import DataError, UsageError
from robaudit.hardening import (
    HardeningPlan,
    Judge,
    Run,
    make_examples,
    make_judge,
    read_examples,
    read_search,
    retrain,
    search_training_samples,
    write_examples,
    write_search,
)
from tests.support.kept_hardening import PLAN, REFINED, affine, written


def training() -> tuple[Classifier, np.ndarray, np.ndarray, Judge]:
    classifier, x, y = affine()
    judge = make_judge(classifier, x[:20], y[:20], SearchPlan(20, 8, clip=False, steps=30), 64)
    return classifier, x[20:], y[20:], judge


def run_with(plan: HardeningPlan, **given: Any) -> Run:
    classifier, x, y, judge = training()
    return retrain(classifier, x, y, judge, plan, batch_size=64, **given)


@pytest.mark.parametrize("plan", [PLAN, REFINED, replace(PLAN, rounds=2)])
def test_training_from_a_file_is_training_from_memory(plan: HardeningPlan, tmp_path: Path) -> None:
    whole = run_with(plan)
    classifier, x, y, _ = training()
    searched = search_training_samples(classifier, x, y, plan, batch_size=64)
    searched = read_search(written(tmp_path, write_search, searched))
    examples = make_examples(searched, plan, y, classifier=classifier, x=x)
    examples = read_examples(written(tmp_path, write_examples, examples))
    apart = run_with(plan, examples=examples)
    assert apart.classifier.fingerprint == whole.classifier.fingerprint
    assert apart.kept == whole.kept
    assert apart.rounds[0].epochs == whole.rounds[0].epochs
    assert apart.rounds[0].searched is None
    assert "search" not in apart.rounds[0].seconds
    assert len(apart.rounds) == plan.rounds
    assert all(one.searched is not None for one in apart.rounds[1:])
    other = replace(examples, strength=examples.strength * 1.01)
    assert run_with(plan, examples=other).classifier.fingerprint != whole.classifier.fingerprint


def test_examples_of_other_data_are_refused() -> None:
    classifier, x, y, judge = training()
    searched = search_training_samples(classifier, x, y, PLAN, batch_size=64)
    examples = make_examples(searched, PLAN, y)
    for wrong_x, wrong_y in ((x, (y + 1) % 4), (x[:10], y[:10]), (x[:, :, :2], y)):
        with pytest.raises(DataError, match="other training data"):
            retrain(classifier, wrong_x, wrong_y, judge, PLAN, batch_size=64, examples=examples)
        with pytest.raises(DataError, match="other training data"):
            make_examples(searched, PLAN, wrong_y, x=wrong_x)


def test_adversarial_training_takes_no_examples() -> None:
    classifier, x, y, _ = training()
    searched = search_training_samples(classifier, x, y, PLAN, batch_size=64)
    given: tuple[dict[str, Any], ...] = (
        {"searched": searched},
        {"examples": make_examples(searched, PLAN, y)},
    )
    for one in given:
        with pytest.raises(UsageError, match="for adversarial training"):
            run_with(replace(PLAN, method="adversarial"), **one)
