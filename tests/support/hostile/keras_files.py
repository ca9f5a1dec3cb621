"""Files of Keras that run code, or reach for other files, when they are opened."""

import json
import shutil
import zipfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from tests.support.hostile.canaries import ESCAPES, Place
from tests.support.hostile.fixture import SCAN, Hostile
from tests.support.hostile.keras_configurations import (
    CHANGES,
    CONSENT,
    UNKNOWN,
    Change,
    Node,
    lambda_layer,
    of_class,
    one_layer,
    written_lambda,
)
from tests.support.hostile.pickles import DATA
from tests.support.keras_2_files import layer, sequential, write_hdf5
from tests.support.keras_files import save
from tests.support.keras_networks import small

NAME = {"keras": "model.keras", "h5": "model.h5"}


_BOTH = {
    "Lambda",
    "function",
    "Lambda in models",
    "function os.system",
    "keras.layers.StringLookup",
}


def in_archive(change: Change, place: Place) -> None:
    """Write a ``.keras`` archive with another configuration."""
    path = save(small(), place.work / NAME["keras"])
    rewrite(path, lambda name, old: _changed(old, change, place) if name == "config.json" else old)


def _changed(old: bytes, change: Change, place: Place) -> bytes:
    config = json.loads(old)
    change(config, place)
    return json.dumps(config).encode()


def rewrite(path: Path, edit: Callable[[str, bytes], bytes], **more: bytes) -> None:
    """Write an archive anew, and more members behind the others."""
    with zipfile.ZipFile(path) as old:
        members = {name: old.read(name) for name in old.namelist()}
    with zipfile.ZipFile(path, "w") as new:
        for name, content in members.items():
            new.writestr(name, edit(name, content))
        for name, content in more.items():
            new.writestr(name, content)


def in_hdf5(change: Change, place: Place) -> None:
    """Write an HDF5 file with another configuration."""
    path = save(small(), place.work / NAME["h5"])
    with h5py.File(path, "r+") as file:
        config = json.loads(file.attrs["model_config"])
        change(config, place)
        file.attrs["model_config"] = json.dumps(config)


def in_old_hdf5(place: Place) -> None:
    """Write a file of Keras 2, whose Lambda layers held code in another way."""
    code = list(written_lambda(place)["config"].values())
    run = layer("Lambda", "run", function=code, function_type="lambda", arguments={})
    flat = layer("Flatten", "flat", batch_input_shape=[None, 8, 8, 1])
    config = sequential("old", flat, run, layer("Dense", "dense", units=10, activation="linear"))
    arrays = {"dense/kernel:0": np.zeros((64, 10), "f"), "dense/bias:0": np.zeros(10, "f")}
    write_hdf5(place.work / NAME["h5"], config, {"flat": {}, "run": {}, "dense": arrays})


def old_operation(place: Place) -> None:
    """Write a file of Keras 2 with a function of TensorFlow that reads files."""
    read = layer("TFOpLambda", "read", function="io.read_file")
    flat = layer("Flatten", "flat", batch_input_shape=[None, 8, 8, 1])
    write_hdf5(place.work / NAME["h5"], sequential("old", flat, read), {"flat": {}})


Take = Callable[[h5py.File, Place], Any]


def link(file: h5py.File, place: Place) -> None:
    with h5py.File(place.secret.with_suffix(".h5"), "w") as other:
        other["kernel"] = np.zeros((16, 10), "f")
    _replace(file, lambda group, name: group.__setitem__(name, _link(place)))


def _link(place: Place) -> h5py.ExternalLink:
    return h5py.ExternalLink(str(place.secret.with_suffix(".h5")), "kernel")


def storage(file: h5py.File, place: Place) -> None:
    outside = [(str(place.secret), 0, h5py.h5f.UNLIMITED)]
    _replace(file, lambda g, name: g.create_dataset(name, (16, 10), "f", external=outside))


def virtual(file: h5py.File, place: Place) -> None:
    link(file, place)
    layout = h5py.VirtualLayout((16, 10), "f")
    layout[:] = h5py.VirtualSource(str(place.secret.with_suffix(".h5")), "kernel", shape=(16, 10))
    _replace(file, lambda group, name: group.create_virtual_dataset(name, layout))


def _replace(file: h5py.File, put: Callable[[h5py.Group, str], Any]) -> None:
    """Put something in the place of the last layer's weights."""
    found: list[str] = []
    file.visititems_links(
        lambda name, _: (
            found.append(name) if getattr(file.get(name), "shape", ()) == (16, 10) else None
        )
    )
    place, _, name = (found[-1] if found else "model_weights/dense_1/dense_1/kernel").rpartition(
        "/"
    )
    if name in file[place]:
        del file[place][name]
    put(file[place], name)


def weights_of_hdf5(take: Take) -> Callable[[Place], None]:
    def make(place: Place) -> None:
        path = save(small(), place.work / NAME["h5"])
        with h5py.File(path, "r+") as file:
            take(file, place)

    return make


def weights_of_archive(take: Take) -> Callable[[Place], None]:
    def make(place: Place) -> None:
        path = save(small(), place.work / NAME["keras"])
        weights = place.work / "weights.h5"
        with zipfile.ZipFile(path) as archive:
            weights.write_bytes(archive.read("model.weights.h5"))
        with h5py.File(weights, "r+") as file:
            take(file, place)
        content = weights.read_bytes()
        weights.unlink()
        rewrite(path, lambda name, old: content if name.endswith(".h5") else old)

    return make


def two_configurations(place: Place) -> None:
    """Write an archive with one configuration to look at, and one to load."""
    in_archive(one_layer(lambda_layer), place)
    path = place.work / NAME["keras"]
    hostile = shutil.copy(path, place.work / "hostile")
    save(small(), path)
    with zipfile.ZipFile(hostile) as other, zipfile.ZipFile(path, "a") as archive:
        archive.writestr("CONFIG.JSON", other.read("config.json"))
        archive.writestr("./config.json", other.read("config.json"))
    Path(hostile).unlink()


def members_elsewhere(place: Place) -> None:
    """Write an archive with members of other places, and assets that are a link."""
    path = save(small(), place.work / NAME["keras"])
    elsewhere = {f"../../{place.written.parent.name}/written": b"x", str(place.written): b"x"}
    rewrite(path, lambda _, old: old, **elsewhere)
    with zipfile.ZipFile(path, "a") as archive:
        entry = zipfile.ZipInfo("assets/link")
        entry.external_attr = 0o120777 << 16
        archive.writestr(entry, str(place.secret))


def names_that_speak(place: Place) -> None:
    """Write a model whose layers have names that a terminal would obey."""

    def change(config: Node, _: Place) -> None:
        config["config"]["name"] = ESCAPES
        config["config"]["layers"][-1]["class_name"] = ESCAPES
        config["config"]["layers"][-1]["config"]["name"] = ESCAPES

    in_archive(change, place)


def file_of_code(place: Place) -> None:
    """Name a module that lies beside the model."""
    Path(place.work, "keras_hub.py").write_text(place.code)
    Path(place.work, "mine.py").write_text(place.code)
    in_archive(of_class("keras_hub", "Layer"), place)


def _opened(name: str, write: Callable[[Place], Any]) -> Callable[[Place], list[str]]:
    def make(place: Place) -> list[str]:
        write(place)
        return ["scan", name, *DATA, *SCAN]

    return make


def _all() -> Iterator[Hostile]:
    for kind, write in (("keras", in_archive), ("h5", in_hdf5)):
        for title, change, words in CHANGES:
            if kind == "h5" and title not in _BOTH:  # what looks at either is the same
                continue
            made = _opened(NAME[kind], partial(write, change))
            trusted = (kind, title) == ("keras", "Lambda")
            yield Hostile(f"{kind} {title}", made, words or CONSENT, trusted)
    for title, take in (("link", link), ("storage", storage), ("virtual", virtual)):
        words = "from another place|Not allowed"
        yield Hostile(f"h5 {title}", _opened(NAME["h5"], weights_of_hdf5(take)), words)
        yield Hostile(f"keras {title}", _opened(NAME["keras"], weights_of_archive(take)), words)
    yield Hostile("h5 old Lambda", _opened(NAME["h5"], in_old_hdf5), CONSENT)
    yield Hostile("h5 old operation", _opened(NAME["h5"], old_operation), UNKNOWN)
    yield Hostile("keras two configurations", _opened(NAME["keras"], two_configurations), "")
    yield Hostile("keras members elsewhere", _opened(NAME["keras"], members_elsewhere), "")
    yield Hostile("keras names", _opened(NAME["keras"], names_that_speak), UNKNOWN)
    yield Hostile("keras code beside it", _opened(NAME["keras"], file_of_code), UNKNOWN)


MADE = [*_all()]
