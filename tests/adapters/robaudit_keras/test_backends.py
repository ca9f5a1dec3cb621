"""Other backends of Keras give what TensorFlow gives, and keep the contract."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from robaudit import load
from robaudit.testing import AdapterContract
from tests.support.keras_files import save
from tests.support.keras_networks import trained_on
from tests.support.paths import ROOT

random = np.random.default_rng(0)


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
