"""Files of estimators: what opens without consent, what must not, and what is said of the rest."""

import json
import pickle
import re
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
import skops.io
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import (
    AdaBoostClassifier,
    BaggingClassifier,
    ExtraTreesClassifier,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures, StandardScaler
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier

import robaudit
from robaudit import OpenOptions
from robaudit.errors import MissingDependencyError, NotAuditableError, UsageError
from tests.support.bombs import npy_of, packed_zeros
from tests.support.networks import small
from tests.support.traps import Trap

Table = tuple[np.ndarray, np.ndarray]


def fitted(table: Table) -> LogisticRegression:
    return LogisticRegression(max_iter=300).fit(*table)


@pytest.mark.parametrize("suffix", [".skops", ".joblib", ".pkl"])
def test_files_of_estimators(tmp_path: Path, table: Table, suffix: str) -> None:
    path = write_estimator(tmp_path / f"model{suffix}", fitted(table))
    if suffix != ".skops":
        with pytest.raises(UsageError, match="`trust=True`"):
            robaudit.load(path)
    classifier = robaudit.load(path, OpenOptions(trust=suffix != ".skops"))
    assert (classifier.predict(table[0]).argmax(axis=1) == table[1]).mean() > 0.95


def write_estimator(path: Path, estimator: Any) -> Path:
    if path.suffix == ".skops":
        skops.io.dump(estimator, path)
    elif path.suffix == ".joblib":
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


def test_skops_files_that_name_other_code_need_consent(tmp_path: Path, table: Table) -> None:
    path = write_estimator(tmp_path / "model.skops", Strange(max_iter=300).fit(*table))
    with pytest.raises(UsageError, match=r"Strange.*`trust=True`"):
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


def test_files_that_hold_something_else(tmp_path: Path, table: Table) -> None:
    path = write_estimator(tmp_path / "model.skops", StandardScaler().fit(table[0]))
    with pytest.raises(NotAuditableError, match="a StandardScaler that has no classes_"):
        robaudit.load(path)
    with pytest.raises(UsageError, match="no model"):
        robaudit.load(tmp_path / "none.joblib", OpenOptions(trust=True))


def test_networks_that_were_pickled_like_estimators(tmp_path: Path) -> None:
    network, x = small().eval(), np.ones((2, 1, 8, 8), dtype=np.float32)
    for path in (tmp_path / "net.pkl", tmp_path / "net.joblib"):
        joblib.dump(network, path)
        opened = robaudit.load(path, OpenOptions(input_shape=(1, 8, 8), trust=True))
        assert (opened.adapter, opened.name) == ("torch", path.name)
        np.testing.assert_array_equal(
            opened.predict(x), robaudit.load(network, spec=opened.spec).predict(x)
        )
    joblib.dump(network.state_dict(), path)
    with pytest.raises(NotAuditableError, match=r"holds a OrderedDict \(0.weight.*as .pth"):
        robaudit.load(path, OpenOptions(trust=True))


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


OWN: list[Any] = [
    RandomForestClassifier(5),
    ExtraTreesClassifier(5),
    DecisionTreeClassifier(),
    GradientBoostingClassifier(n_estimators=2),
    HistGradientBoostingClassifier(max_iter=3),
    AdaBoostClassifier(n_estimators=3),
    BaggingClassifier(n_estimators=3, max_features=0.5),
    MLPClassifier((8,), max_iter=5),
    MLPClassifier((8,), max_iter=5, solver="sgd"),
    CalibratedClassifierCV(LinearSVC(), cv=2),
    make_pipeline(StandardScaler(), MLPClassifier((8,), max_iter=5)),
    make_pipeline(PolynomialFeatures(2, interaction_only=True), RandomForestClassifier(2)),
]


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("estimator", OWN, ids=lambda one: str(one)[:40])
@pytest.mark.parametrize("binary", [False, True])
def test_estimators_of_scikit_learn_open_without_consent(
    estimator: Any, binary: bool, tmp_path: Path, table: Table
) -> None:
    x, y = table
    few = x[:, 20:40]
    estimator.fit(few[:200], y[:200] % 2 if binary else y[:200])
    classifier = robaudit.load(write_estimator(tmp_path / "model.skops", estimator))
    np.testing.assert_array_equal(classifier.predict(few).argmax(axis=1), estimator.predict(few))


def test_other_types_of_theirs_need_consent(tmp_path: Path, table: Table) -> None:
    """The index of neighbours holds numbers that nothing could check."""
    estimator = KNeighborsClassifier(3, algorithm="kd_tree").fit(table[0], table[1])
    path = write_estimator(tmp_path / "model.skops", estimator)
    with pytest.raises(UsageError, match=r"KDTree.*`trust=True`"):
        robaudit.load(path)
    assert robaudit.load(path, OpenOptions(trust=True)).spec.classes == 10


Change = Callable[[Any], None]


def rewritten(path: Path, change: Change) -> Path:
    """Change the schema of a .skops file, and leave the arrays as they are."""
    with zipfile.ZipFile(path) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    schema = json.loads(files["schema.json"])
    change(schema)
    files["schema.json"] = json.dumps(schema).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def more_outputs(schema: Any) -> None:
    tree = schema["content"]["content"]["tree_"]
    tree["__reduce__"]["args"]["content"][2]["content"] = "99"


def two_of_one_number(schema: Any) -> None:
    """Let something that stands before the tree have the number of its last argument."""
    content = schema["content"]["content"]
    number = content["tree_"]["__reduce__"]["args"]["content"][2]["__id__"]
    content["max_depth"] |= {"content": "99", "__id__": number}


@pytest.mark.parametrize("change", [more_outputs, two_of_one_number])
def test_trees_that_would_be_made_of_other_arguments_need_consent(
    change: Change, tmp_path: Path, table: Table
) -> None:
    estimator = DecisionTreeClassifier(max_depth=3).fit(*table)
    path = write_estimator(tmp_path / "model.skops", estimator)
    with pytest.raises(UsageError, match="`trust=True`"):
        robaudit.load(rewritten(path, change))


def older(schema: Any) -> None:
    """Say that an older version saved it, which had what is no longer there."""
    text = json.dumps(schema)
    installed = schema["content"]["content"]["_sklearn_version"]["content"]
    text = text.replace(json.dumps(installed), json.dumps('"0.24.2"'))
    schema.clear()
    schema.update(json.loads(text))


def test_a_skops_file_of_another_version_says_so(tmp_path: Path, table: Table) -> None:
    path = rewritten(write_estimator(tmp_path / "model.skops", fitted(table)), older)
    kind = robaudit.load(path).details["kind"]
    assert kind == "an estimator (LogisticRegression, saved by scikit-learn 0.24.2)"

    def gone(schema: Any) -> None:
        schema["__module__"] = "sklearn.linear_model.logistic"

    with pytest.raises(NotAuditableError, match=r"0\.24\.2.*pip install scikit-learn==0\.24\.2"):
        robaudit.load(rewritten(path, gone), OpenOptions(trust=True))


def pickled_by(version: str, content: bytes) -> bytes:
    """Let a pickle say that another version, of as many letters, saved it."""
    written = re.search(rb"_sklearn_version.{0,8}?(\d+\.\d+\.\d+)", content, re.DOTALL)
    assert written is not None
    assert len(written[1]) == len(version)
    return content.replace(written[1], version.encode())


@pytest.mark.parametrize("compressed", [False, True])
def test_a_pickle_of_another_version_is_not_called_damaged(
    compressed: bool, tmp_path: Path, table: Table
) -> None:
    content = pickled_by("0.0.1", pickle.dumps(fitted(table)))
    path = tmp_path / "model.joblib"
    path.write_bytes(zlib.compress(content) if compressed else content)
    trusted = OpenOptions(trust=True)
    assert "saved by scikit-learn 0.0.1" in robaudit.load(path, trusted).details["kind"]
    gone = content.replace(b"LogisticRegression", b"LogisticRegressing")
    path.write_bytes(zlib.compress(gone) if compressed else gone)
    words = "not to be found here" if compressed else r"saved by scikit-learn 0\.0\.1"
    with pytest.raises(NotAuditableError, match=words):
        robaudit.load(path, trusted)


def test_an_estimator_of_another_version_that_fails_says_so(tmp_path: Path, table: Table) -> None:
    estimator = fitted(table)
    del estimator.intercept_
    path = tmp_path / "model.pkl"
    path.write_bytes(pickled_by("0.0.1", pickle.dumps(estimator)))
    with pytest.raises(NotAuditableError, match=r"intercept_.*saved by scikit-learn 0\.0\.1"):
        robaudit.load(path, OpenOptions(trust=True))


def test_a_library_that_is_not_there_is_named(tmp_path: Path) -> None:
    path = tmp_path / "model.pkl"
    path.write_bytes(b"cno_such_library.models\nBooster\n.")
    with pytest.raises(MissingDependencyError, match="no_such_library"):
        robaudit.load(path, OpenOptions(trust=True))
    path.write_bytes(b"csklearn.linear_model\nLogisticRegressing\n.")
    with pytest.raises(NotAuditableError, match="not to be found here"):
        robaudit.load(path, OpenOptions(trust=True))


def test_a_regressor_in_a_file_is_named(tmp_path: Path, table: Table) -> None:
    path = write_estimator(tmp_path / "model.skops", LinearRegression().fit(*table))
    with pytest.raises(NotAuditableError, match="a LinearRegression that has no classes_"):
        robaudit.load(path)


def test_archives_of_estimators_are_no_more_than_they_may_be(tmp_path: Path, table: Table) -> None:
    path = write_estimator(tmp_path / "model.skops", fitted(table))
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("more.npy", npy_of((2**20, 2**20), bytes(64)))
    with pytest.raises(NotAuditableError, match=r"array of float64 and shape .*, in 'more\.npy'"):
        robaudit.load(path)
    packed_zeros(path, {"schema.json": 2**29})
    with pytest.raises(NotAuditableError, match=r"unpacks to 536870912 bytes, and is"):
        robaudit.load(path)
