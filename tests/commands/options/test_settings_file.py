"""Which file of settings applies, and what cannot be read."""

from pathlib import Path

import pytest

from robaudit.commands.options.settings_file import find_settings
from robaudit.errors import UsageError
from robaudit.metrics.gates import Source


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ROBAUDIT_CONFIG", raising=False)


def test_an_option_goes_before_the_environment_and_that_before_what_lies_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert find_settings() is None
    Path("ci").mkdir()
    for place, name in enumerate(("pyproject.toml", "robaudit.toml", "ci/own.toml", "named.toml")):
        header = "[tool.robaudit]\n" if name == "pyproject.toml" else ""
        Path(name).write_text(f"{header}seed = {place}\n")
        if name == "ci/own.toml":
            monkeypatch.setenv("ROBAUDIT_CONFIG", "ci/own.toml")
        found = find_settings(Path(name) if name == "named.toml" else None)
        assert found is not None
        assert (found.name, found.table) == (name, {"seed": place})
        assert found.source_of("seed") == Source(name, 1 + bool(header))
    monkeypatch.setenv("ROBAUDIT_CONFIG", "")
    assert find_settings() is not None


@pytest.mark.parametrize("named", ["none.toml", "."])
def test_one_that_is_named_must_be_there(named: str) -> None:
    with pytest.raises(UsageError, match=r"cannot be read: .*; expected a TOML file"):
        find_settings(Path(named))


def test_a_pyproject_may_be_named_from_elsewhere() -> None:
    Path("sub").mkdir()
    Path("sub/pyproject.toml").write_text("[tool.robaudit]\nseed = 1\n[[tool.robaudit.gate]]\n")
    found = find_settings(Path("sub/pyproject.toml"))
    assert found is not None
    assert found.table == {"seed": 1, "gate": [{}]}
    assert found.sources_of("gate") == [Source("sub/pyproject.toml", 3)]
    Path("sub/pyproject.toml").write_text("[tool]\nrobaudit = 1\n")
    with pytest.raises(UsageError, match=r"tool.robaudit in sub/pyproject.toml is no table"):
        find_settings(Path("sub/pyproject.toml"))


def test_tables_that_are_written_inline_stand_where_their_list_does() -> None:
    Path("robaudit.toml").write_text("seed = 1\ngate = [{metric = 'a'}, {metric = 'b'}]\n")
    found = find_settings()
    assert found is not None
    assert found.sources_of("gate") == [Source("robaudit.toml", 2)] * 2


def test_a_file_that_is_no_settings_is_refused() -> None:
    Path("robaudit.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(UsageError, match=r"robaudit.toml cannot be read"):
        find_settings()
    Path("robaudit.toml").write_text("#" * 2**21)
    with pytest.raises(UsageError, match="more than 1,048,576 bytes"):
        find_settings()
