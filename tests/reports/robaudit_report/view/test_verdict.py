"""The sentences that sum up an audit claim no more than chance leaves of them."""

import copy
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from robaudit import Classifier, Images, images_from_arrays
from robaudit.testing import affine_classifier
from tests.support.audit_samples import record_of
from tests.support.audit_words import percent, render, words

FORMATS = ["html", "text", "markdown"]


@pytest.fixture(scope="module")
def mistaken(digits: Images) -> Any:
    """The record of an audit with some labels that are wrong."""
    import robaudit
    from tests.support.paths import EXAMPLES

    assert digits.labels is not None
    labels = digits.labels.copy()
    labels[::5] = (labels[::5] + 1) % 10
    model = robaudit.load(EXAMPLES / "digits.onnx")
    return record_of(model, replace(digits, labels=labels))


@pytest.mark.parametrize("name", FORMATS)
def test_both_kinds_of_figures_are_shown_and_sentences_are_of_the_right(
    name: str, mistaken: Any
) -> None:
    report = words(render(name, mistaken))
    right = mistaken["margins"]["right_at_start"]
    assert 0 < right["samples"] < 30
    assert f"Walking from {right['samples']} of 30 images, those that are right at the" in report
    assert f"{percent(right['crossing_rate']['value'])} of the rays" in report
    for part in (mistaken["margins"], right):
        assert f"{part['restricted_mean']['value']:.3f}" in report
        assert percent(part["crossing_rate"]["value"]) in report
        for of_class in part["per_class"]:
            if of_class["samples"]:
                assert f"{of_class['restricted_mean']['value']:.3f}" in report
    inequality = mistaken["inequality"]
    assert f"{inequality['gini']:.3f}" in report
    assert f"{inequality['right_at_start']['gini']:.3f}" in report


@pytest.mark.parametrize("name", FORMATS)
def test_where_all_are_right_nothing_is_said_twice(name: str, record: Any) -> None:
    assert record["margins"]["right_at_start"]["samples"] == 30
    report = words(render(name, record))
    assert "Walking from 30 images, all right at the start, along" in report
    assert "right at the start 0." not in report
    assert "Only the" not in report


@pytest.mark.parametrize("name", FORMATS)
def test_where_none_is_right_there_is_no_figure(name: str, digits: Images) -> None:
    assert digits.labels is not None
    import robaudit
    from tests.support.paths import EXAMPLES

    wrong = replace(digits, labels=(digits.labels + 5) % 10)
    made = record_of(robaudit.load(EXAMPLES / "digits.onnx"), wrong, samples=10)
    if made["margins"]["right_at_start"]["samples"]:
        pytest.skip("a sample is right by chance")
    report = words(render(name, made))
    assert "None of the 10 images searched is right at the start" in report
    assert "No sample that was searched is right at the start" in report
    assert "Hardly any ray" not in report


def _alike(classifier: Classifier, seed: int) -> Any:
    random = np.random.default_rng(seed)
    pixels = random.uniform(0.3, 0.7, (200, 4, 4))
    start = classifier.predict(pixels[:, None].astype(np.float32)).argmax(axis=1)
    return record_of(
        classifier, images_from_arrays(pixels, start, pixel_range=(0, 1)), seed=seed, samples=36
    )


def test_classes_that_are_all_the_same_are_seldom_said_to_differ() -> None:
    """Three classes a third of a turn apart, with pictures that know no direction."""
    turn = 2 * np.pi * np.arange(3) / 3
    axes = np.linalg.qr(np.random.default_rng(0).normal(size=(16, 2)))[0].T
    weights = np.outer(axes[0], np.cos(turn)) + np.outer(axes[1], np.sin(turn))
    classifier = affine_classifier(weights, -0.5 * weights.sum(axis=0), (1, 4, 4))
    said = sum(
        "differ by more than chance" in render("text", _alike(classifier, seed)).replace("\n", " ")
        for seed in range(40)
    )
    assert said <= 40 / 20 + 1


def test_classes_that_differ_are_said_to(mistaken: Any) -> None:
    changed = copy.deepcopy(mistaken)
    inequality = changed["inequality"]["right_at_start"]
    named, alike = [inequality["worst_class"]], [0, 3]
    for p_value, classes, said in (
        (0.01, named, "Classes differ by more than chance: the easiest to leave is class"),
        (0.01, alike, "which is the easiest to leave cannot be told: 0, 3 are alike"),
        (0.4, alike, "Classes that are all the same would often differ as much by chance"),
        (None, alike, "Whether classes differ by more than chance cannot be told"),
    ):
        inequality["p_value"], inequality["worst_alike"] = p_value, classes
        assert said in words(render("text", changed))


def test_older_records_do_not_say_that_classes_differ(record: Any) -> None:
    old = copy.deepcopy(record)
    del old["margins"]["right_at_start"], old["inequality"]["right_at_start"]
    for name in FORMATS:
        report = words(render(name, old))
        assert "Walking from 30 images along 8 random directions" in report
        assert "Whether classes differ by more than chance, this record does not say" in report
