"""Files of PyTorch's: every format, damage, and what would run code."""

import io
import json
import os
import pickle
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import robaudit
from robaudit import Classifier, Images, OpenOptions, SearchPlan, TrainPlan
from robaudit.errors import NotAuditableError, UsageError
from tests.support.files import first, read_shared_images
from tests.support.networks import small
from tests.support.paths import ROOT

random = np.random.default_rng(0)
DIGITS_SHAPE = OpenOptions(image_shape=(8, 8, 1))
NETWORKS = str(ROOT / "tests/support/networks.py")


def export(path: Path, *, dynamic: bool = True, batch: int = 2) -> None:
    sizes = ({0: torch.export.Dim("batch")},) if dynamic else None
    x = torch.zeros(batch, 1, 8, 8)
    torch.export.save(torch.export.export(small().eval(), (x,), dynamic_shapes=sizes), path)


def script(path: Path) -> None:
    torch.jit.save(torch.jit.script(small().eval()), str(path))


def state_dict(path: Path) -> None:
    torch.save(small().state_dict(), path)


def checkpoint(path: Path) -> None:
    weights = {f"module.{name}": tensor for name, tensor in small().state_dict().items()}
    torch.save({"epoch": 3, "state_dict": weights}, path)


def old_state_dict(path: Path) -> None:
    torch.save(small().state_dict(), path, _use_new_zipfile_serialization=False)


def safe_tensors(path: Path) -> None:
    save_file = pytest.importorskip("safetensors.torch").save_file
    save_file(small().state_dict(), path)


def whole_module(path: Path) -> None:
    torch.save(small(), path)


FORMATS: list[tuple[str, Callable[[Path], None], bool]] = [
    ("model.pt2", export, False),
    ("model.pt", script, False),
    ("model.pt", state_dict, True),
    ("model.pth", checkpoint, True),
    ("model.ckpt", old_state_dict, True),
    ("model.safetensors", safe_tensors, True),
]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize(("name", "write", "weights"), FORMATS)
def test_every_format_gives_the_same_classifier(
    tmp_path: Path, name: str, write: Callable[[Path], None], weights: bool
) -> None:
    path = tmp_path / name
    write(path)
    factory = f"{NETWORKS}:small(width=6)" if weights else None
    classifier = robaudit.load(path, OpenOptions(image_shape=(8, 8, 1), factory=factory))
    live = robaudit.load(small(), DIGITS_SHAPE)
    assert classifier.spec == live.spec
    assert classifier.capabilities == live.capabilities
    x = random.random((9, 1, 8, 8)).astype(np.float32)
    np.testing.assert_allclose(classifier.predict(x), live.predict(x), rtol=1e-5, atol=1e-6)
    cotangent = random.normal(0, 1, (9, 10)).astype(np.float32)
    assert classifier.vjp is not None
    assert live.vjp is not None
    np.testing.assert_allclose(
        classifier.vjp(x, cotangent), live.vjp(x, cotangent), rtol=1e-4, atol=1e-6
    )


def test_a_pickled_module_is_saved_as_one(tmp_path: Path) -> None:
    torch.save(small(), tmp_path / "whole.pt")
    options = replace(DIGITS_SHAPE, trust=True)
    classifier = robaudit.load(tmp_path / "whole.pt", options)
    assert classifier.save is not None
    classifier.save(tmp_path / "again.pt")
    again = robaudit.load(tmp_path / "again.pt", options)
    x = random.random((5, 1, 8, 8)).astype(np.float32)
    np.testing.assert_array_equal(again.predict(x), classifier.predict(x))
    with pytest.raises(UsageError, match="holds more than weights"):
        robaudit.load(tmp_path / "again.pt", DIGITS_SHAPE)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize(("name", "write"), [("model.pt2", export), ("model.pt", script)])
def test_whole_models_are_trained_and_saved_as_what_they_are(
    tmp_path: Path, name: str, write: Callable[[Path], None], digits: Images
) -> None:
    write(tmp_path / name)
    classifier = robaudit.load(tmp_path / name, DIGITS_SHAPE)
    assert digits.labels is not None
    x, y = digits.unit_pixels(slice(0, 300)).transpose(0, 3, 1, 2), digits.labels[:300]
    before = classifier.predict(x)
    assert classifier.train is not None
    after = classifier.train(x, y, TrainPlan(epochs=8, learning_rate=0.01))
    np.testing.assert_array_equal(classifier.predict(x), before)
    assert (after.predict(x).argmax(axis=1) == y).mean() > 0.9
    assert after.save is not None
    after.save(tmp_path / f"after_{name}")
    again = robaudit.load(tmp_path / f"after_{name}", DIGITS_SHAPE)
    np.testing.assert_allclose(again.predict(x), after.predict(x), rtol=1e-5, atol=1e-6)


def test_an_exported_program_says_what_it_takes(tmp_path: Path) -> None:
    export(tmp_path / "model.pt2")
    assert robaudit.load(tmp_path / "model.pt2").spec.shape == (1, 8, 8)
    with pytest.raises(UsageError, match="--input-shape"):
        robaudit.load(tmp_path / "model.pt2", OpenOptions(input_shape=(3, 8, 8)))


@pytest.mark.parametrize("batch", [1, 4])
def test_an_exported_program_with_a_fixed_batch_is_filled_up(tmp_path: Path, batch: int) -> None:
    export(tmp_path / "model.pt2", dynamic=False, batch=batch)
    classifier = robaudit.load(tmp_path / "model.pt2")
    x = random.random((7, 1, 8, 8)).astype(np.float32)
    expected = robaudit.load(small(), DIGITS_SHAPE).predict(x)
    np.testing.assert_allclose(classifier.predict(x), expected, rtol=1e-5, atol=1e-6)


def test_real_weights_reach_their_published_accuracy(shared: Path) -> None:
    for name, data, factory, normalisation, accuracy in (
        ("mnist-convex-adv.pth", "mnist", "mnist_convex", (0.0, 1.0), 0.982),
        ("cifar10-captum-legacy.pt", "cifar10", "Captum", (0.5, 0.5), 0.590),
    ):
        images = first(read_shared_images(shared, data), 1000)
        options = OpenOptions(factory=f"{NETWORKS}:{factory}", image_shape=images.image_shape)
        classifier = robaudit.load(shared / "models" / name, options)
        assert images.labels is not None
        audit = robaudit.scan(classifier, images, plan=SearchPlan(20, 2, steps=3))
        choice = audit.prepared.choice.preprocessing
        assert (choice.mean[0], choice.std[0]) == normalisation
        assert audit.clean.overall.value == pytest.approx(accuracy, abs=5e-4)


# What would run code. Each file leaves a trace when it does.


class Trap:
    """Unpickling this makes a folder."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> Any:
        return os.mkdir, (str(self.trace),)


def edit_program(path: Path, edit: Callable[[str, bytes], bytes], **more: bytes) -> None:
    """Rewrite the members of an exported program, and add some."""
    export(path)
    with zipfile.ZipFile(path) as old:
        members = {name: old.read(name) for name in old.namelist()}
    with zipfile.ZipFile(path, "w") as new:
        for name, content in members.items():
            new.writestr(name, edit(name, content))
        for name, content in more.items():
            new.writestr(f"model/{name}", content)


def pickled_module(path: Path, trace: Path) -> None:
    torch.save({"weights": Trap(trace)}, path)


def bare_pickle(path: Path, trace: Path) -> None:
    path.write_bytes(pickle.dumps(Trap(trace)))


def pickled_samples(path: Path, trace: Path) -> None:
    buffer = io.BytesIO()
    torch.save(((Trap(trace),), {}), buffer)
    edit_program(path, lambda name, old: buffer.getvalue() if "sample_inputs" in name else old)


def pickled_weight(path: Path, trace: Path) -> None:
    buffer = io.BytesIO()
    torch.save(Trap(trace), buffer)

    def edit(name: str, old: bytes) -> bytes:
        if name.endswith("/weight_0"):
            return buffer.getvalue()
        if name.endswith("weights_config.json"):
            return old.replace(b'"use_pickle": false', b'"use_pickle": true')
        return old

    edit_program(path, edit)


def pickled_constant(path: Path, trace: Path) -> None:
    config = {"config": {"c": {"path_name": "opaque_obj_0", "is_param": False, "use_pickle": True}}}

    def edit(name: str, old: bytes) -> bytes:
        return json.dumps(config).encode() if name.endswith("constants_config.json") else old

    edit_program(path, edit, **{"data/constants/opaque_obj_0": pickle.dumps(Trap(trace))})


def in_graph(path: Path, old: str, new: str) -> None:
    def edit(name: str, content: bytes) -> bytes:
        return content.replace(old.encode(), new.encode()) if "/models/" in name else content

    edit_program(path, edit)


def size_that_is_code(path: Path, trace: Path) -> None:
    code = f"__import__('os').mkdir('{trace}')"
    in_graph(path, "Symbol('s", code + " or Symbol('s")


def operator_that_is_any_function(path: Path, _trace: Path) -> None:
    in_graph(path, "torch.ops.aten.relu.default", "torch.os.mkdir")


def name_that_is_code(path: Path, trace: Path) -> None:
    in_graph(path, '"name": "relu"', f'"name": "relu\\nimport os; os.mkdir(\'{trace}\')"')


def guard_that_is_code(path: Path, trace: Path) -> None:
    in_graph(path, '"guards_code": []', f"\"guards_code\": [\"__import__('os').mkdir('{trace}')\"]")


HOSTILE = [
    ("model.pt", pickled_module),
    ("model.pth", bare_pickle),
    ("model.pt2", pickled_samples),
    ("model.pt2", pickled_weight),
    ("model.pt2", pickled_constant),
    ("model.pt2", size_that_is_code),
    ("model.pt2", operator_that_is_any_function),
    ("model.pt2", name_that_is_code),
]


@pytest.mark.parametrize(("name", "write"), HOSTILE)
def test_code_in_a_file_is_refused_and_not_run(
    tmp_path: Path, name: str, write: Callable[[Path, Path], None]
) -> None:
    path, trace = tmp_path / name, tmp_path / "trace"
    write(path, trace)
    with pytest.raises(UsageError, match="--trust-model"):
        robaudit.load(path)
    assert not trace.exists()


def test_guards_are_dropped_and_not_run(tmp_path: Path) -> None:
    path, trace = tmp_path / "model.pt2", tmp_path / "trace"
    guard_that_is_code(path, trace)
    classifier = robaudit.load(path)
    assert classifier.predict(np.zeros((2, 1, 8, 8), dtype=np.float32)).shape == (2, 10)
    assert not trace.exists()


class Writer(torch.nn.Module):
    """A TorchScript program that writes a file."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        torch.save(x, "stolen.pt")
        return x.flatten(1)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_script_that_writes_files_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    torch.jit.save(torch.jit.script(Writer()), "model.pt")
    with pytest.raises(UsageError, match="--trust-model"):
        robaudit.load("model.pt", DIGITS_SHAPE)
    assert [path.name for path in tmp_path.iterdir()] == ["model.pt"]


def test_a_whole_module_is_opened_with_consent(tmp_path: Path) -> None:
    whole_module(tmp_path / "model.pt")
    with pytest.raises(UsageError, match="--trust-model"):
        robaudit.load(tmp_path / "model.pt", DIGITS_SHAPE)
    opened = robaudit.load(tmp_path / "model.pt", OpenOptions(image_shape=(8, 8, 1), trust=True))
    assert opened.spec.classes == 10


@pytest.mark.parametrize(
    ("factory", "words"),
    [
        (None, "--factory"),
        (f"{NETWORKS}:nothing", "nothing"),
        (f"{NETWORKS}:not_a_network", "makes a int"),
        (f"{NETWORKS}:failing", "no network today"),
        (f"{NETWORKS}:small(width=7)", "do not fit"),
        (f"{NETWORKS}:small(width=open('x'))", "arguments"),
        ("no.such.module:small", "no.such"),
        ("small", "package.module:name"),
    ],
)
def test_factories_that_do_not_work(tmp_path: Path, factory: str | None, words: str) -> None:
    state_dict(tmp_path / "model.pt")
    with pytest.raises(UsageError, match=words):
        robaudit.load(tmp_path / "model.pt", OpenOptions(image_shape=(8, 8, 1), factory=factory))


def list_of_numbers(path: Path) -> None:
    torch.save([1, 2, 3], path)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("name", ["model.pt", "model.pt2", "model.safetensors"])
@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"version https://git-lfs.github.com/spec/v1\n", "git lfs pull"),
        (b"hello, I am text and no model", "damaged"),
        (b"PK\x03\x04" + bytes(500), "damaged"),
    ],
)
def test_files_that_are_no_models(tmp_path: Path, name: str, content: bytes, words: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(NotAuditableError, match=words) as caught:
        robaudit.load(path)
    assert str(path) in str(caught.value)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize(("name", "write", "_weights"), FORMATS)
def test_files_cut_short(
    tmp_path: Path, name: str, write: Callable[[Path], None], _weights: bool
) -> None:
    path = tmp_path / name
    write(path)
    path.write_bytes(path.read_bytes()[:-700])
    with pytest.raises(NotAuditableError, match="damaged"):
        robaudit.load(path, DIGITS_SHAPE)


def test_a_file_that_holds_something_else(tmp_path: Path) -> None:
    list_of_numbers(tmp_path / "model.pt")
    with pytest.raises(NotAuditableError, match="holds a list"):
        robaudit.load(tmp_path / "model.pt")
    with pytest.raises(UsageError, match="no model"):
        robaudit.load(tmp_path / "none.pt")


def test_a_factory_on_the_command_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, digits: Images
) -> None:
    from robaudit.cli import main

    classifier: Classifier = robaudit.load(small(), DIGITS_SHAPE)
    assert digits.labels is not None
    x = digits.unit_pixels(slice(None)).transpose(0, 3, 1, 2)
    assert classifier.train is not None
    trained = classifier.train(x, digits.labels, TrainPlan(epochs=5, learning_rate=0.01))
    monkeypatch.chdir(tmp_path)
    assert trained.save is not None
    trained.save(Path("digits.pt"))
    (tmp_path / "zoo.py").write_text("from tests.support.networks import small\n")
    arguments = ["--factory", "zoo:small(6)", "--data", str(ROOT / "examples/digits.npz")]
    small_plan = ["--samples", "10", "--directions", "2", "--steps", "5"]
    assert main(["scan", "digits.pt", *arguments, *small_plan, "-q"]) == 0
    record = json.loads(Path("robaudit-report/audit.json").read_text())
    assert record["model"]["adapter"] == "torch"
    assert record["clean"]["accuracy"]["value"] > 0.9
