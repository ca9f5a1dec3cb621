"""What the command line cannot do is one clear error."""

from pathlib import Path

import pytest

pytest.importorskip("torch")
pytest.importorskip("art")

from tests.support.repair_runs import repair


@pytest.mark.parametrize(
    ("more", "complaint"),
    [
        (("--dataset", "mnist"), "--scale smoke with --dataset mnist"),
        (("--scale", "small", "--data", "nowhere"), "no data at"),
        (("--recipes", "none"), "recipe none; expected one of as-harden, five-steps"),
        (("--seeds", "0"), "argument --seeds: 0, but at least 1 is needed"),
        (("--first-seed", "-1"), "argument --first-seed: -1, but seeds begin with 0"),
    ],
)
def test_what_cannot_be_done_is_one_clear_error(
    more: tuple[str, ...], complaint: str, tmp_path: Path
) -> None:
    done = repair(tmp_path, *more)
    assert done.returncode == 2
    assert complaint in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr
