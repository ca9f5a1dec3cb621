"""What the command line cannot do is one clear error."""

from pathlib import Path

import pytest

pytest.importorskip("torch")
pytest.importorskip("art")

from tests.support.paper_runs import reproduce


def test_data_that_is_not_there_is_one_clear_error(tmp_path: Path) -> None:
    done = reproduce(tmp_path, "--data", str(tmp_path))
    assert done.returncode == 2
    assert done.stderr.startswith("error: no data at")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("more", "complaint"),
    [
        (("--seeds", "0"), "argument --seeds: 0, but at least 1 is needed"),
        (("--jobs", "-1"), "argument --jobs: -1, but at least 1 is needed"),
        (("-o", __file__), "all stages that were done are kept"),
    ],
)
def test_what_cannot_be_done_is_one_clear_error(
    more: tuple[str, str], complaint: str, tmp_path: Path
) -> None:
    done = reproduce(tmp_path, *more)
    assert done.returncode == 2
    assert complaint in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr
