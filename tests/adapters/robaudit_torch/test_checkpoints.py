"""Checkpoints: the strangers' cases, whole modules, and advice that fits what a file holds."""

import argparse
import builtins
import importlib
import os
import pickle
import runpy
import sys
import types
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

import robaudit
from robaudit import Images, OpenOptions, SearchPlan
from robaudit.errors import NotAuditableError, UsageError
from tests.support.checkpoints import FACTORY, optimizer_state, prefixed, weights
from tests.support.digit_inputs import DIGITS_SHAPE, SPEC
from tests.support.networks import small

TRUSTED = OpenOptions(spec=SPEC, trust=True)
WITH_FACTORY = OpenOptions(spec=SPEC, factory=FACTORY)

NET = """
from torch import nn

class Net(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.first, self.last = nn.Linear(64, width), nn.Linear(width, 10)
        self.register_buffer("seen", __import__("torch").zeros(1), persistent=False)

    def forward(self, x):
        return self.last(self.first(x.flatten(1)).relu())

def make():
    return Net(5)
"""


@pytest.mark.parametrize(
    ("case", "name", "factory", "trust"),
    [
        ("10-prefixes", "orig.pth", True, False),
        ("10-prefixes", "light.ckpt", True, False),
        ("20-module-in-dict", "dictmodel.pt", False, True),
        ("20-module-in-dict", "dictmodel.pt", True, False),
    ],
)
def test_cases_by_strangers_reach_their_accuracy(
    shared: Path, case: str, name: str, factory: bool, trust: bool
) -> None:
    folder = shared / "cases" / case
    if not folder.is_dir():
        pytest.skip(f"no cases at {folder}")
    made = f"{shared / 'cases/10-prefixes/fac.py'}:net" if factory else None
    images = robaudit.read_images(folder / "m.npz")
    classifier = robaudit.load(
        folder / name, OpenOptions(image_shape=images.image_shape, factory=made, trust=trust)
    )
    assert accuracy(classifier, images) == pytest.approx(0.922, abs=6e-4)


def accuracy(classifier: Any, images: Images) -> float:
    audit = robaudit.scan(classifier, images, plan=SearchPlan(10, 2, steps=3))
    assert audit.clean.overall.value is not None
    return audit.clean.overall.value


@pytest.fixture
def net(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A network whose class lies in a file of the current folder, and is imported no more."""
    (tmp_path / "zoo_of_nets.py").write_text(NET)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    torch.manual_seed(0)
    yield importlib.import_module("zoo_of_nets").make()
    sys.modules.pop("zoo_of_nets", None)


def forget(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "zoo_of_nets")
    monkeypatch.setattr(sys, "path", [path for path in sys.path if path != str(Path.cwd())])


@pytest.mark.parametrize("nest", [(), ("model",), ("checkpoint", "net")])
def test_a_whole_module_is_opened_with_consent_or_by_its_weights(
    net: Any, nest: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, x: np.ndarray
) -> None:
    held: Any = net
    for key in reversed(nest):
        held = {key: held, "epoch": 3}
    torch.save(held, "model.pt")
    expected = robaudit.load(net, spec=SPEC).predict(x)
    forget(monkeypatch)
    with pytest.raises(UsageError, match=r"whole module, zoo_of_nets.Net.*trust=True.*state_dict"):
        robaudit.load("model.pt", DIGITS_SHAPE)
    assert "zoo_of_nets" not in sys.modules
    by_weights = OpenOptions(spec=SPEC, factory="zoo_of_nets.py:make")
    whole, filled = robaudit.load("model.pt", TRUSTED), robaudit.load("model.pt", by_weights)
    for classifier in (whole, filled):
        np.testing.assert_allclose(classifier.predict(x), expected, rtol=1e-6)
    assert whole.save is not None
    whole.save(Path("again.pt"))
    again = robaudit.load("again.pt", TRUSTED)
    np.testing.assert_array_equal(again.predict(x), expected)


@pytest.mark.parametrize("new", [True, False])
def test_the_module_is_taken_out_of_what_trained_it(
    net: Any, monkeypatch: pytest.MonkeyPatch, x: np.ndarray, new: bool
) -> None:
    """As fastai exports it: a pickled Learner, by torch.save, called export.pkl."""
    trainer = types.ModuleType("some_trainer")
    exec("class Learner:\n    pass", trainer.__dict__)
    monkeypatch.setitem(sys.modules, "some_trainer", trainer)
    learner = trainer.__dict__["Learner"]()
    learner.model, learner.loss_func, learner.dls = net, nn.CrossEntropyLoss(), None
    torch.save(learner, "export.pkl", _use_new_zipfile_serialization=new)
    expected = robaudit.load(net, spec=SPEC).predict(x)
    whole = robaudit.load("export.pkl", TRUSTED)
    np.testing.assert_allclose(whole.predict(x), expected, rtol=1e-6)
    assert whole.save is not None
    whole.save(Path("again.pt"))
    np.testing.assert_array_equal(robaudit.load("again.pt", TRUSTED).predict(x), expected)
    monkeypatch.delitem(sys.modules, "some_trainer")
    if not new:  # an old file of a whole module is read with consent alone
        return
    by_weights = OpenOptions(spec=SPEC, factory="zoo_of_nets.py:make")
    np.testing.assert_allclose(
        robaudit.load("export.pkl", by_weights).predict(x), expected, rtol=1e-6
    )
    with pytest.raises(UsageError, match=r"whole module, zoo_of_nets.Net.*trust=True"):
        robaudit.load("export.pkl", DIGITS_SHAPE)


def test_a_class_that_is_nowhere_is_named_with_what_to_do(
    net: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    torch.save({"model": net}, "model.pt")
    forget(monkeypatch)
    (tmp_path / "zoo_of_nets.py").unlink()
    with pytest.raises(UsageError, match=r"cannot be imported here.*zoo_of_nets.*`factory=.*state"):
        robaudit.load("model.pt", TRUSTED)


def test_a_class_of_a_script_is_named_with_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, x: np.ndarray
) -> None:
    """Saved by ``python train.py``, the class is said to be that of the main program."""
    main = types.ModuleType("__main__")
    exec(NET, main.__dict__)
    main.__dict__["Net"].__module__ = "__main__"
    with monkeypatch.context() as there:
        there.setitem(sys.modules, "__main__", main)
        net = main.__dict__["make"]()
        torch.save(net, tmp_path / "model.pt")
    with pytest.raises(UsageError, match=r"__main__.*`factory="):
        robaudit.load(tmp_path / "model.pt", TRUSTED)
    (tmp_path / "train.py").write_text(NET)
    options = OpenOptions(spec=SPEC, factory=f"{tmp_path / 'train.py'}:make", trust=True)
    expected = robaudit.load(net, spec=SPEC).predict(x)
    np.testing.assert_allclose(
        robaudit.load(tmp_path / "model.pt", options).predict(x), expected, rtol=1e-6
    )


def test_of_whole_modules_the_average_is_taken(tmp_path: Path, x: np.ndarray) -> None:
    other = small()
    other.load_state_dict(weights(2))
    torch.save({"model": small(), "ema": other}, tmp_path / "model.pt")
    expected = robaudit.load(other, spec=SPEC).predict(x)
    for options in (TRUSTED, WITH_FACTORY):
        classifier = robaudit.load(tmp_path / "model.pt", options)
        np.testing.assert_allclose(classifier.predict(x), expected, rtol=1e-6)
        assert classifier.details["weights"] == "ema (an average over the training), not model"


class Leaving(nn.Module):
    """A module that ends the program when it is read."""

    def __setstate__(self, _state: Any) -> None:
        sys.exit(0)


def test_a_module_that_ends_the_program_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    zoo = types.ModuleType("zoo")
    zoo.__dict__["Leaving"] = Leaving
    monkeypatch.setitem(sys.modules, "zoo", zoo)
    monkeypatch.setattr(Leaving, "__module__", "zoo")
    torch.save(Leaving(), tmp_path / "model.pt")
    with pytest.raises(UsageError, match=r"ends the program \(SystemExit: 0\)"):
        robaudit.load(tmp_path / "model.pt", TRUSTED)


def test_what_trainers_keep_beside_weights_needs_no_consent(tmp_path: Path, x: np.ndarray) -> None:
    """Options, numbers of NumPy's and paths name code, which is not run."""
    torch.save(
        {
            "model": weights(),
            "args": argparse.Namespace(lr=0.1, mean=[0.2], std=[0.5], out=Path("runs/1")),
            "best": np.float64(0.5),
            "curve": np.arange(4),
            "classes": np.array(list("abcdefghij")),
            "optimizer": optimizer_state(),
        },
        tmp_path / "model.pth.tar",
    )
    classifier = robaudit.load(
        tmp_path / "model.pth.tar", OpenOptions(input_shape=(1, 8, 8), factory=FACTORY)
    )
    np.testing.assert_allclose(
        classifier.predict(x), robaudit.load(small(), spec=SPEC).predict(x), rtol=1e-6
    )
    assert classifier.declares is not None
    assert (classifier.declares.mean, classifier.declares.std) == ((0.2,), (0.5,))
    assert classifier.declares.source == "model.pth.tar (args)"
    assert classifier.spec.class_names == tuple("abcdefghij")


def test_arrays_of_numpys_are_weights_too(tmp_path: Path, x: np.ndarray) -> None:
    arrays = {name: tensor.numpy() for name, tensor in weights().items()}
    arrays["0.weight"] = np.asfortranarray(arrays["0.weight"]).astype(">f4")
    torch.save({"weights": arrays}, tmp_path / "model.pt")
    np.testing.assert_allclose(
        robaudit.load(tmp_path / "model.pt", WITH_FACTORY).predict(x),
        robaudit.load(small(), spec=SPEC).predict(x),
        rtol=1e-6,
    )


class Calls:
    """Pickled, a call of some function."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self.function, self.arguments = function, arguments

    def __reduce__(self) -> Any:
        return self.function, self.arguments


@pytest.mark.parametrize("options", [WITH_FACTORY, DIGITS_SHAPE])
@pytest.mark.parametrize("function", [builtins.exec, builtins.eval, os.system, runpy.run_path])
def test_code_beside_weights_is_refused_and_not_run(
    tmp_path: Path, function: Any, options: OpenOptions
) -> None:
    trap = Calls(function, f"__import__('os').mkdir('{tmp_path}/trace')")
    torch.save({"state_dict": weights(), "config": trap}, tmp_path / "model.pt")
    with pytest.raises(UsageError, match=f"{function.__name__}.*trust=True"):
        robaudit.load(tmp_path / "model.pt", options)
    assert not (tmp_path / "trace").exists()


def test_classes_that_are_not_here_do_not_hide_weights(
    net: Any, monkeypatch: pytest.MonkeyPatch, x: np.ndarray
) -> None:
    torch.save({"state_dict": prefixed("model.", weights()), "callback": net}, "model.ckpt")
    forget(monkeypatch)
    classifier = robaudit.load("model.ckpt", WITH_FACTORY)
    np.testing.assert_allclose(
        classifier.predict(x), robaudit.load(small(), spec=SPEC).predict(x), rtol=1e-6
    )
    assert "zoo_of_nets" not in sys.modules


@pytest.mark.parametrize(
    ("held", "words"),
    [
        (optimizer_state(), "the state of an optimizer, and no network"),
        ({"epoch": 3, "loss": 0.5}, r"a dict without weights \(epoch, loss\)"),
        ([1, 2], "holds a list"),
    ],
)
def test_files_without_weights_are_named_for_what_they_hold(
    tmp_path: Path, held: Any, words: str
) -> None:
    torch.save(held, tmp_path / "model.pt")
    with pytest.raises(NotAuditableError, match=words):
        robaudit.load(tmp_path / "model.pt", WITH_FACTORY)


def test_weights_without_a_network_ask_for_one(tmp_path: Path) -> None:
    torch.save({"state_dict": weights(), "best": np.float64(1)}, tmp_path / "model.pt")
    with pytest.raises(UsageError, match=r"no network \(0.weight \(6, 1, 3, 3\).*`factory="):
        robaudit.load(tmp_path / "model.pt", DIGITS_SHAPE)


def test_a_plain_pickle_is_opened_with_consent(tmp_path: Path, x: np.ndarray) -> None:
    path = tmp_path / "model.pt"
    path.write_bytes(pickle.dumps(small()))
    with pytest.raises(UsageError, match="trust=True"):
        robaudit.load(path, DIGITS_SHAPE)
    np.testing.assert_allclose(
        robaudit.load(path, TRUSTED).predict(x),
        robaudit.load(small(), spec=SPEC).predict(x),
        rtol=1e-6,
    )
