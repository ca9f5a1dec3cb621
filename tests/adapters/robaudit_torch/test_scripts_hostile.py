"""TorchScript of strangers: whatever it would do, it is refused, and nothing comes of it."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
import torch

import robaudit
from robaudit import OpenOptions
from robaudit.errors import RobauditError, UsageError
from robaudit_torch import scripts
from tests.support import hostile_scripts
from tests.support.digit_inputs import DIGITS_SHAPE
from tests.support.hostile_scripts import SILENT, WHEN_READ, WHEN_RUN

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
Writer = Callable[[Path, Path], None]
NAMES = {value: name for name, value in vars(hostile_scripts).items() if callable(value)}


@pytest.fixture
def canary(tmp_path: Path) -> Path:
    return tmp_path / "canary"


@pytest.mark.parametrize("write", [*WHEN_RUN, *WHEN_READ, *SILENT], ids=NAMES.get)
def test_it_is_refused_and_leaves_no_trace(tmp_path: Path, canary: Path, write: Writer) -> None:
    path = tmp_path / "model.pt"
    write(path, canary)
    with pytest.raises(UsageError, match="trust=True"):
        robaudit.load(path, DIGITS_SHAPE)
    assert [entry.name for entry in tmp_path.iterdir()] == ["model.pt"]


@pytest.mark.parametrize("write", [*WHEN_RUN, *WHEN_READ], ids=NAMES.get)
def test_the_files_are_as_dangerous_as_they_look(
    tmp_path: Path, canary: Path, write: Writer
) -> None:
    """Or refusing them would show nothing: torch's own reader makes the canary."""
    path = tmp_path / "model.pt"
    write(path, canary)
    module = torch.jit.load(path)
    assert canary.exists() == (write in WHEN_READ)
    module(torch.zeros(2, 1, 8, 8))
    assert canary.exists()


def test_the_refusal_names_what_is_used(tmp_path: Path, canary: Path) -> None:
    hostile_scripts.bracket(tmp_path / "model.pt", canary)
    with pytest.raises(UsageError, match="uses aten::save: opening it could do more"):
        robaudit.load(tmp_path / "model.pt", DIGITS_SHAPE)


@pytest.mark.parametrize("write", WHEN_READ, ids=NAMES.get)
def test_what_runs_while_it_is_read_finds_nothing_to_open(
    tmp_path: Path, canary: Path, write: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The look at the text may miss something: then it runs in the child, which can open nothing.

    What is opened here is a copy, where defaults and constants are values.
    """
    monkeypatch.setattr(scripts, "_check_text", lambda _: None)
    write(tmp_path / "model.pt", canary)
    with suppress(UsageError):
        robaudit.load(tmp_path / "model.pt", DIGITS_SHAPE)
    assert not canary.exists()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("layer = self", "layer =\f self"),
        ("layer = self", "\r    layer = self"),
        ("layer = self", "läyer = 1\n    layer = self"),
    ],
)
def test_text_that_readers_may_differ_in(
    tmp_path: Path, old: str, new: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """torch writes plain letters: to Python others may be spaces, or ends of lines."""
    looked: list[bytes] = []
    monkeypatch.setattr(scripts, "_looked_at", looked.append)
    hostile_scripts.edited(tmp_path / "model.pt", old, new)
    with pytest.raises(UsageError, match="text that"):
        robaudit.load(tmp_path / "model.pt", DIGITS_SHAPE)
    assert not looked


@pytest.mark.parametrize("look", [True, False])
def test_a_name_that_is_code_once_it_is_written_down(
    tmp_path: Path, canary: Path, look: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """torch writes names as they are; hardening would write and read such a file again."""
    path = tmp_path / "model.pt"
    hostile_scripts.attribute(path, canary)
    torch.jit.save(torch.jit.load(path), str(tmp_path / "again.pt"))
    assert not canary.exists()
    with pytest.raises(IndexError):
        torch.jit.load(tmp_path / "again.pt")
    assert canary.exists()
    canary.unlink()
    if not look:
        monkeypatch.setattr(scripts, "_check_text", lambda _: None)
    with pytest.raises(RobauditError):
        robaudit.load(path, DIGITS_SHAPE)
    assert not canary.exists()


@pytest.mark.parametrize(
    "line",
    ['print("\\033[2J SPOKEN")', 'torch.warn("\\033[2J SPOKEN")', 'print("SPOKEN", x)'],
)
def test_what_a_program_tells_the_terminal_is_left_out(
    tmp_path: Path, line: str, capfd: pytest.CaptureFixture[str], recwarn: pytest.WarningsRecorder
) -> None:
    path = tmp_path / "model.pt"
    hostile_scripts.saying(line)(path, tmp_path)
    torch.jit.load(path)(torch.zeros(2, 1, 8, 8))
    spoken = capfd.readouterr()
    assert "SPOKEN" in spoken.out + spoken.err + "".join(str(one.message) for one in recwarn)
    recwarn.clear()
    classifier = robaudit.load(path, DIGITS_SHAPE)
    classifier.predict(torch.zeros(2, 1, 8, 8).numpy())
    heard = capfd.readouterr()
    assert heard.out + heard.err + "".join(str(one.message) for one in recwarn) == ""


def test_what_takes_too_long_to_look_at_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scripts, "_SECONDS", 0)
    hostile_scripts.write(
        tmp_path / "model.pt", list(hostile_scripts.members_of(hostile_scripts.Plain()).items())
    )
    with pytest.raises(UsageError, match="more than 0 seconds"):
        robaudit.load(tmp_path / "model.pt", DIGITS_SHAPE)


def test_with_trust_it_is_opened_as_it_is(tmp_path: Path, canary: Path) -> None:
    hostile_scripts.bracket(tmp_path / "model.pt", canary)
    options = OpenOptions(image_shape=(8, 8, 1), trust=True)
    robaudit.load(tmp_path / "model.pt", options).predict(torch.zeros(2, 1, 8, 8).numpy())
    assert canary.exists()
