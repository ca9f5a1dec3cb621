"""Examples along gradients beside the others: how many, how far, and of which classes."""

from dataclasses import replace

import numpy as np
import pytest

from robaudit.errors import UsageError
from robaudit.hardening import Method, make_examples
from robaudit.hardening.gradient_rays import find_gradient_rays
from tests.support.gradient_hardening import CLASSES, PLAN, REACH, Affine, along_gradients


@pytest.mark.parametrize("method", ["feedback", "reduced"])
def test_examples_along_gradients_are_misclassified_by_the_original(method: Method) -> None:
    model = Affine(3)
    examples = model.examples(replace(PLAN, method=method))
    mine = along_gradients(examples)
    inputs = examples.inputs(model.x, model.classifier.spec)
    assert (model.classifier.predict(inputs).argmax(axis=1) != examples.label)[mine].all()
    assert (examples.label == model.y[examples.row]).all()
    chosen = sum(one.chosen for one in examples.selections)
    assert mine.sum() == 2 * chosen > 40
    # They lie as far beyond the crossing as the others, which is nearer than any of them.
    assert ((examples.strength >= 1.5) & (examples.strength <= 2)).all()
    assert np.ptp(examples.strength[mine]) > 0.3
    moved = (inputs - model.x[examples.row])[mine]
    distance = np.sqrt((moved**2).mean(axis=(1, 2, 3)))
    assert distance == pytest.approx((examples.strength * examples.margin)[mine], rel=1e-4)
    for row in np.unique(examples.row):
        of_row = examples.row == row
        nearest = examples.margin[of_row & mine].min()
        assert nearest <= examples.margin[of_row & ~mine].min() + REACH.step
    made = np.bincount(examples.label, minlength=CLASSES)
    assert [one.examples for one in examples.selections] == made.tolist()


def test_the_other_examples_stay_as_they_are() -> None:
    model = Affine(5)
    with_them, without = model.examples(PLAN), model.examples(replace(PLAN, gradient_directions=0))
    count = len(without)
    assert 0 < count < len(with_them)
    assert not along_gradients(without).any()
    assert along_gradients(with_them)[count:].all()
    for name in ("row", "direction", "sign", "margin", "strength", "label"):
        assert np.array_equal(getattr(with_them, name)[:count], getattr(without, name)), name
    assert with_them.directions[:12].tobytes() == without.directions.tobytes()
    assert len(with_them.directions) == 12 + len(with_them) - count


def test_the_control_has_as_many_rows_and_leaves_them_as_they_are() -> None:
    model = Affine(5)
    control = model.examples(replace(PLAN, method="continued"))
    assert len(control) == len(model.examples(PLAN))
    inputs = control.inputs(model.x, model.classifier.spec)
    assert inputs.tobytes() == model.x[control.row].tobytes()


def test_most_examples_limits_all_of_them_together() -> None:
    model = Affine(7)
    plan = replace(PLAN, most_examples=3.0, directions_per_sample=12, gradient_directions=3)
    every, fewer = model.examples(replace(plan, most_examples=1000)), model.examples(plan)
    assert len(fewer) <= 3 * len(model.x) < len(every)
    assert set(fewer.row) == set(every.row)
    chosen = sum(one.chosen for one in fewer.selections)
    room = 3 * len(model.x) // chosen
    assert along_gradients(fewer).sum() == chosen * room * 3 // 15 > 0
    assert (~along_gradients(fewer)).sum() > along_gradients(fewer).sum()


def test_room_for_one_example_of_each_sample_is_shared() -> None:
    """Half of the samples give one along a gradient, towards their next-best class."""
    model = Affine(7)
    plan = replace(PLAN, most_examples=0.9, directions_per_sample=3, gradient_directions=3)
    examples = model.examples(plan)
    chosen = sum(one.chosen for one in examples.selections)
    assert 0.9 * len(model.x) // chosen == 1
    assert np.bincount(examples.row).max() == 1
    mine = along_gradients(examples)
    assert (len(examples), mine.sum()) == (chosen, chosen // 2)
    every = find_gradient_rays(model.classifier, model.x, model.y, 1, REACH, batch_size=64)
    assert np.array_equal(examples.margin[mine], every.margin[examples.row[mine]])


def test_there_are_no_more_rays_than_other_classes() -> None:
    model = Affine(2, classes=2)
    examples = model.examples(replace(PLAN, gradient_directions=9))
    assert along_gradients(examples).sum() == sum(one.chosen for one in examples.selections)


def test_the_classifier_and_its_data_are_asked_for() -> None:
    model = Affine(1)
    searched = model.searched(PLAN)
    for part in ({}, {"classifier": model.classifier}, {"x": model.x}):
        with pytest.raises(UsageError, match="gradient_directions = 2"):
            make_examples(searched, PLAN, model.y, **part)
    with pytest.raises(UsageError, match="gradient_directions = -1"):
        replace(PLAN, gradient_directions=-1)
