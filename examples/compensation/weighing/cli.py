"""From the command line to the results: do the stages, read what they measured, write it."""

import argparse
import json
import shlex
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

from reproduction.running import (
    add_options,
    command_line,
    count,
    do_in_workers,
    jobs_of,
    machine,
    run_or_complain,
)
from reproduction.settings import Dataset
from reproduction.stages import Kept, Stage
from reproduction.studies import add_datasets, data_of, datasets_of
from reproduction.work import Bench
from robaudit.errors import UsageError
from weighing.laying_out import LaidOut, lay_out
from weighing.rendering import render_markdown
from weighing.results import results_of
from weighing.settings import study_of

_FEWEST_SEEDS = 3


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; give its exit code."""
    options = _options(arguments)
    return run_or_complain(partial(_run, options, command_line(arguments)))


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="compensation.py",
        description="Retrain models on as many examples, shared out over classes by three rules.",
    )
    parser.add_argument(
        "--scale",
        choices=["smoke", "small"],
        default="small",
        help="smoke: the embedded digits, in seconds; small: 4,000 training images",
    )
    parser.add_argument(
        "--seeds", type=count, help="how many, at least 3 (default: 10; of CIFAR-10 6)"
    )
    add_options(parser)
    add_datasets(parser, "compensation")
    return parser.parse_args(arguments)


def _run(options: argparse.Namespace, command: Sequence[str]) -> None:
    kept, laid_out = _lay_out(options)
    stages = [stage for one in laid_out for stage in one.stages]
    do_in_workers(stages, kept, partial(_stages, options), jobs_of(options))
    found = results_of(
        laid_out,
        kept,
        scale=options.scale,
        machine=machine(options),
        command=shlex.join(["python", "examples/compensation/compensation.py", *command[1:]]),
        when=datetime.now(UTC).date().isoformat(),
        made=kept.made_by(stages),
    )
    options.out.mkdir(parents=True, exist_ok=True)
    text = json.dumps(found, indent=1, allow_nan=False) + "\n"
    (options.out / "compensation.json").write_text(text, encoding="utf-8")
    page = options.out / "compensation.md"
    page.write_text(render_markdown(found), encoding="utf-8")
    sys.stdout.write(f"{page}\n")


def _lay_out(options: argparse.Namespace) -> tuple[Kept, list[LaidOut]]:
    if options.seeds is not None and options.seeds < _FEWEST_SEEDS:
        raise UsageError(
            f"--seeds {options.seeds}", expected="at least 3: intervals are over seeds"
        )
    found = [_laid_out(one, options) for one in datasets_of(options)]
    return Kept(options.out / "stages"), found


def _stages(options: argparse.Namespace) -> tuple[list[Stage], Kept]:
    kept, laid_out = _lay_out(options)
    return [stage for one in laid_out for stage in one.stages], kept


def _laid_out(dataset: Dataset, options: argparse.Namespace) -> LaidOut:
    study = study_of(dataset, options.scale)
    if options.seeds is not None:
        study = replace(study, setting=replace(study.setting, seeds=options.seeds))
    return lay_out(study, Bench(study.setting, data_of(dataset, options), options.device))
