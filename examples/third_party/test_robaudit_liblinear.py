"""The adapter keeps robaudit's contract, and refuses what is no model."""

from pathlib import Path

import numpy as np
import pytest
from robaudit_liblinear import LinearModel, parse

import robaudit
from robaudit import Classifier
from robaudit.errors import NotAuditableError
from robaudit.testing import AdapterContract

TWO_CLASSES = b"solver_type L2R_LR\nnr_class 2\nlabel 7 3\nnr_feature 2\nbias -1\nw\n2 \n-1 \n"


class TestContract(AdapterContract):
    """All that robaudit asks of an adapter's classifiers."""

    saved_as = "saved.model"

    @pytest.fixture(autouse=True)
    def write_model(self, tmp_path: Path) -> None:
        """Write a model of six pixels and three classes."""
        random = np.random.default_rng(0)
        model = LinearModel(random.normal(size=(6, 3)), random.normal(size=3), ("0", "1", "2"))
        self.path = tmp_path / "small.model"
        model.save(self.path)

    def make_classifier(self) -> Classifier:
        """Open it."""
        return robaudit.load(self.path)

    def load(self, path: Path) -> Classifier:
        """Open what was saved."""
        return robaudit.load(path)


def test_the_first_of_two_classes_wins_where_its_value_is_positive() -> None:
    """The file lists class 7 first; robaudit has classes in ascending order."""
    model = parse(TWO_CLASSES.replace(b"\n", b"\r\n"), "written on Windows.model")
    scores = model.predict(np.array([[1.0, 1.0], [0.0, 1.0]]))
    np.testing.assert_array_equal([model.labels[i] for i in scores.argmax(axis=1)], ["7", "3"])


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\x00",
        TWO_CLASSES[:-4],
        TWO_CLASSES.replace(b"-1 \n", b"nan\n"),
        TWO_CLASSES.replace(b"bias -1", b"bias nan"),
        TWO_CLASSES.replace(b"label 7 3\n", b""),
    ],
    ids=["empty", "binary", "cut short", "not finite", "no bias", "a regression"],
)
def test_what_is_no_model_is_refused(content: bytes) -> None:
    """Each with one error that says so."""
    with pytest.raises(NotAuditableError, match="no classifier of LIBLINEAR"):
        parse(content, "bad.model")
