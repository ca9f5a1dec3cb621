"""What libraries are asked for: each that has an attack makes examples within its budget."""

import sys
from collections.abc import Iterator

import numpy as np
import pytest

pytest.importorskip("art")

from benchmarks.attacks_speed.measuring import judged, measured, ours
from benchmarks.attacks_speed.networks import Subject
from benchmarks.attacks_speed.peers import PEERS, missing, runs
from robaudit import Images, load
from robaudit.attacks.catalogue import parse_attack
from tests.support.digit_inputs import SPEC
from tests.support.networks import small

pytestmark = pytest.mark.filterwarnings("ignore")

CHEAP = [
    *("fgsm", "pgd:steps=2", "bim:steps=2", "mim:steps=2", "apgd:steps=10", "square:queries=5"),
    *("cw-l2:searches=1,steps=10", "deepfool:steps=2", "ddn:steps=4", "fmn-l2:steps=4"),
]


@pytest.fixture(autouse=True)
def _stand_ins_go_again() -> Iterator[None]:
    there = set(sys.modules)
    yield
    for name in {"torchvision", "visdom", "git"} - there:
        sys.modules.pop(name, None)


@pytest.fixture
def subject(digits: Images) -> Subject:
    network = small().eval()
    classifier = load(network, spec=SPEC)
    x = digits.unit_pixels(slice(0, 6)).transpose(0, 3, 1, 2).copy()
    return Subject("small", classifier, network, x, classifier.predict(x).argmax(axis=1))


@pytest.mark.parametrize("text", CHEAP)
def test_each_library_that_has_an_attack_makes_examples(subject: Subject, text: str) -> None:
    attack = parse_attack(text, SPEC)
    made = runs(attack, subject.module, subject.x, subject.y)
    assert made.keys() <= set(PEERS) - set(missing())
    assert ("ART" in made) != (attack.name in ("ddn", "fmn-l2"))
    ways = {"robaudit": ours(subject, attack), **made}
    for run in ways.values():
        found = run()
        assert found.shape == subject.x.shape
        assert -1e-6 <= found.min() <= found.max() <= 1 + 1e-6
        if attack.norm == "linf":
            assert np.abs(found - subject.x).max() <= attack.budget + 1e-5
    for cell in measured(subject, attack, ways, turns=1).values():
        assert cell.seconds >= 0


def test_what_holds_is_judged_alike_for_all(subject: Subject) -> None:
    bounded, nearest = parse_attack("fgsm", SPEC), parse_attack("deepfool", SPEC)
    assert judged(subject, bounded, subject.x) == 1
    assert judged(subject, nearest, subject.x) == np.inf
    far = np.where(np.arange(6)[:, None, None, None] < 4, subject.x[::-1], subject.x)
    assert judged(subject, bounded, far) == 1  # of another class, but beyond the budget
