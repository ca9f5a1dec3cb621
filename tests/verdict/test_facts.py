"""What stands out, and in which order."""

import re

import msgspec

from robaudit.record.findings import Findings
from robaudit.types import Estimate
from robaudit.verdict.facts import facts
from robaudit.verdict.sentences import interval, percent


def test_facts_are_of_the_record_worst_first(attacked: Findings) -> None:
    record = attacked.audit_record
    found = facts(record)
    assert len(found) == 3
    lost = []
    for fact in found:
        match = re.search(r"(leaves )?([\d.]+)% of (\d+) images|([\d.]+)% of rays", fact)
        assert match, fact
        share = float(match[2] or match[4]) / 100
        lost.append(share if match[4] else 1 - share)
    assert lost == sorted(lost, reverse=True)
    attacks = {attack.title: attack for attack in record.attacks if attack.is_adversary}
    least = min(attacks.values(), key=lambda attack: attack.accuracy.value or 0)
    assert any(fact.startswith(f"{least.title} at {least.budget:g} leaves") for fact in found)


def test_the_worst_class_is_named_only_where_it_can_be_told(attacked: Findings) -> None:
    record = attacked.audit_record
    alone = msgspec.structs.replace(record, attacks=[])
    worst = record.inequality.worst_class

    def named(alike: list[int]) -> bool:
        inequality = msgspec.structs.replace(record.inequality, worst_alike=alike)
        return any("easiest to leave" in fact for fact in
                   facts(msgspec.structs.replace(alone, inequality=inequality)))  # fmt: skip

    assert named([worst])
    assert not named([worst, (worst + 1) % 10])


def test_the_strongest_attack_has_the_interval_that_allows_for_choosing_it(
    attacked: Findings,
) -> None:
    record = attacked.audit_record
    assert record.attack_plan
    lowest = record.attack_plan.lowest
    assert lowest
    ends = Estimate(lowest.value, lowest.low, lowest.high)
    said = f"leaves {percent(lowest.value or 0)} of 40 images ({interval(ends, share=True)})"
    assert any(said in fact for fact in facts(record))


def test_made_up_inputs_are_no_images(attacked: Findings) -> None:
    record = attacked.audit_record
    data = msgspec.structs.replace(record.data, synthetic=True)
    found = facts(msgspec.structs.replace(record, data=data))
    assert any("made-up inputs" in fact for fact in found)
    assert not any(" images" in fact for fact in found)
