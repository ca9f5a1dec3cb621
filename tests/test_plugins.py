"""Plugins: what is installed is found, and what is broken stops nothing."""

import logging
from dataclasses import replace
from importlib.metadata import EntryPoint, EntryPoints
from pathlib import Path

import pytest

import robaudit
from robaudit import Classifier, Images, InputSpec, OpenOptions, SearchPlan, plugins
from robaudit.cli import main
from robaudit.errors import NotAuditableError, UsageError
from robaudit.plugins import find_plugins
from tests.support.adapters import install
from tests.support.paths import EXAMPLES


def test_a_plugin_that_fails_to_load_is_reported_and_stops_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    install(monkeypatch, a_broken="no_such_module:ADAPTER", bare="tests.support.adapters:BARE")
    found = find_plugins("robaudit.adapters")
    assert "no_such_module" in found.broken["a_broken"]
    assert {"bare", "onnx", "torch", "keras", "function"} <= set(found.loaded)
    assert robaudit.load("model.bare").spec.classes == 3
    assert main(["adapters"]) == 0
    out = capsys.readouterr().out
    assert "failed to load: a_broken (no_such_module:ADAPTER)" in out
    assert "bare: models (.bare)" in out
    with pytest.raises(NotAuditableError, match="no_such_module"):
        robaudit.load(__file__)


def test_an_adapter_that_fails_stops_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    install(
        monkeypatch,
        a_failing="tests.support.adapters:FAILING",
        bare="tests.support.adapters:BARE",
    )
    assert robaudit.load("model.bare").spec.classes == 3
    assert main(["adapters"]) == 0
    assert "cannot say" in capsys.readouterr().out
    with pytest.raises(NotAuditableError, match="cannot recognise"):
        robaudit.load(__file__)


def test_what_trips_over_a_file_refuses_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    install(monkeypatch, trips="tests.support.adapters:TRIPPING")
    with pytest.raises(NotAuditableError, match=r"index.trips cannot be opened \(IndexError: of 3"):
        robaudit.load(tmp_path / "index.trips")
    with pytest.raises(MemoryError):
        robaudit.load(tmp_path / "memory.trips")
    assert not caplog.records
    logging.getLogger("ours").error("heard")
    assert caplog.messages == ["heard"]


def test_a_missing_model_and_an_unknown_kind(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no model"):
        robaudit.load(tmp_path / "none.onnx")
    with pytest.raises(UsageError, match="no model"):
        robaudit.load(tmp_path / "none.xyz")
    (tmp_path / "model.xyz").touch()
    with pytest.raises(NotAuditableError, match="no adapter recognises"):
        robaudit.load(tmp_path / "model.xyz")
    with pytest.raises(NotAuditableError, match="no adapter recognises a dict; expected"):
        robaudit.load({"0.weight": [1.0]})


@pytest.mark.parametrize("name", [".", "..", "folder", "README.md"])
def test_what_is_no_model_file_is_refused_by_name(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "README.md").write_text("# A model\n")
    monkeypatch.chdir(tmp_path)
    assert main(["scan", name, "-o", "out"]) == 3
    said = capsys.readouterr().err
    if name == "README.md":
        assert "no adapter recognises README.md; expected" in said
    else:
        assert f"{name} is a folder that no adapter recognises; expected" in said
    assert "ONNX models (.onnx)" in said
    assert "not foreseen" not in said
    assert not (tmp_path / "out").exists()


def test_a_folder_that_holds_a_model_leads_to_it(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "model.safetensors").touch()
    with pytest.raises(NotAuditableError, match=r"such as .*model\.safetensors\.$"):
        robaudit.load(tmp_path)


def test_a_classifier_made_by_hand_is_scanned(digits: Images) -> None:
    classifier = Classifier("mine", InputSpec((8, 8), 10), lambda x: x.reshape(len(x), -1)[:, :10])
    assert robaudit.load(classifier) is classifier
    assert len(robaudit.scan(classifier, digits, plan=SearchPlan(10, 2)).rays) == 40


def test_a_report_that_fails_to_load_stops_no_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    group = "robaudit.reports"
    broken = EntryPoint("broken", "no_such_module:REPORT", group)
    working = EntryPoint("json", "robaudit_report:JSON", group)
    monkeypatch.setattr(plugins, "entry_points", lambda **_: EntryPoints([broken, working]))
    found = find_plugins(group)
    assert list(found.loaded) == ["json"]
    assert "no_such_module" in found.broken["broken"]


@pytest.mark.parametrize("options", [OpenOptions(factory="a.py:b"), OpenOptions(weights="ema")])
def test_options_that_a_model_has_no_use_for_are_said_to_be_passed_over(
    options: OpenOptions,
) -> None:
    """Who gave them would believe that they were followed."""
    options = replace(options, input_shape=(1, 8, 8))
    for source in (EXAMPLES / "digits.onnx", lambda x: x.reshape(len(x), 64)[:, :10]):
        (note,) = robaudit.load(source, options).notes
        assert "not used" in note
