"""Records with attacks obey their schema, and damaged ones are refused."""

from collections.abc import Callable
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from robaudit.errors import RecordError
from robaudit.record import check_record
from tests.support.schemas import load_schema, validate


def test_records_with_attacks_obey_the_schema(attacked: Any) -> None:
    validate(attacked)
    Draft202012Validator(load_schema()).validate(attacked)


def first_of(key: str, **changes: Any) -> Any:
    return lambda record: record[key][0].update(changes)


@pytest.mark.parametrize(
    ("damage", "place"),
    [
        (first_of("attacks", norm="l3"), "norm"),
        (first_of("attacks", budget=-0.1), "budget"),
        (first_of("attacks", accuracy={"value": 1.2, "low": 1, "high": 2}), "accuracy"),
        (first_of("attacks", parameters={"epsilon": "much"}), r"attacks.0..parameters"),
        (first_of("attacks", skipped=""), "skipped"),
        (first_of("attacks", per_class=[]), "attacks.0..per_class"),
        (first_of("attacks", skipped="no reason"), "attacks.0..per_class"),
        (lambda record: record["attacks"][0].pop("source"), "source"),
        (lambda record: record.pop("attack_plan"), "attack_plan"),
        (lambda record: record.update(attack_plan=None), "attack_plan"),
        (lambda record: record.update(attacks=[], attack_plan=None), "attack_plan"),
        (lambda record: record["attack_plan"].update(samples=0), "attack_plan"),
        (lambda record: record["curves"][1]["accuracy"].pop(), "curves.1..accuracy"),
        (first_of("curves", strengths=[-1.0]), "strengths"),
        (lambda record: record["query_curves"][0]["accuracy"].pop(), "query_curves.0..accuracy"),
        (first_of("query_curves", median_distance=[]), "query_curves.0..median_distance"),
        (first_of("query_curves", queries=[0, 1, 2]), "queries"),
        (first_of("trust", raised="yes"), "raised"),
        (first_of("trust", measured={"all": [1]}), "measured"),
        (lambda record: record["closest"]["rank_correlation"].update(value=1.5), "closest"),
        (lambda record: record["closest"]["disagreeing"].append(10), "closest.disagreeing"),
        (lambda record: record["closest"]["per_class"][0].update({"class": 10}), "per_class"),
        (first_of("attack_gallery", adjacent=10), "attack_gallery"),
        (first_of("attack_gallery", difference='"><script>'), "difference"),
        (first_of("attack_gallery", amplified=0), "amplified"),
    ],
)
def test_damaged_attacks_are_refused_naming_the_place(
    attacked: Any, damage: Callable[[Any], object], place: str
) -> None:
    damage(attacked)
    with pytest.raises(RecordError, match=place):
        check_record(attacked)
