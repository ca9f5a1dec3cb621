"""``robaudit examples``: boundary-crossing examples, to train a model on elsewhere."""

import argparse
import sys

from robaudit.commands import ExitCode
from robaudit.commands.from_options import (
    make_hardening_plan,
    open_classifier,
    preprocessing_request,
)
from robaudit.commands.harden import read_training_data
from robaudit.commands.terminal import ProgressDisplay, error_console
from robaudit.hardening.harden import make_feedback_examples
from robaudit.hardening.write import write_example_images
from robaudit.storage.files import check_folder, write_files


def run(options: argparse.Namespace) -> ExitCode:
    """Run the command."""
    check_folder(options.out.parent, [options.out.name], overwrite=options.force)
    train, _ = read_training_data(options)
    classifier = open_classifier(options, train)
    with ProgressDisplay(error_console(), quiet=options.quiet) as progress:
        made = make_feedback_examples(
            classifier,
            train,
            plan=make_hardening_plan(options, classifier),
            preprocessing=preprocessing_request(options),
            batch_size=options.batch_size,
            progress=progress,
        )
    written = write_files(
        options.out.parent,
        {options.out.name: lambda file: write_example_images(made, file)},
    )
    if not options.quiet:
        chosen = sum(selection.chosen for selection in made.examples.selections)
        sys.stdout.write(f"{len(made.examples):,} examples of {chosen:,} samples\n")
        sys.stdout.write("".join(f"{path}\n" for path in written))
    return ExitCode.OK
