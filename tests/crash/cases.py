"""The small scans and hardenings that are killed."""

from dataclasses import dataclass

from tests.support.files import SMALL_SCAN
from tests.support.paths import EXAMPLES

_DATA = ("--data", str(EXAMPLES / "digits.npz"))
_MODEL = ("tests.crash.model:predict", "--input-shape", "1,8,8", "--scores", "logits")
_ATTACKS = ("--attack", "gaussian-noise", "--attack", "uniform-noise")


@dataclass(frozen=True)
class Case:
    """A run: what it is called, and its command, but for where results go."""

    name: str
    command: tuple[str, ...]


def _scan(name: str, *arguments: str) -> Case:
    return Case(name, ("scan", *_MODEL, *SMALL_SCAN, "--no-cache", *arguments))


def _harden(name: str, *arguments: str) -> Case:
    search = ("--search-samples", "60", "--search-directions", "8")
    judged = ("--validation-samples", "40", "--validation-directions", "6")
    few = (*SMALL_SCAN, *_DATA, *search, *judged, "--effort", "quick", "--attacks", "none")
    return Case(name, ("harden", "tests.crash.model:trainable()", "--force", *few, *arguments))


CASES = (
    _scan("traced search", *_DATA, "--samples", "100", "--steps", "25"),
    _scan("every step, attacks", *_DATA, *_ATTACKS),
    _scan("synthetic inputs, refined", "--samples", "60", "--refine", "0.01"),
    _scan("to a precision", *_DATA, "--precision", "0.05"),
    _harden("hardening", "--method", "feedback", "--epochs", "4", "--learning-rate", "2"),
    _harden("rounds and seeds", "--epochs", "2", "--rounds", "2", "--seeds", "2", "--keep", "last"),
)
