"""Projects with tests that audit a model."""

import pytest

from robaudit.commands.pytest_plugin.audits import Audits
from tests.support.paths import DIGITS, EXAMPLES
from tests.support.projects import HEAD, LOADED, SMALL, Run


@pytest.fixture(scope="session")
def _imported() -> None:
    """Import what an audit does, which pytester would let go of and import again."""
    Audits(EXAMPLES).findings({"model": DIGITS, "data": "digits.npz", **SMALL})


@pytest.fixture
def project(pytester: pytest.Pytester, _imported: None) -> Run:
    """Give a function that runs tests, written after `HEAD`, and gives what came of them."""

    def run(tests: str, *arguments: str) -> pytest.RunResult:
        pytester.makepyfile(test_it=HEAD + tests)
        return pytester.runpytest_inprocess(*LOADED, *arguments)

    return run
