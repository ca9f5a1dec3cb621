"""Parts of a data set, by the names that people give them."""

import pytest

from robaudit.data.parts import choose_part, find_part
from robaudit.errors import DataError


@pytest.mark.parametrize(
    ("names", "wanted", "found"),
    [
        (["Train", "Test"], "test", "Test"),
        (["train", "valid"], "val", "valid"),
        (["val", "valid"], "valid", "valid"),
        (["train", "fog"], "fog", "fog"),
        (["train"], "test", None),
        (["training_set", "test_set"], "test", "test_set"),
        (["seg_train", "seg_test"], "train", "seg_train"),
        (["trainset", "Test Data"], "test", "Test Data"),
        (["contest", "dataset"], "test", None),
    ],
)
def test_parts_have_several_names(names: list[str], wanted: str, found: str | None) -> None:
    assert find_part(names, wanted) == found


def test_the_part_to_test_on_comes_first_then_the_one_to_validate_on() -> None:
    assert choose_part(["test", "train", "val"], None) == ("test", ())
    part, notes = choose_part(["train", "dev"], None)
    assert part == "dev"
    assert "part dev was taken" in notes[0]
    assert choose_part(["train"], None) == (None, ())
    with pytest.raises(DataError, match="expected one of train, val"):
        choose_part(["train", "val"], "fog")
