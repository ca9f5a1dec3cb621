"""Any callable: functions, scikit-learn's estimators, and what a module names."""

import json
import os
import pickle
from collections.abc import Callable
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
from robaudit import Classifier, Images, InputSpec, OpenOptions, SearchPlan
from robaudit.cli import main
from robaudit.errors import MissingDependencyError, NotAuditableError, UsageError
from robaudit.testing import affine_classifier
from robaudit.user_code import find_object
from tests.support.paths import EXAMPLES

random = np.random.default_rng(0)
WEIGHTS, BIAS = random.normal(0, 1, (64, 5)), random.normal(0, 1, 5)
SMALL = ["--samples", "10", "--directions", "2", "--steps", "5", "-q"]
DATA = ["--data", str(EXAMPLES / "digits.npz")]


def scores(x: np.ndarray) -> Any:
    return (x.reshape(len(x), -1) @ WEIGHTS + BIAS).tolist()


def numbers(x: np.ndarray) -> np.ndarray:
    return (x.reshape(len(x), -1) @ WEIGHTS + BIAS).argmax(axis=1)


def one_at_a_time(x: np.ndarray) -> np.ndarray:
    assert len(x) == 1
    return x.reshape(1, -1) @ WEIGHTS + BIAS


@pytest.fixture
def table(digits: Images) -> tuple[np.ndarray, np.ndarray]:
    assert digits.labels is not None
    return digits.unit_pixels(slice(None)).reshape(len(digits), -1), digits.labels


def test_a_function_is_a_classifier() -> None:
    classifier = robaudit.load(scores, OpenOptions(input_shape=(8, 8)))
    assert classifier.spec == InputSpec((8, 8), 5)
    assert classifier.name == "scores"
    x = random.random((3, 8, 8))
    np.testing.assert_allclose(classifier.predict(x), scores(x))


def test_a_function_of_class_numbers_gives_labels() -> None:
    options = OpenOptions(input_shape=(8, 8), classes=5)
    classifier = robaudit.load(numbers, options)
    assert classifier.spec.scores == "labels"
    x = random.random((30, 8, 8))
    np.testing.assert_array_equal(classifier.predict(x).argmax(axis=1), numbers(x))
    images = robaudit.images_from_arrays(x, numbers(x))
    audit = robaudit.scan(classifier, images, plan=SearchPlan(20, 4))
    affine = affine_classifier(WEIGHTS, BIAS, (8, 8))
    other = robaudit.scan(affine, images, plan=SearchPlan(20, 4))
    np.testing.assert_array_equal(audit.rays.step, other.rays.step)
    np.testing.assert_array_equal(audit.rays.adjacent, other.rays.adjacent)
    with pytest.raises(UsageError, match="how many classes"):
        robaudit.load(numbers, OpenOptions(input_shape=(8, 8)))


def test_a_function_of_one_input_at_a_time_is_audited() -> None:
    classifier = robaudit.load(one_at_a_time, OpenOptions(input_shape=(8, 8)))
    x = random.random((20, 8, 8))
    images = robaudit.images_from_arrays(x, numbers(x))
    audit = robaudit.scan(classifier, images, plan=SearchPlan(10, 2))
    assert audit.clean.overall.value == 1
    assert any("one at a time" in note for note in audit.prepared.notes)


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (lambda x: x, "no classifier"),
        (lambda _: "hello", "no classifier|fails"),
        (lambda x: np.zeros(len(x)), "no classifier"),
        (lambda _: 1 / 0, "ZeroDivisionError"),
    ],
)
def test_functions_that_are_no_classifiers(
    function: Callable[[np.ndarray], Any], words: str
) -> None:
    with pytest.raises(NotAuditableError, match=words):
        robaudit.load(function, OpenOptions(input_shape=(8, 8)))


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


class Trap:
    """Unpickling this makes a folder."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> Any:
        return os.mkdir, (str(self.trace),)


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


MODULE = """
import numpy as np
import robaudit

weights = np.random.default_rng(0).normal(0, 1, (64, 10))
number = 3

def scores(x):
    return x.reshape(len(x), -1) @ weights

def scaled(factor=1.0):
    return lambda x: factor * scores(x)

classifier = robaudit.Classifier("mine", robaudit.InputSpec((8, 8), 10), scores)
"""


@pytest.mark.parametrize("name", ["scores", "scaled(factor=2)", "classifier"])
@pytest.mark.parametrize("module", ["my_models", "my_models.py"])
def test_a_module_names_the_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: str, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delitem(__import__("sys").modules, "my_models", raising=False)
    (tmp_path / "my_models.py").write_text(MODULE)
    assert main(["scan", f"{module}:{name}", *DATA, *SMALL]) == 0
    record = json.loads(Path("robaudit-report/audit.json").read_text())
    assert record["model"]["adapter"] == "function"
    assert record["model"]["sha256"] != "" or name == "classifier"


def test_a_file_that_is_broken_by_an_edit_leaves_what_it_gave_before(tmp_path: Path) -> None:
    file = tmp_path / "my.models.py"
    file.write_text("class Kept:\n    pass\n")
    kept = find_object(f"{file}:Kept()")
    file.write_text("class Kept:\n    pass\n\nraise ValueError\n")
    with pytest.raises(UsageError, match="ValueError"):
        find_object(f"{file}:Kept()")
    assert type(pickle.loads(pickle.dumps(kept))) is type(kept)


@pytest.mark.parametrize(
    ("reference", "words"),
    [
        ("my_models:nothing", "nothing"),
        ("my_models:number", "is a int"),
        ("no_such_module:scores", "no_such_module"),
        ("my_models.py:scaled(factor=x)", "arguments"),
        ("my_models.py:scores()", "fails"),
        ("other.py:scores", "fails"),
    ],
)
def test_references_that_lead_nowhere(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    reference: str,
    words: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delitem(__import__("sys").modules, "my_models", raising=False)
    (tmp_path / "my_models.py").write_text(MODULE)
    assert main(["scan", reference, *DATA, *SMALL]) == 2
    err = capsys.readouterr().err
    assert words in err
    assert "Traceback" not in err


def test_a_classifier_made_by_hand_is_scanned(digits: Images) -> None:
    classifier = Classifier("mine", InputSpec((8, 8), 10), lambda x: x.reshape(len(x), -1)[:, :10])
    assert robaudit.load(classifier) is classifier
    assert len(robaudit.scan(classifier, digits, plan=SearchPlan(10, 2)).rays) == 40


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
