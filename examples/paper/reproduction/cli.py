"""From the command line to the pages: do the stages, read what they measured, draw it."""

import argparse
import json
import shlex
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from reproduction.data import read_data
from reproduction.experiments import Experiments
from reproduction.laying_out import experiments
from reproduction.rendering import render_html, render_markdown, render_pictures
from reproduction.running import (
    add_options,
    command_line,
    count,
    do_in_workers,
    jobs_of,
    machine,
    run_or_complain,
)
from reproduction.sections import results, section
from reproduction.settings import Dataset, Scale, setting_of
from reproduction.stages import Kept, Stage
from reproduction.work import Bench

_DATASETS: tuple[Dataset, ...] = ("mnist", "cifar10")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; give its exit code."""
    options = _options(arguments)
    return run_or_complain(partial(_run, options, command_line(arguments)))


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="reproduce.py",
        description="Reproduce the tables and figures of the paper, with its numbers beside ours.",
    )
    parser.add_argument(
        "--dataset",
        action="append",
        choices=[*_DATASETS, "digits"],
        help="may be given more than once; by default MNIST and CIFAR-10",
    )
    parser.add_argument("--scale", choices=["small", "paper"], default="small")
    parser.add_argument("--seeds", type=count, help="how many (default: 5 on MNIST, 3 on CIFAR-10)")
    add_options(parser)
    parser.add_argument(
        "--data", type=Path, help="folder of mnist.npz and cifar10.npz; else Keras loads them"
    )
    parser.add_argument(
        "-o", "--out", type=Path, default=Path("paper"), help="folder of the results"
    )
    return parser.parse_args(arguments)


def _run(options: argparse.Namespace, command: Sequence[str]) -> None:
    kept, laid_out = _lay_out(options)
    stages = [stage for one in laid_out for stage in one.stages]
    do_in_workers(stages, kept, partial(_stages, options), jobs_of(options))
    sections, beyond = [], []
    for one in laid_out:
        main_section, beyond_section = section(one, kept)
        sections.append(main_section)
        if beyond_section is not None:
            beyond.append(beyond_section)
    found = results(
        sections,
        beyond,
        made=kept.made_by(stages),
        scale=options.scale,
        machine=machine(options),
        command=shlex.join(["python", "examples/paper/reproduce.py", *command[1:]]),
        when=datetime.now(UTC).date().isoformat(),
    )
    write(found, options.out)
    sys.stdout.write("".join(f"{sentence}\n" for sentence in found["summary"]))
    sys.stdout.write(f"{options.out / 'paper.html'}\n")


def _lay_out(options: argparse.Namespace) -> tuple[Kept, list[Experiments]]:
    found = [_experiments(dataset, options) for dataset in options.dataset or list(_DATASETS)]
    return Kept(options.out / "stages"), found


def _stages(options: argparse.Namespace) -> tuple[list[Stage], Kept]:
    kept, laid_out = _lay_out(options)
    return [stage for one in laid_out for stage in one.stages], kept


def write(found: dict[str, Any], out: Path) -> None:
    """Write results as JSON, Markdown, a page, and pictures for the Markdown."""
    pictures = render_pictures(found)
    files = {
        "paper.json": json.dumps(found, indent=1, allow_nan=False) + "\n",
        "paper.md": render_markdown(found, lambda name: f"{name}.svg"),
        "paper.html": render_html(found),
        **pictures,
    }
    out.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (out / name).write_text(text, encoding="utf-8")


def _experiments(dataset: Dataset, options: argparse.Namespace) -> Experiments:
    scale: Scale = options.scale
    setting = setting_of(dataset, scale)
    if options.seeds is not None:
        fewer = min(setting.beyond_seeds, options.seeds)
        setting = replace(setting, seeds=options.seeds, beyond_seeds=fewer)
    return experiments(Bench(setting, read_data(dataset, options.data), options.device))
