"""The page has every number, stands alone, and can be read everywhere."""

import re
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

from reproduction.rendering import render_pictures
from robaudit_report import svg
from tests.support.browser import chromium, fits, page_of, poor_contrasts
from tests.support.paper_results import RESULTS, PageTables, expected_rows, shown


def test_the_page_has_every_row_with_the_same_numbers(page: str) -> None:
    parser = PageTables()
    parser.feed(page)
    found = [shown(*row) for table in parser.tables for row in table]
    for row, count in Counter(expected_rows()).items():
        assert found.count(row) == count, row
    assert set(parser.scopes) == {"col", "row"}


def test_pictures_in_the_page_are_well_formed_and_named_once(page: str) -> None:
    found = re.findall(r"<svg.*?</svg>", page, flags=re.DOTALL)
    assert len(found) == 2 * (1 + 3 + 1) + 1
    for one in found:
        ElementTree.fromstring(one)
    names = re.findall(r'\bid="([^"]+)"', page)
    assert len(names) == len(set(names))
    for target in re.findall(r'href="#([^"]+)"', page):
        assert target in names


def test_nothing_comes_from_elsewhere(page: str) -> None:
    for text in (page, *render_pictures(RESULTS).values()):
        assert set(re.findall(r'https?:[^"<\s]*', text)) <= {svg.NAMESPACE}
        assert "<script" not in text
        assert not re.search(r"@import|url\(|src=", text)


def test_the_page_is_readable_on_a_phone_and_in_the_dark(page: str, tmp_path: Path) -> None:
    with chromium() as browser:
        for scheme, width in (("light", 1200), ("dark", 400)):
            with page_of(browser, page, tmp_path, scheme, width) as opened:
                assert fits(opened, width)
                # Blocks of colour in a picture are not seen by this: they have a test above.
                poor = poor_contrasts(opened)
                assert [one for one in poor if isinstance(one[0], str)] == []
