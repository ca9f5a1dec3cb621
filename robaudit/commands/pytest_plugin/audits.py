"""The audits of a session of pytest: each is made once."""

import argparse
import contextlib
import hashlib
import warnings
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from robaudit.attacks.assessment import Assessment, AttackPlan, reasons
from robaudit.audit import Audit, scan
from robaudit.commands.baselines import (
    measures_asked,
    read_baseline_asked_for,
    reference_asked_for,
)
from robaudit.commands.cached import CachedScan, cached_scan
from robaudit.commands.from_options import (
    make_attack_plan,
    make_search_plan,
    open_classifier,
    preprocessing_request,
    read_data,
)
from robaudit.commands.gates import (
    attacks_asked,
    check_gated_classes,
    check_gates,
    gates_to_decide,
)
from robaudit.commands.judging import judge
from robaudit.commands.pytest_plugin.asking import Asked, ask
from robaudit.commands.pytest_plugin.words import in_python
from robaudit.data.images import Images
from robaudit.data.memory.in_memory import as_images
from robaudit.errors import ClassifierError, DataError, RobauditError, UsageError, program_ended
from robaudit.metrics.deciding import Looks
from robaudit.metrics.gates import Gate, Source
from robaudit.opening import trial_inputs
from robaudit.preprocessing.candidates import PreprocessingRequest
from robaudit.record.findings import Findings, findings_of
from robaudit.record.plain import as_plain
from robaudit.record.schema.audit import AuditRecord
from robaudit.record.write import audit_writers
from robaudit.search.plan import Reference, SearchPlan
from robaudit.storage.files import write_files
from robaudit.types import Classifier


@dataclass(frozen=True)
class _Audited:
    """What an audit found; ``missing`` says which attacks did not run, of those asked for."""

    findings: Findings
    looks: Looks | None
    missing: str | None


class Audits:
    """Audits, and keeps what they found as long as the session lasts.

    Relative paths are those from ``folder``; ``effort`` overrides that of all tests.
    """

    def __init__(self, folder: Path, effort: str | None = None) -> None:
        self._folder, self._effort = folder, effort
        self._kept: dict[Hashable, _Audited] = {}
        self._alive: list[object] = []

    def findings(self, words: Mapping[str, Any]) -> Findings:
        """Audit what is asked for; raises RobauditError."""
        with _in(self._folder):
            asked = ask(words, None, self._effort)
            return self._audited(asked)[0].findings

    def judged(self, words: Mapping[str, Any], where: tuple[str, int]) -> AuditRecord:
        """Audit what is asked for, and hold it against its gates; raises RobauditError.

        ``where`` are the file and the line of the test.
        """
        with _in(self._folder):
            asked = ask(words, Source(*where), self._effort)
            if not asked.options.gates and asked.options.baseline is None:
                raise UsageError(
                    "a verdict without gates",
                    expected="gates, such as {'accuracy': 0.9}, or [[gate]] in robaudit.toml",
                )
            audited, before = self._audited(asked)
            if audited.missing and not asked.options.allow_skipped:
                raise ClassifierError(
                    f"did not run: {audited.missing}",
                    expected="the attacks that were asked for",
                    advice="With `allow_skipped=True` the rest is enough.",
                )
            return judge(asked.options, audited.findings, audited.looks, before)

    def _audited(self, asked: Asked) -> tuple[_Audited, Findings | None]:
        """Give the audit, made now or before, and the baseline that it is held against."""
        options = asked.options
        images = _images(asked)
        before = read_baseline_asked_for(options, real=images is not None)
        check_gates(
            options.gates,
            real=images is not None,
            labelled=images is not None and images.labels is not None,
            baseline=before is not None,
            attacks=attacks_asked(options, before),
            measures=measures_asked(options, before),
        )
        classifier = open_classifier(options, images)
        check_gated_classes(options.gates, classifier.spec, images)
        plan = Plan(
            search=make_search_plan(options, classifier.spec, before),
            preprocessing=preprocessing_request(options),
            reference=reference_asked_for(options, before),
            attacks=make_attack_plan(options, classifier.spec, before),
            decide=gates_to_decide(options),
            randomised=options.randomised,
        )
        key = (_of_model(asked, classifier), _of_images(images), plan.words)
        if key not in self._kept:
            self._kept[key] = _from_cache(asked, classifier, images, plan, before)
            self._alive.append(asked.model)  # else another may come to have its identity
        return self._kept[key], before


@dataclass(frozen=True)
class Plan:
    """What an audit is to be, but for its model and data."""

    search: SearchPlan
    preprocessing: PreprocessingRequest
    reference: Reference | None
    attacks: AttackPlan | None
    decide: list[Gate] | None
    randomised: bool

    @property
    def words(self) -> str:
        """All of it, the same for plans that are: where a gate to decide stands is left out."""
        decide = [replace(gate, source=None) for gate in self.decide or ()]
        return repr(replace(self, decide=decide))


def _from_cache(
    asked: Asked,
    classifier: Classifier,
    images: Images | None,
    plan: Plan,
    before: Findings | None,
) -> _Audited:
    """Take an audit from an earlier session, or the command line, or make it and keep it.

    What lies in memory is never kept: it has no fingerprint.
    """
    options, cached = asked.options, CachedScan()
    if asked.of_file:
        cached = cached_scan(options, classifier, images, plan.search, plan.attacks, before)
    with cached.kept() as kept:
        if kept is not None:
            return _Audited(kept.findings, kept.looks, None)
    audit = _audit(classifier, images, plan, options)
    findings = findings_of(audit)
    if cached.key is not None:
        with TemporaryDirectory(prefix="robaudit-") as folder:
            write_files(Path(folder), audit_writers(audit, as_plain(findings.audit_record)))
            cached.keep(audit, findings, Path(folder))
    return _Audited(findings, audit.looks, _missing(audit.assessment))


def _audit(
    classifier: Classifier, images: Images | None, plan: Plan, options: argparse.Namespace
) -> Audit:
    audit = scan(
        classifier,
        images,
        plan=plan.search,
        preprocessing=plan.preprocessing,
        reference=plan.reference,
        attacks=plan.attacks,
        decide=plan.decide,
        randomised=plan.randomised,
        batch_size=options.batch_size,
        memory=options.memory,
    )
    if audit.assessment is not None and audit.assessment.interrupted:
        raise KeyboardInterrupt
    return audit


def _missing(assessment: Assessment | None) -> str | None:
    return reasons(assessment.missing) if assessment and assessment.missing else None


def _images(asked: Asked) -> Images | None:
    if asked.data is not None:
        return as_images(asked.data, "data")
    if not asked.of_file and asked.options.data is None:
        return None
    return read_data(asked.options)


def _of_model(asked: Asked, classifier: Classifier) -> Hashable:
    """Tell models apart: by their files, or else as objects, and by what they answer.

    The answers are those to a few inputs: an object may have been trained in the meantime.
    """
    options = asked.options
    answers = None
    if not options.randomised:
        with contextlib.suppress(Exception):  # what is wrong with it, the audit says
            scores = classifier.predict(trial_inputs(classifier.spec.shape))
            answers = hashlib.sha256(np.ascontiguousarray(scores).tobytes()).hexdigest()
    who = (classifier.fingerprint or options.model) if asked.of_file else id(asked.model)
    return (classifier.name, who, repr(classifier.spec), options.device, answers)


def _of_images(images: Images | None) -> Hashable:
    if images is None:
        return None
    labels = None if images.labels is None else hashlib.sha256(images.labels.tobytes()).digest()
    said = (images.pixel_range, images.split, images.class_names, images.by_alphabet)
    return (images.sha256, images.image_shape, len(images), labels, *said)


@contextlib.contextmanager
def _in(folder: Path) -> Iterator[None]:
    """Work in a folder; let what frameworks warn of be no more than a warning.

    What goes wrong is one error, in words of Python and without the way that it took: a file
    that cannot be read and a model that would end the session too.
    """
    try:
        with contextlib.chdir(folder), warnings.catch_warnings():
            warnings.simplefilter("default")
            yield
        return
    except RobauditError as error:
        wrong = in_python(error)
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        wrong = DataError(f"{where}{error.strerror or error}")
    except SystemExit as error:
        wrong = program_ended("the model", error)
    raise wrong from None
