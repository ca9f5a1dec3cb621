"""SARIF: valid by its schema, an alert for each gate that was not passed and no other."""

import json
from typing import Any

import pytest

from tests.support.audit_words import render
from tests.support.gated import FILE, every_kind, gate, spoilt, suppression, with_gates
from tests.support.report_words import draw
from tests.support.schemas import sarif_validator


def run_of(record: Any) -> Any:
    """Draw the log of a record and give its one run."""
    (run,) = json.loads(render("sarif", record))["runs"]
    return run


@pytest.mark.parametrize("kind", ["none", "every", "spoilt", "attacked", "comparison"])
def test_it_is_valid(record: Any, attacked: Any, comparison: Any, kind: str) -> None:
    validator = sarif_validator()
    if kind == "comparison":
        held = every_kind(comparison["after"])
        comparison |= {"gates": held["gates"], "judgement": held["verdict"]}
        log = json.loads(draw("sarif", comparison))
    else:
        made = {"none": record, "attacked": every_kind(attacked)}
        made |= {"every": every_kind(record), "spoilt": spoilt(record)}
        log = json.loads(render("sarif", made[kind]))
    validator.validate(log)
    assert len(log["runs"][0]["results"]) == (0 if kind == "none" else 7)


def test_the_schema_refuses_what_is_wrong(record: Any) -> None:
    log = json.loads(render("sarif", every_kind(record)))
    log["runs"][0]["results"][0]["level"] = "fatal"
    assert not sarif_validator().is_valid(log)


def test_each_gate_that_was_not_passed_is_a_result(record: Any) -> None:
    run = run_of(every_kind(record))
    told = [(one["ruleId"], one["level"]) for one in run["results"]]
    assert told == [
        ("crossing-rate/min", "error"),
        ("robust-accuracy/min", "warning"),
        ("worst-class-margin/min", "error"),
        ("accuracy/min", "warning"),
        ("restricted-mean-margin/min", "error"),
        ("accuracy/min", "note"),
        ("suppression/expired", "error"),
    ]
    assert run["results"][1]["message"]["text"].startswith("Inconclusive: robust-accuracy is 0.91")
    rules = {rule["id"]: rule for rule in run["tool"]["driver"]["rules"]}
    assert set(rules) == {rule for rule, _ in told}
    for rule in rules.values():
        assert len(rule["help"]["text"]) > 60
    assert "how far" in rules["restricted-mean-margin/min"]["fullDescription"]["text"]


def test_a_passed_gate_is_no_alert(record: Any) -> None:
    run = run_of(with_gates(record, gate()))
    assert run["results"] == []
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["accuracy/min"]
    assert run["properties"]["verdict"] == "pass"


def test_results_stand_where_the_gate_does_or_the_model(record: Any) -> None:
    run = run_of(every_kind(record))
    places = []
    for one in run["results"]:
        (location,) = one["locations"]
        place = location["physicalLocation"]
        assert place["artifactLocation"]["uriBaseId"] == "SRCROOT"
        places.append((place["artifactLocation"]["uri"], place["region"]["startLine"]))
    assert places == [*[(FILE, 3)] * 3, ("models/digits.onnx", 1), *[(FILE, 3)] * 2, (FILE, 20)]
    assert "uri" not in run["originalUriBaseIds"]["SRCROOT"]


@pytest.mark.parametrize(
    "file", ["/home/me/robaudit.toml", "../robaudit.toml", "C:\\robaudit.toml"]
)
def test_no_path_of_a_machine_gets_into_it(record: Any, file: str) -> None:
    one = gate(outcome="failed", source={"file": file, "line": 3})
    found = with_gates(record, one, source=None)
    found["data"]["source"] = "/home/me/data.npz:x,y"
    run = run_of(found)
    (location,) = run["results"][0]["locations"]
    assert location["physicalLocation"]["artifactLocation"] == {"uri": "robaudit.toml"}
    assert [one["location"]["uri"] for one in run["artifacts"]] == ["digits.onnx", "data.npz"]
    assert "home" not in render("sarif", found)


def test_artefacts_have_their_hashes(record: Any) -> None:
    model, data, baseline = run_of(every_kind(record))["artifacts"]
    assert model["location"]["uri"] == "models/digits.onnx"
    assert model["hashes"] == {"sha-256": record["model"]["sha256"]}
    assert data["hashes"] == {"sha-256": record["data"]["sha256"]}
    assert baseline["location"]["uri"] == "ci/baseline.json"


def fingerprints(record: Any) -> list[Any]:
    return [one["partialFingerprints"] for one in run_of(record)["results"]]


def test_fingerprints_tell_gates_apart_and_never_hold_the_value(record: Any) -> None:
    found = every_kind(record)
    told = fingerprints(found)
    assert len({one["robauditGate/v1"] for one in told}) == len(told)
    moved = every_kind(record, sha256="1" * 64)
    for one in moved["gates"]:
        one |= {"value": 0.123, "low": 0.1, "high": 0.2, "threshold": 0.77, "sentence": "other"}
        one["source"] = one["source"] and {"file": FILE, "line": 9}
    assert fingerprints(moved) == told
    assert not set(map(str, told)) & set(map(str, fingerprints(every_kind(record, name="other"))))


def test_two_gates_of_one_name_are_two_alerts(record: Any) -> None:
    twice = with_gates(record, gate(outcome="failed"), gate(outcome="failed", threshold=0.8))
    first, second = fingerprints(twice)
    assert first != second


def test_what_the_baseline_says_of_a_gate(record: Any) -> None:
    states = [one.get("baselineState") for one in run_of(every_kind(record))["results"]]
    assert states == ["updated", None, "unchanged", None, "new", None, None]


def test_what_is_let_be_says_so(record: Any) -> None:
    results = run_of(every_kind(record))["results"]
    (one,) = results[2]["suppressions"]
    assert (one["kind"], one["status"]) == ("external", "accepted")
    assert one["justification"] == "known (until 2030-01-31)"
    assert one["location"]["physicalLocation"]["region"]["startLine"] == 20
    assert [i for i, result in enumerate(results) if "suppressions" in result] == [2]


def test_figures_are_those_of_the_record(record: Any, attacked: Any) -> None:
    figures = run_of(attacked)["properties"]["figures"]
    assert figures["accuracy"]["value"] == record["clean"]["accuracy"]["value"]
    assert figures["crossing-rate"]["low"] == record["margins"]["crossing_rate"]["low"]
    assert figures["robust-accuracy/pgd"]["value"] == attacked["attacks"][1]["accuracy"]["value"]
    (result,) = run_of(with_gates(record, gate(outcome="failed")))["results"]
    assert result["properties"]["value"] == 0.7
    assert result["properties"]["threshold"] == 0.9


def test_text_has_neither_links_nor_placeholders(record: Any) -> None:
    one = gate(outcome="failed", sentence="class [a](https://b) {0} is low")
    (result,) = run_of(with_gates(record, one))["results"]
    assert result["message"]["text"] == r"class \[a\](https://b) {{0}} is low"


def test_an_older_record_can_be_drawn(record: Any) -> None:
    old = {name: gate(outcome="failed")[name] for name in (
        "metric", "threshold", "better", "value", "low", "high", "outcome"
    )}  # fmt: skip
    (result,) = run_of({**record, "gates": [old]})["results"]
    assert (result["ruleId"], result["level"]) == ("accuracy/min", "error")


def test_a_suppression_of_a_class_and_model_is_told_from_another(record: Any) -> None:
    ran_out = [suppression(expired=True, **{"class": name}) for name in ("a", "b")]
    first, second = fingerprints(with_gates(record, suppressions=ran_out))
    assert first != second
