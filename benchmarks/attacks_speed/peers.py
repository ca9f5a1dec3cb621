"""The same attacks by other libraries, called directly on a module of PyTorch.

Each is given the budget, the steps and the step size that robaudit has, and its own defaults for
all else. What a library needs only to be imported has an empty stand-in.
"""

import importlib
import importlib.machinery
import sys
import warnings
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import torch
from art.attacks import evasion
from art.estimators.classification import PyTorchClassifier

from robaudit.attacks.art_attacks import alone_and_quiet
from robaudit.attacks.catalogue import Attack
from robaudit.types import FloatArray, IntArray

Run = Callable[[], FloatArray]
"""Makes examples (n, *shape) of 0..1."""

PEERS = ("ART", "adv-lib", "torchattacks", "Foolbox")
_NEVER_USED = ("torchvision", "torchvision.models", "torchvision.transforms", "visdom", "git")
_RIVALS = 10


def missing() -> list[str]:
    """Name the libraries that cannot be imported here."""
    absent = [name for name in _NEVER_USED if not _imports(name)]
    sys.modules.update({name: _stand_in(name) for name in absent})
    modules = zip(PEERS, ("art", "adv_lib.attacks", "torchattacks", "foolbox"), strict=True)
    return [peer for peer, module in modules if not _imports(module)]


def runs(attack: Attack, module: torch.nn.Module, x: FloatArray, y: IntArray) -> dict[str, Run]:
    """List the libraries that have an attack, and how each runs it."""
    absent, images, labels = missing(), torch.from_numpy(x), torch.from_numpy(y)
    made: dict[str, Run] = {}
    if attack.name in _OF_ART:
        made["ART"] = lambda: _by_art(attack, module, x, y)
    if attack.name in _OF_ADV_LIB and "adv-lib" not in absent:
        library: Any = importlib.import_module("adv_lib.attacks")
        run = _OF_ADV_LIB[attack.name]
        made["adv-lib"] = lambda: run(library, attack, module, images, labels).detach().numpy()
    if attack.name in _OF_TORCHATTACKS and "torchattacks" not in absent:
        torchattacks: Any = importlib.import_module("torchattacks")
        build = _OF_TORCHATTACKS[attack.name]
        made["torchattacks"] = lambda: (
            build(torchattacks, attack, module)(images, labels).detach().numpy()
        )
    if attack.name in _OF_FOOLBOX and "Foolbox" not in absent:
        foolbox: Any = importlib.import_module("foolbox")
        blind = _OF_FOOLBOX[attack.name](foolbox.attacks, attack)
        budget = attack.budget if attack.name == "pgd" else None

        def by_foolbox() -> FloatArray:
            model = foolbox.PyTorchModel(module, bounds=(0, 1), device="cpu")
            found: FloatArray = blind(model, images, labels, epsilons=budget)[1].numpy()
            return found

        made["Foolbox"] = by_foolbox
    return made


def _by_art(attack: Attack, module: torch.nn.Module, x: FloatArray, y: IntArray) -> FloatArray:
    loss = torch.nn.CrossEntropyLoss()
    estimator = PyTorchClassifier(module, loss, x.shape[1:], 10, clip_values=(0.0, 1.0))
    with alone_and_quiet(np.random.default_rng(0)):
        made = _OF_ART[attack.name](attack, estimator, {"batch_size": len(x), "verbose": False})
        return np.asarray(made.generate(x=x, y=np.eye(10, dtype=np.float32)[y]))


def _steps_of_art(attack: Attack, estimator: Any, common: dict[str, Any]) -> Any:
    return evasion.ProjectedGradientDescent(
        estimator,
        eps=attack.budget,
        eps_step=attack.parameters["step"],
        max_iter=attack.whole("steps"),
        num_random_init=int(attack.parameters.get("restarts", 0)),
        decay=attack.parameters.get("decay"),
        **common,
    )


_OF_ART: dict[str, Callable[[Attack, Any, dict[str, Any]], Any]] = {
    "fgsm": lambda attack, estimator, common: evasion.FastGradientMethod(
        estimator, eps=attack.budget, batch_size=common["batch_size"]
    ),
    **dict.fromkeys(("pgd", "bim", "mim"), _steps_of_art),
    "apgd": lambda attack, estimator, common: evasion.AutoProjectedGradientDescent(
        estimator,
        eps=attack.budget,
        eps_step=2 * attack.budget,
        max_iter=attack.whole("steps"),
        nb_random_init=1,
        **common,
    ),
    "cw-l2": lambda attack, estimator, common: evasion.CarliniL2Method(
        estimator,
        learning_rate=attack.parameters["learning_rate"],
        binary_search_steps=attack.whole("searches"),
        max_iter=attack.whole("steps"),
        **common,
    ),
    "deepfool": lambda attack, estimator, common: evasion.DeepFool(
        estimator,
        max_iter=attack.whole("steps"),
        epsilon=attack.parameters["overshoot"],
        nb_grads=_RIVALS,
        **common,
    ),
    "square": lambda attack, estimator, common: evasion.SquareAttack(
        estimator, eps=attack.budget, max_iter=attack.whole("queries"), **common
    ),
}

_OF_ADV_LIB: dict[str, Callable[..., Any]] = {
    "pgd": lambda library, attack, module, x, y: library.pgd_linf(
        module,
        x,
        y,
        attack.budget,
        steps=attack.whole("steps"),
        absolute_step_size=attack.parameters["step"],
    ),
    "apgd": lambda library, attack, module, x, y: library.apgd(
        *(module, x, y),
        eps=attack.budget,
        norm=float("inf"),
        n_iter=attack.whole("steps"),
        loss_function="ce",
    ),
    "cw-l2": lambda library, attack, module, x, y: library.carlini_wagner_l2(
        *(module, x, y),
        learning_rate=attack.parameters["learning_rate"],
        binary_search_steps=attack.whole("searches"),
        max_iterations=attack.whole("steps"),
    ),
    "deepfool": lambda library, attack, module, x, y: library.df(
        module, x, y, steps=attack.whole("steps"), overshoot=attack.parameters["overshoot"]
    ),
    "ddn": lambda library, attack, module, x, y: library.ddn(
        module, x, y, steps=attack.whole("steps"), levels=None
    ),
    "fmn-l2": lambda library, attack, module, x, y: library.fmn(
        module, x, y, norm=2, steps=attack.whole("steps")
    ),
}

_OF_TORCHATTACKS: dict[str, Callable[[Any, Attack, Any], Any]] = {
    "fgsm": lambda library, attack, module: library.FGSM(module, eps=attack.budget),
    "pgd": lambda library, attack, module: library.PGD(
        module,
        eps=attack.budget,
        alpha=attack.parameters["step"],
        steps=attack.whole("steps"),
    ),
    "bim": lambda library, attack, module: library.BIM(
        module,
        eps=attack.budget,
        alpha=attack.parameters["step"],
        steps=attack.whole("steps"),
    ),
    "mim": lambda library, attack, module: library.MIFGSM(
        module,
        eps=attack.budget,
        alpha=attack.parameters["step"],
        steps=attack.whole("steps"),
        decay=attack.parameters["decay"],
    ),
    "apgd": lambda library, attack, module: library.APGD(
        module, eps=attack.budget, steps=attack.whole("steps"), loss="ce"
    ),
    "deepfool": lambda library, attack, module: library.DeepFool(
        module, steps=attack.whole("steps"), overshoot=attack.parameters["overshoot"]
    ),
    "square": lambda library, attack, module: library.Square(
        module, eps=attack.budget, n_queries=attack.whole("queries")
    ),
}

_OF_FOOLBOX: dict[str, Callable[[Any, Attack], Any]] = {
    "pgd": lambda attacks, attack: attacks.LinfPGD(
        abs_stepsize=attack.parameters["step"], steps=attack.whole("steps"), random_start=True
    ),
    "cw-l2": lambda attacks, attack: attacks.L2CarliniWagnerAttack(
        binary_search_steps=attack.whole("searches"),
        steps=attack.whole("steps"),
        stepsize=attack.parameters["learning_rate"],
    ),
    "deepfool": lambda attacks, attack: attacks.L2DeepFoolAttack(
        steps=attack.whole("steps"),
        candidates=_RIVALS,
        overshoot=attack.parameters["overshoot"],
    ),
    "ddn": lambda attacks, attack: attacks.DDNAttack(steps=attack.whole("steps")),
    "fmn-l2": lambda attacks, attack: attacks.L2FMNAttack(steps=attack.whole("steps")),
}


def _imports(module: str) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            importlib.import_module(module)
    except ImportError:
        return False
    return True


def _stand_in(name: str) -> ModuleType:
    module = ModuleType(name)
    module.__spec__ = importlib.machinery.ModuleSpec(name, None)
    for used in ("GitCommandError", "Repo"):  # by their names, in what Foolbox imports
        setattr(module, used, Exception)
    return module
