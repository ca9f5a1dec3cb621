"""Which of the things that a module gives are taken for its scores."""

from collections import namedtuple
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from robaudit import OpenOptions, load
from robaudit.errors import NotAuditableError, UsageError
from tests.support.digit_inputs import SPEC
from tests.support.networks import small

Named = namedtuple("Named", ["aux_logits", "logits"])


@dataclass
class Given:
    """What a module gives, and may leave out."""

    loss: Any = None
    logits: Any = None


class Several(nn.Module):
    """A module that gives several things."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.kind = kind
        self.inner = small()

    def forward(self, x: torch.Tensor) -> object:
        scores = self.inner(x)
        features = x.flatten(1)
        early = -scores
        return {
            "tuple": (scores, features),
            "mapping": {"features": features, "logits": scores},
            "ones": scores[..., None, None],
            "labels first": (scores.argmax(1), scores),
            "loss first": {"loss": scores.mean(), "scores": scores},
            "named tuple": Named(-scores, scores),
            "dataclass": Given(None, scores),
            "namespace": SimpleNamespace(logits=scores, hidden=features),
            "largest": scores.topk(10),
            "sorted": tuple(scores.sort(dim=1, descending=True)),
            "some largest": scores.topk(5),
            "smallest": scores.topk(10, largest=False),
            "sorted the other way": tuple(scores.sort(dim=1)),
            "squeezed": scores.squeeze(),
            "rows": list(scores),
            "text": "hello",
            "one": scores[:, :1],
            "label": scores.argmax(1),
            "image": x,
            "features first": (features, scores),
            "a mapping of features": {"pooled": features, "classifier": scores},
            "complex": scores.to(torch.complex64),
            "several yes": scores > scores.min(),
            "exits": [early, scores],
            "heads": {"embedding": features, "coarse": early, "y": scores},
            "one score each": (scores[:, 0], early[:, 0]),
            "auxiliary": {"aux": early, "out": scores, "loss": scores.mean()},
            "weights of classes": (scores, self.inner[-1].bias),
            "squeezed exits": tuple(one.squeeze() for one in (features, scores)),
            "with an image": {"made": x, "y": scores},
        }[self.kind]


@pytest.mark.parametrize(
    "kind",
    [
        "tuple",
        "mapping",
        "ones",
        "labels first",
        "loss first",
        "features first",
        "a mapping of features",
        "named tuple",
        "dataclass",
        "namespace",
        "squeezed",
        "rows",
    ],
)
def test_scores_are_found_among_what_a_module_gives(kind: str, x: np.ndarray) -> None:
    classifier = load(Several(kind), spec=SPEC)
    expected = load(small(), spec=SPEC).predict(x)
    one_by_one = np.concatenate([classifier.predict(row[None]) for row in x])
    np.testing.assert_allclose(one_by_one, expected, atol=1e-6)
    if kind != "rows":  # which are a row for one input alone
        np.testing.assert_allclose(classifier.predict(x), expected, rtol=1e-6)


def test_the_number_of_classes_of_the_data_tells_scores_from_features() -> None:
    known = OpenOptions(input_shape=(1, 8, 8), classes=10)
    classifier = load(Several("features first"), known)
    assert classifier.spec.classes == 10
    assert classifier.details["output"] == "1, not 0"
    assert "scores are 1, not 0; --score-output" in classifier.notes[0]
    assert not load(Several("features first"), replace(known, output="1")).notes


@pytest.mark.parametrize("classes", [None, 9])
@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("tuple", r"0 of 10 numbers, 1 of 64 numbers.*`output='0'"),
        (
            "a mapping of features",
            r"pooled of 64 numbers, classifier of 10 numbers.*`output='pooled'",
        ),
    ],
)
def test_features_are_not_taken_for_scores(kind: str, words: str, classes: int | None) -> None:
    with pytest.raises(UsageError, match=words):
        load(Several(kind), OpenOptions(input_shape=(1, 8, 8), classes=classes))


@pytest.mark.parametrize("classes", [None, 10])
@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("exits", r"0 of 10 numbers, 1 of 10 numbers.*`output='0'`"),
        ("heads", r"coarse of 10 numbers, y of 10 numbers.*`output='(embedding|coarse)'`"),
        ("one score each", r"0 of 1 numbers, 1 of 1 numbers.*`output='0'`"),
    ],
)
def test_of_several_scores_none_is_taken(kind: str, words: str, classes: int | None) -> None:
    options = OpenOptions(input_shape=(1, 8, 8), classes=classes)
    with pytest.raises(UsageError, match=f"several outputs of the module may hold.*{words}"):
        load(Several(kind), options)


def test_one_of_several_scores_can_be_named(x: np.ndarray) -> None:
    expected = load(small(), spec=SPEC).predict(x)
    for kind, name in (("exits", "1"), ("heads", "y")):
        options = OpenOptions(input_shape=(1, 8, 8), classes=10, output=name)
        classifier = load(Several(kind), options)
        np.testing.assert_allclose(classifier.predict(x), expected, rtol=1e-6)
        assert not classifier.notes


@pytest.mark.parametrize("classes", [None, 10])
@pytest.mark.parametrize("kind", ["auxiliary", "weights of classes", "with an image"])
def test_what_cannot_be_the_scores_is_no_choice(
    kind: str, classes: int | None, x: np.ndarray
) -> None:
    classifier = load(Several(kind), OpenOptions(input_shape=(1, 8, 8), classes=classes))
    expected = load(small(), spec=SPEC).predict(x)
    np.testing.assert_allclose(classifier.predict(x), expected, rtol=1e-6)
    np.testing.assert_allclose(classifier.predict(x[:1]), expected[:1], atol=1e-6)


def test_one_input_alone_is_given_the_same_output(x: np.ndarray) -> None:
    options = OpenOptions(input_shape=(1, 8, 8), classes=10)
    classifier = load(Several("squeezed exits"), options)
    expected = load(small(), spec=SPEC).predict(x)
    np.testing.assert_allclose(classifier.predict(x[:1]), expected[:1], atol=1e-6)


@pytest.mark.parametrize(
    ("kind", "order"),
    [
        ("largest", "10 largest"),
        ("sorted", "10 largest"),
        ("some largest", "5 largest"),
        ("smallest", "10 smallest"),
        ("sorted the other way", "10 smallest"),
    ],
)
def test_scores_in_another_order_for_each_input_are_refused(kind: str, order: str) -> None:
    with pytest.raises(NotAuditableError, match=f"{order} scores.*topk.*without that last"):
        load(Several(kind), OpenOptions(input_shape=(1, 8, 8), classes=10))


def test_an_output_can_be_chosen_by_name() -> None:
    options = OpenOptions(input_shape=(1, 8, 8), output="features")
    assert load(Several("mapping"), options).spec.classes == 64
    for name in ("aux_logits", "0"):
        assert load(Several("named tuple"), replace(options, output=name)).spec.classes == 10
    with pytest.raises((UsageError, NotAuditableError), match="no output named nothing"):
        load(Several("mapping"), OpenOptions(input_shape=(1, 8, 8), output="nothing"))


@pytest.mark.parametrize("kind", ["text", "one", "label", "image", "complex", "several yes"])
def test_modules_that_are_no_classifiers(kind: str) -> None:
    with pytest.raises(NotAuditableError):
        load(Several(kind), OpenOptions(input_shape=(1, 8, 8)))
