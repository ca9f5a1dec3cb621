"""Trust flags together: silent on honest models, and unchecked where nothing can be looked for."""

from dataclasses import replace

import pytest

import robaudit
from robaudit import Classifier, Images
from robaudit.attacks.outcome import Targets
from robaudit.attacks.trust.trust_flags import FLAGS
from robaudit.types import FloatArray
from tests.support.masked_models import ATTACKS, affine, look, make_targets, masked, raised


def test_an_honest_network_raises_no_flag() -> None:
    flags = look(masked("nothing"), make_targets())
    assert raised(flags) == set()
    assert all(flag.raised is False for flag in flags.values())


def test_the_demo_raises_no_flag(digits: Images, digits_model: Classifier) -> None:
    pytest.importorskip("torch")
    audit = robaudit.scan(digits_model, digits, plan=robaudit.SearchPlan(40, 2, steps=2))
    targets = Targets(audit.samples.x, audit.origin, audit.start, 1.0)
    assert raised(look(audit.classifier, targets)) == set()


def test_an_affine_model_raises_only_what_is_true_of_it() -> None:
    """One step is the best there is; ten short ones from a random start fall short of it."""
    assert raised(look(affine(), make_targets())) == set()
    flags = look(affine(), make_targets(0.285), ATTACKS[:2])
    assert raised(flags) == {"more-steps-do-not-help", "not-converged"}
    assert flags["more-steps-do-not-help"].measured["difference"] > 0.5
    assert "steps=100" in flags["not-converged"].sentence


def test_nothing_is_checked_without_samples_in_their_class() -> None:
    targets = make_targets()
    wrong = replace(targets, origin=(targets.origin + 1) % 3)
    flags = look(affine(), wrong)
    assert {name for name, flag in flags.items() if flag.raised is None} == {*FLAGS} - {
        "randomised"
    }
    empty = Targets(targets.x[:0], targets.origin[:0], targets.start[:0], 1.0)
    assert all(flag.raised is None for flag in look(affine(), empty, []).values())


def test_a_failing_model_leaves_flags_unchecked() -> None:
    def vjp(_x: FloatArray, _cotangent: FloatArray) -> FloatArray:
        raise RuntimeError("out of gradients")

    flags = look(replace(affine(), vjp=vjp), make_targets(), [])
    for name in ("zero-gradients", "unbounded-attack"):
        assert flags[name].raised is None
        assert "out of gradients" in flags[name].sentence
