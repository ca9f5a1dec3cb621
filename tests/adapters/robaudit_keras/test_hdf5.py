"""Files that take something from elsewhere are found out, wherever in them that is."""

import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest

from robaudit import load
from robaudit.errors import NotAuditableError
from robaudit_keras.hdf5 import find_elsewhere, names_in
from tests.support.keras_2_files import linear_file
from tests.support.keras_files import save
from tests.support.keras_networks import small


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


def reference(file: h5py.File) -> None:
    file["model_weights"].attrs["more"] = file["model_weights/dense"].ref


def inner_reference(file: h5py.File) -> None:
    """Refer to a part of an array, from a field of a list of records without a fixed length."""
    region = np.dtype([("number", np.int32), ("part", h5py.regionref_dtype)])
    file.create_dataset("optimizer_weights/inner/parts", (2,), dtype=h5py.vlen_dtype(region))


@pytest.mark.parametrize("take", [soft, link, data, virtual, reference, inner_reference])
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


def in_archive(path: Path, change: Callable[[h5py.File], None], name: str, before: int) -> Path:
    """Write a model as Keras does, and beside or in the place of its weights others."""
    save(small(), path)
    with h5py.File(path.with_suffix(".h5"), "w", userblock_size=before) as file:
        file["_layer/vars/0"] = np.zeros(3, np.float32)
        change(file)
    with zipfile.ZipFile(path) as archive:
        members = {each: archive.read(each) for each in archive.namelist()}
    members[name] = path.with_suffix(".h5").read_bytes()
    with zipfile.ZipFile(path, "w") as archive:
        for each, content in members.items():
            archive.writestr(each, content)
    return path


@pytest.mark.parametrize("name", ["model.weights.h5", "assets/layer/more.H5", "assets/table"])
def test_what_lies_elsewhere_is_found_in_archives_too(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for change in (deeply_soft, deeply_virtual):
        with pytest.raises(NotAuditableError, match="from another place, or file"):
            load(in_archive(tmp_path / "model.keras", change, name, 0))


def deeply_soft(file: h5py.File) -> None:
    file["a/b/c/d/vars"] = h5py.SoftLink("/_layer")


def deeply_virtual(file: h5py.File) -> None:
    layout = h5py.VirtualLayout((4,), np.float32)
    layout[:] = h5py.VirtualSource("other.h5", "secret", shape=(4,))
    file.create_virtual_dataset("a/b/c/vars/0", layout)


def test_what_stands_before_the_weights_does_not_hide_them(tmp_path: Path) -> None:
    path = in_archive(tmp_path / "model.keras", deeply_soft, "model.weights.h5", 512)
    with pytest.raises(NotAuditableError, match="from another place, or file"):
        load(path)


def zeros(file: h5py.File) -> None:
    """Declare a terabyte of zeros, of which nothing is stored."""
    file.create_dataset("more/vars/0", (2**20, 2**18), np.float32, chunks=(1024, 1024))


def packed(file: h5py.File) -> None:
    data = np.zeros((2**10, 2**15), np.float32)
    file.create_dataset("more/vars/0", data=data, compression="gzip")


def chunk(file: h5py.File) -> None:
    """Store a few numbers in a chunk of a gigabyte."""
    file.create_dataset("more/vars/0", (4,), np.float32, chunks=(2**28,), maxshape=(None,))


def wide(file: h5py.File) -> None:
    file.create_dataset("more/vars/0", (4,), "V268435456")


def texts(file: h5py.File) -> None:
    """Declare more texts than a file of its size can have, each of any length."""
    file.create_dataset("more/vars/0", (2**24,), h5py.string_dtype())


@pytest.mark.parametrize("declare", [zeros, packed, chunk, wide, texts])
@pytest.mark.parametrize("name", ["model.h5", "model.keras"])
def test_arrays_that_are_far_more_than_their_file(
    name: str, declare: Callable[[h5py.File], None], tmp_path: Path
) -> None:
    path = tmp_path / name
    if name.endswith(".h5"):
        linear_file(path)
        with h5py.File(path, "r+") as file:
            declare(file)
    else:
        in_archive(path, declare, "model.weights.h5", 0)
    with pytest.raises(NotAuditableError, match=r"unpacks to \d+ bytes.*: at most 10 times"):
        load(path)


def test_archives_that_are_more_than_they_may_be(tmp_path: Path) -> None:
    path = save(small(), tmp_path / "model.keras")
    with warnings.catch_warnings(), zipfile.ZipFile(path, "a") as archive:
        warnings.simplefilter("ignore")
        archive.writestr("config.json", "{}")
    with pytest.raises(NotAuditableError, match=r"holds 'config\.json' twice"):
        load(path)
    save(small(), path)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("assets/more", bytes(2**27))
    with pytest.raises(NotAuditableError, match=r"unpacks to \d+ bytes"):
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
