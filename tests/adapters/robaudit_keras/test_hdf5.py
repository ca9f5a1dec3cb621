"""Files that take something from elsewhere are found out, wherever in them that is."""

from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest

from robaudit import load
from robaudit.errors import NotAuditableError
from robaudit_keras.hdf5 import find_elsewhere, names_in
from tests.support.keras_2_files import linear_file


def soft(file: h5py.File) -> None:
    file["optimizer_weights/inner/bias"] = h5py.SoftLink("/model_weights/dense/dense/bias:0")


def link(file: h5py.File) -> None:
    file["optimizer_weights/bias"] = h5py.ExternalLink("/etc/other.h5", "secret")


def data(file: h5py.File) -> None:
    outside = [("secret.bin", 0, h5py.h5f.UNLIMITED)]
    file.create_dataset("model_weights/more", (2, 1), np.float32, external=outside)


def virtual(file: h5py.File) -> None:
    layout = h5py.VirtualLayout((4,), np.float32)
    layout[:] = h5py.VirtualSource("other.h5", "secret", shape=(4,))
    file.create_virtual_dataset("model_weights/seen", layout)


@pytest.mark.parametrize("take", [soft, link, data, virtual])
def test_what_lies_elsewhere_is_refused_though_nothing_uses_it(
    take: Callable[[h5py.File], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("secret.bin").write_bytes(bytes(8))
    path = linear_file(tmp_path / "model.h5")
    load(path)
    with h5py.File(path, "r+") as file:
        take(file)
        assert find_elsewhere(file)
    with pytest.raises(NotAuditableError, match="from another place, or file"):
        load(path)


def test_groups_that_hold_one_another_end(tmp_path: Path) -> None:
    path = linear_file(tmp_path / "model.h5")
    with h5py.File(path, "r+") as file:
        file["model_weights/dense/up"] = file["model_weights"]
        assert find_elsewhere(file) is None


def test_long_lists_of_names_are_spread_over_attributes(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "long.h5", "w") as file:
        file.attrs["names0"], file.attrs["names1"] = [b"a", b"b"], [b"c"]
        assert names_in(file, "names") == ["a", "b", "c"]
        assert names_in(file, "others") == []
