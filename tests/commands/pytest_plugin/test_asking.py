"""What tests say, read as options of robaudit scan and as gates."""

from pathlib import Path
from typing import Any

import pytest

from robaudit.commands.pytest_plugin.asking import ask, askable
from robaudit.errors import UsageError
from robaudit.metrics.gates import METRICS, Source
from robaudit.verdict.gate_file import read_gates

HERE = Source("tests/test_model.py", 3)


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ROBAUDIT_CONFIG", raising=False)


def asked(**words: Any) -> Any:
    """Read what a test says of a model."""
    return ask({"model": "model.onnx", **words}, HERE).options


def test_options_are_read_as_those_of_the_command() -> None:
    options = asked(
        data=Path("test.npz"),
        pixel_range=(-1, 1),
        image_size="28x28",
        attack=["fgsm", "pgd:epsilon=0.1"],
        no_clip=True,
        randomised=False,
        seed=3,
    )
    assert options.data == Path("test.npz")
    assert options.pixel_range == (-1, 1)
    assert options.image_size == (28, 28)
    assert options.attack == ["fgsm", "pgd:epsilon=0.1"]
    assert options.no_clip is False  # the clip of a plan
    assert not options.randomised
    assert options.seed == 3
    assert options.given == {
        *("data", "pixel_range", "image_size", "attack", "no_clip", "randomised", "seed")
    }


def test_one_attack_needs_no_list() -> None:
    assert asked(attack="pgd").attack == ["pgd"]


def test_what_lies_in_memory_stays_as_it_is() -> None:
    model, data = object(), ([1], [2])
    told = ask({"model": model, "data": data}, HERE)
    assert told.model is told.options.model is model
    assert told.data is data
    assert not told.of_file


@pytest.mark.parametrize("metric", METRICS)
def test_a_dictionary_has_the_metrics_of_fail_under(metric: str) -> None:
    (gate,) = asked(gates={metric: 0.3}).gates
    assert (gate.figure.name, gate.threshold, gate.attack) == (metric, 0.3, None)


def test_a_dictionary_may_name_an_attack() -> None:
    (gate,) = asked(gates={"robust-accuracy:pgd": 0.3}).gates
    assert (gate.figure.name, gate.attack) == ("robust-accuracy", "pgd")
    (gate,) = asked(gates={"autoattack": 0.3}).gates
    assert (gate.figure.name, gate.attack) == ("robust-accuracy", "autoattack")


def test_a_list_has_tables_as_a_file_has() -> None:
    table = {
        "metric": "robust-accuracy",
        "attack": "pgd",
        "class": "worst",
        "min": 0.2,
        "max-drop": 0.05,
        "level": "warning",
        "on-inconclusive": "fail",
    }
    assert asked(gates=[table]).gates == read_gates([table], [HERE])


SETTINGS = """
effort = "paper"
[[gate]]
metric = "gini"
max = 0.3
"""


def test_settings_hold_where_a_test_says_nothing() -> None:
    Path("robaudit.toml").write_text(SETTINGS)
    options = asked()
    assert options.effort == "paper"
    assert [gate.name for gate in options.gates] == ["gini/max"]
    options = asked(effort="quick", gates={"accuracy": 0.9})
    assert options.effort == "quick"
    assert [gate.name for gate in options.gates] == ["accuracy/min"]
    Path("robaudit.toml").rename("other.toml")
    assert asked(config="other.toml").effort == "paper"
    assert asked().effort != "paper"


def test_an_effort_for_all_tests_holds_before_their_own() -> None:
    told = ask({"model": "model.onnx", "effort": "paper"}, HERE, effort="quick")
    assert told.options.effort == "quick"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"gate": {"accuracy": 0.9}}, "an audit with 'gate'"),
        ({"out": "folder"}, "an audit with 'out'"),
        ({"sarif": "file"}, "an audit with 'sarif'"),
        ({"update_baseline": True}, "an audit with 'update_baseline'"),
        ({"attak": "pgd"}, "Did you mean attack?"),
        ({"score-output": "y"}, "an audit with 'score-output'.*Did you mean score_output?"),
        ({"randomised": "yes"}, "randomised='yes'; expected True or False"),
        ({"samples": True}, "samples=True; expected a value"),
        ({"gates": 0.9}, "gates=0.9; expected a dictionary"),
        ({"gates": []}, "gates=.*; expected a dictionary"),
        ({"gates": ["accuracy=0.9"]}, "tests/test_model.py, line 3: gate is no list of tables"),
        ({"model": None}, "no model"),
    ],
)
def test_what_cannot_be_followed_is_said(words: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        asked(**words)


def test_an_audit_alone_has_no_gates() -> None:
    Path("robaudit.toml").write_text(SETTINGS)
    assert ask({"model": "model.onnx"}, None).options.gates == []
    with pytest.raises(UsageError, match="an audit with 'gates'"):
        ask({"model": "model.onnx", "gates": {"gini": 0.3}}, None)


def test_a_broken_setting_is_that_of_its_file() -> None:
    Path("robaudit.toml").write_text("samples = 'many'")
    with pytest.raises(UsageError, match=r"^robaudit\.toml: "):
        asked()


def test_consent_to_run_code_may_stand_in_a_test() -> None:
    """It is code itself, unlike a file of settings."""
    assert {"factory", "trust_model"} <= set(askable())
    assert asked(factory="net.py:make", trust_model=True).factory == "net.py:make"
