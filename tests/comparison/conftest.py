"""Two audits on the same samples, under the same attacks, and their comparison."""

from typing import Any

import pytest

from robaudit.comparison import compare
from robaudit.record.findings import Findings
from tests.support.comparisons import NOISE, findings, model


@pytest.fixture(scope="session")
def before() -> Findings:
    return findings(model(), attacks=NOISE)


@pytest.fixture(scope="session")
def after() -> Findings:
    return findings(model(0.6), attacks=NOISE)


@pytest.fixture(scope="session")
def comparison(before: Findings, after: Findings) -> dict[str, Any]:
    return compare(before, after)
