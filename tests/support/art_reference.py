"""The attacks of the paper as ART itself runs them, with the parameters of the catalogue."""

from typing import Any

import numpy as np
import pytest

from robaudit.attacks.art_attacks import alone_and_quiet
from robaudit.attacks.catalogue import Attack
from robaudit.types import FloatArray, IntArray


def of_art(attack: Attack, estimator: Any, batch_size: int) -> Any:
    """Make an attack of ART's over an estimator; skip where ART is not installed."""
    evasion = pytest.importorskip("art.attacks.evasion")
    values, common = attack.parameters, {"batch_size": batch_size}
    if attack.name == "fgsm":
        return evasion.FastGradientMethod(estimator, eps=attack.budget, **common)
    common["verbose"] = False
    if attack.name in ("pgd", "pgd-l2", "bim", "mim"):
        return evasion.ProjectedGradientDescentNumpy(
            estimator,
            norm=2 if attack.norm == "l2" else np.inf,
            eps=attack.budget,
            eps_step=values["step"],
            max_iter=attack.whole("steps"),
            num_random_init=int(values.get("restarts", 0)),
            decay=values.get("decay"),
            **common,
        )
    if attack.name == "deepfool":
        return evasion.DeepFool(
            estimator,
            max_iter=attack.whole("steps"),
            epsilon=values["overshoot"],
            nb_grads=10,
            **common,
        )
    if attack.name == "cw-l2":
        return evasion.CarliniL2Method(
            estimator,
            confidence=values["confidence"],
            learning_rate=values["learning_rate"],
            binary_search_steps=attack.whole("searches"),
            max_iter=attack.whole("steps"),
            **common,
        )
    queries = attack.whole("queries")
    return evasion.SquareAttack(estimator, eps=attack.budget, max_iter=queries, **common)


def found_by_art(attack: Attack, estimator: Any, x: FloatArray, y: IntArray) -> FloatArray:
    """Run an attack of ART's on x (n, *shape) of classes y (n,): examples like x."""
    with alone_and_quiet(np.random.default_rng(0)):
        made = of_art(attack, estimator, len(x))
        return np.asarray(made.generate(x=x, y=np.eye(estimator.nb_classes)[y]))
