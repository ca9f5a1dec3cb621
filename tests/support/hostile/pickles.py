"""Pickles under every name that a model or data may have."""

import io
import pickle
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import torch

from tests.support.hostile.canaries import Place
from tests.support.hostile.fixture import SCAN, Hostile
from tests.support.paths import DIGITS, EXAMPLES

DATA = ["--data", str(EXAMPLES / "digits.npz")]


class Harm:
    """Unpickling this does all the harm that there is."""

    def __init__(self, code: str) -> None:
        self.code = code

    def __reduce__(self) -> Any:
        return eval, (self.code,)


def plain(place: Place) -> bytes:
    return pickle.dumps(Harm(place.code))


def by_old_instructions(place: Place) -> bytes:
    """Name the function as the first pickles did: INST, and no word on a protocol."""
    return f"(S{place.code!r}\nibuiltins\neval\n.".encode()


def beside_weights(place: Place) -> bytes:
    buffer = io.BytesIO()
    torch.save({"weight": torch.zeros(10, 64), "notes": Harm(place.code)}, buffer)
    return buffer.getvalue()


def as_state(place: Place) -> bytes:
    """Give a harmless object a state, the making of which does harm."""
    return b"\x80\x02ccollections\nOrderedDict\n)R" + pickle.dumps(Harm(place.code))[2:-1] + b"b."


def as_before_archives(place: Place) -> bytes:
    """Write as PyTorch did before 1.6: pickles one behind the other."""
    buffer = io.BytesIO()
    torch.save([Harm(place.code)], buffer, _use_new_zipfile_serialization=False)
    return buffer.getvalue()


def as_tape(place: Place) -> bytes:
    """Write as PyTorch did before 0.1.10: a tape of pickles."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tape:
        for name in ("sys_info", "pickle", "storages", "tensors", "../written"):
            entry = tarfile.TarInfo(name)
            entry.size = len(plain(place))
            tape.addfile(entry, io.BytesIO(plain(place)))
    return buffer.getvalue()


def in_archive(place: Place) -> bytes:
    """Write an archive like PyTorch's, with more than one pickle, and members of other places."""
    buffer = io.BytesIO()
    names = ("archive/data.pkl", "archive/constants.pkl", "../../elsewhere/written", "/written")
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in names:
            archive.writestr(name, plain(place))
        archive.writestr("archive/version", "3\n")
    return buffer.getvalue()


def by_joblib(place: Place) -> bytes:
    buffer = io.BytesIO()
    joblib.dump(Harm(place.code), buffer, compress=3)
    return buffer.getvalue()


def array_of_objects(place: Place) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, np.array([Harm(place.code)] * 4, dtype=object), allow_pickle=True)
    return buffer.getvalue()


def arrays_of_objects(place: Place) -> bytes:
    buffer = io.BytesIO()
    harm = np.array([Harm(place.code)] * 4, dtype=object)
    names: dict[str, Any] = {"x_test": harm, "y_test": harm, "class_names": harm}
    np.savez(buffer, allow_pickle=True, **names)
    return buffer.getvalue()


def names_of_objects(place: Place) -> bytes:
    """Write whole images and labels, with names of classes that are pickled."""
    buffer = io.BytesIO()
    with np.load(EXAMPLES / "digits.npz") as data:
        arrays = {name: data[name] for name in data.files}
    arrays["class_names"] = np.array([Harm(place.code)] * 10, dtype=object)
    np.savez(buffer, allow_pickle=True, **arrays)
    return buffer.getvalue()


def _model(name: str, write: Callable[[Place], bytes]) -> Callable[[Place], list[str]]:
    def make(place: Place) -> list[str]:
        Path(place.work, name).write_bytes(write(place))
        return ["scan", name, *DATA, "--input-shape", "1,8,8", *SCAN]

    return make


def _data(name: str, write: Callable[[Place], bytes]) -> Callable[[Place], list[str]]:
    def make(place: Place) -> list[str]:
        Path(place.work, name).write_bytes(write(place))
        return ["scan", DIGITS, "--data", name, *SCAN]

    return make


def _labels(name: str, write: Callable[[Place], bytes]) -> Callable[[Place], list[str]]:
    def make(place: Place) -> list[str]:
        Path(place.work, name).write_bytes(write(place))
        return ["scan", DIGITS, *DATA, "--labels", name, *SCAN]

    return make


_CONSENT, _NO_MODEL = "--trust-model", "damaged|no Keras model|no adapter recognises"
_AS_MODEL = [
    ("model.pt", plain, _CONSENT),
    ("model.pth", by_old_instructions, _CONSENT),
    ("model.ckpt", as_state, _CONSENT),
    ("model.pt", beside_weights, _CONSENT),
    ("model.pth", as_before_archives, _CONSENT),
    ("model.pth", as_tape, _CONSENT),
    ("model.pt", in_archive, _CONSENT),
    ("model.pt2", in_archive, _CONSENT),
    ("model.pt2", plain, _CONSENT),
    ("model.pkl", plain, _CONSENT),
    ("model.pickle", by_old_instructions, _CONSENT),
    ("model.joblib", by_joblib, _CONSENT),
    ("model.safetensors", plain, _CONSENT),
    ("model.skops", plain, _NO_MODEL),
    ("model.skops", in_archive, _NO_MODEL),
    ("model.onnx", plain, _NO_MODEL),
    ("model.bin", plain, _NO_MODEL),
]
_AS_DATA = [
    ("data.npz", plain, "a pickle, which can run code"),
    ("data_batch_1", plain, "a pickle, which can run code"),
    ("data.npz", arrays_of_objects, "Python objects as pickles, which are not read"),
    ("data.npy", array_of_objects, "Python objects as pickles, which are not read"),
    ("data.npz", in_archive, "a zip archive without arrays"),
    ("data.npz", names_of_objects, ""),
]
_AS_LABELS = [
    ("labels.npz", arrays_of_objects, "Python objects as pickles, which are not read"),
    ("labels.npy", array_of_objects, "Python objects as pickles, which are not read"),
    ("labels.txt", plain, "no UTF-8 text"),
]
_TRUSTED = [("model.pkl", plain), ("model.joblib", by_joblib), ("model.pt", beside_weights)]


def _all() -> Iterator[Hostile]:
    for name, write, words in _AS_MODEL:
        trusted = (name, write) in _TRUSTED
        yield Hostile(f"{write.__name__} {name}", _model(name, write), words, trusted)
    for name, write, words in _AS_DATA:
        yield Hostile(f"{write.__name__} {name}", _data(name, write), words)
    for name, write, words in _AS_LABELS:
        yield Hostile(f"{write.__name__} {name}", _labels(name, write), words)


MADE = [*_all()]
