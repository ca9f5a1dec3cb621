"""The attacks that come from ART, by the names of the catalogue.

Whatever ART prints, or draws from NumPy's global random numbers, is kept to
itself: the same seed gives the same examples, and the caller's random numbers
are as they were.
"""

import io
import logging
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from typing import Any

import numpy as np

from robaudit.attacks.catalogue import Attack


@contextmanager
def alone_and_quiet(random: np.random.Generator) -> Iterator[None]:
    """Seed all that ART draws from, and put it back after.

    ART draws from NumPy's global numbers, and from a RandomState that it makes
    without a seed where it needs one.
    """
    state, original = np.random.get_state(), np.random.RandomState  # noqa: NPY002 - what ART uses
    level = logging.getLogger("art").level

    class Seeded(original):  # type: ignore[valid-type,misc]
        """A RandomState that is repeatable where no seed is given."""

        def __init__(self, seed: Any = None) -> None:
            super().__init__(int(random.integers(2**32)) if seed is None else seed)

    logging.getLogger("art").setLevel(logging.CRITICAL)
    np.random.seed(int(random.integers(2**32)))  # noqa: NPY002
    np.random.RandomState = Seeded  # type: ignore[misc]
    try:
        with warnings.catch_warnings(), redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        np.random.RandomState = original  # type: ignore[misc]
        np.random.set_state(state)  # noqa: NPY002
        logging.getLogger("art").setLevel(level)


def _ead(attack: Attack, estimator: Any, batch_size: int) -> Any:
    from art.attacks.evasion import ElasticNet  # noqa: PLC0415 - imports ART

    return ElasticNet(
        estimator,
        confidence=attack.parameters["confidence"],
        learning_rate=attack.parameters["learning_rate"],
        binary_search_steps=attack.whole("searches"),
        max_iter=attack.whole("steps"),
        beta=attack.parameters["beta"],
        decision_rule="L1",
        batch_size=batch_size,
        verbose=False,
    )


ART_ATTACKS: dict[str, Callable[[Attack, Any, int], Any]] = {
    "ead": _ead,
}
"""Each makes an ART attack from its parameters, an estimator over 0..1 and a batch size."""
