"""One order of classes that explains a model's answers is found, and none where there is none."""

import numpy as np
import pytest

from robaudit.preprocessing.class_order import find_class_order

random = np.random.default_rng(0)


def answers(labels: np.ndarray, classes: int, accuracy: float) -> np.ndarray:
    """Give answers that are right as often as said, and else random."""
    right = random.random(len(labels)) < accuracy
    return np.where(right, labels, random.integers(0, classes, len(labels)))


@pytest.mark.parametrize(("classes", "accuracy"), [(2, 0.9), (10, 0.5), (12, 0.9), (100, 0.7)])
def test_an_order_is_found(classes: int, accuracy: float) -> None:
    labels = random.integers(0, classes, 2000)
    order = np.roll(np.arange(classes), 1)
    found = find_class_order(np.argsort(order)[answers(labels, classes, accuracy)], labels, classes)
    assert found is not None
    np.testing.assert_array_equal(found.class_of_output, order)
    np.testing.assert_array_equal(found.output_of_class, np.argsort(order))
    assert found.accuracy_in_order == pytest.approx(accuracy, abs=0.12)
    assert found.samples == 1000


@pytest.mark.parametrize("classes", [2, 10, 1000])
def test_random_answers_have_no_order(classes: int) -> None:
    """On the images that it is found on, an assignment finds one in them for 1,000 classes."""
    for _ in range(50):
        labels, predicted = random.integers(0, classes, (2, 1000))
        assert find_class_order(predicted, labels, classes) is None


@pytest.mark.parametrize("accuracy", [0.3, 0.6, 0.95])
def test_a_model_that_is_right_is_left_alone(accuracy: float) -> None:
    labels = random.integers(0, 10, 1000)
    assert find_class_order(answers(labels, 10, accuracy), labels, 10) is None


def test_classes_that_no_image_shows_stay_open() -> None:
    order = np.array([3, 4, 0, 1, 2])
    labels = random.integers(0, 3, 300)
    found = find_class_order(np.argsort(order)[labels], labels, 5)
    assert found is not None
    assert found.class_of_output.tolist() == [-1, -1, 0, 1, 2]
    assert sorted(found.output_of_class.tolist()) == [0, 1, 2, 3, 4]
    assert find_class_order(labels[:1], labels[:1], 5) is None
