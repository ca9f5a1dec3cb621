"""Terms of a page link to what they mean."""

import re
from typing import Any

from robaudit_report.html.glossary import Glossary
from tests.support.audit_words import render
from tests.support.judged import gate, judged
from tests.support.report_words import draw


def test_only_terms_that_are_explained_are_linked() -> None:
    glossary = Glossary({"crossing rate": "A share."})
    link = '<a class="term" href="#term-crossing-rate">Rays crossed</a>'
    assert glossary.link("Rays crossed") == link
    assert glossary.link("<b>") == "&lt;b&gt;"
    assert "&lt;i&gt;" in glossary.link("crossing rate", "<i>")


def test_every_link_of_a_page_leads_somewhere(attacked: Any, comparison: Any) -> None:
    pages = [
        render("html", attacked),
        render("html", judged(attacked, gate("failed"), gate("passed"))),
        draw("html", comparison),
    ]
    for page in pages:
        places = re.findall(r' id="([^"]+)"', page)
        assert len(places) == len(set(places))
        links = re.findall(r' href="#([^"]+)"', page)
        assert set(links) <= set(places)
        headings = re.findall(r'<h2 id="([^"]+)"', page)
        contents = page[page.index("<nav") : page.index("</nav>")]
        assert re.findall(r'href="#([^"]+)"', contents) == headings


def test_terms_of_figures_and_tables_are_linked(attacked: Any) -> None:
    page = render("html", judged(attacked, gate("passed")))
    for term in (
        *("verdict", "gate", "interval", "margin", "reach", "crossing-rate", "level"),
        *("restricted-mean-margin", "clean-accuracy", "robust-accuracy", "budget", "trust-flag"),
    ):
        assert f'href="#term-{term}"' in page, term
        assert f'<dt id="term-{term}">' in page, term
