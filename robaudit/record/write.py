"""Writing results: whole or not at all."""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from robaudit.audit import Audit
from robaudit.errors import OutputError, UsageError
from robaudit.record.audit_record import make_record, to_json
from robaudit.search.rays import Rays
from robaudit.storage.npz import Pieces, write_archive

Writer = Callable[[IO[bytes]], Any]


def check_folder(folder: Path, names: Iterable[str], *, overwrite: bool = True) -> None:
    """Raise UsageError where files of these names cannot be written, before the work is done.

    Files that are there already are an error too, unless they may be overwritten.
    """
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is not a folder", expected="a folder for the results")
    for name in names:
        if (folder / name).is_dir():
            raise UsageError(f"{folder / name} is a folder", expected="a file to write to")
        if not overwrite and (folder / name).exists():
            raise UsageError(
                f"{folder / name} is there already",
                expected="a new folder",
                advice="Name another with -o, or overwrite what is there with --force.",
            )
    existing = folder.absolute()
    while not existing.exists():
        existing = existing.parent
    if not existing.is_dir():
        raise UsageError(f"{existing} is not a folder", expected="a folder for the results")
    if not os.access(existing, os.W_OK | os.X_OK):
        raise UsageError(f"no permission to write to {existing}", expected="a writable folder")


def write_files(
    folder: Path, writers: Mapping[str, Writer], outdated: Iterable[str] = ()
) -> list[Path]:
    """Write files to a folder, none of them before all are whole; give their paths.

    Names may have folders in them. What stood there under these names is replaced, and
    what stood there under those that are ``outdated`` by it is removed.

    Raises OutputError when one cannot be written; what stood there then still does.
    """
    created = not folder.exists()
    parts = {
        name: (folder / name).with_name(f".{Path(name).name}.{os.getpid()}.part")
        for name in writers
    }
    try:
        for name, write in writers.items():
            parts[name].parent.mkdir(parents=True, exist_ok=True)
            with parts[name].open("wb") as file:
                write(file)
                file.flush()
                os.fsync(file.fileno())
        for name, part in parts.items():
            part.replace(folder / name)
        for name in set(outdated) - set(writers):
            (folder / name).unlink(missing_ok=True)
    except OSError as error:
        raise OutputError(
            f"the results cannot be written to {folder}: {error.strerror or error}",
            advice="Make room, or choose another place with -o.",
        ) from error
    finally:
        with suppress(OSError):
            for part in parts.values():
                part.unlink(missing_ok=True)
            for inner in {part.parent for part in parts.values()} - {folder}:
                if inner.is_dir() and not any(inner.iterdir()):
                    inner.rmdir()
            if created and not any(folder.iterdir()):
                folder.rmdir()
    return [folder / name for name in writers]


def write_rays(audit: Audit, file: IO[bytes]) -> None:
    """Write all rays of an audit as an ``.npz`` archive.

    One row a ray: ``sample`` (row in the split that was audited), ``direction``, ``sign``,
    ``step`` (0 misclassified at the start, -1 no crossing), ``distance`` and
    ``realised`` (RMS, infinite without a crossing), ``origin``, ``adjacent`` (-1
    none); beside them ``directions`` (K, *input shape) of unit RMS, and of all n
    images of the split ``predicted`` (n,), the predicted class, and ``labels`` (n,),
    where there are any. Synthetic images have no file of their own and are kept as
    ``inputs`` (n, *input shape).
    """
    rays, rows = audit.rays, audit.samples.rows

    def column(dtype: npt.DTypeLike, of_block: Callable[[Rays], npt.NDArray[Any]]) -> Pieces:
        return Pieces((len(rays),), dtype, lambda: map(of_block, rays.blocks()))

    arrays: dict[str, npt.NDArray[Any] | Pieces] = {
        "sample": column(np.int64, lambda block: rows[block.sample]),
        "direction": column(np.int32, lambda block: block.direction),
        "sign": column(np.int8, lambda block: block.sign),
        "step": column(np.int16, lambda block: block.step),
        "distance": column(np.float32, lambda block: block.distance),
        "realised": column(np.float32, lambda block: block.realised),
        "origin": column(np.int32, lambda block: block.origin),
        "adjacent": column(np.int32, lambda block: block.adjacent),
        "directions": audit.directions,
        "predicted": audit.predicted.astype(np.int32),
    }
    images = audit.prepared.images
    if images.labels is not None:
        arrays["labels"] = images.labels.astype(np.int32)
    if images.synthetic:
        arrays["inputs"] = audit.prepared.inputs(slice(None))
    write_archive(file, arrays)


def write_attacks(audit: Audit, file: IO[bytes]) -> None:
    """Write what each attack did to each sample as an ``.npz`` archive.

    One row a sample: ``sample`` (row in the data), ``origin``, ``start`` (reference
    and predicted class); for each attack that ran, ``NAME.success``,
    ``NAME.distance`` (in its norm, 0 misclassified to begin with, infinite held)
    and ``NAME.adjacent`` (the class that it became). The names are `column_names` of
    the attacks in the order of the record.
    """
    assessment = audit.assessment
    if assessment is None:
        raise ValueError("no attacks were run")
    arrays: dict[str, npt.NDArray[Any]] = {
        "sample": audit.samples.rows[assessment.places].astype(np.int64),
        "origin": assessment.targets.origin,
        "start": assessment.targets.start,
    }
    results = assessment.results
    ran = [result.attack.name if result.outcome else None for result in results]
    for name, result in zip(column_names(ran), results, strict=True):
        if result.outcome is not None:
            arrays[f"{name}.success"] = result.outcome.success
            arrays[f"{name}.distance"] = result.outcome.distance.astype(np.float32)
            arrays[f"{name}.adjacent"] = result.outcome.adjacent
    write_archive(file, arrays)


def column_names(attacks: Sequence[str | None]) -> list[str | None]:
    """Name what `write_attacks` writes of each attack, ``None`` for those that did not run.

    An attack that ran before with other parameters has its place in the list added.

    >>> column_names(["fgsm", None, "pgd", "pgd"])
    ['fgsm', None, 'pgd', 'pgd.3']
    """
    return [
        f"{name}.{place}" if name is not None and name in attacks[:place] else name
        for place, name in enumerate(attacks)
    ]


def write_audit(audit: Audit, folder: Path | str) -> list[Path]:
    """Write ``audit.json``, ``rays.npz`` and, if there was any attack, ``attacks.npz``.

    They are what `robaudit.read_findings` reads; `robaudit.plugins` has the reports. Raises
    OutputError where they cannot be written; none is then.
    """
    files = audit_writers(audit, make_record(audit))
    return write_files(Path(folder), files, outdated=("attacks.npz",))


def audit_writers(audit: Audit, record: Mapping[str, Any]) -> dict[str, Writer]:
    """Say how to write what attacks did, all rays, and the record."""
    files: dict[str, Writer] = {}
    if audit.assessment is not None:
        files["attacks.npz"] = lambda file: write_attacks(audit, file)
    files["rays.npz"] = lambda file: write_rays(audit, file)
    files["audit.json"] = lambda file: file.write((to_json(record) + "\n").encode())
    return files
