"""Making examples: by batched attacks, ART's through the bridge, noise, natural corruptions."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np

from robaudit.attacks.art_attacks import ART_ATTACKS, alone_and_quiet
from robaudit.attacks.art_bridge import art_estimator
from robaudit.attacks.batched_attacks import (
    BATCHED_ATTACKS,
    QUERY_ATTACKS,
    TO_THE_END,
    steps_of_budgets,
)
from robaudit.attacks.cascade import cascade, members_of
from robaudit.attacks.catalogue import Attack
from robaudit.attacks.chance import Chance
from robaudit.attacks.corruptions import CORRUPTIONS, corrupted
from robaudit.attacks.query_log import Tell, tell_nobody
from robaudit.losses import at_logits, one_hot, tempered, with_log_probabilities
from robaudit.preprocessing.arrangement import Arrangement
from robaudit.types import (
    Classifier,
    FloatArray,
    InputSpec,
    IntArray,
    Pull,
    PullBack,
    pull_back,
)

Generate = Callable[[FloatArray, IntArray, Chance], FloatArray]
"""Makes examples like x (n, *shape), of 0..1, from x, its classes y (n,) and their chance."""

_FEW = 8


def view_of(attack: Attack, classifier: Classifier, x: FloatArray) -> Classifier:
    """Give what an attack of inputs like x (n, *shape) should ask of a classifier.

    That is its logits, where it offers them; for an attack that climbs the cross-entropy,
    logits that leave it a slope.
    """
    is_cascade = attack.name == "autoattack"
    if attack.entry.need == "predictions" and not is_cascade:
        return classifier
    logits = at_logits(classifier)
    climbs = attack.norm == "linf" and (attack.entry.need == "gradients" or is_cascade)
    return tempered(logits, x) if climbs else logits


def training_view_of(attack: Attack, classifier: Classifier, x: FloatArray) -> Classifier:
    """Give what an attack should ask of a classifier for a batch x (n, *shape) to be trained on.

    A few of it tell what leaves logits a slope: all of them would be a pass more at each step.
    """
    return view_of(attack, classifier, x[:_FEW])


def generator_for(
    attack: Attack,
    classifier: Classifier,
    arrangement: Arrangement | None,
    *,
    to_the_end: bool = False,
    tell: Tell = tell_nobody,
) -> Generate:
    """Make the function that runs an attack against a classifier, in its own pixel box.

    ``arrangement`` says how inputs are pictures, which corruptions need. What is to be trained
    on goes ``to_the_end`` of its steps, else only until it has left its class. One without
    gradients will ``tell`` how near it came with how many queries. Raises MissingDependencyError
    without ART, where the attack is one of its.
    """
    asked = _over_unit_box(classifier)
    unit = _unit_generator(attack, asked, arrangement, to_the_end=to_the_end, tell=tell)
    return _in_box(classifier.spec, unit)


def examples_of_budgets(
    attack: Attack,
    classifier: Classifier,
    x: FloatArray,
    y: IntArray,
    chance: Chance,
    shares: FloatArray,
) -> FloatArray:
    """Make what a model is trained on, of shares (n,) of an attack's budget: like x (n, *shape).

    Each sample has its own. The attack is one of steps along gradients, as `has_budgets` tells,
    and takes them all, of sizes in the same shares.
    """
    asked = with_log_probabilities(_over_unit_box(training_view_of(attack, classifier, x)))

    def unit(x: FloatArray, y: IntArray, chance: Chance) -> FloatArray:
        return steps_of_budgets(attack, asked, x, y, chance, shares)

    return _in_box(classifier.spec, _flat(unit))(x, y, chance)


def has_budgets(attack: Attack) -> bool:
    """Tell whether samples of an attack can each have a share of its budget."""
    return attack.name in TO_THE_END


def _in_box(spec: InputSpec, unit: Generate) -> Generate:
    """Bring inputs to 0..1 and examples back; what was not changed stays, bit for bit."""
    low, size = spec.low, spec.high - spec.low

    def generate(x: FloatArray, y: IntArray, chance: Chance) -> FloatArray:
        before = ((x - low) / size).astype(np.float32)
        after = np.clip(np.asarray(unit(before, y, chance), dtype=np.float32), 0, 1)
        return np.where(after == before, x, low + size * after).astype(np.float32)

    return generate


def _unit_generator(
    attack: Attack,
    classifier: Classifier,
    arrangement: Arrangement | None,
    *,
    to_the_end: bool,
    tell: Tell,
) -> Generate:
    parameters, spec = attack.parameters, classifier.spec
    if attack.name == "uniform-noise":
        epsilon = parameters["epsilon"]
        return lambda x, _y, chance: x + chance.uniform(epsilon, x.shape[1:])
    if attack.name == "gaussian-noise":
        return lambda x, _y, chance: x + chance.normal(parameters["sigma"], x.shape[1:])
    if attack.name in CORRUPTIONS and arrangement is not None:

        def corrupt(x: FloatArray, _y: IntArray, chance: Chance) -> FloatArray:
            pictures = arrangement.restore(x)
            if pictures is None:
                return x
            changed = corrupted(pictures, attack.name, parameters, chance.of_each())
            return arrangement.arrange(changed, spec.shape)

        return corrupt
    return _adversary(attack, with_log_probabilities(classifier), to_the_end=to_the_end, tell=tell)


def _adversary(
    attack: Attack, scorer: Classifier, *, to_the_end: bool = False, tell: Tell = tell_nobody
) -> Generate:
    if attack.name == "autoattack":
        members = [_adversary(member, scorer) for member in members_of(attack, scorer)]
        return cascade(members, scorer.predict, attack.budget)
    if attack.name in BATCHED_ATTACKS:
        known = BATCHED_ATTACKS | TO_THE_END if to_the_end else BATCHED_ATTACKS
        return _flat(partial(known[attack.name], attack, scorer))
    if attack.name in QUERY_ATTACKS:
        querying = QUERY_ATTACKS[attack.name]
        return _flat(lambda x, y, chance: querying(attack, scorer, x, y, chance, tell))
    return _by_art(attack, scorer)


def _flat(make: Generate) -> Generate:
    """Give inputs flat to what takes them so."""
    return lambda x, y, chance: make(x.reshape(len(x), -1), y, chance).reshape(x.shape)


def _by_art(attack: Attack, classifier: Classifier) -> Generate:
    estimator, classes = art_estimator(classifier), classifier.spec.classes

    def by_art(x: FloatArray, y: IntArray, chance: Chance) -> FloatArray:
        with alone_and_quiet(chance.of_all()):
            art_attack = ART_ATTACKS[attack.name](attack, estimator, max(len(x), 1))
            return np.asarray(art_attack.generate(x=x, y=one_hot(y, classes)))

    return by_art


def _over_unit_box(classifier: Classifier) -> Classifier:
    """Make a classifier over 0..1, the only box that attacks reckon with."""
    spec, predict, vjp = classifier.spec, classifier.predict, classifier.vjp
    low, size = spec.low, spec.high - spec.low
    if (low, size) == (0.0, 1.0):
        return classifier

    def forward(x: FloatArray) -> tuple[FloatArray, Pull]:
        scores, pull = pull_back(classifier, low + size * x)
        return scores, lambda cotangent: pull(cotangent) * size

    return replace(
        classifier,
        spec=replace(spec, low=0.0, high=1.0),
        predict=lambda x: predict(low + size * x),
        vjp=vjp and PullBack(forward),
        prober=None,
        train=None,
    )
