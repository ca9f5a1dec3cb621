"""Archives as all readers see them: one member a name, and no more than they seem to hold."""

import warnings
import zipfile
from pathlib import Path

import pytest

from robaudit_torch.archives import DangerError, read_members, written


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
