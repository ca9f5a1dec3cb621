"""What all of ImageNet takes is worked out as the page on scale says."""

import pytest

from benchmarks import imagenet
from benchmarks.imagenet import MEASURED, Rates, hours, table_of_hours, table_of_parts
from tests.support.paths import ROOT


def test_the_page_on_scale_has_the_tables() -> None:
    page = (ROOT / "docs/scale.md").read_text(encoding="utf-8")
    assert table_of_parts() in page
    assert table_of_hours(MEASURED) in page


def test_what_is_done_alike_does_not_get_less() -> None:
    """With a store that costs nothing, hours are those of passes alone."""
    free = Rates(passes=1000, bytes_hashed=float("inf"), block_kept=0, block_found=0)
    shared = 50_000 + 1_000_000 + 65_000
    for devices in (1, 10, 1000):
        alike = 14_400 + 80_200
        found, same, store = hours(devices, free)
        assert found * 3600 == pytest.approx((shared / devices + alike) / 1000)
        assert same * 3600 == pytest.approx(alike / 1000)
        assert store == 0
        linear, _, _ = hours(devices, free, linear=True)
        assert linear * 3600 == pytest.approx((shared + 4_000_000) / devices / 1000 + 14.4)


def test_blocks_of_no_work_are_kept_and_found(capsys: pytest.CaptureFixture[str]) -> None:
    kept, found = imagenet._store(500)
    assert found > 0
    assert kept > 0
    assert "blocks a second kept" in capsys.readouterr().out
