"""Examples on disk: the same when they are read, and refused when damaged."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from robaudit.hardening import (
    HardeningPlan,
    make_examples,
    read_examples,
    search_training_samples,
    write_examples,
)
from tests.support.damaged_archives import (
    Arrays,
    refused,
    settings_of,
    with_settings,
    with_value,
    without,
)
from tests.support.kept_hardening import PLAN, REFINED, affine, assert_same, searched_with, written


@pytest.mark.parametrize("method", ["feedback", "reduced", "continued"])
@pytest.mark.parametrize("plan", [PLAN, REFINED])
def test_examples_are_read_as_they_were_written(
    plan: HardeningPlan, method: Any, tmp_path: Path
) -> None:
    plan = replace(plan, method=method)
    classifier, x, y, searched = searched_with(plan)
    examples = make_examples(searched, plan, y, classifier=classifier, x=x)
    read = read_examples(written(tmp_path, write_examples, examples))
    assert_same(read, examples)
    before, after = (one.inputs(x, classifier.spec) for one in (examples, read))
    assert before.tobytes() == after.tobytes()


def test_no_examples_can_be_kept_too(tmp_path: Path) -> None:
    """All samples misclassified: classes without a robustness, and no rows."""
    classifier, x, _ = affine()
    wrong = (classifier.predict(x).argmax(axis=1) + 1) % 4
    searched = search_training_samples(classifier, x, wrong, PLAN, batch_size=64)
    examples = make_examples(searched, REFINED, wrong, classifier=classifier, x=x)
    assert len(examples) == 0
    assert np.isnan([one.robustness for one in examples.selections]).all()
    read = read_examples(written(tmp_path, write_examples, examples))
    assert len(read) == 0
    assert [one.searched for one in read.selections] == [
        one.searched for one in examples.selections
    ]
    assert np.isnan([one.robustness for one in read.selections]).all()


def with_selection(arrays: Arrays, **changed: Any) -> Arrays:
    selections = settings_of(arrays)["selections"]
    selections[1] = {**selections[1], **changed}
    return with_settings(arrays, selections=selections)


DAMAGED_EXAMPLES: dict[str, Callable[[Arrays], Arrays]] = {
    "no margin": lambda a: without(a, "margin"),
    "another kind": lambda a: with_settings(a, kind="search"),
    "a clip that is a word": lambda a: with_settings(a, clip="no"),
    "no classes": lambda a: with_settings(a, selections=3),
    "classes in another order": lambda a: with_selection(a, class_index=2),
    "an unknown level": lambda a: with_selection(a, level="highest"),
    "a level that is a list": lambda a: with_selection(a, level=[]),
    "half a sample": lambda a: with_selection(a, searched=0.5),
    "fewer than no samples": lambda a: with_selection(a, chosen=-1),
    "half an example": lambda a: with_selection(a, examples=0.5),
    "a wrong number of examples": lambda a: with_selection(a, examples=0),
    "an unknown field": lambda a: with_selection(a, colour=1),
    "too many robustnesses": lambda a: {**a, "robustness": np.zeros(5)},
    "a direction too many": lambda a: with_value(a, "direction", 0, len(a["directions"])),
    "a negative direction": lambda a: with_value(a, "direction", 0, -1),
    "a sign of nothing": lambda a: with_value(a, "sign", 0, 0),
    "a sign too large": lambda a: with_value(a, "sign", 0, 2),
    "an infinite margin": lambda a: with_value(a, "margin", 0, np.inf),
    "a strength that is no number": lambda a: with_value(a, "strength", 0, np.nan),
    "a negative strength": lambda a: with_value(a, "strength", 0, -1),
    "an unknown class": lambda a: with_value(a, "label", 0, 4),
    "a negative row": lambda a: with_value(a, "row", 0, -1),
    "fewer labels": lambda a: {**a, "label": a["label"][1:]},
    "rows in two columns": lambda a: {**a, "row": np.stack([a["row"], a["row"]], axis=1)},
    "a single row": lambda a: {**a, "row": np.array(3)},
}


@pytest.mark.parametrize("what", DAMAGED_EXAMPLES)
def test_damaged_examples_are_refused(what: str, example_arrays: Arrays, tmp_path: Path) -> None:
    path = tmp_path / "examples.npz"
    np.savez(path, **example_arrays)
    read_examples(path)
    refused(read_examples, DAMAGED_EXAMPLES[what](example_arrays), path)
