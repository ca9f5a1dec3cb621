"""What a scan of all of ImageNet's validation data would take, worked out from measured rates.

A ResNet-50 with random weights is asked about a few inputs of 224 x 224, pixels are hashed, and
10^5 blocks of no work are kept and found again: what each of these takes of a core is measured,
in processor time, so that whatever else the machine does does not count. From that, and from how
many passes a scan takes, the tables of docs/scale.md are worked out: those that are printed there
are of the rates in `MEASURED`.

    python -m benchmarks.imagenet [--passes-per-second RATE] [--blocks 100000]
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from robaudit.attacks.catalogue import Attack, suite
from robaudit.batches import Blocks, Keeping, batch_size_for, inputs_in_block
from robaudit.search.cut import samples_in_block
from robaudit.search.plan import SearchPlan
from robaudit.storage.fingerprint import fingerprint
from robaudit.storage.journal import Journal
from robaudit.types import InputSpec

SPEC = InputSpec((3, 224, 224), 1000)
IMAGES, ATTACKED = 50_000, 1_000
PLAN = SearchPlan(IMAGES, 32, own_directions=2)
DEVICES = (1, 8, 64, 512)

POINTS_OF_RAY, POINTS_OF_LINEAR = 5, 25
"""Of the traced search, and of one of every step, on most models of docs/performance.md."""
WALKED_IN_FULL = 3_208
"""Rays that calibrate and check the search where there are 200,000: all shares walk them."""
PREPROCESSING = 24 * 600
"""Pictures that are classified to choose the preprocessing, at most."""
GRADIENT = 3
"""A pass for scores, and the way back, which takes about twice as long."""


@dataclass(frozen=True)
class Rates:
    """What a second of a core does, and how many seconds of it a block takes."""

    passes: float
    bytes_hashed: float
    block_kept: float
    block_found: float


@dataclass(frozen=True)
class Part:
    """A part of the work: how many passes and blocks, bytes of these, and who does it."""

    name: str
    passes: int
    blocks: int
    kept: int
    alike: bool = False


MEASURED = Rates(passes=7.99, bytes_hashed=1.544e9, block_kept=83e-6, block_found=65e-6)


def main() -> None:
    """Measure, and print both tables."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--passes-per-second", type=float, help="of a device (default: of a core)")
    parser.add_argument("--blocks", type=int, default=10**5)
    options = parser.parse_args()
    kept, found = _store(options.blocks)
    passes = options.passes_per_second or _passes_per_second()
    rates = Rates(passes, _bytes_hashed_per_second(), kept, found)
    print(f"\n{rates}\n\n{table_of_parts()}\n\n{table_of_hours(rates)}")


def parts(*, linear: bool = False) -> list[Part]:
    """List what a scan does, its search one of every step or not."""
    rays, inputs = PLAN.samples * PLAN.rays_per_sample, inputs_in_block(SPEC)
    attacks = suite("quick", SPEC)
    points = POINTS_OF_LINEAR if linear else POINTS_OF_RAY
    of_attacks = len(attacks) * -(-ATTACKED // batch_size_for(SPEC))
    listed = [
        Part("choose the preprocessing", PREPROCESSING, 1, 10**4, alike=True),
        Part(f"predict {IMAGES:,} images", IMAGES, -(-IMAGES // inputs), 8 * IMAGES),
        Part(
            f"walk {rays:,} rays",
            rays * points,
            -(-PLAN.samples // samples_in_block(PLAN, inputs)),
            6 * rays,  # a step of 2 bytes, and a class of 4
        ),
        Part(
            f"attack {ATTACKED:,} samples: {', '.join(attack.entry.title for attack in attacks)}",
            ATTACKED * sum(map(_passes_of, attacks)),
            of_attacks,
            len(attacks) * ATTACKED * 4 * SPEC.dimension,
        ),
    ]
    walked = WALKED_IN_FULL * PLAN.steps
    calibration = Part("calibrate and check the search", walked, 20, 10**6, alike=True)
    return listed if linear else [*listed, calibration]


def _passes_of(attack: Attack) -> int:
    steps = attack.parameters.get("steps", 1) * attack.parameters.get("restarts", 1)
    return int(steps * (GRADIENT if attack.entry.need == "gradients" else 1))


def hours(devices: int, rates: Rates, *, linear: bool = False) -> tuple[float, float, float]:
    """Give hours of all, of what each device does alike, and of the store, hashing included."""
    work = parts(linear=linear)
    own = sum(part.passes for part in work if not part.alike) / devices / rates.passes
    alike = sum(part.passes for part in work if part.alike) / rates.passes
    hashing = IMAGES * SPEC.dimension / rates.bytes_hashed
    blocks, kept = sum(part.blocks for part in work), sum(part.kept for part in work)
    # One process finds in the end what all have kept, and checks its hash.
    store = hashing + blocks * (rates.block_kept / devices + rates.block_found)
    store += kept / rates.bytes_hashed * (1 / devices + 1)
    seconds = own + alike + store
    return seconds / 3600, alike / 3600, store / 3600


def table_of_parts() -> str:
    """Draw the table of what there is to do."""
    lines = ["| what | passes | blocks | kept | by |", "| --- | ---: | ---: | ---: | --- |"]
    for part in parts():
        who = "each device" if part.alike else "all together"
        kept = f"{part.kept / 1e6:,.1f} MB"
        lines.append(f"| {part.name} | {part.passes:,} | {part.blocks:,} | {kept} | {who} |")
    return "\n".join(lines)


def table_of_hours(rates: Rates) -> str:
    """Draw the table of how long that takes."""
    lines = [
        "| devices | hours | times as fast | done alike by each | the store | `--search linear` |",
        "| ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    alone, _, _ = hours(1, rates)
    for devices in DEVICES:
        whole, alike, store = hours(devices, rates)
        linear, _, _ = hours(devices, rates, linear=True)
        lines.append(
            f"| {devices} | {whole:.1f} | {alone / whole:.1f} | {alike / whole:.0%} | "
            f"{store / whole:.2%} | {linear:.1f} |"
        )
    return "\n".join(lines)


def _passes_per_second(batch: int = 6) -> float:
    """Ask a ResNet-50 in PyTorch about inputs, by one thread."""
    import torch  # noqa: PLC0415 - a framework

    from benchmarks.search.networks import resnet50  # noqa: PLC0415 - it imports one

    torch.set_num_threads(1)
    network, x = resnet50().eval(), torch.rand(batch, *SPEC.shape)
    with torch.inference_mode():
        network(x)
        took = [_seconds(lambda: network(x)) for _ in range(3)]
    return batch / float(np.median(took))


def _bytes_hashed_per_second(size: int = 2**28) -> float:
    pixels = np.zeros((size // 2**20, 2**20), dtype=np.uint8)
    return size / _seconds(lambda: fingerprint(pixels=pixels))


def _store(count: int) -> tuple[float, float]:
    """Keep blocks of no work, and find them: processor seconds of each."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        x = np.zeros((1, 8), dtype=np.float32)

        def through() -> None:
            keeping = Keeping(Journal(folder, print))
            found = Blocks(keeping, "a scan").each(
                "nothing", int, count, lambda number: (lambda: number, {"x": x, "first": number})
            )
            keeping.write()
            if found != list(range(count)):
                raise RuntimeError("other blocks than were kept")

        kept, found = (_seconds(through) for _ in range(2))
        size = (folder / "own.blocks").stat().st_size
    print(f"{count / kept:,.0f} blocks a second kept, {count / found:,.0f} found; {size:,} bytes")
    return kept / count, found / count


def _seconds(do: Callable[[], object]) -> float:
    """Give the processor time that something takes."""
    began = time.process_time()
    do()
    return time.process_time() - began


if __name__ == "__main__":
    main()
