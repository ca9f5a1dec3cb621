"""The small scans that are killed."""

from dataclasses import dataclass

from tests.support.files import SMALL_SCAN
from tests.support.paths import EXAMPLES

_DATA = ("--data", str(EXAMPLES / "digits.npz"))
_MODEL = ("tests.crash.model:predict", "--input-shape", "1,8,8", "--scores", "logits")
_ATTACKS = ("--attack", "gaussian-noise", "--attack", "uniform-noise")


@dataclass(frozen=True)
class Case:
    """A scan: what it is called, and its command, but for where results go."""

    name: str
    command: tuple[str, ...]


def _scan(name: str, *arguments: str) -> Case:
    return Case(name, ("scan", *_MODEL, *SMALL_SCAN, "--no-cache", *arguments))


CASES = (
    _scan("traced search", *_DATA, "--samples", "100", "--steps", "25"),
    _scan("every step, attacks", *_DATA, *_ATTACKS),
    _scan("synthetic inputs, refined", "--samples", "60", "--refine", "0.01"),
    _scan("to a precision", *_DATA, "--precision", "0.05"),
)
