"""Scans of an unchanged model: taken from the cache, where all that they depend on is known."""

import argparse
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from robaudit.attacks.assessment import AttackPlan
from robaudit.audit import Audit
from robaudit.commands.baselines import reference_asked_for
from robaudit.commands.from_options import code_of, preprocessing_request
from robaudit.commands.gates import gates_to_decide
from robaudit.data.images import Images
from robaudit.errors import OutputError
from robaudit.phrases import duration, printable
from robaudit.record.audit_fingerprint import fingerprint_of_audit
from robaudit.record.findings import Findings
from robaudit.record.kept_audit import ARRAYS, KeptAudit, keep_audit, kept_audit
from robaudit.search.plan import SearchPlan
from robaudit.storage.cache import open_cache
from robaudit.storage.store import Store
from robaudit.types import Classifier


@dataclass(frozen=True)
class CachedScan:
    """Where an audit is kept, and under which fingerprint: neither where it cannot be."""

    store: Store | None = None
    key: str | None = None

    @contextmanager
    def kept(self) -> Iterator[KeptAudit | None]:
        """Give the audit, whose files are there inside this, where it is kept."""
        if self.store is None or self.key is None:
            yield None
            return
        with _folder() as folder:
            yield kept_audit(self.store, self.key, folder)

    def keep(self, audit: Audit, findings: Findings, folder: Path) -> None:
        """Keep an audit that is whole, and was written to a ``folder``.

        One of which attacks are missing is not: what was short of memory may not be next time.
        """
        assessment = audit.assessment
        whole = audit.partial is None and not (
            assessment and (assessment.missing or assessment.unmeasured)
        )
        if self.store is not None and self.key is not None and whole:
            arrays = {name: folder / name for name in ARRAYS if (folder / name).exists()}
            keep_audit(self.store, self.key, findings, audit.looks, arrays)


def cached_scan(
    options: argparse.Namespace,
    classifier: Classifier,
    images: Images | None,
    plan: SearchPlan,
    attacks: AttackPlan | None,
    before: Findings | None = None,
) -> CachedScan:
    """Find where the audit that options ask for is kept, held against ``before``.

    Nowhere where the model may be made by code, which its file says nothing of.
    """
    if options.no_cache or options.shard or options.randomised or code_of(options) is not None:
        return CachedScan()
    store = open_cache(lambda sentence: _tell(options, sentence))
    if store is None:
        return CachedScan()
    key = fingerprint_of_audit(
        classifier,
        images,
        plan=plan,
        preprocessing=preprocessing_request(options),
        reference=reference_asked_for(options, before),
        attacks=attacks,
        decide=gates_to_decide(options),
        device=options.device,
    )
    return CachedScan(store, key)


def tell_age(options: argparse.Namespace, kept: KeptAudit) -> None:
    """Say that an audit was made before, and when."""
    created = kept.findings.audit_record.environment.created
    age = (datetime.now(UTC) - datetime.fromisoformat(created)).total_seconds()
    _tell(options, f"from the cache: audited {duration(age)} ago; --no-cache does it again")


def _tell(options: argparse.Namespace, sentence: str) -> None:
    if not options.quiet:
        sys.stderr.write(f"{printable(sentence)}\n")


@contextmanager
def _folder() -> Iterator[Path]:
    try:
        folder = tempfile.TemporaryDirectory(prefix="robaudit-")
    except OSError as error:
        raise OutputError(
            f"no temporary folder: {error.strerror or error}",
            advice="Make room, or name another folder in TMPDIR.",
        ) from error
    with folder as name:
        yield Path(name)
