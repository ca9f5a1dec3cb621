"""Writing results: whole or not at all."""

import os
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from robaudit.audit import Audit
from robaudit.errors import OutputError, UsageError

Writer = Callable[[IO[bytes]], Any]


def check_folder(folder: Path, names: Iterable[str]) -> None:
    """Raise UsageError where files of these names cannot be written, before the work is done."""
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is not a folder", expected="a folder for the results")
    for name in names:
        if (folder / name).is_dir():
            raise UsageError(f"{folder / name} is a folder", expected="a file to write to")
    existing = folder.absolute()
    while not existing.exists():
        existing = existing.parent
    if not existing.is_dir():
        raise UsageError(f"{existing} is not a folder", expected="a folder for the results")
    if not os.access(existing, os.W_OK | os.X_OK):
        raise UsageError(f"no permission to write to {existing}", expected="a writable folder")


def write_files(folder: Path, writers: Mapping[str, Writer]) -> list[Path]:
    """Write files to a folder, none of them before all are whole; give their paths.

    What stood there under these names is replaced.

    Raises OutputError when one cannot be written; what stood there then still does.
    """
    created = not folder.exists()
    parts = {name: folder / f".{name}.{os.getpid()}.part" for name in writers}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, write in writers.items():
            with parts[name].open("wb") as file:
                write(file)
                file.flush()
                os.fsync(file.fileno())
        for name, part in parts.items():
            part.replace(folder / name)
    except OSError as error:
        raise OutputError(
            f"the results cannot be written to {folder}: {error.strerror or error}",
            advice="Make room, or choose another place with -o.",
        ) from error
    finally:
        with suppress(OSError):
            for part in parts.values():
                part.unlink(missing_ok=True)
            if created and not any(folder.iterdir()):
                folder.rmdir()
    return [folder / name for name in writers]


def write_rays(audit: Audit, file: IO[bytes]) -> None:
    """Write all rays of an audit as an ``.npz`` archive.

    One row a ray: ``sample`` (row in the data), ``direction``, ``sign``,
    ``step`` (0 misclassified at the start, -1 no crossing), ``distance`` and
    ``realised`` (RMS, infinite without a crossing), ``origin``, ``adjacent`` (-1
    none); beside them ``directions`` (K, *input shape) of unit RMS. Synthetic
    images have no file of their own and are kept as ``inputs`` (n, *input shape).
    """
    rays = audit.rays
    arrays: dict[str, npt.NDArray[Any]] = {
        "sample": audit.samples.rows[rays.sample].astype(np.int64),
        "direction": rays.direction,
        "sign": rays.sign,
        "step": rays.step,
        "distance": rays.distance.astype(np.float32),
        "realised": rays.realised.astype(np.float32),
        "origin": rays.origin,
        "adjacent": rays.adjacent,
        "directions": audit.directions,
    }
    if audit.prepared.images.synthetic:
        arrays["inputs"] = audit.prepared.inputs(slice(None))
    np.savez_compressed(file, allow_pickle=False, **arrays)


def write_attacks(audit: Audit, file: IO[bytes]) -> None:
    """Write what each attack did to each sample as an ``.npz`` archive.

    One row a sample: ``sample`` (row in the data), ``origin``, ``start`` (reference
    and predicted class); for each attack that ran, ``NAME.success``,
    ``NAME.distance`` (in its norm, 0 misclassified to begin with, infinite held)
    and ``NAME.adjacent`` (the class that it became).
    """
    assessment = audit.assessment
    if assessment is None:
        raise ValueError("no attacks were run")
    arrays: dict[str, npt.NDArray[Any]] = {
        "sample": audit.samples.rows[assessment.places].astype(np.int64),
        "origin": assessment.targets.origin,
        "start": assessment.targets.start,
    }
    for number, result in enumerate(assessment.results):
        if result.outcome is not None:
            name = result.attack.name
            name = f"{name}.{number}" if f"{name}.success" in arrays else name
            arrays[f"{name}.success"] = result.outcome.success
            arrays[f"{name}.distance"] = result.outcome.distance.astype(np.float32)
            arrays[f"{name}.adjacent"] = result.outcome.adjacent
    np.savez_compressed(file, allow_pickle=False, **arrays)
