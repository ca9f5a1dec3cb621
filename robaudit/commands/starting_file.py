"""The file that ``robaudit init`` writes: what was typed and found, and gates to start with."""

import argparse
import textwrap
from collections.abc import Iterator, Sequence
from typing import Any

from robaudit.commands.from_options import data_path
from robaudit.commands.options.attacks import attack_options
from robaudit.commands.options.groups import LIMITS, SEARCH
from robaudit.commands.options.settings import NEVER_SET, settable
from robaudit.commands.options.settings_file import USUAL
from robaudit.commands.options.toml_values import toml_comment, toml_value
from robaudit.phrases import printable
from robaudit.record.schema.audit import AuditRecord
from robaudit.record.schema.inputs import PreprocessingRecord
from robaudit.record.schema.numbers import given
from robaudit.verdict.gated import Gated
from robaudit.verdict.sentences import gate_sentence
from robaudit.verdict.starting import says_something

_WIDTH = 96
_MOST_NAMES = 30
_OF_SEARCH = {option.name for option in (*SEARCH, *attack_options())}
_NOT_KEPT = {"config", "force", "quiet", *(option.name for option in LIMITS), *NEVER_SET}

_RULE = """\
Each bound is where the interval of a new audit, of as many new samples, directions and attacks, \
still lies on the good side if the model is the same: the figure of today, less what chance moves \
two such audits apart (the error of a difference, sqrt(2) times that of one), less half the \
interval of the new one, both as wide as at the bad end of the interval of today. All gates \
together then pass in 95 of 100 audits; each has an equal share of what is left (Bonferroni). \
More samples (effort, samples) make all of it narrower."""


def starting_file(options: argparse.Namespace, record: AuditRecord, gates: Sequence[Gated]) -> str:
    """Write the settings of an audit, what it found, and gates with what they are of today."""
    return "\n".join([*_head(options, record), *_search(options), *_gates(record, gates), ""])


def _head(options: argparse.Namespace, record: AuditRecord) -> Iterator[str]:
    yield _comment(
        f"What robaudit holds {printable(record.model.name)} against, and how. Written by robaudit "
        f"init; yours to change. {_how_to_scan(options)}"
    )
    yield ""
    yield _comment("Relative to the folder that robaudit runs in.")
    yield f"data = {toml_value(str(data_path(options)))}"
    kept = {
        name: value
        for name, value in options.typed.items()
        if name not in {*_OF_SEARCH, *_NOT_KEPT, "data"} and name in settable("scan")
    }
    yield from _settings(kept)
    yield ""
    yield from _found(record, options)
    yield ""
    yield _comment(_classes(record))


def _classes(record: AuditRecord) -> str:
    names, classes = record.model.class_names, record.model.classes
    if not names:
        return f"The {classes:,} classes have no names that are known: they are 0 to {classes - 1}."
    more = f" and {classes - _MOST_NAMES:,} more" if classes > _MOST_NAMES else ""
    return f"The {classes:,} classes: {', '.join(map(printable, names[:_MOST_NAMES]))}{more}."


def _how_to_scan(options: argparse.Namespace) -> str:
    if str(options.config) in (USUAL, f"./{USUAL}"):
        how = "robaudit scan MODEL reads it in this folder"
    else:
        how = f"Use it with robaudit scan MODEL --config {printable(str(options.config))}"
    typed = [f"--{name}" for name in NEVER_SET if name in options.typed]
    return f"{how}{f', with {chr(32).join(typed)} typed again' if typed else ''}."


def _found(record: AuditRecord, options: argparse.Namespace) -> Iterator[str]:
    """Set the preprocessing that was found, where settings can say it."""
    found = record.data.preprocessing
    if found.how == "given":
        return
    what = f"{printable(found.name)} ({found.layout})"
    if found.how == "assumed":
        yield _comment(f"Preprocessing {what} was assumed: no labels tell whether it is right.")
        return
    sure = "" if found.clear else ", no better than others by more than chance"
    box = (record.model.input.low, record.model.input.high) != (0.0, 1.0)
    if given(found.inverted, False) or box:
        yield _comment(f"Preprocessing {found.how}, at each scan anew: {what}{sure}.")
        return
    yield _comment(f"Preprocessing {found.how}: {what}{sure}.")
    settings = {
        key: value for key, value in _as_settings(found).items() if key not in options.typed
    }
    yield from _settings(settings)


def _as_settings(found: PreprocessingRecord) -> dict[str, Any]:
    settings: dict[str, Any] = {"mean": found.mean, "std": found.std}
    if found.channels != "grey":
        settings["channels"] = found.channels
    if given(found.exchanged, False):
        settings["layout"] = "WH"
    return settings


def _search(options: argparse.Namespace) -> Iterator[str]:
    yield "\n[scan]"
    usual = {"effort": options.effort, "attacks": options.attacks}
    typed = {name: value for name, value in options.typed.items() if name in _OF_SEARCH}
    yield from _settings({**usual, **typed})


def _gates(record: AuditRecord, gates: Sequence[Gated]) -> Iterator[str]:
    yield "\n" + _comment(_RULE)
    for gated in gates:
        gate = gated.gate
        today = f"Today: {gate_sentence(gated, record).rpartition(', wanted')[0]}."
        if not says_something(gate):
            yield "\n" + _comment(f"{today} No gate: what new samples pass would allow all.")
            continue
        yield "\n" + _comment(today)
        yield "[[gate]]"
        yield f"metric = {toml_value(gate.figure.name)}"
        if gate.of_class:
            yield f"class = {toml_value(gate.of_class)}"
        yield f"{gate.bound} = {toml_value(gate.threshold)}"


def _settings(values: dict[str, Any]) -> Iterator[str]:
    yield from (f"{name} = {toml_value(value)}" for name, value in values.items())


def _comment(text: str) -> str:
    return toml_comment(textwrap.fill(text, _WIDTH, break_long_words=False))
