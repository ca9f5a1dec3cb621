"""Two classes from one score: what it is, trained and saved as the model that it came as."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from robaudit import Classifier, InputSpec, OpenOptions, TrainPlan, load
from robaudit.errors import NotAuditableError, UsageError
from robaudit.opening import two_scores
from robaudit.testing import AdapterContract
from tests.support.keras_files import reopened, save
from tests.support.keras_networks import one_score

LOGITS = OpenOptions(scores="logits")
LABELS = np.arange(12) % 2


def raw(model: Any, x: np.ndarray) -> np.ndarray:
    return model(x, training=False).numpy().reshape(len(x))


@pytest.mark.parametrize("flat", [False, True])
def test_a_sigmoid_gives_probabilities_of_two_classes(flat: bool, x: np.ndarray) -> None:
    model = one_score("sigmoid", flat=flat)
    classifier = load(model)
    assert classifier.spec == InputSpec((8, 8, 1), 2, "probabilities")
    assert classifier.doubt is None
    expected = two_scores(raw(model, x), "probabilities")
    np.testing.assert_allclose(classifier.predict(x), expected, atol=1e-6)
    assert classifier.predict(x).dtype == np.float32


def test_a_raw_score_is_a_logit_where_the_user_or_the_loss_says_so(x: np.ndarray) -> None:
    model = one_score("linear")
    with pytest.raises(NotAuditableError, match=r"one number an input.*linear.*scores=.logits"):
        load(model)
    model.compile("adam", "mse")
    with pytest.raises(NotAuditableError, match=r"scores=.logits"):
        load(model)
    expected = np.stack([np.zeros(12), raw(model, x)], axis=1)
    np.testing.assert_allclose(load(model, LOGITS).predict(x), expected, atol=1e-6)
    model.compile("adam", keras.losses.BinaryCrossentropy(from_logits=True))
    classifier = load(model)
    assert classifier.spec.scores == "logits"
    np.testing.assert_allclose(classifier.predict(x), expected, atol=1e-6)


def test_a_logit_that_lies_between_0_and_1_is_no_probability() -> None:
    """On the inputs that it is tried on: at 0.5 no class begins."""
    model = one_score("linear")
    model.set_weights([0 * one for one in model.get_weights()[:-1]] + [np.array([0.5])])
    with pytest.raises(NotAuditableError, match=r"scores=.logits"):
        load(model)


def test_a_score_that_is_seen_to_be_a_probability_is_no_logit() -> None:
    for options in (LOGITS, OpenOptions(spec=InputSpec((8, 8, 1), 2))):
        with pytest.raises(UsageError, match=r"ends in sigmoid.*scores=.probabilities"):
            load(one_score("sigmoid"), options)
    spec = InputSpec((8, 8, 1), 2, "probabilities", class_names=("cat", "dog"))
    assert load(one_score("sigmoid"), OpenOptions(spec=spec)).spec == spec


def test_a_softmax_over_one_number_is_refused() -> None:
    with pytest.raises(NotAuditableError, match="1 whatever the image"):
        load(one_score("softmax"))


def test_a_probability_by_its_values_alone_is_doubted() -> None:
    start = keras.Input((8, 8, 1))
    mean = layers.GlobalAveragePooling2D()(start)
    model = keras.Model(start, mean)
    doubt = load(model).doubt
    assert doubt is not None
    assert "may as well be a regression" in doubt
    model.compile("adam", "binary_crossentropy")
    assert load(model).doubt is None


def test_one_score_among_several_outputs_is_the_users_choice(x: np.ndarray) -> None:
    start = keras.Input((8, 8, 1))
    flat = layers.Flatten()(start)
    heads = {
        "age": layers.Dense(1, name="age")(flat),
        "cat": layers.Dense(1, "sigmoid", name="cat")(flat),
    }
    model = keras.Model(start, heads)
    with pytest.raises(UsageError, match=r"age, cat.*output="):
        load(model)
    classifier = load(model, OpenOptions(output="cat"))
    np.testing.assert_allclose(classifier.predict(x)[:, 1], model(x)["cat"].numpy()[:, 0], 1e-5)
    several = keras.Model(start, [*heads.values(), layers.Dense(3)(flat)])
    assert load(several).spec.classes == 3


@pytest.mark.parametrize(
    ("name", "end", "flat"),
    [
        ("model.h5", "sigmoid", False),
        ("model.h5", "linear", False),
        ("model.keras", "linear", True),
    ],
)
def test_training_goes_on_with_the_score_itself(
    name: str, end: str, flat: bool, x: np.ndarray, tmp_path: Path
) -> None:
    options = LOGITS if end == "linear" else OpenOptions()
    path = save(one_score(end, flat=flat), tmp_path / name)
    classifier = load(path, options)
    assert classifier.details["training"] == "Adam, binary_crossentropy"
    assert classifier.train is not None
    plan = TrainPlan(epochs=60, learning_rate=0.01)
    trained = classifier.train(x, LABELS, plan)
    assert (trained.predict(x).argmax(axis=1) == LABELS).mean() > 0.9
    saved = reopened(trained, tmp_path / f"again-{name}")
    np.testing.assert_allclose(two_of(saved, x, end), trained.predict(x), rtol=1e-5, atol=1e-6)
    assert [type(one) for one in saved.layers] == [type(one) for one in one_score(end, flat).layers]
    assert saved.loss.get_config()["from_logits"] == (end == "linear")


def two_of(model: Any, x: np.ndarray, end: str) -> np.ndarray:
    return two_scores(raw(model, x), "logits" if end == "linear" else "probabilities")


@pytest.mark.parametrize("loss", ["binary_crossentropy", "hinge", "mse"])
def test_a_models_own_loss_of_one_score_is_kept(loss: str, x: np.ndarray) -> None:
    model = one_score("sigmoid")
    model.compile(keras.optimizers.SGD(0.1), loss)
    classifier = load(model)
    assert classifier.details["training"] == f"SGD, {keras.losses.get(loss).__name__}"
    assert classifier.train is not None
    trained = classifier.train(x, LABELS, TrainPlan(epochs=100))
    right = np.arange(12), LABELS
    assert trained.predict(x)[right].mean() > classifier.predict(x)[right].mean() + 0.03


def of_two(labels: Any, scores: Any) -> Any:
    """A user's own cross-entropy, of two probabilities."""
    chosen = keras.ops.one_hot(keras.ops.cast(labels, "int32"), 2)
    return -keras.ops.log(keras.ops.sum(keras.ops.reshape(chosen, (-1, 2)) * scores, axis=-1))


@pytest.mark.parametrize(
    "loss", ["sparse_categorical_crossentropy", "categorical_crossentropy", of_two]
)
def test_a_loss_of_two_scores_gets_two(loss: Any, x: np.ndarray, tmp_path: Path) -> None:
    classifier = load(one_score("sigmoid"))
    assert classifier.train is not None
    plan = TrainPlan(epochs=60, learning_rate=0.01)
    trained = classifier.train(x, LABELS, TrainPlan(**{**vars(plan), "loss": loss}))
    same = classifier.train(x, LABELS, plan)
    np.testing.assert_allclose(trained.predict(x), same.predict(x), atol=0.02)
    assert reopened(trained, tmp_path / "model.keras").loss.name == "binary_crossentropy"


class TestOneScore(AdapterContract):
    """A model that ends in a sigmoid keeps the contract."""

    saved_as = "model.keras"

    def make_classifier(self) -> Classifier:
        return load(one_score("sigmoid"))

    def load(self, path: Path) -> Classifier:
        return load(path)
