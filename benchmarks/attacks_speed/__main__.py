"""Attacks of robaudit beside those of other libraries: seconds, and what they find.

All attack the same images of the same networks with the same budgets and steps, in one process,
taking turns; times are medians of what the process computed, on one thread unless said otherwise,
so that what else the machine does is not in them. The process holds on to freed memory, as the
commands do, and all that are compared gain by it. robaudit runs as a scan does: what
it does beside the attack (counting, checking boxes, budgets and classes) is in its time. The
libraries are given a module of PyTorch: of ONNX files the copy that robaudit's own gradients come
from, made by onnx2fx.

    python -m benchmarks.attacks_speed [mnist cifar10 resnet] [--threads 1] [--turns 3]
"""

import argparse
import os
import platform
import time
import warnings
from dataclasses import replace
from importlib.metadata import version

import torch

from benchmarks.attacks_speed.measuring import Cell, measured, ours
from benchmarks.attacks_speed.networks import (
    Subject,
    cifar_subject,
    mnist_subject,
    resnet_subject,
)
from benchmarks.attacks_speed.peers import PEERS, missing, runs
from robaudit.attacks.catalogue import Attack, parse_attack, suite
from robaudit.storage.memory import keep_freed_memory

ATTACKS = (
    *("pgd:epsilon={epsilon},step={step},steps=40", "apgd:epsilon={epsilon}"),
    *("square:epsilon={epsilon},queries=1000", "cw-l2:budget=99", "deepfool:budget=99"),
    *("ddn:budget=99", "fmn-l2:budget=99"),
)
EPSILON = {"mnist": 0.2, "cifar10": 1 / 255, "resnet": 1 / 255}
IMAGES = {"mnist": 64, "cifar10": 16, "resnet": 32}
SLOWER = 4
"""CW-L2 gets so many times fewer images."""
SHORT, SHARE = "cw-l2:searches=3,steps=10", 30
"""Beside ART's it gets a single image and these of its 900 steps: it would outlast all else."""


def main() -> None:
    """Measure all, and print tables in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("networks", nargs="*", help=f"of {', '.join(IMAGES)}; all by default")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--train", type=float, default=60, help="seconds that the ResNet trains")
    parser.add_argument(
        "--no-suite", action="store_true", help="leave out the paper's, beside ART's"
    )
    options = parser.parse_args()
    keep_freed_memory()
    warnings.simplefilter("ignore")
    torch.set_num_threads(options.threads)
    # Which onnxruntime is opened with: a second thread of it waits by counting, after each pass.
    os.environ["OMP_NUM_THREADS"] = str(options.threads)
    began = time.perf_counter()
    machine = platform.processor() or platform.machine()
    print(f"{machine}, {options.threads} thread(s), {_versions()}")
    for name in options.networks or IMAGES:
        subject = _subject(name, options.train)
        print(f"\n{subject.name}, {len(subject.x)} images\n", flush=True)
        _print_attacks(subject, name, options.turns)
        if not options.no_suite:
            _print_paper(subject, options.turns)
    print(f"\n{time.perf_counter() - began:,.0f} seconds in all")


def _versions() -> str:
    absent = missing()
    names = ("adversarial-robustness-toolbox", "adv-lib", "torchattacks", "foolbox", "torch")
    there = [name for peer, name in zip((*PEERS, ""), names, strict=True) if peer not in absent]
    text = ", ".join(f"{name} {version(name)}" for name in there)
    return f"{text}; missing: {', '.join(absent)}" if absent else text


def _subject(name: str, train: float) -> Subject:
    if name == "resnet":
        return resnet_subject(IMAGES[name], train)
    return {"mnist": mnist_subject, "cifar10": cifar_subject}[name](IMAGES[name])


def _print_attacks(subject: Subject, name: str, turns: int) -> None:
    epsilon = EPSILON[name]
    columns = ("robaudit", *PEERS)
    print(f"| attack | {' | '.join(f'{one}, s' for one in columns)} | robaudit / fastest |")
    print(f"| --- |{' ---: |' * (len(columns) + 1)}")
    for text in ATTACKS:
        attack = parse_attack(
            text.format(epsilon=epsilon, step=epsilon / 10), subject.classifier.spec
        )
        slow = attack.name == "cw-l2"
        of = _first(subject, len(subject.x) // SLOWER) if slow else subject
        peers = runs(attack, of.module, of.x, of.y)
        if slow:
            peers.pop("ART")
        cells = measured(of, attack, {"robaudit": ours(of, attack), **peers}, turns)
        fastest = min(cell.seconds for peer, cell in cells.items() if peer != "robaudit")
        shown = [_shown(cells.get(one), attack) for one in columns]
        ratio = f"{cells['robaudit'].seconds / fastest:.2f}"
        print(f"| {attack.entry.title} | {' | '.join(shown)} | {ratio} |", flush=True)


def _print_paper(subject: Subject, turns: int) -> None:
    """Measure what of the paper's suite ART has; CW-L2 in part, and scaled to the whole."""
    totals, spec = {"robaudit": 0.0, "ART": 0.0}, subject.classifier.spec
    for whole in suite("paper", spec):
        attack, of, times = whole, subject, 1
        if whole.name == "cw-l2":
            attack, of = parse_attack(SHORT, spec), _first(subject, 1)
            times = SHARE * len(subject.x)
        arts = runs(attack, of.module, of.x, of.y).get("ART")
        if arts is None:
            continue
        both = {"robaudit": ours(of, attack), "ART": arts}
        for way, cell in measured(of, attack, both, turns).items():
            totals[way] += cell.seconds * times
            print(f"{attack.entry.title}, {way}: {cell.seconds * times:.2f} s")
    print(
        f"\n`paper`, what ART has of it: robaudit {totals['robaudit']:.1f} s, "
        f"ART {totals['ART']:.1f} s, {totals['robaudit'] / totals['ART']:.3f}",
        flush=True,
    )


def _shown(cell: Cell | None, attack: Attack) -> str:
    if cell is None:
        return ""
    found = f"{cell.found:.0%}" if attack.norm == "linf" else f"{cell.found:.3f}"
    return f"{cell.seconds:.2f} ({found})"


def _first(subject: Subject, count: int) -> Subject:
    return replace(subject, x=subject.x[:count], y=subject.y[:count])


if __name__ == "__main__":
    main()
