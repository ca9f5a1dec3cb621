"""What tests come to by the marker and the fixtures, and what pytest says of them."""

import subprocess
import sys
from pathlib import Path
from typing import Any, get_args
from xml.etree import ElementTree

import pytest

from robaudit.commands.pytest_plugin import hooks
from robaudit.search.plan import Effort
from tests.support.paths import ROOT
from tests.support.projects import HEAD, HOOKS, LOADED, Run, entry_point, marked

pytest_plugins = ["pytester"]

GOOD = {"accuracy": 0.9}
BAD = {"crossing-rate": 0.01, "accuracy": 0.9}
UNSURE = {"accuracy": 0.985}
FAILS = "robaudit: digits.onnx: fail: Crossing rate is "
SKIPS = "robaudit: digits.onnx: inconclusive: 98.7% of 600 images are classified right"


def test_a_model_that_passes_its_gates_lets_the_test_run(project: Run) -> None:
    result = project(marked(gates=GOOD), "-rP")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["*the body ran*"])


def test_a_model_that_fails_its_gates_fails_the_test_with_the_verdict_alone(project: Run) -> None:
    result = project(marked(gates=BAD))
    result.assert_outcomes(failed=1)
    lines = result.outlines
    (at,) = (place for place, line in enumerate(lines) if line.startswith(FAILS))
    assert "wanted at most 1%" in lines[at]
    assert lines[at - 1].strip("_ ") == "test_model"
    assert lines[at + 1].startswith("=")  # nothing of what was passed, no way that it took
    assert "the body ran" not in result.stdout.str()


def test_gates_that_cannot_be_decided_skip_where_the_test_stands(project: Run) -> None:
    result = project(marked(gates=UNSURE), "-rs")
    result.assert_outcomes(skipped=1)
    result.stdout.fnmatch_lines([f"SKIPPED * test_it.py:5: {SKIPS}*would decide it*"])


@pytest.mark.parametrize("how", ["flag", "ini"])
def test_gates_that_cannot_be_decided_fail_on_request(
    project: Run, pytester: pytest.Pytester, how: str
) -> None:
    if how == "ini":
        pytester.makeini("[pytest]\nrobaudit_inconclusive = fail")
    asked = ["--robaudit-inconclusive=fail"] if how == "flag" else []
    result = project(marked(gates=UNSURE), *asked)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([f"{SKIPS}*"])


def test_a_word_that_is_none_for_inconclusive_is_wrong_use(
    project: Run, pytester: pytest.Pytester
) -> None:
    pytester.makeini("[pytest]\nrobaudit_inconclusive = maybe")
    result = project(marked(gates=UNSURE))
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*robaudit_inconclusive = maybe*expected one of skip, fail*"])


@pytest.mark.parametrize(("word", "outcome"), [("fail", "failed"), ("pass", "passed")])
def test_a_gate_may_say_what_it_comes_to_where_it_cannot_be_decided(
    project: Run, word: str, outcome: str
) -> None:
    table = {"metric": "accuracy", "min": 0.985, "on-inconclusive": word}
    project(marked(gates=[table])).assert_outcomes(**{outcome: 1})


def test_a_gate_of_the_level_warning_warns(project: Run, pytester: pytest.Pytester) -> None:
    table = {"metric": "accuracy", "class": "worst", "min": 1, "level": "warning"}
    result = project(marked(gates=[table]), "--junitxml=junit.xml")
    result.assert_outcomes(passed=1, warnings=1)
    written = (pytester.path / "junit.xml").read_text("utf-8")
    assert '"robaudit.accuracy/class-worst/min/warning.outcome"' in written
    result.stdout.fnmatch_lines(["*RobauditWarning: robaudit: digits.onnx: Clean accuracy of *"])


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "metric": ({"gates": {"acuracy": 0.9}}, "gate 'acuracy=0.9'*Did you mean accuracy?"),
    "table": ({"gates": [{"metric": "gini"}]}, "test_it.py, line 5: a gate on gini without a b*"),
    "class": (
        {"gates": [{"metric": "accuracy", "class": "cat", "min": 0.5}]},
        "a gate on class 'cat', which the model does not have (test_it.py, line 5)*",
    ),
    "attack": (
        {"gates": {"robust-accuracy:pgd": 0.3}},
        "a gate on attack 'pgd', which is not to run*",
    ),
    "model": ({"model": "no.onnx", "gates": GOOD}, "no model at no.onnx*"),
    "broken": ({"model": "broken.onnx", "gates": GOOD}, "broken.onnx *"),
    "data": ({"data": "no.npz", "gates": GOOD}, "no data at no.npz*"),
    "option": ({"sampels": 3, "gates": GOOD}, "an audit with 'sampels'*Did you mean samples?"),
    "value": (
        {"samples": "many", "gates": GOOD},
        "samples: 'many'; expected a whole number, 1 or more",
    ),
    "nothing": ({}, "a verdict without gates; expected gates*"),
    "baseline": (
        {"gates": [{"metric": "accuracy", "max-drop": 0}]},
        "gate accuracy/max-drop without a baseline*expected baseline, an earlier audit",
    ),
}


@pytest.mark.parametrize("kind", WRONG)
def test_what_cannot_be_judged_is_an_error_of_the_test_in_one_line(
    project: Run, pytester: pytest.Pytester, kind: str
) -> None:
    pytester.path.joinpath("broken.onnx").write_bytes(b"no model")
    words, said = WRONG[kind]
    result = project(marked(**words))
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([f"robaudit: {said}"])
    assert not [line for line in result.outlines if "exception" in line or line.startswith("E ")]


def test_other_marks_and_kinds_of_tests_hold(project: Run) -> None:
    result = project(
        "import unittest\n"
        f"@pytest.mark.xfail\n{marked(gates=BAD)}"
        f"@pytest.mark.skip\n{marked(model='no.onnx', gates=BAD).replace('_model', '_none')}"
        f"class TestOld(unittest.TestCase):\n"
        f"    @pytest.mark.robaudit(gates={BAD!r})\n"
        "    def test_old(self): pass\n"
    )
    result.assert_outcomes(xfailed=1, skipped=1, failed=1)


def test_words_without_a_name_are_an_error(project: Run) -> None:
    result = project("@pytest.mark.robaudit('model.onnx', gates={})\ndef test_model(): pass")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*the marker robaudit with 'model.onnx'; expected names: model=*"])


FUNCTION = """
import numpy as np
def answer(x):
    dark = np.clip(x.mean(axis=(1, 2, 3)), 0, 1)
    return np.stack([dark, 1 - dark], axis=1)
pixels = np.linspace(0, 1, 40).repeat(36).reshape(40, 6, 6, 1).astype(np.float32)
labels = (pixels[:, 0, 0, 0] < 0.5).astype(int)
pytestmark = pytest.mark.robaudit(
    model=answer, data=(pixels, labels), samples=20, directions=6, steps=10, attack="pgd"
)
"""


def test_an_attack_that_cannot_run_is_an_error_unless_it_may_be_missing(project: Run) -> None:
    result = project(FUNCTION + marked(gates={"accuracy": 0.5}))
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["robaudit: did not run: *`allow_skipped=True`*"])
    result = project(FUNCTION + marked(gates={"accuracy": 0.5}, allow_skipped=True))
    result.assert_outcomes(passed=1)
    result = project(FUNCTION + marked(gates={"restricted-mean-margin": 9}, allow_skipped=True))
    result.stdout.fnmatch_lines(["*: fail: Restricted mean margin is *", "under: did not run: *"])


def test_figures_land_in_the_junit_file_of_pytest(project: Run, pytester: pytest.Pytester) -> None:
    project(marked(gates=BAD), "--junitxml=junit.xml")
    (case,) = ElementTree.parse(pytester.path / "junit.xml").getroot().iter("testcase")
    found = {one.get("name"): one.get("value") for one in case.iter("property")}
    assert found["robaudit.model"] == "digits.onnx"
    assert found["robaudit.verdict"] == "fail"
    rate = [found[f"robaudit.crossing-rate/max{end}"] for end in ("", ".low", ".high")]
    value, low, high = map(float, filter(None, rate))
    assert 0.01 < low < value < high
    assert found["robaudit.crossing-rate/max.threshold"] == "0.01"
    assert found["robaudit.crossing-rate/max.outcome"] == "failed"
    assert found["robaudit.accuracy/min.outcome"] == "passed"
    (failure,) = case.iter("failure")
    assert (failure.text or "").startswith(FAILS)


def test_one_effort_may_hold_for_all_tests(project: Run) -> None:
    assert set(hooks.EFFORTS) == set(get_args(Effort))
    costly = marked(gates=GOOD, effort="costly")
    project(costly).assert_outcomes(errors=1)
    project(costly, "--robaudit-effort=quick").assert_outcomes(passed=1)


SETTINGS = """
[[gate]]
metric = "crossing-rate"
max = 0.01
"""


def test_gates_and_what_lets_them_be_are_those_of_the_settings(
    project: Run, pytester: pytest.Pytester
) -> None:
    settings = pytester.path / "robaudit.toml"
    settings.write_text(SETTINGS)
    result = project(marked())
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([f"{FAILS}*"])
    settings.write_text(
        f'{SETTINGS}[[suppress]]\ngate = "crossing-rate"\nuntil = 9999-12-31\nreason = "known"\n'
    )
    project(marked()).assert_outcomes(passed=1)


def test_paths_are_those_from_the_root_of_the_project(
    project: Run, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    (pytester.path / "robaudit.toml").write_text(SETTINGS)
    pytester.makeini("[pytest]")
    pytester.mkdir("deep")
    monkeypatch.chdir(pytester.path / "deep")
    project(marked(), str(pytester.path / "test_it.py")).assert_outcomes(failed=1)


FIXTURES = """
def test_model(robaudit_check, robaudit_audit):
    record = robaudit_check(**WORDS, gates={"accuracy": GATE})
    assert record.verdict.outcome == "pass"
    findings = robaudit_audit(**WORDS)
    assert findings.audit_record.clean == record.clean
    print("the body ran")
"""


def with_fixtures(gate: object) -> str:
    """Write a test that asks for a verdict and an audit itself."""
    words = "WORDS = pytestmark.kwargs\n"
    return words + FIXTURES.replace("GATE", repr(gate))


def test_fixtures_give_verdicts_and_audits(project: Run) -> None:
    project(with_fixtures(0.9)).assert_outcomes(passed=1)
    result = project(with_fixtures(0.985), "-rs")
    result.assert_outcomes(skipped=1)
    result.stdout.fnmatch_lines(["SKIPPED * test_it.py:*"])
    result = project(with_fixtures(1), "--junitxml=junit.xml")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["robaudit: digits.onnx: fail: 98.7% of 600 images *"])


def test_a_test_that_asks_for_a_fixture_is_judged_where_a_marker_gives_it_gates(
    project: Run,
) -> None:
    asks = "def test_model(robaudit_audit): pass\n"
    project(asks).assert_outcomes(passed=1)
    project(f"@pytest.mark.robaudit(gates={BAD!r})\n{asks}").assert_outcomes(failed=1)


def test_an_error_in_a_fixture_shows_the_test_alone(project: Run) -> None:
    result = project(with_fixtures(1.5))
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["E *UsageError: gate 'accuracy=1.5'; expected a share from 0*"])
    assert "audits.py" not in result.stdout.str()


def test_a_worker_of_xdist_reports_what_it_found(pytester: pytest.Pytester) -> None:
    pytest.importorskip("xdist")
    pytester.makepyfile(
        test_it=HEAD + marked(gates=BAD) + marked(gates=GOOD).replace("_model", "_good")
    )
    result = pytester.runpytest_subprocess(*LOADED, "-n", "1", "--junitxml=junit.xml")
    result.assert_outcomes(passed=1, failed=1)
    properties = ElementTree.parse(pytester.path / "junit.xml").getroot().iter("property")
    assert [one.get("value") for one in properties].count("digits.onnx") == 2


def in_child(pytester: pytest.Pytester, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run pytest with the entry point that pyproject.toml names."""
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments],
        cwd=pytester.path,
        env=entry_point(pytester.path / "site"),
        capture_output=True,
        text=True,
        check=False,
    )


LIGHT = """
import sys
def test_start():
    ours = {name for name in sys.modules if name.partition("_")[0].startswith("robaudit")}
    assert ours <= OURS, ours
    assert not {"numpy", "torch", "PIL", "msgspec", "rich"} & set(sys.modules)
"""


def test_pytest_finds_it_and_nothing_more_is_imported_until_it_is_used(
    pytester: pytest.Pytester,
) -> None:
    parents = {HOOKS.rsplit(".", count)[0] for count in range(len(HOOKS.split(".")))}
    pytester.makepyfile(test_start=f"OURS = {parents!r}\n{LIGHT}")
    done = in_child(pytester, "--markers", "-q")
    assert "@pytest.mark.robaudit(model, data=None, gates=None, **options): audit" in done.stdout
    (pytester.path / "site" / "robaudit_entry-0.dist-info").rename(pytester.path / "old")
    done = in_child(pytester, "-W", "error", "--strict-markers")
    assert "1 passed" in done.stdout, done.stdout


OFF = """
import sys
def test_off(pytestconfig):
    assert not [name for name in sys.modules if name.partition(".")[0] == "robaudit"]
    assert not [line for line in pytestconfig.getini("markers") if line.startswith("robaudit")]
"""


def test_it_leaves_nothing_where_it_is_switched_off(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_off=OFF)
    done = in_child(pytester, "-p", "no:robaudit")
    assert "1 passed" in done.stdout, done.stdout


def test_the_core_does_without_pytest() -> None:
    script = "import sys; sys.modules['pytest'] = None; import robaudit.cli, robaudit.audit"
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True)


def test_no_other_file_of_the_plugin_needs_pytest() -> None:
    for path in Path(hooks.__file__).parent.glob("*.py"):
        assert path.name == "hooks.py" or "import pytest" not in path.read_text("utf-8")
