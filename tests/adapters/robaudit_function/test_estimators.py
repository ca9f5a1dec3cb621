"""scikit-learn's estimators, live and in files, and what such files could run."""

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

import robaudit
from robaudit import Images, OpenOptions
from robaudit.errors import MissingDependencyError, NotAuditableError, UsageError
from tests.support.traps import Trap


@pytest.fixture
def table(digits: Images) -> tuple[np.ndarray, np.ndarray]:
    assert digits.labels is not None
    return digits.unit_pixels(slice(None)).reshape(len(digits), -1), digits.labels


ESTIMATORS = [
    LogisticRegression(max_iter=300),
    make_pipeline(StandardScaler(), LinearSVC()),
    RandomForestClassifier(20, random_state=0),
    KNeighborsClassifier(3),
]


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=lambda one: type(one).__name__)
def test_estimators_agree_with_themselves(
    estimator: Any, table: tuple[np.ndarray, np.ndarray]
) -> None:
    x, y = table
    estimator.fit(x[:300], y[:300])
    classifier = robaudit.load(estimator)
    assert classifier.spec.shape == (64,)
    assert classifier.spec.classes == 10
    found = classifier.predict(x[300:]).argmax(axis=1)
    assert (found == estimator.predict(x[300:])).mean() > 0.99


def test_classes_have_names_or_places(table: tuple[np.ndarray, np.ndarray]) -> None:
    x, y = table
    named = LogisticRegression(max_iter=300).fit(x, np.array(["even", "odd"])[y % 2])
    classifier = robaudit.load(named)
    assert classifier.spec.class_names == ("even", "odd")
    assert (classifier.predict(x).argmax(axis=1) == y % 2).mean() > 0.85
    gaps = LogisticRegression(max_iter=300).fit(x[y > 2], y[y > 2])
    classifier = robaudit.load(gaps)
    assert classifier.spec.classes == 10
    np.testing.assert_array_equal(classifier.predict(x).argmax(axis=1), gaps.predict(x))


def fitted(table: tuple[np.ndarray, np.ndarray]) -> LogisticRegression:
    return LogisticRegression(max_iter=300).fit(*table)


@pytest.mark.parametrize("suffix", [".skops", ".joblib", ".pkl"])
def test_files_of_estimators(
    tmp_path: Path, table: tuple[np.ndarray, np.ndarray], suffix: str
) -> None:
    path = write_estimator(tmp_path / f"model{suffix}", fitted(table))
    if suffix != ".skops":
        with pytest.raises(UsageError, match="--trust-model"):
            robaudit.load(path)
    classifier = robaudit.load(path, OpenOptions(trust=suffix != ".skops"))
    assert (classifier.predict(table[0]).argmax(axis=1) == table[1]).mean() > 0.95


def write_estimator(path: Path, estimator: Any) -> Path:
    if path.suffix == ".skops":
        import skops.io

        skops.io.dump(estimator, path)
    elif path.suffix == ".joblib":
        import joblib

        joblib.dump(estimator, path)
    else:
        path.write_bytes(pickle.dumps(estimator))
    return path


class Strange(LogisticRegression):
    """An estimator that skops does not know."""


@pytest.mark.parametrize("suffix", [".joblib", ".pkl", ".pickle"])
def test_pickles_are_not_read_without_consent(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"model{suffix}"
    path.write_bytes(pickle.dumps(Trap(tmp_path / "trace")))
    with pytest.raises(UsageError, match="runs the code that it names"):
        robaudit.load(path)
    assert not (tmp_path / "trace").exists()


def test_skops_files_that_name_other_code_need_consent(
    tmp_path: Path, table: tuple[np.ndarray, np.ndarray]
) -> None:
    path = write_estimator(tmp_path / "model.skops", Strange(max_iter=300).fit(*table))
    with pytest.raises(UsageError, match=r"Strange.*--trust-model"):
        robaudit.load(path)
    assert robaudit.load(path, OpenOptions(trust=True)).spec.classes == 10


@pytest.mark.parametrize(
    ("content", "words"), [(b"", "is empty"), (b"hello", "damaged"), (b"PK\x03\x04", "damaged")]
)
@pytest.mark.parametrize("suffix", [".skops", ".joblib"])
def test_files_that_hold_no_estimator(
    tmp_path: Path, suffix: str, content: bytes, words: str
) -> None:
    path = tmp_path / f"model{suffix}"
    path.write_bytes(content)
    with pytest.raises(NotAuditableError, match=words):
        robaudit.load(path, OpenOptions(trust=True))


def test_files_that_hold_something_else(
    tmp_path: Path, table: tuple[np.ndarray, np.ndarray]
) -> None:
    path = write_estimator(tmp_path / "model.skops", StandardScaler().fit(table[0]))
    with pytest.raises(NotAuditableError, match="holds a StandardScaler"):
        robaudit.load(path)
    with pytest.raises(UsageError, match="no model"):
        robaudit.load(tmp_path / "none.joblib", OpenOptions(trust=True))


def test_a_missing_library_names_the_command_that_installs_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("robaudit.requirements.version_of", lambda _package: None)
    (tmp_path / "model.skops").write_bytes(b"x")
    with pytest.raises(MissingDependencyError, match=r"robaudit\[sklearn\]"):
        robaudit.load(tmp_path / "model.skops")
    monkeypatch.setattr("robaudit.requirements.version_of", lambda _package: "0.1")
    with pytest.raises(MissingDependencyError, match="too old"):
        robaudit.load(tmp_path / "model.skops")
