"""States of training in PyTorch: what goes on from one comes to the same weights, bit for bit."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from robaudit import Classifier, TrainPlan, load
from robaudit.commands.options.flags import with_flags
from robaudit.errors import ClassifierError
from robaudit.testing.resuming_checks import CheckpointInMemory
from robaudit_torch.states import put_state, take_state
from tests.support.digit_inputs import SPEC
from tests.support.networks import Tied, small
from tests.support.resumed import along_gradients, assert_resumes, cut_off, trained

LABELS = np.arange(12) % 10
ADAM = partial(torch.optim.Adam, lr=0.01, amsgrad=True)
MOMENTUM = partial(torch.optim.SGD, lr=0.05, momentum=0.9, nesterov=True, weight_decay=1e-3)


def make(module: Callable[[], nn.Module] = small) -> Classifier:
    return load(module(), spec=SPEC)


@pytest.mark.parametrize("optimizer", [None, ADAM, MOMENTUM])
def test_training_resumed_is_training_unbroken(optimizer: Any, x: np.ndarray) -> None:
    """With batch normalisation, dropout and adversarial batches; cuts 3 and 6 end an epoch."""
    plan = TrainPlan(epochs=3, batch_size=4, optimizer=optimizer, perturb=along_gradients)
    assert_resumes(make, x, LABELS, plan, [1, 3, 5, 6])


class Fading(nn.Sequential):
    """Gives less each time that it is trained on a batch, by a number that is no buffer."""

    calls = 0

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if self.training:
            self.calls += 1
        scores: torch.Tensor = super().forward(x)
        return scores / (1 + self.calls)


def fading() -> nn.Module:
    return Fading(*small())


def scripted() -> nn.Module:
    module: nn.Module = torch.jit.script(small())
    return module


def tied() -> nn.Module:
    torch.manual_seed(1)
    return nn.Sequential(Tied(), nn.Linear(64, 10))


def halved() -> nn.Module:
    return small().bfloat16()


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of TorchScript
@pytest.mark.parametrize("module", [scripted, tied, halved, fading])
def test_modules_of_all_kinds_go_on(module: Callable[[], nn.Module], x: np.ndarray) -> None:
    """Compiled, with weights that layers share, in a precision that NumPy has not, counting."""
    plan = TrainPlan(epochs=2, batch_size=4, optimizer=MOMENTUM)
    assert_resumes(partial(make, module), x, LABELS, plan, [2])


def test_what_a_schedule_did_to_the_learning_rate_is_kept(x: np.ndarray) -> None:
    """It is halved by hand after the first batches: the second half alone knows of it by state."""
    made: list[Any] = []

    def optimizer(parameters: Any) -> Any:
        made.append(MOMENTUM(parameters))
        return made[-1]

    def slower(_trainee: Classifier, inputs: np.ndarray, _labels: np.ndarray) -> np.ndarray:
        made[-1].param_groups[0]["lr"] *= 0.5
        return inputs

    plan = TrainPlan(epochs=2, batch_size=4, optimizer=optimizer, perturb=slower)
    assert_resumes(make, x, LABELS, plan, [2])


class Remembering(torch.optim.SGD):
    """An optimizer that holds what no array is."""

    def state_dict(self) -> Any:
        return {**super().state_dict(), "by": object()}


class Rounding(torch.optim.SGD):
    """An optimizer that forgets digits of what it is given back."""

    def load_state_dict(self, state_dict: Any) -> None:
        super().load_state_dict(state_dict)
        for held in self.state.values():
            held["momentum_buffer"] = held["momentum_buffer"].round()


def test_an_optimizer_of_which_no_state_can_be_taken_begins_anew(x: np.ndarray) -> None:
    kept = CheckpointInMemory()
    plan = TrainPlan(optimizer=partial(Remembering, lr=0.1), checkpoint=kept)
    trained(make(), x, LABELS, plan)
    assert kept.asked
    assert kept.state is None


def test_an_optimizer_that_does_not_take_back_its_state_is_refused(x: np.ndarray) -> None:
    plan = TrainPlan(batch_size=4, optimizer=partial(Rounding, lr=0.1, momentum=0.5))
    state = cut_off(make(), x, LABELS, plan, 2)
    module = small()
    optimizer = Rounding(module.parameters(), lr=0.1, momentum=0.5)
    with pytest.raises(ClassifierError, match="Rounding does not take back its own") as raised:
        put_state(state.trainee, module, optimizer)
    assert "begin anew with --fresh" in with_flags(str(raised.value))


def test_a_state_shares_nothing_with_what_it_was_taken_of() -> None:
    module = small()
    optimizer = MOMENTUM(module.parameters())
    state = take_state(module, optimizer, torch.device("cpu"))
    assert state is not None
    before = {name: array.copy() for name, array in state.arrays.items()}
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.add_(1)
    torch.rand(3)
    assert before.keys() >= {"weights/0.weight", "weights/1.running_mean", "chance/cpu"}
    for name, array in before.items():
        np.testing.assert_array_equal(state.arrays[name], array)
