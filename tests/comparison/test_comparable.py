"""Audits that cannot be compared are refused with every reason, and others with a caution."""

from collections.abc import Callable
from dataclasses import replace

import msgspec
import numpy as np
import pytest

import robaudit
from robaudit import SearchPlan
from robaudit.comparison import compare
from robaudit.data.memory.in_memory import images_from_arrays
from robaudit.errors import UsageError
from robaudit.preprocessing.candidates import PreprocessingRequest
from robaudit.record.findings import Findings, findings_of
from robaudit.record.schema.randomised import RandomisedRecord
from robaudit.testing import affine_classifier
from tests.support.comparisons import PLAN, differences, findings, images, model, named, with_record

Change = Callable[[Findings], Findings]
REFUSED: dict[str, Change] = {
    "other data": lambda one: with_record(one, "data", sha256="0" * 64),
    "another split of the data": lambda one: with_record(one, "data", split="train"),
    "another number of images": lambda one: with_record(one, "data", samples=100),
    "pixels read in another range": lambda one: with_record(one, "data", pixel_range=[0, 2]),
    "another reference class": lambda one: with_record(one, "data", reference="prediction"),
    "another step ": lambda one: with_record(one, "plan", step=0.01),
    "another number of steps": lambda one: with_record(one, "plan", steps=10),
    "another number of signs": lambda one: with_record(one, "plan", signs=1),
    "clipping in one of them only": lambda one: with_record(one, "plan", clip=True),
    "another number of classes": lambda one: with_record(one, "model", classes=5),
    "a model that answers differently each time": lambda one: replace(
        one,
        audit_record=msgspec.structs.replace(
            one.audit_record, randomised=RandomisedRecord(draws=1, figures=[])
        ),
    ),
    "rows and columns exchanged": lambda one: with_record(
        one,
        "data",
        preprocessing=msgspec.structs.replace(one.audit_record.data.preprocessing, exchanged=True),
    ),
    "another pixel box": lambda one: with_record(
        one, "model", input=msgspec.structs.replace(one.audit_record.model.input, high=2.0)
    ),
    "other samples were searched": lambda one: replace(one, rows=one.rows[::-1]),
    "other labels": lambda one: replace(one, labels=np.zeros(200, dtype=int)),
    "other directions": lambda one: replace(one, directions=one.directions[::-1]),
    "another number of directions": lambda one: replace(one, directions=one.directions[1:]),
    "inputs of another size": lambda one: replace(one, directions=one.directions[..., 1:]),
}


@pytest.mark.parametrize("reason", REFUSED)
def test_what_is_not_comparable_is_refused(before: Findings, reason: str) -> None:
    with pytest.raises(UsageError, match=f"not comparable: {reason}") as refusal:
        compare(before, REFUSED[reason](before))
    assert ";" not in refusal.value.found


def test_all_reasons_are_given_at_once(before: Findings) -> None:
    plan = SearchPlan(samples=50, directions=7, step=0.03, steps=20, seed=3)
    with pytest.raises(UsageError) as refusal:
        compare(before, findings(model(), plan=plan))
    for reason in ("another step ", "clipping", "60 and 50", "number of directions (6 before, 7"):
        assert reason in str(refusal.value)


def test_another_seed_is_another_search(before: Findings) -> None:
    with pytest.raises(UsageError, match=r"other directions .seed 0 before"):
        compare(before, findings(model(), plan=replace(PLAN, seed=1)))


@pytest.mark.parametrize("depth", [1, 3])
def test_a_layout_matters_where_there_are_colours(depth: int) -> None:
    """The same direction of other numbers is another one; of a single channel it is the same."""
    random = np.random.default_rng(0)
    x = random.random((40, 4, 4, depth)).astype(np.float32)
    of = images_from_arrays(x, np.arange(40) % 2)
    weights = random.normal(0, 1, (16 * depth, 2))
    pair = []
    for shape in ((depth, 4, 4), (4, 4, depth)):
        classifier = affine_classifier(weights, np.zeros(2), shape)
        pair.append(findings(classifier, of, plan=replace(PLAN, samples=10, directions=2)))
    if depth == 1:
        assert named(differences(*pair), "restricted-mean-margin")["difference"] == 0
    else:
        with pytest.raises(UsageError, match="another layout of the inputs"):
            compare(*pair)


def test_another_preprocessing_is_said_and_not_refused(before: Findings) -> None:
    other = findings_with_mean(0.2)
    found = compare(before, other)
    assert any("preprocessing is not the same" in text for text in found["warnings"])
    assert not any("preprocessing" in text for text in compare(before, before)["warnings"])


def findings_with_mean(mean: float) -> Findings:
    found = robaudit.scan(
        model(), images(), plan=PLAN, preprocessing=PreprocessingRequest((mean,), (1.0,))
    )
    return findings_of(found)
