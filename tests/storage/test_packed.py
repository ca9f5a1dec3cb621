"""Values as bytes and back: the same, of the type that was asked for, and nothing else."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from robaudit.storage.packed import packed, unpacked
from robaudit.types import FloatArray, IntArray


@dataclass(frozen=True)
class Inner:
    reach: float
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Value:
    numbers: FloatArray
    rows: IntArray | None
    noise: np.float32
    inner: Inner | None
    settings: Mapping[str, float]


def value(**other: Any) -> Value:
    usual = {
        "numbers": np.arange(6, dtype=np.float32).reshape(2, 3).T,
        "rows": np.array([3, 1], dtype=np.int16),
        "noise": np.float32(0.1),
        "inner": Inner(math.inf, ("a", "ä")),
        "settings": {"step": 0.1 + 0.2},
    }
    return Value(**{**usual, **other})


def same(one: Value, other: Value) -> bool:
    pairs: list[tuple[Any, Any]] = [(one.numbers, other.numbers), (one.noise, other.noise)]
    if one.rows is not None:
        pairs.append((one.rows, other.rows))
    alike = all(a.dtype == b.dtype and np.array_equal(a, b) for a, b in pairs)
    return alike and (one.inner, one.settings) == (other.inner, other.settings)


@pytest.mark.parametrize(
    "other",
    [
        {},
        {"rows": None, "inner": None},
        {"numbers": np.zeros((0, 4))},
        {"numbers": np.array(np.nan)},
    ],
)
def test_values_come_back_as_they_were(other: dict[str, Any]) -> None:
    back = unpacked(packed(value(**other)), Value)
    if np.isnan(back.numbers).any():
        assert back.numbers.shape == ()
        return
    assert same(back, value(**other))
    assert type(back.noise) is np.float32


def test_arrays_and_plain_values_come_back_alone() -> None:
    assert unpacked(packed(np.array([1, 2], dtype=np.int8)), IntArray).dtype == np.int8
    assert unpacked(packed(-math.inf), float) == -math.inf


def test_arrays_that_come_back_may_be_written_to() -> None:
    back = unpacked(packed(np.zeros(3)), FloatArray)
    back[0] = 1


@pytest.mark.parametrize("wrong", [np.array([object()]), object(), Inner(object())])  # type: ignore[arg-type]
def test_what_would_need_pickle_is_not_packed(wrong: object) -> None:
    with pytest.raises(TypeError):
        packed(wrong)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b'{"value": 1, "arrays": []}\n',
        b'{"value": {"array": 0}, "arrays": []}\n',
        b'{"value": {"array": 0}, "arrays": [{"dtype": "|O", "shape": [1]}]}\n12345678',
        b'{"value": {"array": 0}, "arrays": [{"dtype": "<f8", "shape": [2]}]}\n12345678',
        b'{"value": {"array": 0}, "arrays": [{"dtype": "<f8", "shape": [-1]}]}\n12345678',
        packed(Inner(1.0)),
    ],
)
def test_what_was_not_packed_as_this_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match="packed"):
        unpacked(content, IntArray)
