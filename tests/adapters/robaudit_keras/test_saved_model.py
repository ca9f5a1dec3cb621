"""SavedModel folders: scanned when they are trusted, and refused when they are none."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from robaudit import load
from robaudit.errors import NotAuditableError, UsageError
from robaudit_keras.quiet import quietly
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
    with pytest.raises(UsageError, match=r"a program of TensorFlow.*--trust-model"):
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
