"""Baselines on the command line: what a scan takes from one, and when it replaces it."""

import argparse
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from robaudit.attacks.assessment import AttackPlan
from robaudit.attacks.catalogue import Attack
from robaudit.commands.options.groups import SEARCH
from robaudit.commands.options.option import plan_fields
from robaudit.commands.partial_results import check_whole
from robaudit.errors import UsageError
from robaudit.record.baseline_file import SUFFIX, read_either, write_baseline
from robaudit.record.findings import Findings
from robaudit.record.schema.audit import AuditRecord
from robaudit.record.schema.numbers import given
from robaudit.search.plan import Reference, SearchPlan
from robaudit.storage.files import Sealed, Writer, check_folder, write_files


def read_baseline_asked_for(options: argparse.Namespace, *, real: bool) -> Findings | None:
    """Read the baseline, if there is to be one, before the work is done.

    Raises UsageError where nothing could be held against it: without ``real`` images, or
    where the search goes on until gates are decided, which has other samples.
    """
    path: Path | None = options.baseline
    if path is None:
        if options.update_baseline:
            raise UsageError("--update-baseline without --baseline", expected="--baseline FILE")
        return None
    if not real:
        raise UsageError(
            "a baseline without data: what synthetic inputs give would say nothing of real ones",
            expected="--data FILE, the images of the baseline",
        )
    if options.decide:
        raise UsageError(
            "--decide with --baseline: the samples are those of the baseline",
            expected="one of the two",
        )
    before = read_either(path)
    check_whole(before, "a baseline")
    if options.update_baseline:
        place = _place(path)
        check_folder(place.parent, [place.name])
    return before


def plan_of_baseline(options: argparse.Namespace, before: Findings) -> SearchPlan | None:
    """Give the search of the baseline, with what was typed beside it.

    ``None`` where another effort or precision was typed: that is another search.
    """
    if {"effort", "precision"} & options.given:
        return None
    typed = argparse.Namespace(
        **{name: getattr(options, name) for name in options.given if hasattr(options, name)}
    )
    plan = replace(before.plan, precision=None, **plan_fields(typed, SEARCH))
    return replace(plan, seed=options.seed) if "seed" in options.given else plan


def attacks_of_baseline(options: argparse.Namespace, before: Findings) -> AttackPlan | None:
    """Give the attacks of the baseline, on as many samples, with what was typed beside it."""
    record, plan = before.audit_record, given(before.audit_record.attack_plan, None)
    if plan is None:
        return None
    curves = given(record.curves, [])
    strengths = tuple(next((curve.strengths for curve in curves if curve.strengths), ()))
    return AttackPlan(
        tuple(Attack(attack.name, attack.parameters) for attack in record.attacks),
        options.attack_samples or plan.samples,
        options.strengths or strengths,
        required=frozenset(
            attack.name for attack in record.attacks if given(attack.required, False)
        ),
    )


def reference_asked_for(options: argparse.Namespace, before: Findings | None) -> Reference | None:
    """Give the reference class that was typed, else that of the baseline, if there is one."""
    asked: Reference | None = options.reference
    return asked or (None if before is None else before.audit_record.data.reference)


def is_to_replace(judged: AuditRecord) -> bool:
    """Tell whether an audit takes the place of its baseline."""
    verdict = given(judged.verdict, None)
    return bool(verdict and verdict.baseline and verdict.baseline.updated)


def replace_baseline(path: Path, files: Mapping[str, Writer | Sealed], findings: Findings) -> Path:
    """Write an audit in the place of its baseline, in the form that the baseline has.

    ``files`` are those of the audit.
    """
    place = _place(path)
    if place.suffix == SUFFIX:
        write_files(place.parent, {place.name: lambda file: write_baseline(findings, file)})
    else:
        write_files(place.parent, files, outdated=("attacks.npz",))
    return place


def _place(path: Path) -> Path:
    """Give the file that stands for a baseline: of a folder its record."""
    return path / "audit.json" if path.is_dir() else path
