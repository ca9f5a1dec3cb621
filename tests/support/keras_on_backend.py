"""Run by tests with another backend of Keras: MODEL EXPECTED [CHECK...].

EXPECTED is what TensorFlow gave; the checks are those of the contract, all if
none is named. Where the backend traces models, training must not do so at each step;
where probes can be compiled, they are.
"""

import sys
from pathlib import Path
from unittest import SkipTest

import numpy as np

import robaudit
from robaudit.predicting import make_probe
from robaudit.testing import AdapterContract
from tests.support.keras_networks import calls_in_training, cut_off, one_score, saturated


class Contract(AdapterContract):
    """The contract of the model in a file."""

    saved_as = "model.keras"

    def __init__(self, model: Path) -> None:
        self.model = model

    def make_classifier(self) -> robaudit.Classifier:
        return robaudit.load(self.model)

    def load(self, path: Path) -> robaudit.Classifier:
        return robaudit.load(path)


def main(model: Path, expected: Path, checks: list[str]) -> None:
    classifier = robaudit.load(model)
    with np.load(expected) as found:
        np.testing.assert_allclose(classifier.predict(found["x"]), found["scores"], atol=1e-5)
        assert classifier.vjp is not None
        gradient = classifier.vjp(found["x"], found["cotangent"])
        np.testing.assert_allclose(gradient, found["gradient"], atol=1e-5)
    check_ends(found_inputs(expected))
    if classifier.details["backend"] != "torch":
        assert calls_in_training(2) == calls_in_training(5)
    else:
        check_compiled(classifier)
    passed = []
    for name in checks or [one for one in dir(Contract) if one.startswith("test_")]:
        try:
            getattr(Contract(model), name)()
            passed.append(name)
        except SkipTest:
            continue
    sys.stdout.write(f"{classifier.details['backend']}: {len(passed)} checks")


def found_inputs(expected: Path) -> np.ndarray:
    with np.load(expected) as found:
        return np.asarray(found["x"])


def check_ends(x: np.ndarray) -> None:
    """Hold one score, logits and gradients that are cut off to what they are by definition."""
    cotangent = np.ones((len(x), 10)) * np.arange(10)
    cut = robaudit.load(cut_off())
    assert cut.vjp is not None
    np.testing.assert_array_equal(cut.vjp(x, cotangent), np.zeros_like(x))
    sure = robaudit.load(saturated(1000.0))
    assert sure.vjp is not None
    assert sure.logits is not None
    assert np.abs(sure.logits.vjp(x, cotangent)).min(initial=np.inf, where=x > 0) > 1
    rows = sure.logits.predict(x)
    np.testing.assert_array_equal(rows.argmax(axis=1), sure.predict(x).argmax(axis=1))
    single = robaudit.load(one_score("sigmoid"))
    assert single.spec.classes == 2
    assert single.logits is not None
    np.testing.assert_allclose(single.predict(x).sum(axis=1), 1, atol=1e-6)
    second = 1 / (1 + np.exp(-single.logits.predict(x)[:, 1]))
    np.testing.assert_allclose(single.predict(x)[:, 1], second, atol=1e-6)


def check_compiled(classifier: robaudit.Classifier) -> None:
    """Compare the scores of a probe with those that it gives once it is compiled."""
    from tests.support.compiled_probes import can_compile, compiled_at_once

    shape = (8, *classifier.spec.shape)
    x, directions = np.random.default_rng(0).random((2, *shape), dtype=np.float32)
    probe = make_probe(classifier, x, directions, clip=True)
    rays = np.arange(8), np.arange(8)[::-1], np.linspace(-1, 1, 8, dtype=np.float32)
    with compiled_at_once() as sizes:
        eager, compiled, again = (probe(*rays) for _ in range(3))
        assert len(sizes) == (3 if can_compile() else 0)
    np.testing.assert_array_equal(compiled, again)
    np.testing.assert_allclose(compiled, eager, atol=1e-5)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:])
