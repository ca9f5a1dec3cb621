"""Files that nobody named lie in the folder that somebody did."""

from pathlib import Path

from robaudit.storage.inside import is_file_inside


def test_a_file_lies_inside_unless_it_is_a_link_out(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "own").touch()
    (tmp_path / "other").touch()
    (folder / "alias").symlink_to("own")
    (folder / "out").symlink_to("../other")
    (folder / "nowhere").symlink_to("missing")
    (tmp_path / "linked").symlink_to(folder)
    for place in (folder, tmp_path / "linked"):
        there = [
            name
            for name in ("own", "alias", "out", "nowhere", ".")
            if is_file_inside(place / name, place)
        ]
        assert there == ["own", "alias"]
    assert is_file_inside(folder / "out", folder, tmp_path)
