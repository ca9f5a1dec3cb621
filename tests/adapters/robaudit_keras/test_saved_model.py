"""SavedModel folders: scanned when they are trusted, and refused when they are none."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from robaudit import load
from robaudit.errors import NotAuditableError, UsageError
from robaudit_keras.quiet import quietly
from tests.support import tensorflow_1
from tests.support.keras_files import TRUSTED, scores
from tests.support.keras_networks import small

random = np.random.default_rng(0)


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    path, model = tmp_path_factory.mktemp("exported") / "model", small()
    with quietly():
        model.export(path, verbose=False)
    return path, model


def test_a_saved_model_is_scanned_when_trusted(exported: tuple[Path, Any], x: np.ndarray) -> None:
    path, model = exported
    with pytest.raises(UsageError, match=r"a program of TensorFlow.*trust=True"):
        load(path)
    classifier = load(path, TRUSTED)
    assert classifier.capabilities == ("predict", "prober", "vjp")
    np.testing.assert_allclose(classifier.predict(x), scores(model, x), atol=1e-5)
    live = load(model)
    assert classifier.vjp is not None
    assert live.vjp is not None
    cotangent = random.standard_normal((12, 10))
    np.testing.assert_allclose(classifier.vjp(x, cotangent), live.vjp(x, cotangent), atol=1e-4)
    assert classifier.fingerprint == load(path, TRUSTED).fingerprint


def test_a_saved_model_that_is_none_is_refused(tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "saved_model.pb").write_bytes(b"\xff" * 100)
    with pytest.raises(NotAuditableError, match="TensorFlow cannot load"):
        load(broken, TRUSTED)
    import tensorflow as tf

    module = tf.Module()
    module.f = tf.function(lambda a, b: a + b)
    numbers = tf.TensorSpec([None, 4], tf.float32)
    with quietly():
        tf.saved_model.save(module, str(tmp_path / "empty"), signatures={})
        two = module.f.get_concrete_function(numbers, numbers)
        tf.saved_model.save(module, str(tmp_path / "two"), signatures=two)
    with pytest.raises(NotAuditableError, match="2 inputs"):
        load(tmp_path / "two", TRUSTED)
    with pytest.raises(NotAuditableError, match="serving_default"):
        load(tmp_path / "empty", TRUSTED)


@pytest.mark.parametrize("tags", [("serve",), ("train",), ("serve", "gpu"), ()])
def test_what_tensorflow_1_saved_is_opened(tags: tuple[str, ...], tmp_path: Path) -> None:
    path = tensorflow_1.write_saved_model(tmp_path / "old", ("predict",), tags)
    classifier = load(path, TRUSTED)
    assert classifier.details["signature"] == "predict"
    assert classifier.details["output_tensor"] == "logits"
    images = random.random((5, 4, 4, 1)).astype(np.float32)
    np.testing.assert_allclose(classifier.predict(images), tensorflow_1.scores(images), atol=1e-5)


def test_signatures_among_which_nothing_chooses_are_listed(tmp_path: Path) -> None:
    several = tensorflow_1.write_saved_model(tmp_path / "several", ("first", "second"))
    with pytest.raises(NotAuditableError, match=r"several signatures.*: first, second"):
        load(several, TRUSTED)
    default = tensorflow_1.write_saved_model(tmp_path / "old", ("other", "serving_default"))
    assert load(default, TRUSTED).details["signature"] == "serving_default"


def test_a_folder_without_its_variables_says_who_saved_it(tmp_path: Path) -> None:
    path = tensorflow_1.write_saved_model(tmp_path / "old", ("predict",))
    shutil.rmtree(path / "variables")
    with pytest.raises(NotAuditableError, match=r"which TensorFlow 2\.\d+\.\d+ saved.*variables"):
        load(path, TRUSTED)
