"""What every long run in stages shares: options, workers, how it ends."""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

from rich.console import Console

from reproduction.rendering import duration
from reproduction.stages import Kept, Stage, do_all
from reproduction.workers import LayOut, workers
from robaudit import RobauditError


def command_line(arguments: Sequence[str] | None) -> list[str]:
    """Give the name of the script, and its arguments as they were given."""
    return [Path(sys.argv[0]).name, *(sys.argv[1:] if arguments is None else arguments)]


def run_or_complain(run: Callable[[], None]) -> int:
    """Run; give the exit code, and say what went wrong."""
    try:
        run()
    except RobauditError as error:
        return _complain(f"{error}")
    except OSError as error:
        return _complain(f"{error}; all stages that were done are kept")
    except BrokenProcessPool:
        return _complain("the system ended a stage, perhaps for want of memory; try fewer --jobs")
    except KeyboardInterrupt:
        Console(stderr=True).print("interrupted; the same command goes on from here")
        return 130
    return 0


def _complain(text: str) -> int:
    Console(stderr=True, highlight=False, markup=False).print(f"error: {text}")
    return 2


def count(text: str) -> int:
    """Read a number of at least one."""
    if (number := int(text)) < 1:
        raise argparse.ArgumentTypeError(f"{number}, but at least 1 is needed")
    return number


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add what says where work is done, and how much of it side by side."""
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    parser.add_argument(
        "--jobs", type=count, help="stages done side by side (default: one for each CPU core)"
    )


def jobs_of(options: argparse.Namespace) -> int:
    """Choose how many stages are done side by side: one for each core, one on a GPU."""
    given: int | None = options.jobs
    return given or (1 if options.device == "cuda" else os.cpu_count() or 1)


def machine(options: argparse.Namespace) -> str:
    """Name what the work is done on."""
    if options.device == "cpu":
        jobs = jobs_of(options)
        side_by_side = f", {jobs} stages side by side" if jobs > 1 else ""
        return f"{os.cpu_count()} CPU cores{side_by_side}"
    import torch  # noqa: PLC0415 - takes seconds

    return str(torch.cuda.get_device_name())


def do_in_workers(stages: Sequence[Stage], kept: Kept, lay_out: LayOut, jobs: int) -> None:
    """Do what is not done yet, in processes that each lay out the same stages."""
    if all(kept.has(stage) for stage in stages):
        return
    with workers(jobs, lay_out) as submit:
        do_all(stages, kept, _tell, submit, jobs)


def _tell(number: int, total: int, stage: Stage, left: float | None) -> None:
    minutes = "" if left is None else f", about {duration(left)} left"
    Console(stderr=True, highlight=False).print(f"{number} of {total}{minutes}: {stage.name}")
