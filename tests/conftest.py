"""What tests of several folders need: the shared data, the demo, and small scans."""

import gc
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import onnx
import pytest

import robaudit
from robaudit import Classifier, Images
from robaudit.cli import main
from tests.support import comparison_samples
from tests.support.audit_samples import record_of, with_attacks
from tests.support.files import SMALL_SCAN, Run, read_shared_images
from tests.support.paths import DIGITS, EXAMPLES, SHARED
from tests.support.small_onnx import Save

if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    # Shells start what goes on in the background so, and processes would inherit it from us.
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_finish() -> None:
    """Have the garbage collector pass over what was imported: a second less each time."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def _no_cache() -> Iterator[None]:
    """Keep audits of tests from each other, and out of the home folder of who runs them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ROBAUDIT_CACHE", "off")
        yield


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real models and data, where it is there."""
    if not (SHARED / "models").is_dir():
        pytest.skip(f"no real models at {SHARED} (set ROBAUDIT_SHARED)")
    return SHARED


@pytest.fixture(scope="session")
def mnist(shared: Path) -> Images:
    """MNIST's test images."""
    return read_shared_images(shared, "mnist")


@pytest.fixture(scope="session")
def digits() -> Images:
    """Test images of the embedded demo."""
    return robaudit.read_images(EXAMPLES / "digits.npz")


@pytest.fixture
def digits_model() -> Classifier:
    """The classifier of the embedded demo, over its own input."""
    return robaudit.load(EXAMPLES / "digits.onnx")


@pytest.fixture
def save(tmp_path: Path) -> Save:
    """Give a function that writes a model to a temporary file."""

    def save_model(model: onnx.ModelProto, name: str = "model.onnx") -> Path:
        path = tmp_path / name
        onnx.save(model, path)
        return path

    return save_model


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Give a function that runs a small scan in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")

    def run_scan(*arguments: object, model: object = DIGITS) -> int:
        return main(["scan", str(model), *SMALL_SCAN, *map(str, arguments)])

    return run_scan


@pytest.fixture(scope="session")
def record(digits: Images) -> Any:
    """The record of a small audit, as JSON gives it back."""
    return record_of(robaudit.load(EXAMPLES / "digits.onnx"), digits)


@pytest.fixture
def attacked(record: Any) -> Any:
    """A record with attacks, to be changed freely."""
    return with_attacks(record)


@pytest.fixture(scope="session")
def real(digits: Images) -> Any:
    """A comparison of two classifiers that differ, with attacks."""
    return comparison_samples.digits_compared(digits)


@pytest.fixture(scope="session")
def plain(real: Any) -> Any:
    """A comparison without attacks."""
    return comparison_samples.without_attacks(real)


@pytest.fixture(scope="session")
def many() -> Any:
    """A comparison over 200 classes."""
    return comparison_samples.many_classes_compared()


@pytest.fixture
def comparison(real: Any) -> Any:
    """What hardening with three seeds and two rounds writes, to be changed freely."""
    return comparison_samples.hardened(real, seeds=3, rounds=2)
