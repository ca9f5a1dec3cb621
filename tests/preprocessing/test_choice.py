"""The preprocessing that a model was trained with is found from labelled images."""

from dataclasses import replace

import numpy as np
import pytest

from robaudit import Classifier, Images, InputSpec, PreprocessingRequest, images_from_arrays
from robaudit.errors import NotAuditableError
from robaudit.preprocessing.arrangement import Arrangement, arrangements
from robaudit.preprocessing.candidates import usual_preprocessings
from robaudit.preprocessing.choice import runners_up
from robaudit.preprocessing.normalisation import Preprocessing
from robaudit.preprocessing.trials import Trial
from robaudit.types import Declaration
from tests.support.preparations import NOTHING_GIVEN, match, sees_stripes, striped


@pytest.fixture
def random() -> np.random.Generator:
    """Draws that are the same for each test, whichever ran before."""
    return np.random.default_rng(0)


def gaussian_classifier(
    true: Preprocessing, means: np.ndarray, spread: float, shape: tuple[int, ...]
) -> Classifier:
    """Make the Bayes classifier of Gaussian classes, behind a preprocessing.

    ``means`` (classes, D) are those of pixels, arranged as the model's inputs are.
    """
    mean, std = (np.array(v).reshape(-1, 1, 1) for v in (true.mean, true.std))

    def predict(x: np.ndarray) -> np.ndarray:
        pixels = (x * std + mean).reshape(len(x), -1)
        return (pixels @ means.T - (means**2).sum(axis=1) / 2) / spread**2

    return Classifier("gaussian", InputSpec(shape, len(means)), predict)


COLOUR = Arrangement((8, 8, 3), "CHW", "rgb")
BGR = Arrangement((8, 8, 3), "CHW", "bgr")


@pytest.mark.parametrize("arrangement", [COLOUR, BGR])
@pytest.mark.parametrize(
    "name", ["0..1", "0..255", "-1..1", "CIFAR-10 statistics", "ImageNet mean, 0..255"]
)
def test_preprocessing_is_found(
    name: str, arrangement: Arrangement, random: np.random.Generator
) -> None:
    true = next(one for one in usual_preprocessings([arrangement]) if one.name == name)
    spread = 0.15
    means = 0.5 + random.normal(0, 0.03, (5, 8, 8, 3)).astype(np.float32)
    labels = np.repeat(np.arange(5), 400)
    noise = random.normal(0, spread, (2000, 8, 8, 3))
    pixels = np.rint(np.clip(means[labels] + noise, 0, 1) * 255).astype(np.uint8)
    classifier = gaussian_classifier(
        true, arrangement.arrange(means, (3, 8, 8)).reshape(5, -1), spread, (3, 8, 8)
    )
    prepared = match(classifier, images_from_arrays(pixels, labels), NOTHING_GIVEN)
    choice = prepared.choice
    assert choice.how == "found"
    assert choice.clear
    assert choice.preprocessing == true
    assert choice.candidates[0].accuracy > choice.candidates[-1].accuracy
    assert len(choice.candidates) == 18


def test_of_candidates_without_an_error_the_plainest_is_taken() -> None:
    """Larger inputs make a model surer, so its cross-entropy cannot decide alone."""

    def predict(x: np.ndarray) -> np.ndarray:
        level = x.mean(axis=(1, 2, 3))
        return np.stack([0 * level, level], axis=1) * 50 - np.array([0, 10])

    labels = np.arange(80) % 2
    pixels = np.where(labels, 250, 0).astype(np.uint8)[:, None, None] + np.zeros((1, 8, 8))
    images = images_from_arrays(pixels.astype(np.uint8), labels)
    classifier = Classifier("bright", InputSpec((1, 8, 8), 2), predict)
    choice = match(classifier, images, NOTHING_GIVEN).choice
    assert choice.preprocessing.name == "0..1"
    assert choice.candidates[1].accuracy == 1
    assert not choice.clear


@pytest.mark.parametrize("uncalibrated", [True, False])
def test_margins_that_grow_with_the_inputs_choose_nothing(
    uncalibrated: bool, random: np.random.Generator
) -> None:
    """A linear machine without an offset is surer of what is larger, and right as often.

    Whether that is known of it, or shows: it is right far more often than it is sure.
    """
    labels = np.arange(200) % 2
    pixels = random.uniform(0, 1, (200, 8, 8)).astype(np.float32)
    pixels[:, :4] += np.where(random.random(200) < 0.9, labels, 1 - labels)[:, None, None]
    images = images_from_arrays(pixels / 2, labels)

    def predict(x: np.ndarray) -> np.ndarray:
        lead = x[:, :, :4].mean(axis=(1, 2, 3)) - x[:, :, 4:].mean(axis=(1, 2, 3)) - 0.25
        return np.stack([0 * lead, lead], axis=1)

    machine = Classifier("linear", InputSpec((1, 8, 8), 2), predict, uncalibrated=uncalibrated)
    choice = match(machine, images, NOTHING_GIVEN).choice
    assert choice.preprocessing.name == "0..1"
    assert not choice.clear


def test_scores_of_least_squares_are_not_taken_for_surer(random: np.random.Generator) -> None:
    """Trained towards 0 and 1, a network is right under -1..1, and as often, surer, beyond."""
    labels = np.arange(400) % 4
    pixels = random.integers(96, 160, (400, 8, 8)).astype(np.uint8)
    mistaken = np.where(random.random(400) < 0.9, labels, (labels + 1) % 4)
    for row, bright in enumerate(mistaken):
        pixels[row, 2 * bright : 2 * bright + 2] += 32

    def predict(x: np.ndarray) -> np.ndarray:
        return x.reshape(len(x), 4, 16).mean(axis=2)

    classifier = Classifier("least squares", InputSpec((1, 8, 8), 4), predict)
    choice = match(classifier, images_from_arrays(pixels, labels), NOTHING_GIVEN).choice
    assert choice.preprocessing.name == "0..1"
    assert not choice.clear


@pytest.mark.parametrize("layout", ["CHW", "HWC"])
def test_the_layout_is_found_where_only_mean_and_std_are_given(
    layout: str, random: np.random.Generator
) -> None:
    arrangement = next(one for one in arrangements((8, 8, 3), (192,)) if one.layout == layout)
    true = Preprocessing("", (0.3,), (0.2,), arrangement)
    means = 0.5 + random.normal(0, 0.1, (4, 8, 8, 3)).astype(np.float32)
    labels = np.arange(400) % 4
    pixels = np.clip(means[labels] + random.normal(0, 0.2, (400, 8, 8, 3)), 0, 1)
    seen = arrangement.arrange(means, (192,))

    def predict(x: np.ndarray) -> np.ndarray:
        return ((x * 0.2 + 0.3) @ seen.T - (seen**2).sum(axis=1) / 2) / 0.04

    classifier = Classifier("flat", InputSpec((192,), 4), predict)
    request = PreprocessingRequest(mean=(0.3,), std=(0.2,))
    choice = match(classifier, images_from_arrays(pixels, labels), request).choice
    assert choice.preprocessing.arrangement == true.arrangement
    assert choice.candidates[0].accuracy > 0.9


@pytest.mark.parametrize(
    ("classifier", "exchanges", "flag"),
    [
        (sees_stripes(across=False), ("rows and columns exchanged",), "--layout WH"),
        (sees_stripes(light=False), ("black and white exchanged",), "--pixel-range"),
        (
            sees_stripes(across=False, light=False),
            ("rows and columns exchanged", "black and white exchanged"),
            "--layout WH and a --pixel-range",
        ),
    ],
)
def test_exchanges_are_found_and_told_of(
    classifier: Classifier, exchanges: tuple[str, ...], flag: str, random: np.random.Generator
) -> None:
    pixels, labels = striped(400, random)
    prepared = match(classifier, images_from_arrays(pixels, labels), NOTHING_GIVEN)
    assert prepared.choice.preprocessing.exchanges == exchanges
    assert prepared.choice.candidates[0].accuracy == 1
    assert any(flag in note and "100.0%" in note for note in prepared.notes)
    predicted = prepared.classifier.predict(prepared.inputs(slice(None))).argmax(axis=1)
    np.testing.assert_array_equal(predicted, labels)


@pytest.mark.parametrize("sign", [1, -1])
def test_of_distances_negatives_are_not_wanted(sign: int, random: np.random.Generator) -> None:
    """Where the smallest score is best, negatives may be right more often than by chance."""
    true = Preprocessing("0..1", (0.0,), (1.0,), Arrangement((8, 8, 1), "CHW", "grey"))
    means = 0.25 + random.normal(0, 0.05, (5, 64))
    nearest = gaussian_classifier(true, means, 0.15, (1, 8, 8))
    machine = replace(nearest, predict=lambda x: sign * nearest.predict(x))
    labels = np.repeat(np.arange(5), 100)
    pixels = np.clip(means[labels] + random.normal(0, 0.15, (500, 64)), 0, 1)
    images = images_from_arrays(pixels.reshape(-1, 8, 8).astype(np.float32), labels)
    choice = match(machine, images, NOTHING_GIVEN).choice
    assert not choice.preprocessing.exchanges


def test_pictures_as_they_stand_are_not_exchanged_for_nothing(
    random: np.random.Generator,
) -> None:
    pixels, labels = striped(400, random)
    prepared = match(sees_stripes(), images_from_arrays(pixels, labels), NOTHING_GIVEN)
    assert prepared.choice.preprocessing.name == "0..1"
    assert not prepared.choice.preprocessing.exchanges
    assert prepared.choice.tried > len(prepared.choice.candidates)
    said = PreprocessingRequest(exchanged=True)
    choice = match(sees_stripes(), images_from_arrays(pixels, labels), said).choice
    assert choice.preprocessing.arrangement.exchanged
    assert choice.candidates[0].accuracy < 0.6


def test_guesses_choose_the_plainest_however_many_are_tried(random: np.random.Generator) -> None:
    """Under the null something else is taken in less than one case in twenty."""
    taken = []
    for _ in range(60):
        weights = random.normal(size=(64, 4))
        classifier = Classifier(
            "guessing",
            InputSpec((64,), 4),
            lambda x, w=weights: np.sign(x.reshape(-1, 64) - 0.5) @ w,  # type: ignore[misc]
        )
        pixels = random.random((200, 8, 8))
        images = images_from_arrays(pixels, random.integers(0, 4, 200))
        taken.append(match(classifier, images, NOTHING_GIVEN).choice.preprocessing.name)
    assert taken.count("0..1") >= 57


def test_data_of_one_class_choose_nothing(random: np.random.Generator) -> None:
    pixels, _ = striped(100, random)
    one = images_from_arrays(pixels[::4], np.zeros(25, dtype=int))
    prepared = match(sees_stripes(light=False), one, NOTHING_GIVEN)
    assert prepared.choice.how == "assumed"
    assert prepared.choice.preprocessing.name == "0..1"
    assert any("two classes" in note for note in prepared.notes)


def declaring(declares: Declaration, true_mean: float, true_std: float) -> Classifier:
    """Make a model whose classes are narrow ranges of brightness, behind a preprocessing."""
    centers = np.array([0.2, 0.4, 0.6, 0.8])

    def predict(x: np.ndarray) -> np.ndarray:
        brightness = x.mean(axis=1) * true_std + true_mean
        return -200 * (brightness[:, None] - centers) ** 2

    return Classifier("declares", InputSpec((64,), 4), predict, declares=declares)


def bright_images(random: np.random.Generator) -> Images:
    labels = np.arange(400) % 4
    brightness = np.array([0.2, 0.4, 0.6, 0.8])[labels] + random.normal(0, 0.06, 400)
    return images_from_arrays(np.clip(np.tile(brightness[:, None, None], (1, 8, 8)), 0, 1), labels)


def test_what_files_declare_is_held_against_the_labels(random: np.random.Generator) -> None:
    images = bright_images(random)
    right = declaring(Declaration("config.json", (0.3,), (0.7,)), 0.3, 0.7)
    prepared = match(right, images, NOTHING_GIVEN)
    assert prepared.choice.how == "declared"
    assert prepared.choice.preprocessing.name == "as config.json says"
    assert prepared.choice.candidates[0].accuracy > 0.85

    wrong = declaring(Declaration("config.json", (0.3,), (0.7,)), 0.5, 0.5)
    prepared = match(wrong, images, NOTHING_GIVEN)
    assert prepared.choice.how == "found"
    assert prepared.choice.preprocessing.name == "-1..1"
    assert any(
        "as config.json says" in note and "more than chance" in note for note in prepared.notes
    )

    unlabelled = match(right, replace(images, labels=None), NOTHING_GIVEN)
    assert unlabelled.choice.how == "declared"
    assert unlabelled.choice.preprocessing.mean == (0.3,)


def test_what_files_declare_of_other_pixels_is_passed_over_and_said(
    random: np.random.Generator,
) -> None:
    of_colour = Declaration("config.json", (0.4, 0.5, 0.6), (0.2, 0.2, 0.2))
    classifier = replace(declaring(of_colour, 0.0, 1.0), spec=InputSpec((1, 8, 8), 4))
    flat = classifier.predict
    classifier = replace(classifier, predict=lambda x: flat(x.reshape(len(x), 64)))
    prepared = match(classifier, bright_images(random), NOTHING_GIVEN)
    assert prepared.choice.preprocessing.name == "0..1"
    assert any("config.json" in note and "passed over" in note for note in prepared.notes)


def trial(name: str, loss: np.ndarray) -> Trial:
    made = Preprocessing(name, (0.5,), (0.5,), Arrangement((8, 8, 1), "CHW", "grey"))
    everywhere = np.ones(200, dtype=np.bool_)
    return Trial(made, np.zeros(200, dtype=np.int64), np.arange(200) < 180, loss, everywhere)


def test_the_runner_up_is_one_that_may_be_as_good() -> None:
    """The next by cross-entropy may be one that is led throughout."""
    best, led = trial("best", np.full(200, 0.2)), trial("led", np.full(200, 0.21))
    equal = trial("equal", np.where(np.arange(200) % 2, 0.0, 0.45))
    others = runners_up(best, [led, equal])
    assert [other.preprocessing.name for other in others] == ["equal", "led"]


def test_scores_that_are_no_numbers_are_counted_and_named(random: np.random.Generator) -> None:
    """They are no reason to prefer a preprocessing that is worse on all other images."""
    images = bright_images(random)
    plain = declaring(Declaration("none"), 0.0, 1.0)

    def predict(x: np.ndarray) -> np.ndarray:
        scores = plain.predict(x)
        scores[x.mean(axis=1) > 0.85] = np.nan
        return scores

    broken = replace(plain, predict=predict, declares=None)
    count = int((images.unit_pixels(slice(None)).mean(axis=(1, 2, 3)) > 0.85).sum())
    assert 5 < count < 60
    with pytest.raises(NotAuditableError, match=rf"\(NaN\) for {count} of 400 .* 0\.\.1"):
        match(broken, images, NOTHING_GIVEN)
    with pytest.raises(NotAuditableError, match="NaN"):
        match(broken, replace(images, labels=None), NOTHING_GIVEN)


def test_a_wrong_order_of_classes_does_not_make_a_wrong_preprocessing_win(
    random: np.random.Generator,
) -> None:
    images = bright_images(random)
    order = np.array([2, 0, 3, 1])
    sorted_model = declaring(Declaration("none"), 0.5, 0.5)
    classifier = replace(
        sorted_model, predict=lambda x: sorted_model.predict(x)[:, order], declares=None
    )
    prepared = match(classifier, images, NOTHING_GIVEN)
    assert prepared.choice.preprocessing.name == "-1..1"
    found = prepared.choice.order
    assert found is not None
    np.testing.assert_array_equal(found.class_of_output, order)
    assert any("2,0,3,1" in note and "--class-names" in note for note in prepared.notes)


def test_what_makes_a_model_right_as_labelled_is_sooner_so_than_another_order_of_classes(
    random: np.random.Generator,
) -> None:
    """It reads columns, and of pictures as they stand rows, in another order, less loudly."""
    labels = np.arange(400) % 4
    pixels = random.integers(0, 40, (400, 8, 8), dtype=np.uint8)
    pixels[np.arange(400), labels] = 250
    order = np.array([2, 0, 3, 1])

    def predict(x: np.ndarray) -> np.ndarray:
        picture = x.reshape(len(x), 8, 8)
        return picture.sum(axis=1)[:, :4] + 0.3 * picture.sum(axis=2)[:, order]

    images = images_from_arrays(pixels, labels)
    prepared = match(Classifier("flat", InputSpec((64,), 4), predict), images, NOTHING_GIVEN)
    assert prepared.choice.preprocessing.arrangement.exchanged
    assert prepared.choice.order is None
    assert prepared.choice.candidates[0].accuracy == 1
    given = match(
        Classifier("flat", InputSpec((64,), 4), predict),
        images,
        replace(NOTHING_GIVEN, exchanged=False),
    )
    found = given.choice.order
    assert found is not None
    np.testing.assert_array_equal(found.class_of_output, order)
