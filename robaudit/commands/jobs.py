"""Work that other processes can do in parts: a scan by its shares, a hardening by its seeds."""

import argparse
import copy
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from robaudit.attacks.assessment import AttackPlan
from robaudit.audit import scan
from robaudit.batches import Blocks, Keeping, Share, ShareDone
from robaudit.commands.from_options import (
    open_classifier,
    preprocessing_request,
    read_data,
    read_training_data,
    read_validation_data,
)
from robaudit.data.images import Images
from robaudit.hardening.harden import harden
from robaudit.hardening.plan import HardeningPlan
from robaudit.search.plan import Reference, SearchPlan
from robaudit.storage.journal import Journal
from robaudit.types import Classifier, Progress, no_progress


class Job(Protocol):
    """Work in parts 1 to ``of``, whose blocks hang on ``base`` and are kept in ``folder``."""

    @property
    def options(self) -> argparse.Namespace:
        """The options of the command."""

    @property
    def folder(self) -> Path:
        """Where the command keeps what is done."""

    @property
    def of(self) -> int:
        """How many parts there are."""

    def read(self, options: argparse.Namespace) -> tuple[Images | None, ...]:
        """Read the images that it is done on, by options that are as good as its own."""

    def do(self, with_it: "Opened", share: Share, keeping: Keeping, progress: Progress) -> None:
        """Do a part, or raise ShareDone when it is done."""


@dataclass(frozen=True)
class ScanShares:
    """A scan in shares: as `robaudit.audit.scan` takes it, and where blocks are kept."""

    options: argparse.Namespace
    plan: SearchPlan
    attacks: AttackPlan | None
    reference: Reference | None
    folder: Path
    base: str
    of: int

    def read(self, options: argparse.Namespace) -> tuple[Images | None]:
        """Read the images to audit on."""
        return (read_data(options),)

    def do(self, with_it: "Opened", share: Share, keeping: Keeping, progress: Progress) -> None:
        """Do a share of all that is cut by samples."""
        (images,), options = with_it.images, with_it.options
        keeping.share = share
        scan(
            with_it.classifier,
            images,
            plan=self.plan,
            preprocessing=preprocessing_request(options),
            reference=self.reference,
            attacks=self.attacks,
            batch_size=options.batch_size,
            memory=options.memory,
            progress=progress,
            blocks=Blocks(keeping, self.base),
        )


@dataclass(frozen=True)
class HardeningParts:
    """A hardening in parts: the audit of the original model, and each seed."""

    options: argparse.Namespace
    plan: HardeningPlan
    audit_plan: SearchPlan
    attacks: AttackPlan | None
    folder: Path
    base: str
    of: int

    def read(self, options: argparse.Namespace) -> tuple[Images | None, ...]:
        """Read the images to train on, and those to test on and to choose by, where there are."""
        return (*read_training_data(options), read_validation_data(options))

    def do(self, with_it: "Opened", share: Share, keeping: Keeping, progress: Progress) -> None:
        """Audit the original model, or train from a seed and audit that."""
        (train, test, validation), options = with_it.images, with_it.options
        harden(
            with_it.classifier,
            train,
            test,
            validation=validation,
            plan=self.plan,
            audit_plan=self.audit_plan,
            preprocessing=preprocessing_request(options),
            attacks=self.attacks,
            seeds=options.seeds,
            batch_size=options.batch_size,
            progress=progress,
            blocks=Blocks(keeping, self.base),
            share=share,
        )


@dataclass(frozen=True)
class Opened:
    """What it takes to do parts of a job: the model, opened, and the images."""

    job: Job
    options: argparse.Namespace
    classifier: Classifier
    images: tuple[Images | None, ...]

    def do(
        self,
        part: int,
        folder: Path,
        name: str,
        is_to_stop: Callable[[], bool],
        progress: Progress = no_progress,
    ) -> None:
        """Do a part, and keep that in a folder, in the journal of this name.

        Raises Stopped where the work is to stop.
        """
        keeping = Keeping(Journal(folder, _nobody, name), is_to_stop)
        with suppress(ShareDone):
            self.job.do(self, Share(part, self.job.of), keeping, progress)
        keeping.write()


def open_job(
    job: Job,
    options: argparse.Namespace | None = None,
    images: tuple[Images | None, ...] | None = None,
) -> Opened:
    """Open the model of a job, and read its images unless they are here, saying nothing."""
    options = copy.copy(options or job.options)
    options.quiet = True
    if images is None:
        images = job.read(options)
    return Opened(job, options, open_classifier(options, images[0]), images)


def _nobody(_sentence: str) -> None:
    """Say nothing: what is damaged the process that began this says."""
