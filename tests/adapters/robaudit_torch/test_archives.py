"""Archives as all readers see them: one member a name, and no more than they seem to hold."""

import warnings
import zipfile
from pathlib import Path
from typing import Any

import pytest
import torch

import robaudit
from robaudit import OpenOptions
from robaudit.errors import NotAuditableError, UsageError
from robaudit_torch.archives import DangerError, read_members, written
from tests.support.checkpoints import FACTORY, weights


def test_members_come_back_as_they_were() -> None:
    members = {"a/b.py": b"text", "a/data/0": bytes(100)}
    assert read_members(written(members)) == members


@pytest.mark.parametrize("second", ["a/b.py", "a/B.py", "A/b.PY"])
def test_a_name_that_is_there_twice(tmp_path: Path, second: str) -> None:
    with warnings.catch_warnings(), zipfile.ZipFile(tmp_path / "model.pt", "w") as archive:
        warnings.simplefilter("ignore")
        archive.writestr("a/b.py", "one")
        archive.writestr(second, "two")
    with pytest.raises(DangerError, match="twice"):
        read_members(tmp_path / "model.pt")


def test_what_unpacks_to_far_more(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "model.pt", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a/data/0", bytes(2**26 + 2**24))
    assert (tmp_path / "model.pt").stat().st_size < 2**20
    with pytest.raises(DangerError, match="unpacks to"):
        read_members(tmp_path / "model.pt")


def test_checkpoints_are_held_to_the_same(tmp_path: Path) -> None:
    torch.save(weights(), tmp_path / "model.pth")
    with zipfile.ZipFile(tmp_path / "model.pth", "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("model/more", bytes(2**27))
    with pytest.raises(NotAuditableError, match=r"unpacks to \d+ bytes, and is .* 10 times"):
        robaudit.load(tmp_path / "model.pth", OpenOptions(factory=FACTORY))
    torch.save(weights(), tmp_path / "model.pth")
    with (
        warnings.catch_warnings(),
        zipfile.ZipFile(tmp_path / "model.pth", "a") as archive,
    ):
        warnings.simplefilter("ignore")
        archive.writestr("model/data.pkl", b"")
    with pytest.raises(NotAuditableError, match=r"holds 'model/data\.pkl' twice"):
        robaudit.load(tmp_path / "model.pth", OpenOptions(factory=FACTORY))


def safetensors_of(path: Path, head: str, content: bytes = b"", length: int | None = None) -> Path:
    text = head.encode()
    size = len(text) if length is None else length
    path.write_bytes(size.to_bytes(8, "little") + text + content)
    return path


@pytest.mark.parametrize(
    ("head", "length"),
    [
        ('{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}', 2**62),
        ('{"a":{"dtype":"F32","shape":[1099511627776],"data_offsets":[0,16]}}', None),
        ('{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,1099511627776]}}', None),
        ('{"a":{"dtype":"F32","shape":[4],"data_offsets":[8,24]}}', None),
        (
            '{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]},'
            '"b":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}',
            None,
        ),
        ('{"a":' * 100_000, None),
    ],
)
def test_safetensors_that_are_not_what_they_say(
    head: str, length: int | None, tmp_path: Path
) -> None:
    path = safetensors_of(tmp_path / "model.safetensors", head, bytes(16), length)
    with pytest.raises(NotAuditableError, match="damaged"):
        robaudit.load(path, OpenOptions(factory=FACTORY))


class Room:
    """Is pickled as a call that makes room for a terabyte."""

    def __reduce__(self) -> Any:
        return bytearray, (2**40,)


@pytest.mark.parametrize("zipped", [True, False])
def test_room_is_not_made_because_a_file_says_so(zipped: bool, tmp_path: Path) -> None:
    path = tmp_path / "model.pth"
    held = {"state_dict": weights(), "more": Room()}
    torch.save(held, path, _use_new_zipfile_serialization=zipped)
    with pytest.raises(UsageError, match=r"runs the code that it names \(builtins\.bytearray\)"):
        robaudit.load(path, OpenOptions(factory=FACTORY))


def test_the_same_list_in_lists_is_looked_at_once(tmp_path: Path) -> None:
    """By itself each level is ten times the one below."""
    held: list[object] = [1]
    for _ in range(30):
        held = [held] * 10
    torch.save({"state_dict": weights(), "more": held}, tmp_path / "model.pth")
    with pytest.raises(UsageError, match="weights and no network"):
        robaudit.load(tmp_path / "model.pth")
    wide: list[object] = [1]
    for _ in range(4):
        wide = [wide] * 1000
    torch.save({"state_dict": weights(), "more": wide}, tmp_path / "model.pth")
    with pytest.raises(NotAuditableError, match="things, one in another"):
        robaudit.load(tmp_path / "model.pth")
