"""What pytest calls: options, the marker, the fixtures, and a verdict for each marked test."""

from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal

import pytest

if TYPE_CHECKING:
    from robaudit.commands.pytest_plugin.audits import Audits
    from robaudit.record.findings import Findings
    from robaudit.record.schema.audit import AuditRecord

EFFORTS = ("quick", "standard", "paper")
"""Those of `robaudit.search.plan`, which is too costly to import here."""

ON_INCONCLUSIVE = ("skip", "fail")
_FIXTURES = {"robaudit_audit", "robaudit_check"}
_MARKER = (
    "robaudit(model, data=None, gates=None, **options): audit a model, options being those of "
    "robaudit scan; fail where it fails its gates, skip where these cannot be decided"
)

_Severity = Literal["pass", "skip", "fail"]
_verdict = pytest.StashKey[tuple[_Severity, str]]()
_audits = pytest.StashKey["Audits"]()


class RobauditWarning(UserWarning):
    """A gate of the level warning was not passed."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add what can be said for all tests at once."""
    group = parser.getgroup("robaudit", "audits of image classifiers")
    group.addoption(
        "--robaudit-effort",
        choices=EFFORTS,
        help="the effort of all audits, whatever tests ask for",
    )
    group.addoption(
        "--robaudit-inconclusive",
        choices=ON_INCONCLUSIVE,
        help="what a test comes to whose gates cannot be decided (default: that of the ini-option "
        "robaudit_inconclusive, else skip)",
    )
    parser.addini(
        "robaudit_inconclusive", "as --robaudit-inconclusive: skip or fail", default="skip"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line("markers", _MARKER)
    if _on_inconclusive(config) not in ON_INCONCLUSIVE:
        raise pytest.UsageError(
            f"robaudit_inconclusive = {_on_inconclusive(config)}: "
            f"expected one of {', '.join(ON_INCONCLUSIVE)}"
        )


@pytest.fixture(scope="session")
def robaudit_audit(pytestconfig: pytest.Config) -> Callable[..., "Findings"]:
    """Give a function that audits: ``robaudit_audit(model, data=None, **options)``.

    What is the same is audited once a session. ``model`` and ``data`` are paths, or what
    `robaudit.scan` takes, ``options`` those of ``robaudit scan``, with underscores. Gives
    `robaudit.record.findings.Findings`; raises RobauditError.
    """

    def audit(model: object = None, data: object = None, **options: Any) -> "Findings":
        __tracebackhide__ = True
        asked = {"model": model, "data": data, **options}
        findings: Findings = _shortly(lambda: _of_session(pytestconfig).findings(asked))
        return findings

    return audit


@pytest.fixture
def robaudit_check(request: pytest.FixtureRequest) -> Callable[..., "AuditRecord"]:
    """Give a function that holds a model against gates, as the marker does.

    ``robaudit_check(model, data=None, gates=None, **options)`` fails or skips the test, or
    gives the record of the audit with its verdict. It raises RobauditError where there is none.
    """
    item = request.node

    def check(
        model: object = None, data: object = None, gates: object = None, **options: Any
    ) -> "AuditRecord":
        __tracebackhide__ = True
        asked = {"model": model, "data": data, "gates": gates, **options}
        record: AuditRecord
        record, verdict = _shortly(lambda: _judged(item, asked))
        _come_to(*verdict)
        return record

    return check


@pytest.hookimpl(trylast=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Audit for a marked test, when its fixtures are there: what goes wrong is an error of it.

    One that asks for audits itself, and has no gates, may have its mark from its file.
    """
    marks = list(item.iter_markers("robaudit"))
    if not marks:
        return
    errors = import_module("robaudit.errors")
    try:
        asked = _asked_by(marks)
        if "gates" in asked or not _FIXTURES & set(getattr(item, "fixturenames", ())):
            item.stash[_verdict] = _judged(item, asked)[1]
        return
    except errors.RobauditError as error:
        wrong = f"robaudit: {error}"
    pytest.fail(wrong, pytrace=False)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_call(item: pytest.Item) -> None:
    """Let a marked test come to what its verdict says, before it runs itself."""
    verdict = item.stash.get(_verdict, None)
    if verdict is not None:
        _come_to(*verdict)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Let a skipped test be where it stands, not where this file skips it."""
    outcome: Any = yield
    report = outcome.get_result()
    if report.skipped and report.when == "call" and _skipped_here(report.longrepr):
        path, line, _ = item.reportinfo()
        report.longrepr = (str(path), (line or 0) + 1, report.longrepr[2])


def _skipped_here(where: object) -> bool:
    return isinstance(where, tuple) and str(where[0]) == __file__


def _come_to(outcome: _Severity, message: str) -> None:
    __tracebackhide__ = True
    if outcome == "fail":
        pytest.fail(message, pytrace=False)
    if outcome == "skip":
        pytest.skip(message)


def _asked_by(marks: list[pytest.Mark]) -> dict[str, Any]:
    """Put marks together: what the nearest says holds."""
    errors = import_module("robaudit.errors")
    asked: dict[str, Any] = {}
    for mark in reversed(marks):
        if mark.args:
            raise errors.UsageError(
                f"the marker robaudit with {mark.args[0]!r}", expected="names: model=..., data=..."
            )
        asked |= mark.kwargs
    return asked


def _judged(
    item: pytest.Item, asked: Mapping[str, Any]
) -> tuple["AuditRecord", tuple[_Severity, str]]:
    """Audit and judge; write the figures to the test, and warn. Give what the test comes to."""
    path, line, _ = item.location
    record = _of_session(item.config).judged(asked, (path, (line or 0) + 1))
    words = import_module("robaudit.commands.pytest_plugin.words")
    item.user_properties += words.properties(record)
    for warning in words.warnings(record):
        item.warn(RobauditWarning(warning))
    outcome = words.verdict_of(record).outcome
    severity: _Severity = "pass"
    if outcome == "fail" or (outcome == "inconclusive" and _on_inconclusive(item.config) == "fail"):
        severity = "fail"
    elif outcome == "inconclusive":
        severity = "skip"
    return record, (severity, words.message(record))


def _of_session(config: pytest.Config) -> "Audits":
    """Give the audits of this session, which a worker of pytest-xdist has of its own."""
    if _audits not in config.stash:
        audits = import_module("robaudit.commands.pytest_plugin.audits")
        config.stash[_audits] = audits.Audits(
            config.rootpath, config.getoption("--robaudit-effort")
        )
    return config.stash[_audits]


def _shortly(work: Callable[[], Any]) -> Any:
    """Let errors of robaudit be without the way that they took inside of it."""
    __tracebackhide__ = True
    errors = import_module("robaudit.errors")
    try:
        return work()
    except errors.RobauditError as error:
        wrong = error.with_traceback(None)
    raise wrong from None


def _on_inconclusive(config: pytest.Config) -> str:
    return str(
        config.getoption("--robaudit-inconclusive") or config.getini("robaudit_inconclusive")
    )
