"""What files of a search and of examples hold."""

import pytest

from robaudit.hardening import make_examples, write_examples, write_search
from tests.support.damaged_archives import Arrays, arrays_of
from tests.support.kept_hardening import REFINED, searched_with, written


@pytest.fixture(scope="module")
def search_arrays(tmp_path_factory: pytest.TempPathFactory) -> Arrays:
    """What a file of a search holds."""
    folder = tmp_path_factory.mktemp("search")
    return arrays_of(written(folder, write_search, searched_with(REFINED)[-1]))


@pytest.fixture(scope="module")
def example_arrays(tmp_path_factory: pytest.TempPathFactory) -> Arrays:
    """What a file of examples holds."""
    classifier, x, y, searched = searched_with(REFINED)
    examples = make_examples(searched, REFINED, y, classifier=classifier, x=x)
    return arrays_of(written(tmp_path_factory.mktemp("examples"), write_examples, examples))
