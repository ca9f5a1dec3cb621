"""What the record of a hardening says of few samples, and of classes without examples."""

from dataclasses import replace

import numpy as np
import pytest

import robaudit
from robaudit.hardening.harden import Hardening
from robaudit.record.hardening_record import cautions_on_hardening, hardening_record
from robaudit.search.plan import SearchPlan
from robaudit.testing import affine_classifier

random = np.random.default_rng(0)
NORMAL = random.normal(size=16)
PIXELS = random.random((200, 4, 4)).astype(np.float32)
MODEL = affine_classifier(
    np.stack([-NORMAL, NORMAL, 0 * NORMAL], axis=1),
    np.array([NORMAL.sum() / 2, -NORMAL.sum() / 2, -1000.0]),
    (1, 4, 4),
)
LABELS = MODEL.predict(PIXELS[:, np.newaxis]).argmax(axis=1)
LABELS[:50] = 2  # which the model never says, so that no ray from there crosses


@pytest.fixture(scope="module")
def combined() -> Hardening:
    """Harden a model by mixed batches, one of whose classes has no examples."""
    plan = replace(
        robaudit.hardening_preset("quick", MODEL.spec, method="combined"),
        search=SearchPlan(60, 4),
        epochs=1,
        validation_samples=16,
        validation_directions=4,
    )
    return robaudit.harden(
        MODEL,
        robaudit.images_from_arrays(PIXELS, LABELS),
        plan=plan,
        audit_plan=SearchPlan(12, 2),
        preprocessing=robaudit.PreprocessingRequest(mean=(0.0,), std=(1.0,)),
    )


def test_samples_of_classes_without_examples_are_counted(combined: Hardening) -> None:
    """They stay clean, so that less is feedback than its share."""
    ((part,),) = (run.rounds for run in hardening_record(combined, "", {}).runs)
    assert part.without_examples == (combined.training.y == 2).sum() > 20
    assert {one.class_index: one.examples > 0 for one in part.classes} == {
        0: True,
        1: True,
        2: False,
    }


def test_few_validation_samples_are_those_of_a_half_where_halves_decide(
    combined: Hardening,
) -> None:
    assert len(combined.validation.x) == 16
    said = " ".join(cautions_on_hardening(combined))
    assert "Of each half of the 16 validation samples, one more or less is 12.5 points" in said
    assert "which point of the line is kept is largely chance" in said


def test_as_many_of_each_class_are_not_advised_to_who_takes_them_already(
    combined: Hardening,
) -> None:
    few = tuple(
        replace(one, searched=1)
        for part in combined.run.rounds
        if part.examples is not None
        for one in part.examples.selections
    )
    (part,) = combined.run.rounds
    assert part.examples is not None
    part = replace(part, examples=replace(part.examples, selections=few))
    made = replace(combined, runs=(replace(combined.run, rounds=(part,)),))
    assert "--method reduced" not in " ".join(cautions_on_hardening(made))
    feedback = replace(made, plan=replace(made.plan, method="feedback"))
    assert "--method reduced" in " ".join(cautions_on_hardening(feedback))
