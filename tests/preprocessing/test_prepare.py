"""Layouts, channel orders and normalisation: matched, found and undone."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from robaudit import (
    Classifier,
    Images,
    InputSpec,
    PreprocessingRequest,
    TrainPlan,
    images_from_arrays,
)
from robaudit.batches import Pace
from robaudit.errors import DataError, NotAuditableError, UsageError
from robaudit.preprocessing.arrangement import Arrangement, arrangements, fit_channels
from robaudit.preprocessing.candidates import loss_of_labels, usual_preprocessings
from robaudit.preprocessing.normalisation import Preprocessing, normalised
from robaudit.preprocessing.prepare import Prepared, prepare
from robaudit.testing.course_checks import CourseChecks
from tests.support.broken_classifiers import sound
from tests.testing.test_contract import Contract

random = np.random.default_rng(0)
NOTHING_GIVEN = PreprocessingRequest()


def match(
    classifier: Classifier,
    images: Images | None,
    request: PreprocessingRequest = NOTHING_GIVEN,
    *,
    count: int = 10,
    seed: int = 0,
) -> Prepared:
    return prepare(classifier, images, request, count=count, seed=seed, pace=Pace(16))


@pytest.mark.parametrize(
    ("image", "shape", "layouts"),
    [
        ((28, 28, 1), (1, 28, 28), {"CHW"}),
        ((28, 28, 1), (28, 28, 1), {"HWC"}),
        ((28, 28, 1), (28, 28), {"HW"}),
        ((28, 28, 1), (784,), {"HW"}),
        ((28, 28, 1), (784, 1), {"HWC"}),
        ((28, 28, 1), (1, 784), {"CHW"}),
        ((32, 32, 3), (3, 32, 32), {"CHW"}),
        ((32, 32, 3), (32, 32, 3), {"HWC"}),
        ((32, 32, 3), (3072,), {"CHW", "HWC"}),
        ((3, 3, 3), (3, 3, 3), {"CHW", "HWC"}),
        ((784,), (1, 28, 28), {"flat"}),
        ((32, 32, 3), (3, 30, 30), set()),
        ((28, 28, 1), (3, 28, 28), set()),
    ],
)
def test_layouts_that_fit(
    image: tuple[int, ...], shape: tuple[int, ...], layouts: set[str]
) -> None:
    assert {one.layout for one in arrangements(image, shape)} == layouts


@pytest.mark.parametrize("shape", [(3, 5, 4), (5, 4, 3), (60,)])
def test_arranging_and_restoring_are_inverse(shape: tuple[int, ...]) -> None:
    pixels = random.random((2, 5, 4, 3), dtype=np.float32)
    for arrangement in arrangements((5, 4, 3), shape):
        x = arrangement.arrange(pixels, shape)
        assert x.shape == (2, *shape)
        restored = arrangement.restore(x)
        assert restored is not None
        np.testing.assert_array_equal(restored, pixels)
    assert x.flags.c_contiguous


def test_channels_are_taken_in_the_models_order() -> None:
    pixels = random.random((1, 2, 2, 3), dtype=np.float32)
    bgr = next(one for one in arrangements((2, 2, 3), (3, 2, 2)) if one.channels == "bgr")
    x = bgr.arrange(pixels, (3, 2, 2))
    np.testing.assert_array_equal(x[0, 0], pixels[0, :, :, 2])
    classifier = Classifier("mean", InputSpec((3, 2, 2), 3), lambda x: x.mean(axis=(2, 3)))
    wrapped = normalised(classifier, Preprocessing("", (0.1, 0.2, 0.3), (0.5, 1, 2), bgr))
    expected = (pixels[0, ..., ::-1].mean(axis=(0, 1)) - [0.1, 0.2, 0.3]) / [0.5, 1, 2]
    np.testing.assert_allclose(wrapped.predict(x)[0], expected, rtol=1e-5)


@pytest.mark.parametrize("shape", [(3, 5, 4), (5, 4, 3), (60,)])
def test_statistics_a_channel_reach_their_channel_in_every_layout(shape: tuple[int, ...]) -> None:
    mean, std = (0.1, 0.2, 0.3), (0.5, 0.6, 0.7)
    pixels = random.random((2, 5, 4, 3), dtype=np.float32)
    classifier = Classifier("same", InputSpec(shape, 60), lambda x: x.reshape(len(x), -1))
    for arrangement in arrangements((5, 4, 3), shape):
        if arrangement.channels == "rgb":
            wrapped = normalised(classifier, Preprocessing("", mean, std, arrangement))
            scores = wrapped.predict(arrangement.arrange(pixels, shape))
            expected = arrangement.arrange(
                ((pixels - np.array(mean)) / np.array(std)).astype(np.float32), shape
            )
            np.testing.assert_allclose(scores, expected.reshape(2, -1), rtol=1e-5, atol=1e-6)


def test_images_are_given_the_channels_that_a_model_takes() -> None:
    grey = images_from_arrays(random.integers(0, 256, (4, 8, 8), dtype=np.uint8))
    repeated, note = fit_channels(grey, (3, 8, 8))
    assert repeated.image_shape == (8, 8, 3)
    assert note is not None
    back, note = fit_channels(repeated, (1, 8, 8))
    np.testing.assert_array_equal(back.pixels, grey.pixels)
    assert note is not None
    colour = images_from_arrays(random.integers(0, 256, (4, 8, 8, 3), dtype=np.uint8))
    assert fit_channels(colour, (3, 8, 8)) == (colour, None)
    with pytest.raises(DataError, match="colour images"):
        fit_channels(colour, (1, 8, 8))
    with pytest.raises(DataError, match="--image-size"):
        fit_channels(colour, (3, 9, 9))


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
def test_preprocessing_is_found(name: str, arrangement: Arrangement) -> None:
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


def blind(shape: tuple[int, ...], classes: int = 4) -> Classifier:
    """Make a classifier that does not look."""
    scores = np.linspace(0, 1, classes, dtype=np.float32)
    return Classifier("blind", InputSpec(shape, classes), lambda x: np.tile(scores, (len(x), 1)))


@pytest.fixture
def grey_images() -> Images:
    labels = np.arange(40) % 4
    return images_from_arrays(random.integers(0, 256, (40, 8, 8), dtype=np.uint8), labels)


def test_what_cannot_be_told_apart_is_not_called_clear(grey_images: Images) -> None:
    prepared = match(blind((1, 8, 8)), grey_images, NOTHING_GIVEN)
    assert not prepared.choice.clear
    assert any("not clear" in note for note in prepared.notes)


def test_what_is_given_is_taken(grey_images: Images) -> None:
    request = PreprocessingRequest(mean=(0.3,), std=(0.2,))
    choice = match(blind((1, 8, 8)), grey_images, request).choice
    assert choice.how == "given"
    assert (choice.preprocessing.mean, choice.preprocessing.std) == ((0.3,), (0.2,))
    assert len(choice.candidates) == 1


@pytest.mark.parametrize("layout", ["CHW", "HWC"])
def test_the_layout_is_found_where_only_mean_and_std_are_given(layout: str) -> None:
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


def test_pixels_far_darker_than_white_are_told_of() -> None:
    """Scikit-learn's digits run from 0 to 16, whatever their type can hold."""
    images = images_from_arrays(random.integers(0, 17, (40, 8, 8)), np.arange(40) % 4)
    prepared = match(blind((1, 8, 8)), images)
    assert any("--pixel-range" in note and "0,16" in note for note in prepared.notes)


def test_all_that_a_classifier_can_do_is_normalised() -> None:
    """Gradients obey the chain rule, and training sees what the model is to see."""
    weights = random.normal(0, 1, (64, 4))
    trained: list[np.ndarray] = []

    def train(x: np.ndarray, _y: np.ndarray, _plan: object) -> Classifier:
        trained.append(x)
        return classifier

    classifier = Classifier(
        "linear",
        InputSpec((1, 8, 8), 4),
        lambda x: x.reshape(len(x), -1) @ weights,
        vjp=lambda x, cotangent: (cotangent @ weights.T).reshape(x.shape),
        train=train,
    )
    preprocessing = Preprocessing("", (0.3,), (0.2,), Arrangement((8, 8, 1), "CHW", "grey"))
    wrapped = normalised(classifier, preprocessing)
    assert wrapped.vjp is not None
    assert wrapped.train is not None
    x, cotangent = random.random((1, 1, 8, 8)), random.normal(0, 1, (1, 4))
    gradient = wrapped.vjp(x, cotangent)
    step = 1e-6
    for place in range(3):
        moved = x.copy()
        moved[0, 0, 0, place] += step
        change = ((wrapped.predict(moved) - wrapped.predict(x)) * cotangent).sum() / step
        assert gradient[0, 0, 0, place] == pytest.approx(change, rel=1e-4)
    after = wrapped.train(x, np.zeros(1, dtype=int), TrainPlan())
    np.testing.assert_allclose(trained[0], (x - 0.3) / 0.2, rtol=1e-5)
    np.testing.assert_allclose(after.predict(x), wrapped.predict(x), rtol=1e-6)


def normalised_affine() -> Classifier:
    preprocessing = Preprocessing("", (0.3,), (0.2,), Arrangement((3, 4, 1), "CHW", "grey"))
    return normalised(sound(), preprocessing)


@pytest.mark.parametrize("check", [one for one in vars(CourseChecks) if one.startswith("test_")])
def test_the_course_of_a_training_is_over_pixels(check: str) -> None:
    getattr(Contract(normalised_affine), check)()


def test_perturb_is_given_pixels_and_gives_pixels() -> None:
    x = random.random((6, 1, 3, 4))
    classifier, inner = normalised_affine(), sound()
    y = np.arange(6) % 4
    assert classifier.train is not None
    assert inner.train is not None
    shown: list[Classifier] = []

    def perturb(trainee: Classifier, inputs: np.ndarray, _labels: np.ndarray) -> np.ndarray:
        assert (trainee.spec.low, trainee.spec.high) == (0, 1)
        np.testing.assert_allclose(inputs[inputs[:, 0, 0, 0].argsort()], by_first_pixel, rtol=1e-5)
        scores = trainee.predict(inputs)
        np.testing.assert_allclose(scores, inner.predict((inputs - 0.3) / 0.2), atol=1e-5)
        return 1 - inputs

    by_first_pixel = x[x[:, 0, 0, 0].argsort()]
    plan = TrainPlan(perturb=perturb, after_epoch=lambda _, one: shown.append(one))
    trained = classifier.train(x, y, plan)
    expected = inner.train((1 - x - 0.3) / 0.2, y, TrainPlan())
    for one in (trained, *shown):
        np.testing.assert_allclose(one.predict(x), expected.predict((x - 0.3) / 0.2), atol=1e-4)
    assert len(shown) == 1


def test_without_labels_the_plainest_is_assumed(grey_images: Images) -> None:
    images = replace(grey_images, labels=None)
    prepared = match(blind((1, 8, 8)), images, NOTHING_GIVEN)
    assert prepared.choice.how == "assumed"
    assert prepared.choice.preprocessing.name == "0..1"
    assert any("could not be checked" in note for note in prepared.notes)


@pytest.mark.parametrize(
    "request_",
    [
        PreprocessingRequest(mean=(0.1, 0.2)),
        PreprocessingRequest(std=(1.0, 1.0)),
        PreprocessingRequest(std=(0.0,)),
    ],
)
def test_statistics_that_do_not_fit_are_refused(
    grey_images: Images, request_: PreprocessingRequest
) -> None:
    with pytest.raises(UsageError, match="--"):
        match(blind((1, 8, 8)), grey_images, request_)


def test_a_classifier_may_name_its_own_pixel_range(grey_images: Images) -> None:
    seen: list[np.ndarray] = []

    def predict(x: np.ndarray) -> np.ndarray:
        seen.append(x)
        return np.zeros((len(x), 4), dtype=np.float32)

    classifier = Classifier("own", InputSpec((1, 8, 8), 4, low=-2.0, high=6.0), predict)
    prepared = match(classifier, grey_images, NOTHING_GIVEN)
    prepared.classifier.predict(prepared.inputs(slice(0, 3)))
    expected = grey_images.unit_pixels(slice(0, 3)).reshape(3, 1, 8, 8) * 8 - 2
    np.testing.assert_allclose(seen[-1], expected, atol=1e-5)
    with pytest.raises(UsageError, match="own pixel range"):
        match(classifier, grey_images, PreprocessingRequest(mean=(0.5,)))


def test_labels_beyond_the_models_classes_are_refused(grey_images: Images) -> None:
    with pytest.raises(DataError, match="labels from 0 to 2"):
        match(blind((1, 8, 8), 3), grey_images, NOTHING_GIVEN)


def doubtful(predict: Callable[[np.ndarray], np.ndarray]) -> Classifier:
    return Classifier("doubtful", InputSpec((1, 8, 8), 2), predict, doubt="two raw numbers")


def bright(x: np.ndarray) -> np.ndarray:
    level = x.mean(axis=(1, 2, 3))
    return np.stack([0.5 - level, level - 0.5], axis=1)


def test_a_doubtful_classifier_needs_labels_that_prove_it() -> None:
    brightness = random.random(80)
    pixels = np.tile(brightness[:, None, None], (1, 8, 8))
    proof = images_from_arrays(pixels, brightness > 0.5)
    prepared = match(doubtful(bright), proof, NOTHING_GIVEN)
    assert isinstance(prepared, Prepared)
    labels = random.permutation(proof.labels) if proof.labels is not None else None
    no_proof = [
        replace(proof, labels=labels),
        replace(proof, labels=None),
        replace(proof, labels=np.arange(80)),
        images_from_arrays(random.random((80, 9, 9)), brightness > 0.5),
    ]
    for images in no_proof:
        with pytest.raises(NotAuditableError, match="--scores logits"):
            match(doubtful(bright), images, NOTHING_GIVEN)
    with pytest.raises(NotAuditableError, match="two raw numbers"):
        match(doubtful(bright), None, count=10, seed=0)


def test_a_model_that_mixes_up_its_batch_is_run_on_one_input_at_a_time(
    grey_images: Images,
) -> None:
    def predict(x: np.ndarray) -> np.ndarray:
        own = np.stack([x.mean(axis=(1, 2, 3))] * 4, axis=1) * np.arange(1, 5)
        return own + x.mean() * np.array([0, 3, 1, 2])

    classifier = Classifier("mixing", InputSpec((1, 8, 8), 4), predict)
    prepared = match(classifier, grey_images, NOTHING_GIVEN)
    assert any("one at a time" in note for note in prepared.notes)
    x = prepared.inputs(slice(0, 5))
    alone = np.concatenate([prepared.classifier.predict(x[i : i + 1]) for i in range(5)])
    np.testing.assert_array_equal(prepared.classifier.predict(x), alone)


def test_cross_entropy_is_the_same_for_every_kind_of_score() -> None:
    logits = random.normal(0, 3, (50, 7))
    labels = random.integers(0, 7, 50)
    exponentials = np.exp(logits)
    probabilities = exponentials / exponentials.sum(axis=1, keepdims=True)
    expected = loss_of_labels(logits, labels, "logits")
    np.testing.assert_allclose(loss_of_labels(probabilities, labels, "probabilities"), expected)
    found = loss_of_labels(np.log(probabilities), labels, "log-probabilities")
    np.testing.assert_allclose(found, expected)
    np.testing.assert_array_equal(loss_of_labels(np.eye(7)[labels], labels, "labels"), 0)


def test_synthetic_images_reach_the_classes_and_repeat_themselves() -> None:
    weights = random.normal(0, 1, (64, 6))

    def predict(x: np.ndarray) -> np.ndarray:
        centred = x.reshape(len(x), -1) - 0.5
        return centred @ weights

    classifier = Classifier("linear", InputSpec((1, 8, 8), 6), predict)
    made = [match(classifier, None, count=30, seed=3) for _ in range(2)]
    images = made[0].images
    assert images.synthetic
    assert images.labels is None
    assert images.sha256 == made[1].images.sha256
    assert images.pixels.min() >= 0
    assert images.pixels.max() <= 1
    classes = made[0].classifier.predict(made[0].inputs(slice(None))).argmax(axis=1)
    assert (np.bincount(classes, minlength=6) >= 3).all()


def test_a_model_that_never_changes_its_mind_is_refused_without_data() -> None:
    with pytest.raises(NotAuditableError, match="same class"):
        match(blind((1, 8, 8)), None)
