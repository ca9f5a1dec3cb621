"""Comparisons obey their schema, and damaged ones are refused."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from robaudit.errors import RecordError
from robaudit.record import check_record
from tests.support import comparison_samples as samples
from tests.support.schemas import load_schema, make_validator, validate


def variants(real: Any, plain: Any, many: Any) -> Iterator[Any]:
    yield from (real, plain, many)
    yield samples.hardened(real)
    yield samples.hardened(real, kept=False)
    yield samples.hardened(real, seeds=3, rounds=2)
    yield samples.hardened(many)
    yield samples.hardened(samples.without_numbers(plain))
    yield samples.hostile(samples.hardened(real, seeds=2))


def test_comparisons_obey_the_schema(real: Any, plain: Any, many: Any) -> None:
    Draft202012Validator.check_schema(load_schema("comparison"))
    for one in variants(real, plain, many):
        validate(one)
    make_validator("comparison").validate(samples.hardened(real))


def changed(*path: Any, to: Any) -> Callable[[Any], None]:
    def change(comparison: Any) -> None:
        for part in path[:-1]:
            comparison = comparison[part]
        comparison[path[-1]] = to

    return change


@pytest.mark.parametrize(
    ("damage", "place"),
    [
        (lambda one: one.pop("after"), "after"),
        (lambda one: one.update(before=5), "before"),
        (lambda one: one["before"].pop("margins"), "before.*margins"),
        (lambda one: one["after"]["margins"]["mean_matrix"].pop(), "after.margins.mean_matrix"),
        (lambda one: one["after"]["inequality"]["levels"].pop(), "after.*levels"),
        (lambda one: one["after"]["attacks"][0]["per_class"].pop(), r"after.attacks\[0\]"),
        (changed("before", "data", "samples", to="many"), "before.*samples"),
        (changed("after", "plan", "steps", to=3), "plan.steps"),
        (changed("after", "model", "classes", to=9), "after"),
        (changed("schema_version", to="2.0"), "schema_version"),
        (changed("differences", 0, "unit", to="miles"), "unit"),
        (changed("differences", 0, "p_value", to=1.5), "p_value"),
        (changed("differences", 0, "difference", to="much"), "difference"),
        (changed("differences", 8, "class", to=10), r"differences\[8\].class"),
        (changed("differences", -1, "attack", to=3), "attack"),
        (changed("class_centers", 2, "class", to=12), r"class_centers\[2\]"),
        (changed("class_centers", 2, "center_of_before", "before", to=-1), "center_of_before"),
        (changed("verdict", to="fine"), "verdict"),
        (changed("hardening", "method", to="magic"), "method"),
        (changed("hardening", "kept", to={"seed": 0}), "kept"),
        (changed("hardening", "runs", 0, "kept", "round", to=0), "kept"),
        (changed("hardening", "runs", 1, "rounds", 0, "classes", 0, "class", to=10), "class"),
        (changed("hardening", "runs", 1, "rounds", 0, "epochs", 0, "within", to=1), "within"),
        (lambda one: one["hardening"]["spread"][0]["values"].pop(), r"spread\[0\].values"),
        (lambda one: one["hardening"].pop("command"), "command"),
    ],
)
def test_damaged_comparisons_are_refused_naming_the_place(
    comparison: Any, damage: Callable[[Any], object], place: str
) -> None:
    validate(comparison)
    damage(comparison)
    with pytest.raises(RecordError, match=place):
        check_record(comparison)
