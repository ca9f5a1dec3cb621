"""One audit under attack, for all tests of this folder."""

import pytest

from robaudit import AttackPlan, Images, SearchPlan, load, parse_attack, scan
from robaudit.record.findings import Findings, findings_of
from tests.support.paths import DIGITS


@pytest.fixture(scope="session")
def attacked(digits: Images) -> Findings:
    """What a scan of the digits found: 60 samples, of which 40 were attacked in three ways."""
    classifier = load(DIGITS)
    names = ("fgsm:epsilon=0.1", "gaussian-noise:sigma=0.2", "pgd:epsilon=0.05,steps=5")
    attacks = tuple(parse_attack(name, classifier.spec) for name in names)
    plan = SearchPlan(60, 6, steps=10)
    return findings_of(scan(classifier, digits, plan=plan, attacks=AttackPlan(attacks, 40)))
