"""Which output is which class: by name, by value, by place, or refused."""

from dataclasses import replace

import numpy as np
import pytest

from robaudit import Images, InputSpec, images_from_arrays
from robaudit.errors import DataError
from robaudit.preprocessing.class_matching import match_classes


def images(labels: list[int], names: str = "", *, by_alphabet: bool = False) -> Images:
    """Make images with labels and, if any are given, names of classes."""
    made = images_from_arrays(np.zeros((len(labels), 2, 2)), np.array(labels))
    return replace(made, class_names=tuple(names.split()) or None, by_alphabet=by_alphabet)


def model(classes: int, names: str = "") -> InputSpec:
    return InputSpec((4,), classes, class_names=tuple(names.split()) or None)


@pytest.mark.parametrize(
    ("data", "spec", "expected"),
    [
        (images([0, 2, 1]), model(3), [0, 2, 1]),
        (images([0, 2, 1]), model(3, "cat dog owl"), [0, 2, 1]),
        # By name, whatever the order is, and however it is written.
        (images([0, 1, 2], "cat dog owl", by_alphabet=True), model(3, "owl cat dog"), [1, 2, 0]),
        (images([0, 1], "ankle_boot t-shirt_top", by_alphabet=True),
         model(3, "Bag T-shirt/top Ankle-Boot"), [2, 1]),
        (images([1, 1], "dog owl", by_alphabet=True), model(3, "owl cat dog"), [0, 0]),
        (images([0, 1], "Apfel Ka\u0308fer", by_alphabet=True),
         model(2, "K\u00e4fer Apfel"), [1, 0]),
        (replace(images([0, 1]), class_names=("Tinca_tinca", "n01443537"), by_alphabet=True),
         replace(model(2), class_names=("n01443537 goldfish, Carassius", "n01440764 tench, Tinca "
                                        "tinca")), [1, 0]),
        # By value.
        (images([1, 10, 2]), model(10, "1 2 3 4 5 6 7 8 9 10"), [0, 9, 1]),
        (images([0, 1, 2, 3], "0 1 2 10"), model(12, "0 1 10 11 2 3 4 5 6 7 8 9"), [0, 1, 4, 2]),
        (images([0, 1], "007 08"), model(3, "8 7 9"), [1, 0]),
        # Numbers of folders are places, where the model has words or nothing.
        (images([0, 1, 2], "0 2 10"), model(11), [0, 2, 10]),
        (images([0, 1], "0 2"), model(3, "cat dog owl"), [0, 2]),
    ],
)  # fmt: skip
def test_classes_are_matched(data: Images, spec: InputSpec, expected: list[int]) -> None:
    matched = match_classes(data, spec)
    assert matched.images.labels is not None
    assert matched.images.labels.tolist() == expected
    assert matched.spec.class_names == spec.class_names
    assert not matched.notes
    again = match_classes(matched.images, matched.spec)
    assert again.images.labels is not None
    assert again.images.labels.tolist() == expected


@pytest.mark.parametrize(
    ("data", "spec", "expected", "names", "words"),
    [
        (images([1, 2, 3]), model(3), [0, 1, 2], "1 2 3", "from 1 to 3"),
        (images([0, 2], "1 2 3"), model(3), [0, 2], "1 2 3", "from 1 to 3"),
        (images([0, 2], "1 2 3"), model(3, "cat dog owl"), [0, 2], "cat dog owl", "from 1 to 3"),
        (images([0, 2], "cat dog owl", by_alphabet=True), model(3), [0, 2], "cat dog owl",
         "alphabetical order"),
        (images([0, 1], "plane car"), model(2, "airplane automobile"), [0, 1],
         "airplane automobile", "by their order"),
        (images([0, 1], "plane car"), model(3), [0, 1], "", "names 2 classes"),
    ],
)  # fmt: skip
def test_what_nobody_says_is_taken_for_granted_and_told(
    data: Images, spec: InputSpec, expected: list[int], names: str, words: str
) -> None:
    matched = match_classes(data, spec)
    assert matched.images.labels is not None
    assert matched.images.labels.tolist() == expected
    assert matched.spec.class_names == (tuple(names.split()) or None)
    assert len(matched.notes) == 1
    assert words in matched.notes[0]


@pytest.mark.parametrize(
    ("data", "spec", "words"),
    [
        (images([0, 1], "cat wolf", by_alphabet=True), model(3, "owl cat dog"), "'wolf'"),
        (images([0, 11]), model(10), "labels from 0 to 11"),
        (images([2, 10]), model(10), "labels from 2 to 10"),
        (images([0, 2], "1 2 10"), model(9), "class 10"),
        (images([0, 1]), model(2, "1 2"), "class 0"),
        (images([0, 1], "cat dog", by_alphabet=True), model(3), "names 2 classes"),
        (images([0, 1, 2], "cat dog owl"), model(2), "names 3 classes"),
        (images([0, 1], "cat dog", by_alphabet=True), model(2, "1 2"), "'cat'"),
        (images([0, 1], "crane dog", by_alphabet=True), model(3, "crane crane dog"), "0, 1"),
        (images([7, 8]), model(3, "7 07 8"), "alike"),
        (images([0, 2], "0 2 other", by_alphabet=True), model(3), "by alphabet 2 would be class 1"),
    ],
)
def test_classes_that_a_model_does_not_know_are_refused(
    data: Images, spec: InputSpec, words: str
) -> None:
    with pytest.raises(DataError, match=words):
        match_classes(data, spec)


def test_numbers_among_names_may_stand_at_their_own_places() -> None:
    data = images([0, 2], "0 1 A", by_alphabet=True)
    assert match_classes(data, model(3)).spec.class_names == ("0", "1", "A")


def test_images_without_labels_have_nothing_to_match() -> None:
    data = replace(images([0, 1], "cat dog"), labels=None)
    assert match_classes(data, model(5)).images is data
