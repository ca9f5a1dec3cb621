"""Fingerprints: the same for the same values, others for all others, none for what has none."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from robaudit.search.plan import Precision, SearchPlan
from robaudit.storage.fingerprint import fingerprint

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.binary() | st.floats(),
    lambda inner: st.lists(inner).map(tuple) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


def shown(value: Any) -> str:
    """Write a value with its types, mappings in one order: what a fingerprint must tell apart."""
    if isinstance(value, dict):
        return "{" + ",".join(sorted(f"{key!r}:{shown(item)}" for key, item in value.items())) + "}"
    if isinstance(value, tuple):
        return "(" + ",".join(map(shown, value)) + ")"
    return repr(value) if not isinstance(value, float) else value.hex()


@given(PLAIN, PLAIN)
def test_it_tells_apart_whatever_differs(one: Any, other: Any) -> None:
    same = fingerprint(value=one) == fingerprint(value=other)
    assert same == (shown(one) == shown(other))


@dataclass(frozen=True)
class Named:
    x: int


@dataclass(frozen=True)
class AlsoNamed:
    x: int


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("ab", "c"), ("a", "bc")),
        ((1, (2,)), ((1, 2),)),
        (1, True),
        (1, 1.0),
        (0.0, -0.0),
        ("1", 1),
        (b"a", "a"),
        (None, "None"),
        (Named(1), AlsoNamed(1)),
        (np.zeros(4, np.float32), np.zeros(2, np.float64)),
        (np.zeros((2, 3)), np.zeros((3, 2))),
        (np.arange(3), np.arange(3).astype(">i8")),
        (np.array([1, 2]), np.array([2, 1])),
        (SearchPlan(3, 4), SearchPlan(3, 4, seed=1)),
        (SearchPlan(3, 4, precision=Precision(0.1)), SearchPlan(3, 4, precision=Precision(0.2))),
    ],
)
def test_what_looks_alike_is_not(one: Any, other: Any) -> None:
    assert fingerprint(value=one) != fingerprint(value=other)


def test_the_order_of_what_has_none_does_not_count() -> None:
    assert fingerprint(a=1, b={"x": 1, "y": 2}) == fingerprint(b={"y": 2, "x": 1}, a=1)
    assert fingerprint(s=frozenset("abc")) == fingerprint(s=frozenset("cba"))
    assert fingerprint(n=np.float64(0.5)) == fingerprint(n=0.5)
    assert fingerprint(p=SearchPlan(3, 4)) == fingerprint(p=replace(SearchPlan(3, 4)))


def test_large_arrays_count_to_their_last_number_however_they_lie_in_memory() -> None:
    images = np.zeros((5, 2**11, 2**11), np.uint8)  # more than is hashed at a time
    changed = images.copy()
    changed[-1, -1, -1] = 1
    assert fingerprint(x=images) != fingerprint(x=changed)
    assert fingerprint(x=changed) == fingerprint(x=np.asfortranarray(changed))


@pytest.mark.parametrize(
    "value", [print, lambda: 0, object(), np.array([print]), Named, {1: print}]
)
def test_what_has_no_fingerprint_is_refused(value: Any) -> None:
    with pytest.raises(TypeError, match="no fingerprint"):
        fingerprint(inner=(value,))
