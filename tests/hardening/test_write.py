"""Examples are made again bit for bit from what a hardening writes."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from robaudit import images_from_arrays
from robaudit.hardening import HardeningPlan, make_examples
from robaudit.hardening.harden import Training
from robaudit.hardening.write import write_rounds
from tests.support.kept_hardening import PLAN, REFINED, searched_with


@pytest.mark.parametrize("plan", [PLAN, REFINED])
def test_examples_are_made_again_bit_for_bit_from_the_file_of_a_hardening(
    plan: HardeningPlan, tmp_path: Path
) -> None:
    """By the formula that is documented, with rows of the user's file, over two rounds."""
    classifier, x, y, searched = searched_with(plan)
    first = make_examples(searched, plan, y, classifier=classifier, x=x)
    second = make_examples(searched, replace(plan, seed=9), y, classifier=classifier, x=x)
    whole = np.concatenate([np.zeros_like(x), x])
    images = images_from_arrays(whole[:, 0])
    part = Training(images, x, y, np.arange(len(x)) + len(x))
    path = tmp_path / "examples.npz"
    with path.open("wb") as file:
        write_rounds([first, second], part, file)
    with np.load(path) as one:
        reached = one["sign"] * one["strength"] * one["margin"]
        assert reached.dtype == np.float64
        distance = reached.astype(np.float32)[:, None, None, None]
        made = np.clip(whole[one["row"]] + distance * one["directions"][one["direction"]], 0, 1)
        in_memory = [each.inputs(x, classifier.spec) for each in (first, second)]
        assert made.tobytes() == np.concatenate(in_memory).tobytes()
        assert set(one["round"]) == {1, 2}
        assert (one["label"] == np.concatenate([first.label, second.label])).all()
