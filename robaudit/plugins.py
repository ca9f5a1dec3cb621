"""The two doors of robaudit: adapters bring models in, reports take results out.

Both are found by entry points, those that ship with robaudit as those of anyone
else: group ``robaudit.adapters`` for an `Adapter`, ``robaudit.reports`` for a
`Report`. A plugin that fails to load is reported, and stops nothing else.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any, Protocol

from robaudit.errors import (
    NotAuditableError,
    RobauditError,
    UsageError,
    is_out_of_memory,
    is_out_of_processes,
    unheard,
)
from robaudit.model_files import with_what_lies_beside
from robaudit.opening import OpenOptions
from robaudit.phrases import did_you_mean
from robaudit.requirements import Requirement
from robaudit.storage.nearest import nearest_path
from robaudit.types import Classifier, InputSpec


class Adapter(Protocol):
    """Opens models of one kind.

    ``recognises`` looks at a source's name or module, never imports a framework
    and never fails. ``open`` raises MissingDependencyError without its framework
    and NotAuditableError for what is no classifier.
    """

    @property
    def opens(self) -> str:
        """Say what it opens, for people: "ONNX models (.onnx)"."""

    @property
    def abilities(self) -> tuple[str, ...]:
        """Name what its classifiers can do at best: "predict", "prober", "vjp", "train", "save"."""

    @property
    def requires(self) -> tuple[Requirement, ...]:
        """List what must be installed."""

    def devices(self) -> tuple[str, ...]:
        """Name the devices that can be used here; may import the framework."""

    def recognises(self, source: object) -> bool:
        """Tell whether this adapter is the one for a source."""

    def open(self, source: object, options: OpenOptions) -> Classifier:
        """Open a source as a classifier over its own inputs, not yet normalised."""


@dataclass(frozen=True)
class TextLayout:
    """What a report for people to read in a terminal may use."""

    width: int = 100
    colour: bool = False
    ascii_only: bool = False


@dataclass(frozen=True)
class Report:
    """Writes a record in one format.

    ``render(record, layout)`` gives the content of a file; ``validate(record)``
    raises RecordError for a record that it could not be drawn from. ``compare`` draws
    a comparison of two audits, where the format has one; ``validate`` takes both. A file that
    has one of the ``marks`` near its start was written by it, so that a newer one may take its
    place; without marks none is known again.
    """

    name: str
    suffix: str
    render: Callable[[Mapping[str, Any], TextLayout], str]
    validate: Callable[[Any], None] = lambda _record: None
    compare: Callable[[Mapping[str, Any], TextLayout], str] | None = None
    marks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Plugins:
    """The plugins of one group that loaded, by name, and why the others did not."""

    loaded: Mapping[str, Any]
    broken: Mapping[str, str]


def find_plugins(group: str) -> Plugins:
    """Load all plugins of a group ("robaudit.adapters" or "robaudit.reports")."""
    loaded, broken = {}, {}
    for entry in sorted(entry_points(group=group), key=lambda entry: entry.name):
        try:
            loaded[entry.name] = entry.load()
        except Exception as error:  # noqa: BLE001 - whatever a stranger's module raises
            broken[entry.name] = _describe(entry, error)
    return Plugins(loaded, broken)


def load(
    source: object, options: OpenOptions | None = None, *, spec: InputSpec | None = None
) -> Classifier:
    """Open a model, a file or a live object, with the adapter that recognises it.

    ``spec`` says what the model takes and gives, where the model itself does not.
    Raises NotAuditableError when no adapter recognises it.
    """
    if isinstance(source, Classifier):
        return source
    options = options or OpenOptions()
    if spec is not None:
        options = replace(options, spec=spec)
    adapters = find_plugins("robaudit.adapters")
    broken = list(adapters.broken.values())
    for name, adapter in adapters.loaded.items():
        try:
            recognised = adapter.recognises(source)
        except Exception as error:  # noqa: BLE001 - a stranger's plugin must not stop the others
            broken.append(f"{name}: {type(error).__name__}: {error}")
            continue
        if recognised:
            if not isinstance(source, str | Path):
                live: Classifier = adapter.open(source, options)
                return live
            with _whatever_is_wrong(source, adapter.opens):
                opened: Classifier = adapter.open(source, options)
                beside = options.spec is None
                return with_what_lies_beside(opened, Path(source)) if beside else opened
    if isinstance(source, str | Path) and not Path(source).exists():
        raise UsageError(
            f"no model at {source}",
            expected="a model file, such as model.onnx",
            advice=nearest_path(Path(source)),
        )
    folder = isinstance(source, str | Path) and Path(source).is_dir()
    advice = f"These adapters failed: {'; '.join(broken)}." if broken else ""
    if isinstance(source, str | Path) and folder and not broken:
        advice = _advice_on_folder(Path(source), list(adapters.loaded.values()))
    known = "; ".join(adapter.opens for adapter in adapters.loaded.values())
    what = source if isinstance(source, str | Path) else f"a {type(source).__name__}"
    raise NotAuditableError(
        f"{source} is a folder that no adapter recognises"
        if folder
        else f"no adapter recognises {what}",
        expected=known or "an installed adapter (reinstall robaudit: it has none)",
        advice=advice,
    )


@contextmanager
def _whatever_is_wrong(path: str | Path, opens: str) -> Iterator[None]:
    """Turn whatever opening a strange file raises into a NotAuditableError; let it talk in vain.

    Files may be made to break what reads them, and frameworks break in many ways.
    """
    try:
        with unheard():
            yield
    except (RobauditError, OSError):
        raise
    except Exception as error:
        if is_out_of_memory(error) or is_out_of_processes(error):
            raise
        message = " ".join(str(error).split())[:200]
        raise NotAuditableError(
            f"{path} cannot be opened ({type(error).__name__}: {message})",
            expected=f"a whole file of one of these: {opens}",
            advice="If others open it, please report it, with what ROBAUDIT_DEBUG=1 prints.",
        ) from error


def _advice_on_folder(folder: Path, adapters: Sequence[Adapter]) -> str:
    """Name a file of a folder that may be meant: people point at what was downloaded whole."""
    with suppress(OSError):
        for path in sorted(folder.iterdir()):
            if path.is_file() and any(adapter.recognises(path) for adapter in adapters):
                return f"Name the file in it that is meant, such as {path}."
    return ""


def report_named(name: str) -> Report:
    """Give the report of a name.

    Raises UsageError when there is none.
    """
    reports = find_plugins("robaudit.reports")
    if name not in reports.loaded:
        raise UsageError(
            f"no report named {name!r}"
            + (f" ({reports.broken[name]})" if name in reports.broken else ""),
            expected="one of " + ", ".join(reports.loaded),
            advice=did_you_mean(name, reports.loaded),
        )
    report: Report = reports.loaded[name]
    return report


def _describe(entry: EntryPoint, error: Exception) -> str:
    return f"{entry.name} ({entry.value}): {type(error).__name__}: {error}"
