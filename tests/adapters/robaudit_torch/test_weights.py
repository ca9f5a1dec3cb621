"""Weights of checkpoints: where in them they lie, which are taken, and how they are written."""

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.utils import prune

import robaudit
from robaudit import Classifier, OpenOptions, TrainPlan
from robaudit.errors import UsageError
from tests.support.checkpoints import FACTORY, optimizer_state, prefixed, weights
from tests.support.digit_inputs import SPEC
from tests.support.networks import Tied, small
from tests.support.paths import ROOT

NETWORKS = str(ROOT / "tests/support/networks.py")


def opened(path: Path, held: Any, *, wanted: str | None = None, factory: str = FACTORY) -> Any:
    torch.save(held, path)
    return robaudit.load(path, OpenOptions(spec=SPEC, factory=factory, weights=wanted))


def scores_of(scale: float, x: np.ndarray) -> np.ndarray:
    module = small()
    module.load_state_dict(weights(scale))
    return robaudit.load(module, spec=SPEC).predict(x)


def averaged() -> dict[str, Any]:
    model = torch.optim.swa_utils.AveragedModel(small())
    model.update_parameters(small())
    return dict(model.state_dict())


def wrapped_in_part() -> dict[str, Any]:
    module = small()
    module[0] = nn.DataParallel(module[0])
    return dict(module.state_dict())


WHOLE = weights()
CHECKPOINTS: dict[str, Any] = {
    "bare": WHOLE,
    "compiled": prefixed("_orig_mod.", WHOLE),
    "parallel and compiled": {"model": prefixed("module._orig_mod.", WHOLE), "epoch": 3},
    "Lightning": {
        "pytorch-lightning_version": "2.5.0",
        "hyper_parameters": {"lr": 0.1},
        "state_dict": {**prefixed("net.", WHOLE), "criterion.weight": torch.ones(10)},
        "optimizer_states": [optimizer_state()],
    },
    "compiled in Lightning": {"state_dict": prefixed("model._orig_mod.", WHOLE)},
    "any one prefix": prefixed("backbone.inner.", WHOLE),
    "metrics": {"state_dict": {**prefixed("model.", WHOLE), "train_acc.tp": torch.zeros(10)}},
    "losses at the top": {**WHOLE, "loss_fn.weight": torch.ones(10)},
    "counts and weights of classes": {
        "state_dict": {**prefixed("model.", WHOLE), "class_weights": torch.ones(10)},
        "step": torch.tensor(3),
    },
    "counts at the top": {**WHOLE, "global_step": torch.tensor(3), "ema_decay": torch.tensor(0.9)},
    "profiled": {**WHOLE, "total_ops": torch.zeros(1), "0.total_params": torch.zeros(1)},
    "SWA": averaged(),
    "BasicSR": {"params": WHOLE},
    "a nest nobody has heard of": {"stuff": {"things": prefixed("student.", WHOLE)}},
    "a list": {"state_dict": [WHOLE], "err": 0.1},
    "a pair": (7, WHOLE),
    "wrapped in part": wrapped_in_part(),
    "with its training": {"epoch": 1, "model_state_dict": WHOLE, "opt": optimizer_state()},
    "LitEma": {
        "state_dict": {
            **prefixed("model.", WHOLE),
            "model_ema.decay": torch.tensor(0.9),
            "model_ema.0weight": WHOLE["0.weight"],
        }
    },
    "before there were counts": {k: v for k, v in WHOLE.items() if "num_batches" not in k},
}


@pytest.mark.parametrize("name", CHECKPOINTS)
def test_weights_are_found_wherever_trainers_put_them(
    tmp_path: Path, x: np.ndarray, name: str
) -> None:
    classifier = opened(tmp_path / "model.pth", CHECKPOINTS[name])
    np.testing.assert_allclose(classifier.predict(x), scores_of(1, x), rtol=1e-6)


@pytest.mark.parametrize("name", CHECKPOINTS)
def test_trained_weights_are_written_as_the_first_ones_lay(
    tmp_path: Path, x: np.ndarray, name: str
) -> None:
    """Every key on the way, every name, and what is as true of other weights."""
    classifier = opened(tmp_path / "model.pth", CHECKPOINTS[name])
    after = classifier.train(x, np.arange(12) % 10, TrainPlan())
    after.save(tmp_path / "after.pth")
    options = OpenOptions(spec=SPEC, factory=FACTORY)
    again = robaudit.load(tmp_path / "after.pth", options)
    np.testing.assert_allclose(again.predict(x), after.predict(x), rtol=1e-5, atol=1e-6)
    before, now = torch.load(tmp_path / "model.pth"), torch.load(tmp_path / "after.pth")
    assert names_of(now) <= names_of(before) | {".1.num_batches_tracked"}
    lost = names_of(before) - names_of(now)
    assert not [name for name in lost if "opt" not in name and "ema" not in name]


def names_of(held: Any, path: str = "") -> set[str]:
    """Name all places of what a file holds, lists by their places."""
    if isinstance(held, list | tuple):
        held = dict(enumerate(held))
    if not isinstance(held, dict) or not held:
        return {path}
    return {name for key, value in held.items() for name in names_of(value, f"{path}.{key}")}


COPIES: dict[str, tuple[Any, str, str]] = {
    "timm": (
        {"state_dict": WHOLE, "state_dict_ema": weights(2)},
        "state_dict_ema (an average over the training), not state_dict",
        "state_dict",
    ),
    "BasicSR": (
        {"params": WHOLE, "params_ema": weights(2)},
        "params_ema (an average over the training), not params",
        "params",
    ),
    "torchvision": (
        {
            "model": WHOLE,
            "model_ema": {**prefixed("module.", weights(2)), "n_averaged": torch.tensor(5)},
        },
        "model_ema.module (an average over the training), not model",
        "model",
    ),
    "in one": (
        {"state_dict": {**prefixed("model.", WHOLE), **prefixed("ema_model.", weights(2))}},
        "state_dict.ema_model (an average over the training), not state_dict.model",
        "state_dict.model",
    ),
}


@pytest.mark.parametrize("name", COPIES)
def test_an_average_is_taken_said_and_can_be_refused(
    tmp_path: Path, x: np.ndarray, name: str
) -> None:
    held, said, other = COPIES[name]
    classifier = opened(tmp_path / "model.pth", held)
    np.testing.assert_allclose(classifier.predict(x), scores_of(2, x), rtol=1e-6)
    assert classifier.details["weights"] == said
    assert any(said in note and "--weights" in note for note in classifier.notes)
    chosen = opened(tmp_path / "model.pth", held, wanted=other)
    np.testing.assert_allclose(chosen.predict(x), scores_of(1, x), rtol=1e-6)
    assert chosen.details["weights"] == other
    assert not chosen.notes


def test_an_average_of_nothing_yet_is_left(tmp_path: Path, x: np.ndarray) -> None:
    nothing = {**prefixed("module.", weights(2)), "n_averaged": torch.tensor(0)}
    classifier = opened(tmp_path / "model.pth", {"model": WHOLE, "swa": nothing})
    np.testing.assert_allclose(classifier.predict(x), scores_of(1, x), rtol=1e-6)
    assert classifier.details["weights"] == "model, not swa.module"


def test_what_is_written_is_what_was_taken(tmp_path: Path) -> None:
    """Neither the average of old weights nor their optimizer is left beside new ones."""
    held = {"model": WHOLE, "ema": weights(2), "opt": optimizer_state(), "epoch": 5}
    opened(tmp_path / "model.pth", held).save(tmp_path / "again.pth")
    assert list(torch.load(tmp_path / "again.pth")) == ["epoch", "ema"]
    opened(tmp_path / "model.pth", held, wanted="model").save(tmp_path / "again.pth")
    assert list(torch.load(tmp_path / "again.pth")) == ["epoch", "model"]


def test_the_same_weights_twice_are_no_choice(tmp_path: Path) -> None:
    held = {"state_dict": {**prefixed("model.", WHOLE), **prefixed("net.", WHOLE)}}
    assert opened(tmp_path / "model.pth", held).details["weights"] == "state_dict.model"


def test_a_choice_that_names_do_not_make_is_the_users(tmp_path: Path, x: np.ndarray) -> None:
    held = {**prefixed("net1.", WHOLE), **prefixed("net2.", weights(2))}
    with pytest.raises(UsageError, match=r"net1, net2; .*`weights='net1'"):
        opened(tmp_path / "model.pth", held)
    chosen: Classifier = opened(tmp_path / "model.pth", held, wanted="net2")
    np.testing.assert_allclose(chosen.predict(x), scores_of(2, x), rtol=1e-6)
    with pytest.raises(UsageError, match=r"no weights at 'net3'.*one of net1, net2"):
        opened(tmp_path / "model.pth", held, wanted="net3")


def test_a_part_of_a_larger_network_is_not_taken_for_it(tmp_path: Path) -> None:
    held = {"state_dict": {**prefixed("model.", WHOLE), "head.weight": torch.ones(10, 10)}}
    with pytest.raises(UsageError, match=r"beside others that it has not: head.weight"):
        opened(tmp_path / "model.pth", held)
    assert opened(tmp_path / "model.pth", held, wanted="state_dict.model").spec.classes == 10


def test_what_else_a_network_would_have_is_refused(tmp_path: Path) -> None:
    """The weights of a smaller network are all there, and would give other scores."""
    for extra in ("2.weight", "schema.weight", "metric_fc.weight"):
        with pytest.raises(UsageError, match=f"not in the network {extra};"):
            opened(tmp_path / "model.pth", {**WHOLE, extra: torch.ones(6)})


def test_what_does_not_fit_is_listed(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        opened(tmp_path / "model.pth", {"state_dict": WHOLE}, factory=f"{NETWORKS}:small(width=7)")
    assert "do not fit" in str(caught.value)
    assert (
        "of other sizes 0.weight (6, 1, 3, 3) in the file, (7, 1, 3, 3) in the"
        in caught.value.found
    )
    held = {name: tensor for name, tensor in WHOLE.items() if not name.startswith("1.")}
    with pytest.raises(
        UsageError, match=r"missing 1.weight, 1.bias, 1.running_mean, 1.running_var;"
    ):
        opened(tmp_path / "model.pth", {"state_dict": prefixed("module.", held)})


def test_safetensors_keep_their_names_and_notes(tmp_path: Path, x: np.ndarray) -> None:
    safetensors = pytest.importorskip("safetensors.torch")
    path = tmp_path / "model.safetensors"
    notes = {"format": "pt", "classes": '["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"]'}
    safetensors.save_file(prefixed("model.", WHOLE), path, notes)
    classifier = robaudit.load(path, OpenOptions(input_shape=(1, 8, 8), factory=FACTORY))
    np.testing.assert_allclose(classifier.predict(x), scores_of(1, x), rtol=1e-6)
    assert classifier.spec.class_names == tuple("abcdefghij")
    assert classifier.save is not None
    classifier.save(tmp_path / "again.safetensors")
    with pytest.importorskip("safetensors").safe_open(tmp_path / "again.safetensors", "pt") as file:
        assert file.metadata() == notes
        assert set(file.keys()) == set(prefixed("model.", WHOLE))


def test_weights_that_layers_share_may_stand_once(tmp_path: Path) -> None:
    safetensors = pytest.importorskip("safetensors.torch")
    path, module = tmp_path / "model.safetensors", Tied()
    safetensors.save_model(module, str(path))
    options = OpenOptions(input_shape=(1, 8, 8), scores="logits", factory=f"{NETWORKS}:Tied")
    x = np.random.default_rng(0).random((3, 1, 8, 8), dtype=np.float32)
    expected = robaudit.load(module, OpenOptions(input_shape=(1, 8, 8), scores="logits"))
    np.testing.assert_allclose(robaudit.load(path, options).predict(x), expected.predict(x), 1e-6)


class Wrapper(nn.Module):
    """A network within others."""

    def __init__(self) -> None:
        super().__init__()
        self.model = nn.ModuleDict({"net": small()})

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.model["net"](x)


@pytest.mark.parametrize("prefix", ["", "model.", "module.model.net.", "backbone."])
def test_a_factory_may_wrap_what_was_saved(
    tmp_path: Path, x: np.ndarray, prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("robaudit_torch.checkpoints.call_factory", lambda _: Wrapper())
    classifier = opened(tmp_path / "model.pth", {"state_dict": prefixed(prefix, WHOLE)})
    np.testing.assert_allclose(classifier.predict(x), scores_of(1, x), rtol=1e-6)
    assert classifier.save is not None
    classifier.save(tmp_path / "again.pth")
    assert list(torch.load(tmp_path / "again.pth")["state_dict"]) == list(prefixed(prefix, WHOLE))
    with pytest.raises(UsageError, match=r"head\.weight"):
        opened(tmp_path / "model.pth", {**WHOLE, "head.weight": torch.ones(10, 10)})


def in_eager_mode(module: nn.Module) -> Any:
    return torch.compile(module, backend="eager")


@pytest.mark.parametrize("wrap", [nn.DataParallel, in_eager_mode])
def test_a_factory_may_give_a_wrapped_network(
    tmp_path: Path, x: np.ndarray, wrap: Callable[[Any], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    module = wrap(small())
    monkeypatch.setattr("robaudit_torch.checkpoints.call_factory", lambda _: module)
    classifier = opened(tmp_path / "model.pth", WHOLE)
    np.testing.assert_allclose(classifier.predict(x), scores_of(1, x), rtol=1e-5, atol=1e-6)


def pruned() -> nn.Module:
    module = small()
    prune.l1_unstructured(module[5], "weight", 0.5)
    prune.random_unstructured(module[0], "bias", 2)
    return module


def normalised() -> nn.Module:
    module = small()
    nn.utils.parametrizations.weight_norm(module[0])
    nn.utils.parametrizations.weight_norm(module[5], dim=1)
    return module


def normalised_of_old() -> nn.Module:
    module = small()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that there is a newer way
        nn.utils.weight_norm(module[0])
        nn.utils.weight_norm(module[5], dim=None)
    return module


@pytest.mark.parametrize("make", [pruned, normalised, normalised_of_old])
def test_weights_in_two_parts_fit_the_plain_network(
    tmp_path: Path, x: np.ndarray, make: Callable[[], nn.Module]
) -> None:
    """As pruning and weight normalisation keep them; scores are those of that network."""
    module = make().eval()
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.mul_(1.5)
        expected = module(torch.as_tensor(x)).numpy()
    held = {"state_dict": prefixed("model.", module.state_dict()), "epoch": 3}
    classifier = opened(tmp_path / "model.ckpt", held)
    np.testing.assert_allclose(classifier.predict(x), expected, rtol=1e-4, atol=1e-6)
    classifier.save(tmp_path / "again.ckpt")
    options = OpenOptions(spec=SPEC, factory=FACTORY)
    again = robaudit.load(tmp_path / "again.ckpt", options)
    np.testing.assert_allclose(again.predict(x), expected, rtol=1e-4, atol=1e-6)
