"""Estimators whose scores had to be made keep the contract of adapters."""

import numpy as np
from sklearn.ensemble import VotingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.svm import SVC

import robaudit
from robaudit import Classifier
from robaudit.testing import AdapterContract


def table() -> tuple[np.ndarray, np.ndarray]:
    x = np.random.default_rng(0).random((90, 16))
    return x, x[:, :4].argmax(axis=1) + 1


class TestVotes(AdapterContract):
    """A support vector machine, which decides on pairs of classes."""

    def make_classifier(self) -> Classifier:
        return robaudit.load(SVC(decision_function_shape="ovo").fit(*table()))


class TestPredictions(AdapterContract):
    """An estimator that has no scores at all."""

    def make_classifier(self) -> Classifier:
        voting = VotingClassifier([("a", LogisticRegression()), ("b", SVC())])
        return robaudit.load(voting.fit(*table()))
