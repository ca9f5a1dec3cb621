"""When an audit is made, and when it was made already."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import robaudit
from robaudit.commands.from_options import open_classifier
from robaudit.commands.pytest_plugin import audits
from robaudit.commands.pytest_plugin.audits import Audits
from robaudit.errors import DataError, RobauditError, UsageError
from tests.support.paths import DIGITS, EXAMPLES
from tests.support.projects import SMALL

GATES = {"accuracy": 0.9}
WHERE = ("test_it.py", 1)


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """List the audits that are made."""
    seen: list[Any] = []

    def scan(*arguments: Any, **words: Any) -> Any:
        seen.append(robaudit.scan(*arguments, **words))
        return seen[-1]

    monkeypatch.setattr(audits, "scan", scan)
    return seen


@pytest.fixture
def session(tmp_path: Path) -> Audits:
    """A session in a folder with a model and data."""
    shutil.copy(DIGITS, tmp_path / "model.onnx")
    shutil.copy(EXAMPLES / "digits.npz", tmp_path / "test.npz")
    return Audits(tmp_path)


def words(**changes: Any) -> dict[str, Any]:
    """Ask for a small audit."""
    return {"model": "model.onnx", "data": "test.npz", **SMALL, **changes}


def test_what_is_the_same_is_audited_once(session: Audits, made: list[Any]) -> None:
    first = session.findings(words())
    record = session.judged(words(gates=GATES), WHERE)
    other = session.judged(words(gates={"gini": 0}, batch_size=7), WHERE)
    assert len(made) == 1
    assert record.clean == first.audit_record.clean == other.clean
    assert [gate.name for gate in other.gates] == ["gini/max"]


@pytest.mark.parametrize(
    "change",
    [
        {"seed": 3},
        {"samples": 21},
        {"attack": "gaussian-noise:sigma=0.1"},
        {"data": "other.npz"},
        {"model": "other.onnx"},
        {"mean": 0.1},
        {"reference": "prediction"},
    ],
)
def test_what_differs_is_audited_by_itself(
    session: Audits, made: list[Any], tmp_path: Path, change: dict[str, Any]
) -> None:
    with np.load(tmp_path / "test.npz") as data:
        arrays = dict(data)
    name = next(name for name, array in arrays.items() if array.ndim == 1)
    arrays[name] = np.roll(arrays[name], 1)
    np.savez(tmp_path / "other.npz", **arrays)
    (tmp_path / "other.onnx").write_bytes(Path(DIGITS).read_bytes() + b"\x32\x00")  # another file
    session.findings(words())
    session.findings(words(**change))
    assert len(made) == 2


def test_a_copy_of_a_model_is_known_by_its_content(
    session: Audits, made: list[Any], tmp_path: Path
) -> None:
    (tmp_path / "deep").mkdir()
    shutil.copy(DIGITS, tmp_path / "deep" / "model.onnx")
    session.findings(words())
    session.findings(words(model=tmp_path / "deep" / "model.onnx"))
    assert len(made) == 1


class Network:
    """A model in memory, which may be trained."""

    __name__ = "network"

    def __init__(self) -> None:
        self.weights = np.random.default_rng(0).normal(size=(36, 3))

    def __call__(self, x: np.ndarray) -> np.ndarray:
        return np.asarray(x.reshape(len(x), -1) @ self.weights)


def in_memory(model: object) -> dict[str, Any]:
    """Ask for an audit of a model in memory."""
    random = np.random.default_rng(1)
    data = (random.random((40, 6, 6, 1)).astype(np.float32), np.arange(40) % 3)
    return {"model": model, "data": data, **SMALL}


def test_a_model_in_memory_is_known_by_its_identity_and_its_answers(
    session: Audits, made: list[Any]
) -> None:
    model = Network()
    session.findings(in_memory(model))
    session.findings(in_memory(model))
    assert len(made) == 1
    session.findings(in_memory(Network()))  # answers as the first does
    assert len(made) == 2
    model.weights = model.weights + 0.1 * np.arange(3)
    session.findings(in_memory(model))
    assert len(made) == 3


@pytest.fixture
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROBAUDIT_CACHE", str(tmp_path / "cache"))


@pytest.mark.usefixtures("_cache")
def test_another_session_takes_it_from_the_cache(
    session: Audits, made: list[Any], tmp_path: Path
) -> None:
    asked = words(gates=GATES, attack="gaussian-noise:sigma=0.1")
    record = session.judged(asked, WHERE)
    again = Audits(tmp_path).judged(asked, WHERE)
    assert len(made) == 1
    assert (record.clean, record.margins, record.attacks, record.gates, record.verdict) == (
        again.clean, again.margins, again.attacks, again.gates, again.verdict
    )  # fmt: skip
    Audits(tmp_path).findings(words(attack="gaussian-noise:sigma=0.1", no_cache=True))
    assert len(made) == 2


@pytest.mark.usefixtures("_cache")
def test_a_model_in_memory_is_never_in_the_cache(made: list[Any], tmp_path: Path) -> None:
    asked = in_memory(Network())
    Audits(tmp_path).findings(asked)
    Audits(tmp_path).findings(asked)
    assert len(made) == 2
    assert not [path for path in (tmp_path / "cache").rglob("*") if path.is_file()]


def test_gates_to_decide_are_part_of_an_audit(session: Audits, made: list[Any]) -> None:
    few = words(decide=True, samples=200)
    session.judged({**few, "gates": [{"metric": "crossing-rate", "max": 0.9}]}, WHERE)
    session.judged({**few, "gates": [{"metric": "crossing-rate", "max": 0.9}]}, ("x.py", 9))
    assert len(made) == 1
    session.judged({**few, "gates": [{"metric": "crossing-rate", "max": 0.45}]}, WHERE)
    assert len(made) == 2


def test_a_baseline_gives_the_plan_and_the_gates(session: Audits, tmp_path: Path) -> None:
    from robaudit.cli import main

    small = [f"--{name}={value}" for name, value in SMALL.items()]
    where = tmp_path / "before"
    data = ["--data", str(tmp_path / "test.npz")]
    assert main(["scan", str(tmp_path / "model.onnx"), *data, *small, "-q", f"-o{where}"]) == 0
    asked = {"model": "model.onnx", "data": "test.npz", "baseline": "before"}
    record = session.judged(asked, WHERE)
    assert record.plan.samples == SMALL["samples"]
    assert [gate.bound for gate in record.gates] == ["max-drop", "max-drop"]
    assert record.verdict
    assert record.verdict.baseline
    assert record.verdict.outcome == "pass"


def test_the_current_folder_is_as_before(session: Audits) -> None:
    before = Path.cwd()
    session.findings(words())
    with pytest.raises(UsageError):
        session.findings(words(model="no.onnx"))
    assert Path.cwd() == before


def test_errors_have_no_history(session: Audits) -> None:
    with pytest.raises(RobauditError) as caught:
        session.findings(words(samples="many"))
    assert caught.value.__suppress_context__
    assert str(caught.value) == "samples: 'many'; expected a whole number, 1 or more"


def test_what_ends_the_program_or_cannot_be_read_is_an_error(
    session: Audits, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ends(*_: object) -> None:
        raise SystemExit(0)

    def denied(*_: object) -> None:
        raise PermissionError(13, "Permission denied", "test.npz")

    monkeypatch.setattr(audits, "open_classifier", ends)
    with pytest.raises(UsageError, match="the model ends the program"):
        session.findings(words())
    monkeypatch.setattr(audits, "open_classifier", denied)
    with pytest.raises(DataError, match=r"test\.npz: Permission denied"):
        session.findings(words())


def test_warnings_of_frameworks_fail_no_test(
    session: Audits, monkeypatch: pytest.MonkeyPatch
) -> None:
    import warnings

    def warn(*arguments: Any) -> Any:
        warnings.warn("old", DeprecationWarning, stacklevel=1)
        return open_classifier(*arguments)

    monkeypatch.setattr(audits, "open_classifier", warn)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(warnings, "showwarning", lambda *_, **__: None)
            session.findings(words())


def test_an_interruption_ends_the_session(session: Audits, monkeypatch: pytest.MonkeyPatch) -> None:
    class Interrupted:
        assessment = type("", (), {"interrupted": True})

    monkeypatch.setattr(audits, "scan", lambda *_, **__: Interrupted())
    with pytest.raises(KeyboardInterrupt):
        session.findings(words())
