"""What the command line cannot do is one clear error."""

from pathlib import Path

import pytest

pytest.importorskip("torch")
pytest.importorskip("art")

from tests.support.compensation_runs import compensate


@pytest.mark.parametrize(
    ("more", "complaint"),
    [
        (("--dataset", "mnist"), "--scale smoke with --dataset mnist"),
        (("--seeds", "2"), "--seeds 2; expected at least 3"),
        (("--scale", "small", "--data", "nowhere"), "no data at"),
    ],
)
def test_what_cannot_be_done_is_one_clear_error(
    more: tuple[str, ...], complaint: str, tmp_path: Path
) -> None:
    done = compensate(tmp_path, *more)
    assert done.returncode == 2
    assert complaint in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr
