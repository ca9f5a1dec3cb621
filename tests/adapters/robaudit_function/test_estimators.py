"""What scikit-learn's estimators say, and of which scores it is the largest."""

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.cluster import KMeans
from sklearn.ensemble import RandomForestClassifier, VotingClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression, RidgeClassifier
from sklearn.model_selection import FixedThresholdClassifier, GridSearchCV
from sklearn.multioutput import MultiOutputClassifier
from sklearn.naive_bayes import MultinomialNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler
from sklearn.svm import SVC, LinearSVC, NuSVC

import robaudit
from robaudit import OpenOptions
from robaudit.errors import NotAuditableError
from tests.support.model_cases import accuracy, case, load

Table = tuple[np.ndarray, np.ndarray]


def predicted(classifier: robaudit.Classifier, x: np.ndarray, estimator: Any) -> np.ndarray:
    """Give the classes with the largest scores, as the estimator calls them."""
    return np.asarray(estimator.classes_)[classifier.predict(x).argmax(axis=1)]


ESTIMATORS: list[tuple[Any, str]] = [
    (LogisticRegression(max_iter=300), "predict_proba"),
    (make_pipeline(StandardScaler(), LinearSVC()), "decision_function"),
    (make_pipeline(MinMaxScaler(), MLPClassifier((16,), max_iter=40)), "predict_proba"),
    (RandomForestClassifier(20, random_state=0), "predict_proba"),
    (KNeighborsClassifier(3), "predict_proba"),
    (MultinomialNB(), "predict_proba"),
    (RidgeClassifier(), "decision_function"),
    (CalibratedClassifierCV(LinearSVC(), cv=2), "predict_proba"),
    (SVC(), "votes of its decisions on pairs"),
    (SVC(decision_function_shape="ovo", kernel="linear"), "votes of its decisions on pairs"),
    (SVC(probability=True), "votes of its decisions on pairs"),
    (NuSVC(nu=0.1), "votes of its decisions on pairs"),
    (SVC(break_ties=True), "decision_function"),
    (make_pipeline(StandardScaler(), SVC()), "votes of its decisions on pairs"),
    (GridSearchCV(SVC(), {"C": [1, 10]}, cv=2), "votes of its decisions on pairs"),
    (
        VotingClassifier([("a", LogisticRegression(max_iter=300)), ("b", KNeighborsClassifier(1))]),
        "the classes that it predicts",
    ),
]


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.filterwarnings("ignore:The `probability` parameter")
@pytest.mark.parametrize(("estimator", "source"), ESTIMATORS, ids=lambda one: str(one)[:40])
def test_the_largest_score_is_of_the_class_that_is_predicted(
    estimator: Any, source: str, table: Table
) -> None:
    x, y = table
    estimator.fit(x[:300], y[:300])
    classifier = robaudit.load(estimator)
    assert classifier.spec.shape == (64,)
    assert classifier.spec.classes == 10
    assert classifier.uncalibrated == ("decision" in source)
    assert classifier.spec.class_names is None
    assert classifier.details["scores"] == source
    assert (classifier.spec.scores == "labels") == source.startswith("the classes")
    np.testing.assert_array_equal(
        predicted(classifier, x[300:], estimator), estimator.predict(x[300:])
    )


BINARY: list[tuple[Any, str]] = [
    (LogisticRegression(), "predict_proba"),
    (LinearSVC(), "decision_function"),
    (SVC(probability=True, C=0.1), "decision_function"),
    (FixedThresholdClassifier(LogisticRegression(), threshold=0.9), "the classes that it predicts"),
]


@pytest.mark.filterwarnings("ignore:The `probability` parameter")
@pytest.mark.parametrize(("estimator", "source"), BINARY, ids=lambda one: str(one)[:40])
def test_two_classes(estimator: Any, source: str, table: Table) -> None:
    """Probabilities whose threshold is another than a half are not what decides."""
    x, y = table
    estimator.fit(x[:300], np.array(["even", "odd"])[y[:300] % 2])
    classifier = robaudit.load(estimator)
    assert classifier.spec.class_names == ("even", "odd")
    assert classifier.details["scores"] == source
    np.testing.assert_array_equal(predicted(classifier, x, estimator), estimator.predict(x))


@pytest.mark.parametrize(
    ("classes", "names"),
    [
        ([0, 1, 2], None),
        ([0.0, 1.0, 2.0], None),
        ([1, 2, 3], ("1", "2", "3")),
        ([-1, 0, 7], ("-1", "0", "7")),
        ([-1.0, 1.0, 2.0], ("-1", "1", "2")),
        (["hen", "cat", "dog"], ("cat", "dog", "hen")),
        (["10", "9", "8"], ("10", "8", "9")),
    ],
)
def test_classes_are_named_and_columns_stay(
    classes: list[Any], names: tuple[str, ...] | None, table: Table
) -> None:
    """There is no column for a class that was not seen; labels are matched by value elsewhere."""
    x, y = table
    few = y < 3
    estimator = LogisticRegression().fit(x[few], np.array(classes)[y[few]])
    classifier = robaudit.load(estimator)
    assert classifier.spec.classes == 3
    assert classifier.spec.class_names == names
    np.testing.assert_array_equal(classifier.predict(x), estimator.predict_proba(x))


def test_boolean_classes_are_two(table: Table) -> None:
    x, y = table
    estimator = LogisticRegression().fit(x, y > 4)
    assert robaudit.load(estimator).spec.class_names is None


class InAnyOrder:
    """An estimator of another library, whose classes are in no order, and which only predicts."""

    classes_ = np.array(["dog", "hen", "cat"])

    def predict(self, x: np.ndarray) -> np.ndarray:
        """Predict by the first three numbers."""
        return np.array(["cat", "dog", "hen"])[x[:, :3].argmax(axis=1)]


def test_classes_that_are_in_no_order(table: Table) -> None:
    classifier = robaudit.load(InAnyOrder(), OpenOptions(input_shape=(4, 2)))
    assert classifier.spec.shape == (4, 2)
    assert classifier.spec.class_names == ("dog", "hen", "cat")
    assert classifier.spec.scores == "labels"
    x = table[0].reshape(-1, 8, 8)[:, :4, :2]
    np.testing.assert_array_equal(
        predicted(classifier, x, InAnyOrder), InAnyOrder().predict(x.reshape(len(x), -1))
    )


class OfTwoMinds(InAnyOrder):
    """It has probabilities that say something else than it predicts."""

    def predict_proba(self, x: np.ndarray) -> np.ndarray:
        """Give probabilities in the order of the alphabet."""
        return x[:, :3] / x[:, :3].sum(axis=1, keepdims=True)


class Unknown(InAnyOrder):
    """It predicts what is none of its classes."""

    def predict(self, x: np.ndarray) -> np.ndarray:
        """Predict another animal."""
        return np.array(["cow"] * len(x))


def test_scores_that_say_something_else_are_not_used() -> None:
    classifier = robaudit.load(OfTwoMinds(), OpenOptions(input_shape=(8,)))
    assert classifier.details["scores"] == "the classes that it predicts"


def regressor(x: np.ndarray, y: np.ndarray) -> Any:
    return LinearRegression().fit(x, y)


def unfitted(_x: np.ndarray, _y: np.ndarray) -> Any:
    return LogisticRegression()


def several_outputs(x: np.ndarray, y: np.ndarray) -> Any:
    return RandomForestClassifier(3).fit(x, np.stack([y, y % 2], axis=1))


def of_others(x: np.ndarray, y: np.ndarray) -> Any:
    return MultiOutputClassifier(LogisticRegression(max_iter=300)).fit(
        x, np.stack([y, y % 3], axis=1)
    )


def several_labels(x: np.ndarray, y: np.ndarray) -> Any:
    return MLPClassifier((4,), max_iter=2).fit(x, np.stack([y > 3, y > 5, y < 2], axis=1))


def one_class(x: np.ndarray, y: np.ndarray) -> Any:
    return RandomForestClassifier(3).fit(x, 0 * y + 7)


def clusters(x: np.ndarray, _y: np.ndarray) -> Any:
    return KMeans(3, n_init=1).fit(x)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize(
    ("make", "words"),
    [
        (regressor, "a LinearRegression that has no classes_: it is no classifier"),
        (unfitted, "LogisticRegression that has no classes_.*not fitted"),
        (clusters, "a KMeans that has no classes_"),
        (several_outputs, "several outputs"),
        (of_others, "several outputs"),
        (several_labels, r"\(3,\) labels for one input"),
        (one_class, "knows only one class, 7"),
        (lambda _x, _y: Unknown(), "class 'cow'"),
    ],
)
def test_what_is_no_classifier_is_refused_by_name(make: Any, words: str, table: Table) -> None:
    estimator = make(*table)
    with pytest.raises(NotAuditableError, match=words):
        robaudit.load(estimator, OpenOptions(input_shape=(64,)))


class Loud(InAnyOrder):
    """It warns of what it is given, as scikit-learn does where columns had names."""

    def predict(self, x: np.ndarray) -> np.ndarray:
        """Warn, of inputs beyond 0..1 in other words too, and predict."""
        warnings.warn("X does not have valid feature names, but Loud was fitted", stacklevel=1)
        if x.max() > 1 or x.min() < 0:
            warnings.warn("overflow encountered", RuntimeWarning, stacklevel=1)
        return super().predict(x)


def test_what_cannot_be_helped_is_not_warned_of(table: Table) -> None:
    """Nor what only inputs bring about that nobody gave."""
    classifier = robaudit.load(Loud(), OpenOptions(input_shape=(64,)))
    classifier.predict(table[0])
    with pytest.raises(RuntimeWarning, match="overflow"):
        classifier.predict(255 * table[0])


def test_decisions_on_pairs_are_counted(shared: Path) -> None:
    classifier = load(shared, "02-ovo/svc_ovo.skops")
    assert classifier.spec.classes == 10
    data = case(shared, "02-ovo/m.npz")
    assert accuracy(classifier, data) == pytest.approx(0.91, abs=0.001)


def test_names_in_the_estimator_are_told(shared: Path) -> None:
    names = load(shared, "07-names-in-estimator/lr_str.skops").spec.class_names
    assert names is not None
    assert set(names) == {
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "zero",
    }
    assert list(names) == sorted(names)
