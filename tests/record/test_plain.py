"""Records as plain values, and as JSON."""

import json
from typing import Any

import pytest

from robaudit.record import to_json


def test_no_number_in_a_record_is_nan_or_infinite(record: Any) -> None:
    def refuse(name: str) -> None:
        raise AssertionError(name)

    json.loads(to_json(record), parse_constant=refuse)
    with pytest.raises(ValueError, match="JSON compliant"):
        to_json({"a": float("nan")})
