"""Trees that no scikit-learn has made are refused before anything follows them."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sklearn.ensemble import (
    BaggingClassifier,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from robaudit.errors import NotAuditableError, UsageError
from robaudit_function.trees import refuse_broken_trees

Table = tuple[np.ndarray, np.ndarray]


def tree_with(field: str, number: int, node: int = 0, **state: Any) -> Callable[[Any], Any]:
    """Change a number in a node of a decision tree."""

    def change(estimator: Any) -> Any:
        tree = estimator.tree_
        saved = tree.__getstate__()
        saved["nodes"][field][node] = number
        tree.__setstate__(saved | state)
        return estimator

    return change


def fewer_features(estimator: Any) -> Any:
    estimator.n_features_in_ = 2
    return estimator


def fewer_in_the_first(forest: Any) -> Any:
    forest.estimators_[0] = DecisionTreeClassifier().fit(np.zeros((4, 2)), [0, 1, 0, 1])
    return forest


def in_a_forest(change: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def changed(forest: Any) -> Any:
        change(forest.estimators_[1])
        return forest

    return changed


def predictor_with(field: str, number: int) -> Callable[[Any], Any]:
    def change(boosting: Any) -> Any:
        boosting._predictors[1][2].nodes[field][0] = number
        return boosting

    return change


def with_fewer_classes(boosting: Any) -> Any:
    boosting.init_.class_prior_ = boosting.init_.class_prior_[:2]
    boosting.init_.n_classes_ = 2
    boosting.init_.classes_ = boosting.init_.classes_[:2]
    return boosting


def with_another_start(boosting: Any) -> Any:
    boosting.init_ = LogisticRegression()
    return boosting


def without_start(boosting: Any) -> Any:
    boosting.init_, boosting.n_trees_per_iteration_ = "zero", 1
    return boosting


def in_a_pipeline(change: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def changed(pipeline: Any) -> Any:
        change(pipeline[-1])
        return pipeline

    return changed


TREE, FOREST = DecisionTreeClassifier(), RandomForestClassifier(3)
BOOSTING, BINNED = (
    GradientBoostingClassifier(n_estimators=2),
    HistGradientBoostingClassifier(max_iter=3),
)


@pytest.mark.parametrize(
    ("estimator", "damage"),
    [
        (TREE, tree_with("left_child", 10**6)),
        (TREE, tree_with("right_child", 10**6)),
        (TREE, tree_with("left_child", -7)),
        (TREE, tree_with("right_child", 0)),
        (TREE, tree_with("feature", 64)),
        (TREE, tree_with("feature", -1)),
        (TREE, tree_with("feature", 0, node_count=10**6)),
        (TREE, fewer_features),
        (FOREST, in_a_forest(tree_with("feature", 10**6))),
        (FOREST, in_a_forest(fewer_features)),
        (FOREST, fewer_in_the_first),
        (
            BaggingClassifier(n_estimators=3, max_features=0.5),
            in_a_forest(tree_with("feature", 40)),
        ),
        (make_pipeline(StandardScaler(), DecisionTreeClassifier()), in_a_pipeline(fewer_features)),
        (BOOSTING, with_fewer_classes),
        (BOOSTING, without_start),
        (BINNED, predictor_with("left", 10**6)),
        (BINNED, predictor_with("right", 0)),
        (BINNED, predictor_with("feature_idx", 64)),
        (BINNED, fewer_features),
    ],
)
def test_a_tree_that_leads_elsewhere_is_refused(
    estimator: Any, damage: Callable[[Any], Any], table: Table
) -> None:
    estimator.fit(table[0][:150], table[1][:150])
    refuse_broken_trees(estimator, "model.skops")
    with pytest.raises(NotAuditableError, match="damaged, or made to do harm"):
        refuse_broken_trees(damage(estimator), "model.skops")


@pytest.mark.parametrize(
    ("estimator", "change"),
    [
        (BOOSTING, with_another_start),
        (BINNED, predictor_with("is_categorical", 1)),
    ],
)
def test_trees_that_are_not_looked_into_need_consent(
    estimator: Any, change: Callable[[Any], Any], table: Table
) -> None:
    estimator.fit(table[0][:150], table[1][:150])
    with pytest.raises(UsageError, match="`trust=True`"):
        refuse_broken_trees(change(estimator), "model.skops")
