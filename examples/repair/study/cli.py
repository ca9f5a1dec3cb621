"""From the command line to the results: do the stages, read what they measured, write it."""

import argparse
import json
import shlex
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

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
from study import stronger
from study.laying_out import TITLES, LaidOut, lay_out, lay_out_recipes
from study.rendering import render_markdown, render_pictures
from study.results import results_of
from study.settings import Scale, study_of
from study.stronger import Looked


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; give its exit code."""
    options = _options(arguments)
    return run_or_complain(partial(_run, options, command_line(arguments)))


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="repair.py",
        description="Repair models in fifteen ways; measure what each gives and what it costs.",
    )
    parser.add_argument(
        "--scale",
        choices=["smoke", "small", "full"],
        default="small",
        help="smoke: the embedded digits, under a minute; small: about an hour of two slow cores "
        "a data set; full: all training images and seeds, best on a GPU",
    )
    parser.add_argument("--seeds", type=count, help="how many (default: 2; full: 5, of CIFAR-10 3)")
    parser.add_argument(
        "--first-seed",
        type=_seed,
        default=0,
        help="count seeds from this one, as for a look at what other seeds have shown",
    )
    what = parser.add_mutually_exclusive_group()
    what.add_argument(
        "--model",
        action="append",
        choices=tuple(TITLES),
        help="may be given more than once; by default all. What others are compared with is there "
        "anyway, and what was done before is not done again",
    )
    what.add_argument(
        "--recipes",
        nargs="*",
        metavar="NAME",
        help="instead of the study, look at recipes of combined hardening, those of study/settings"
        ".py or some of them, on the seed that the study does not use",
    )
    what.add_argument(
        "--stronger",
        action="store_true",
        help="instead of the study, attack what combined hardening gives, and Adv., by more than "
        "the study does, the former by what is made for the last weights of its training, too",
    )
    add_options(parser)
    add_datasets(parser, "repair")
    return parser.parse_args(arguments)


def _seed(text: str) -> int:
    if (number := int(text)) < 0:
        raise argparse.ArgumentTypeError(f"{number}, but seeds begin with 0")
    return number


def _run(options: argparse.Namespace, command: Sequence[str]) -> None:
    kept, laid_out = _lay_out(options)
    stages = [stage for one in laid_out for stage in one.stages]
    do_in_workers(stages, kept, partial(_stages, options), jobs_of(options))
    facts = {
        "made": kept.made_by(stages),
        "scale": options.scale,
        "machine": machine(options),
        "command": shlex.join(["python", "examples/repair/repair.py", *command[1:]]),
        "when": datetime.now(UTC).date().isoformat(),
    }
    files = _files(laid_out, kept, facts, _name(options))
    options.out.mkdir(parents=True, exist_ok=True)
    for path, text in files.items():
        (options.out / path).write_text(text, encoding="utf-8")
    sys.stdout.write(f"{options.out / _name(options)}.md\n")


def _name(options: argparse.Namespace) -> str:
    """Name the files of results."""
    if options.stronger:
        return "stronger"
    return "repair" if options.recipes is None else "recipes"


def _files(
    laid_out: Sequence[LaidOut | Looked], kept: Kept, facts: Mapping[str, Any], name: str
) -> dict[str, str]:
    """Write results as JSON and Markdown, the study's with a picture for each data set."""
    studies = [one for one in laid_out if isinstance(one, LaidOut)]
    looked = [one for one in laid_out if isinstance(one, Looked)]
    if looked:
        found = stronger.results_of(looked, kept, **facts)
        rendered = {f"{name}.md": stronger.render(found)}
    else:
        found = results_of(studies, kept, **facts)
        rendered = {f"{name}.md": render_markdown(found, name), **render_pictures(found, name)}
    return {f"{name}.json": json.dumps(found, indent=1, allow_nan=False) + "\n", **rendered}


def _lay_out(options: argparse.Namespace) -> tuple[Kept, list[LaidOut | Looked]]:
    found = [_laid_out(one, options) for one in datasets_of(options)]
    return Kept(options.out / "stages"), found


def _stages(options: argparse.Namespace) -> tuple[list[Stage], Kept]:
    kept, laid_out = _lay_out(options)
    return [stage for one in laid_out for stage in one.stages], kept


def _laid_out(dataset: Dataset, options: argparse.Namespace) -> LaidOut | Looked:
    scale: Scale = options.scale
    study = replace(study_of(dataset, scale), first_seed=options.first_seed)
    if options.seeds is not None:
        study = replace(study, setting=replace(study.setting, seeds=options.seeds))
    bench = Bench(study.setting, data_of(dataset, options), options.device)
    if options.stronger:
        return stronger.look(study, bench)
    if options.recipes is None:
        return lay_out(study, bench, options.model or tuple(TITLES))
    if unknown := set(options.recipes) - set(study.candidates):
        raise UsageError(
            f"recipe {', '.join(sorted(unknown))}", expected="one of " + ", ".join(study.candidates)
        )
    return lay_out_recipes(study, bench, options.recipes or tuple(study.candidates))
