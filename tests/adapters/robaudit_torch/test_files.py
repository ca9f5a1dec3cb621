"""Files of PyTorch's: every format, factories, damage, and pickles and scripts that run code."""

import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

import robaudit
from robaudit import OpenOptions, SearchPlan
from robaudit.errors import NotAuditableError, UsageError
from robaudit.types import Declaration
from tests.support.digit_inputs import DIGITS_SHAPE
from tests.support.files import first, read_shared_images
from tests.support.networks import small
from tests.support.paths import ROOT
from tests.support.torch_files import export, script
from tests.support.traps import Trap

random = np.random.default_rng(0)
NETWORKS = str(ROOT / "tests/support/networks.py")


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


def test_an_archive_with_a_damaged_directory_is_damaged(tmp_path: Path) -> None:
    path = tmp_path / "model.pt"
    state_dict(path)
    content = path.read_bytes()
    path.write_bytes(content.replace(b"PK\x01\x02", b"PK\x01\x03"))
    with pytest.raises(NotAuditableError, match="is damaged, or no PyTorch model"):
        robaudit.load(path)


def pickled_module(path: Path, trace: Path) -> None:
    torch.save({"weights": Trap(trace)}, path)


def bare_pickle(path: Path, trace: Path) -> None:
    path.write_bytes(pickle.dumps(Trap(trace)))


@pytest.mark.parametrize(
    ("name", "write"), [("model.pt", pickled_module), ("model.pth", bare_pickle)]
)
def test_code_in_a_file_is_refused_and_not_run(
    tmp_path: Path, name: str, write: Callable[[Path, Path], None]
) -> None:
    path, trace = tmp_path / name, tmp_path / "trace"
    write(path, trace)
    with pytest.raises(UsageError, match="trust=True"):
        robaudit.load(path)
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
    with pytest.raises(UsageError, match="trust=True"):
        robaudit.load("model.pt", DIGITS_SHAPE)
    assert [path.name for path in tmp_path.iterdir()] == ["model.pt"]


def test_a_whole_module_is_opened_with_consent(tmp_path: Path) -> None:
    whole_module(tmp_path / "model.pt")
    with pytest.raises(UsageError, match="trust=True"):
        robaudit.load(tmp_path / "model.pt", DIGITS_SHAPE)
    opened = robaudit.load(tmp_path / "model.pt", OpenOptions(image_shape=(8, 8, 1), trust=True))
    assert opened.spec.classes == 10


@pytest.mark.parametrize(
    ("factory", "words"),
    [
        (None, "`factory="),
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


@pytest.mark.parametrize("name", ["model.pth.tar", "pytorch_model.bin", "best.tar", "model.CKPT"])
def test_weights_are_known_by_other_names_too(tmp_path: Path, name: str) -> None:
    state_dict(tmp_path / name)
    options = OpenOptions(image_shape=(8, 8, 1), factory=f"{NETWORKS}:small")
    assert robaudit.load(str(tmp_path / name), options).spec.classes == 10


@pytest.mark.parametrize("name", ["model.bin", "model.tar"])
def test_other_files_of_these_names_are_not_taken_for_weights(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"something else")
    with pytest.raises(NotAuditableError, match="no adapter"):
        robaudit.load(tmp_path / name)


@pytest.mark.parametrize(("write", "name"), [(safe_tensors, "m.pt"), (state_dict, "m.safetensors")])
def test_the_content_of_a_file_says_what_it_is(
    tmp_path: Path, write: Callable[[Path], None], name: str
) -> None:
    write(tmp_path / name)
    options = OpenOptions(image_shape=(8, 8, 1), factory=f"{NETWORKS}:small")
    assert robaudit.load(tmp_path / name, options).spec.classes == 10


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("name", ["model.pt", "model.pt2"])
def test_notes_beside_a_program_are_read(tmp_path: Path, name: str) -> None:
    notes = {"classes.txt": "\n".join("abcdefghij"), "preprocess.json": '{"mean": 0.1, "std": 0.3}'}
    module, path = small().eval(), tmp_path / name
    if name == "model.pt":
        torch.jit.save(torch.jit.script(module), str(path), _extra_files=notes)
    else:
        program = torch.export.export(module, (torch.zeros(2, 1, 8, 8),))
        torch.export.save(program, path, extra_files=notes)
    classifier = robaudit.load(path, OpenOptions(image_shape=(8, 8, 1)))
    assert classifier.spec.class_names == tuple("abcdefghij")
    assert classifier.declares == Declaration(f"{name} (preprocess)", (0.1,), (0.3,))


class Named(torch.nn.Module):
    """A network that TorchScript keeps the names of its classes with."""

    class_names: list[str]

    def __init__(self) -> None:
        super().__init__()
        self.layers, self.class_names = small(), list("abcdefghij")

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.layers(x)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_names_in_a_script_are_read(tmp_path: Path) -> None:
    torch.jit.save(torch.jit.script(Named().eval()), str(tmp_path / "model.pt"))
    classifier = robaudit.load(tmp_path / "model.pt", OpenOptions(image_shape=(8, 8, 1)))
    assert classifier.spec.class_names == tuple("abcdefghij")


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


_LOOK = """
import sys
import numpy as np
import robaudit
classifier = robaudit.load(sys.argv[1], robaudit.OpenOptions(input_shape=(1, 8, 8), trust=True))
classifier.vjp(np.ones((2, 1, 8, 8), dtype=np.float32), np.ones((2, 10), dtype=np.float32))
"""


@pytest.mark.filterwarnings("ignore")
def test_quantised_scripts_say_nothing_of_torchs_past(tmp_path: Path) -> None:
    network = nn.Sequential(nn.Flatten(), nn.Linear(64, 10))
    quantised = torch.ao.quantization.quantize_dynamic(network, {nn.Linear})
    torch.jit.save(torch.jit.script(quantised), str(tmp_path / "model.pt"))
    done = subprocess.run(
        [sys.executable, "-c", _LOOK, str(tmp_path / "model.pt")],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
