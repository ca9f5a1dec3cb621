"""Records of audits obey their schema, and damaged ones are refused."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from robaudit import Classifier, Images
from robaudit.cli import main
from robaudit.errors import RecordError
from robaudit.record import check_record
from tests.support.audit_samples import many_classes, record_of
from tests.support.schemas import load_schema, validate


def test_records_obey_the_schema(record: Any, digits: Images, digits_model: Classifier) -> None:
    from dataclasses import replace

    unlabelled = replace(digits, labels=None)
    for one in (
        record,
        record_of(digits_model, unlabelled),
        record_of(digits_model, None),
        record_of(many_classes(), None),
        record_of(digits_model, digits, samples=3, directions=1, signs=1, steps=1),
        record_of(digits_model, digits, step=1e-6),
    ):
        validate(one)
        Draft202012Validator(load_schema()).validate(one)


def damaged(change: Callable[[Any], object]) -> Callable[[Any], Any]:
    def damage(record: Any) -> Any:
        changed = copy.deepcopy(record)
        change(changed)
        return changed

    return damage


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (damaged(lambda r: r.pop("margins")), "margins"),
        (damaged(lambda r: r["margins"].pop("mean_matrix")), "mean_matrix"),
        (damaged(lambda r: r["margins"]["mean_matrix"].pop()), "mean_matrix"),
        (damaged(lambda r: r["margins"]["count_matrix"][2].append(1)), "count_matrix"),
        (damaged(lambda r: r["margins"]["mean_matrix"][0].__setitem__(0, "x")), "mean_matrix"),
        (damaged(lambda r: r["inequality"]["levels"].pop()), "levels"),
        (damaged(lambda r: r["inequality"]["worst_alike"].append(99)), "worst_alike"),
        (
            damaged(lambda r: r["inequality"]["right_at_start"].update(worst_alike=[99])),
            "right_at_start.worst_alike",
        ),
        (damaged(lambda r: r["data"].__setitem__("samples", "many")), "samples"),
        (damaged(lambda r: r["gallery"][0].__setitem__("sample", '"><script>')), "gallery"),
        (damaged(lambda r: r.__setitem__("margins", [])), "margins"),
        (lambda _: 5, "the whole"),
    ],
)
def test_damaged_records_are_refused_naming_the_place(
    record: Any, damage: Callable[[Any], Any], words: str
) -> None:
    with pytest.raises(RecordError, match=words):
        check_record(damage(record))


@pytest.mark.parametrize(
    "damage",
    [
        damaged(lambda r: r["inequality"].__setitem__("worst_class", 99)),
        damaged(lambda r: r["gallery"][0].__setitem__("origin", 99)),
        damaged(lambda r: r["margins"]["per_class"][3].__setitem__("not_crossed", [])),
        damaged(lambda r: r["margins"]["per_class"][3]["restricted_mean"].update(value=None)),
        damaged(lambda r: r["inequality"]["intervals"].__setitem__("adjacent_share", [])),
        damaged(lambda r: r["data"]["preprocessing"].__setitem__("candidates", [])),
    ],
)
def test_records_whose_parts_do_not_fit_are_refused(
    record: Any,
    damage: Callable[[Any], Any],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = tmp_path / "audit.json"
    path.write_text(json.dumps(damage(record)))
    assert main(["report", str(path)]) == 2
    assert "no audit record" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == [path]
