"""The Keras adapter: live models, what they can do but train, and what must not change."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import robaudit
from robaudit import Classifier, Images, InputSpec, OpenOptions, SearchPlan, TrainPlan, load, scan
from robaudit.errors import NotAuditableError, UsageError
from robaudit.predicting import make_probe, points_on_rays
from robaudit.testing import AdapterContract
from robaudit_keras.quiet import import_keras, quietly
from tests.support.paths import ROOT

import_keras()
import keras  # noqa: E402 - after it has been told to be quiet
from keras import layers  # noqa: E402

from tests.support.keras_networks import Scaling, crossentropy, small, trained_on  # noqa: E402

random = np.random.default_rng(0)


@pytest.fixture
def x() -> np.ndarray:
    return random.random((12, 8, 8, 1)).astype(np.float32)


def save(model: Any, path: Path) -> None:
    with quietly():
        model.save(path)


class TestContract(AdapterContract):
    saved_as = "model.keras"

    def make_classifier(self) -> Classifier:
        return load(small())

    def load(self, path: Path) -> Classifier:
        return load(path)


def test_scores_are_the_models_own_in_inference(x: np.ndarray) -> None:
    model = trained_on(x)
    classifier = load(model)
    assert classifier.capabilities == ("predict", "prober", "vjp", "train", "save")
    assert classifier.spec == InputSpec((8, 8, 1), 10)
    expected = model(x, training=False).numpy()
    np.testing.assert_allclose(classifier.predict(x), expected, rtol=1e-5, atol=1e-6)
    assert classifier.predict(x).dtype == np.float32
    assert not np.allclose(expected, model(x, training=True).numpy(), atol=1e-2)


def test_a_model_is_left_as_it_was_found(x: np.ndarray, digits: Images) -> None:
    model = trained_on(x, metrics=["accuracy"])
    weights, state = model.get_weights(), [v.numpy() for v in model.optimizer.variables]
    variables = [v.numpy() for v in model.variables]
    config, compiled = model.get_config(), model.get_compile_config()
    nodes = [len(layer._inbound_nodes) for layer in model.layers]
    classifier = load(model)
    scan(classifier, digits, plan=SearchPlan(20, 4, steps=5))
    assert classifier.train is not None
    classifier.train(x, np.arange(12) % 10, TrainPlan(epochs=2, learning_rate=0.1))
    for before, after in zip(weights, model.get_weights(), strict=True):
        np.testing.assert_array_equal(before, after)
    for before, variable in zip(state, model.optimizer.variables, strict=True):
        np.testing.assert_array_equal(before, variable.numpy())
    for before, variable in zip(variables, model.variables, strict=True):
        np.testing.assert_array_equal(before, variable.numpy())
    assert model.get_config() == config
    assert model.get_compile_config() == compiled
    assert [len(layer._inbound_nodes) for layer in model.layers] == nodes


def test_what_becomes_of_a_model_later_does_not_change_the_classifier(x: np.ndarray) -> None:
    model = trained_on(x)
    classifier = load(model)
    before, fingerprint = classifier.predict(x), load(model).fingerprint
    assert fingerprint == classifier.fingerprint
    model.fit(x, np.arange(12) % 10, epochs=3, verbose=0)
    np.testing.assert_array_equal(classifier.predict(x), before)
    assert load(model).fingerprint != fingerprint


def test_gradients_agree_with_central_differences_in_float64() -> None:
    classifier = load(small("float64"))
    assert classifier.vjp is not None
    own = np.random.default_rng(1)  # whose inputs lie at no kink of the network
    x, cotangent = own.random((3, 8, 8, 1)), own.standard_normal((3, 10))
    gradient = classifier.vjp(x, cotangent)
    assert gradient.dtype == np.float64
    for place in np.ndindex(8, 8):
        step = np.zeros_like(x)
        step[:, *place] = 1e-6
        change = classifier.predict(x + step) - classifier.predict(x - step)
        expected = (change * cotangent).sum(axis=1) / 2e-6
        np.testing.assert_allclose(gradient[:, *place, 0], expected, rtol=1e-5, atol=1e-7)


def test_the_prober_traces_once_for_batches_of_any_size(x: np.ndarray) -> None:
    traces = []

    class Counting(layers.Layer):
        def call(self, inputs: Any) -> Any:
            traces.append(inputs.shape)
            return inputs

    model = keras.Sequential(
        [keras.Input((8, 8, 1)), Counting(), layers.Flatten(), layers.Dense(10)]
    )
    classifier = load(model)
    directions = random.standard_normal((5, 8, 8, 1)).astype(np.float32)
    assert classifier.prober is not None
    traces.clear()
    for low, high in ((0.0, 1.0), (-np.inf, np.inf)):
        probe = classifier.prober(x, directions, low, high)
        for count in (1, 7, 30):
            sample, direction = np.arange(count) % 12, np.arange(count) % 5
            distance = np.linspace(-2, 2, count)
            points = points_on_rays(x[sample], directions[direction], distance, low, high)
            expected = model(points).numpy()
            traces.pop()
            found = probe(sample, direction, distance)
            np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)
    assert len(traces) == 1


def adapted() -> Any:
    """Make a model whose first layer holds more than its weights say."""
    normalization = layers.Normalization()
    normalization.adapt(np.linspace(-3, 8, 640, dtype=np.float32).reshape(10, 8, 8, 1))
    return keras.Sequential(
        [keras.Input((8, 8, 1)), normalization, layers.Flatten(), layers.Dense(10)]
    )


def shared_layers() -> Any:
    start, dense = keras.Input((8, 8, 1)), layers.Dense(12, activation="relu")
    features = layers.Flatten()(start)
    two = layers.Concatenate()([dense(features), dense(1 - features)])
    return keras.Model(start, layers.Dense(10)(two))


def nested() -> Any:
    inner = small(classes=12)
    inner.compile("adam", crossentropy())
    start = keras.Input((8, 8, 1))
    return keras.Model(start, layers.Dense(10)(inner(start)))


def with_lambda() -> Any:
    scale = np.float32(3.0)  # what the function refers to is not in its code
    return keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Lambda(lambda x: x * scale),
            layers.Flatten(),
            layers.Dense(10),
        ]
    )


def own_activation(x: Any) -> Any:
    return keras.ops.sin(x)


def with_own_parts() -> Any:
    return keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            Scaling(),
            layers.Flatten(),
            layers.Dense(20, activation=own_activation),
            layers.Dense(10),
        ]
    )


class Subclassed(keras.Model):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.width = width
        self.flatten, self.hidden = layers.Flatten(), layers.Dense(width, activation="relu")
        self.scores = layers.Dense(10)

    def call(self, x: Any) -> Any:
        return self.scores(self.hidden(self.flatten(x)))

    def get_config(self) -> dict[str, Any]:
        return {"width": self.width}


def subclassed() -> Any:
    model = Subclassed(20)
    model(np.zeros((1, 8, 8, 1)))
    return model


@pytest.mark.parametrize(
    "make", [adapted, shared_layers, nested, with_lambda, with_own_parts, subclassed]
)
def test_models_of_all_makes_are_copied(make: Any, x: np.ndarray) -> None:
    model = make()
    classifier = load(model)
    expected = model(x, training=False).numpy()
    np.testing.assert_allclose(classifier.predict(x), expected, rtol=1e-4, atol=1e-5)
    assert classifier.train is not None
    trained = classifier.train(x, np.arange(12) % 10, TrainPlan(learning_rate=0.05))
    assert np.abs(trained.predict(x) - expected).max() > 1e-2
    np.testing.assert_allclose(classifier.predict(x), expected, rtol=1e-4, atol=1e-5)


def test_models_that_cannot_be_copied_are_refused() -> None:
    class Secret(keras.Model):
        def __init__(self, layer: Any) -> None:
            super().__init__()
            self.layer, self.flatten = layer, layers.Flatten()

        def call(self, x: Any) -> Any:
            return self.layer(self.flatten(x))

    class Noisy(layers.Layer):
        """What it does is not in its configuration."""

        def __init__(self, scale: float = 0.0, **others: Any) -> None:
            super().__init__(**others)
            self.scale = scale

        def call(self, x: Any) -> Any:
            return x * self.scale

    secret = Secret(Scaling())
    secret(np.zeros((1, 8, 8, 1)))
    with pytest.raises(UsageError, match="get_config"):
        load(secret)
    odd = keras.Sequential([keras.Input((4,)), Noisy(scale=3.0), layers.Dense(3)])
    odd.layers[0].get_config = lambda: {"name": "noisy"}
    with pytest.raises(UsageError, match="gives other scores than the model itself"):
        load(odd)


def heads(*sizes: tuple[int, ...]) -> Any:
    start = keras.Input((8, 8, 1))
    flat = layers.Flatten()(start)
    outputs = {}
    for index, size in enumerate(sizes):
        dense = layers.Dense(int(np.prod(size)))(flat)
        outputs[f"head_{index}"] = layers.Reshape(size, name=f"head_{index}")(dense)
    return keras.Model(start, outputs)


def test_one_output_among_several_is_chosen(x: np.ndarray) -> None:
    model = heads((8, 8, 1), (1, 1, 5))
    classifier = load(model)
    assert classifier.spec.classes == 5
    expected = model(x)["head_1"].numpy().reshape(12, 5)
    np.testing.assert_allclose(classifier.predict(x), expected, rtol=1e-5, atol=1e-6)
    assert classifier.train is not None
    y = np.arange(12) % 5
    trained = classifier.train(x, y, TrainPlan(epochs=100, learning_rate=0.01))
    before, after = ((one.predict(x).argmax(axis=1) == y).sum() for one in (classifier, trained))
    assert after > before
    assert trained.details["output_tensor"] == "head_1"


def test_a_choice_that_is_left_is_the_users() -> None:
    model = heads((4,), (5,))
    with pytest.raises(UsageError, match="--score-output head_0"):
        load(model)
    assert load(model, OpenOptions(output="head_1")).spec.classes == 5
    with pytest.raises(UsageError, match="no output named head_9"):
        load(model, OpenOptions(output="head_9"))


def test_models_that_are_no_classifiers_are_refused() -> None:
    start, other = keras.Input((8, 8, 1)), keras.Input((8, 8, 1))
    flat = layers.Flatten()(start)
    sigmoid = keras.Model(start, layers.Dense(1, activation="sigmoid")(flat))
    with pytest.raises(NotAuditableError, match=r"gives .* \(1, 1\).*Concatenate"):
        load(sigmoid)
    with pytest.raises(NotAuditableError, match="is no classifier"):
        load(keras.Model(start, layers.Conv2D(3, 3)(start)))
    two = keras.Model([start, other], layers.Dense(10)(layers.Flatten()(start + other)))
    with pytest.raises(NotAuditableError, match="2 inputs"):
        load(two)
    with pytest.raises(UsageError, match="no weights yet"):
        load(keras.Sequential([layers.Flatten(), layers.Dense(10)]))
    counts = keras.Input((8, 8, 1), dtype="uint8")
    with pytest.raises(NotAuditableError, match="takes uint8 numbers"):
        load(keras.Model(counts, layers.Dense(10)(layers.Flatten()(counts))))
    numbers = keras.Model(start, layers.Dense(2)(flat))
    doubt = load(numbers).doubt
    assert doubt is not None
    assert "regression" in doubt


def test_open_sizes_come_from_the_user_or_the_data() -> None:
    start = keras.Input((None, None, 1))
    features = layers.GlobalAveragePooling2D()(layers.Conv2D(4, 3)(start))
    model = keras.Model(start, layers.Dense(10)(features))
    with pytest.raises(UsageError, match="--input-shape"):
        load(model)
    assert load(model, OpenOptions(image_shape=(9, 7, 1))).spec.shape == (9, 7, 1)
    assert load(model, OpenOptions(input_shape=(5, 6, 1))).spec.shape == (5, 6, 1)


def test_cuda_is_refused_where_there_is_none() -> None:
    from robaudit_keras.backends import usable_devices

    assert load(small(), OpenOptions(device="cpu")).spec.classes == 10
    if "cuda" in usable_devices():
        pytest.skip("there is a GPU here")
    with pytest.raises(UsageError, match="has no GPU"):
        load(small(), OpenOptions(device="cuda"))


def test_digits_are_learnt_and_scanned(digits: Images) -> None:
    pixels, labels = digits.unit_pixels(slice(None)), digits.labels
    assert labels is not None
    classifier = load(small())
    assert classifier.train is not None
    trained = classifier.train(
        pixels.astype(np.float32), labels, TrainPlan(epochs=15, learning_rate=0.01)
    )
    audit = scan(trained, digits, plan=SearchPlan(30, 8, step=0.05, steps=10))
    accuracy = audit.clean.overall.value
    assert accuracy is not None
    assert accuracy > 0.9
    assert 0 < (audit.rays.step > 0).mean() < 1
    record = robaudit.make_record(audit)
    assert record["model"]["adapter"] == "keras"
    assert record["model"]["details"]["backend"] == "tensorflow"


def check_on_backend(backend: str, x: np.ndarray, folder: Path, *checks: str) -> int:
    """Compare a backend with TensorFlow in a process of its own: how many checks pass."""
    save(trained_on(x), folder / "model.keras")
    classifier = load(folder / "model.keras")
    assert classifier.vjp is not None
    cotangent = random.standard_normal((12, 10))
    np.savez(
        folder / "expected.npz",
        x=x,
        scores=classifier.predict(x),
        cotangent=cotangent,
        gradient=classifier.vjp(x, cotangent),
    )
    files = [folder / "model.keras", folder / "expected.npz"]
    result = subprocess.run(
        [sys.executable, "-m", "tests.support.keras_on_backend", *files, *checks],
        cwd=ROOT,
        env={**os.environ, "KERAS_BACKEND": backend},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr[-3000:]
    name, _, passed = result.stdout.partition(": ")
    assert name == backend
    return int(passed.split()[0])


@pytest.mark.parametrize("backend", ["torch", "jax"])
def test_the_same_file_gives_the_same_on_other_backends(
    backend: str, x: np.ndarray, tmp_path: Path
) -> None:
    pytest.importorskip(backend)
    gradients, prober = (
        "test_gradients_are_those_of_the_scores",
        "test_the_prober_takes_bounds_for_each_pixel",
    )
    assert check_on_backend(backend, x, tmp_path, gradients, prober) == 2


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["torch", "jax"])
def test_other_backends_keep_the_whole_contract(
    backend: str, x: np.ndarray, tmp_path: Path
) -> None:
    pytest.importorskip(backend)
    # All but the one of a twin, and the two of ART where that is not installed.
    checks = [name for name in dir(AdapterContract) if name.startswith("test_")]
    assert check_on_backend(backend, x, tmp_path) >= len(checks) - 3


def test_a_scan_prints_nothing_but_its_own_words(x: np.ndarray, tmp_path: Path) -> None:
    save(trained_on(x), tmp_path / "model.keras")
    arguments = ["model.keras", "--data", str(ROOT / "examples/digits.npz")]
    small_plan = ["--samples", "10", "--directions", "4", "--steps", "5"]
    result = subprocess.run(
        [sys.executable, "-m", "robaudit", "scan", *arguments, *small_plan],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    stages = {line.partition(":")[0] for line in result.stderr.splitlines()}
    assert stages <= {"preprocessing", "clean accuracy", "search"}


def test_points_are_not_rounded_to_steps_of_half_precision() -> None:
    shape = (1, 1, 2)
    halved = keras.Sequential(
        [keras.Input(shape, dtype="float16"), layers.Flatten(dtype="float16")]
    )
    classifier = load(halved, spec=InputSpec(shape, 2))
    probe = make_probe(
        classifier, np.full((1, *shape), -0.5, np.float32), np.ones((1, *shape)), clip=False
    )
    distance = 0.5 + np.arange(8) / 2**14
    scores = probe(np.zeros(8, int), np.zeros(8, int), distance)
    np.testing.assert_allclose(scores[:, 0], distance - 0.5)
