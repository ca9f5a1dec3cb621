"""The documents of made-up results, as tests of drawing read them."""

import pytest

from reproduction.rendering import render_html, render_markdown
from tests.support.paper_results import RESULTS


@pytest.fixture(scope="session")
def page() -> str:
    """The page."""
    return render_html(RESULTS)


@pytest.fixture(scope="session")
def markdown() -> str:
    """The same in Markdown."""
    return render_markdown(RESULTS, lambda name: f"{name}.svg")
