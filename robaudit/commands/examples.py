"""``robaudit examples``: boundary-crossing examples, or mixed images, to train on elsewhere."""

import argparse
import sys
from functools import partial

import numpy as np

from robaudit.commands import ExitCode
from robaudit.commands.from_options import (
    make_hardening_plan,
    open_classifier,
    preprocessing_request,
    read_training_data,
)
from robaudit.commands.terminal import ProgressDisplay, error_console
from robaudit.hardening.elsewhere import make_feedback_examples, mix_images
from robaudit.hardening.mixture import KINDS
from robaudit.hardening.write import write_example_images, write_mixed_images
from robaudit.storage.files import Writer, check_folder, write_files


def run(options: argparse.Namespace) -> ExitCode:
    """Run the command."""
    check_folder(options.out.parent, [options.out.name], overwrite=options.force)
    train, _ = read_training_data(options)
    classifier = open_classifier(options, train)
    plan = make_hardening_plan(options, classifier)
    with ProgressDisplay(error_console(), quiet=options.quiet) as progress:
        made = make_feedback_examples(
            classifier,
            train,
            plan=plan,
            preprocessing=preprocessing_request(options),
            batch_size=options.batch_size,
            progress=progress,
        )
        chosen = sum(selection.chosen for selection in made.examples.selections)
        done = f"{len(made.examples):,} examples of {chosen:,} samples"
        write: Writer = partial(write_example_images, made)
        if plan.method == "combined":
            mixed = mix_images(made, plan, progress=progress)
            counts = np.bincount(mixed.kinds, minlength=len(KINDS))
            kinds = ", ".join(
                f"{count:,} {kind}" for kind, count in zip(KINDS, counts, strict=True)
            )
            done = f"{len(mixed.x):,} images: {kinds}"
            write = partial(write_mixed_images, mixed)
    written = write_files(options.out.parent, {options.out.name: write})
    if not options.quiet:
        sys.stdout.write("".join(f"{line}\n" for line in (done, *made.prepared.notes)))
        sys.stdout.write("".join(f"{path}\n" for path in written))
    return ExitCode.OK
