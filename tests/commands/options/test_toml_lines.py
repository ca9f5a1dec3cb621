"""In which line something stands, whatever stands around it."""

import tomllib

import pytest

from robaudit.commands.options.toml_lines import line_of, lines_of_tables

TEXT = '''\
seed = 1  # [[gate]]
"class-names" = """
[[gate]]
seed = 2
"""
data = 'its "not" here' # """
[[gate]]
metric = "a"
  [[ "gate" ]]  # another
x = [
  1,
]
[[gate.inner]]
y = \'\'\'
[[gate]]\'\'\'
[scan]
seed = 3
[tool.robaudit.scan]
seed = 4
[[tool.robaudit.gate]]
'''


def test_headers_are_found_and_what_only_looks_like_one_is_not() -> None:
    assert lines_of_tables(TEXT, ["gate"]) == [7, 9]
    assert lines_of_tables(TEXT, ["tool", "robaudit", "gate"]) == [20]
    assert lines_of_tables(TEXT, ["suppress"]) == []


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (["seed"], 1),
        (["class-names"], 2),
        (["data"], 6),
        (["scan", "seed"], 17),
        (["scan"], 16),
        (["tool", "robaudit", "scan", "seed"], 19),
        (["samples"], None),
    ],
)
def test_keys_are_found_in_their_tables(path: list[str], line: int | None) -> None:
    assert line_of(TEXT, path) == line


def test_strings_may_end_with_quotes_of_their_own() -> None:
    text = 'a = """"quoted""""\nb = 1\nc = "\\"[[gate]]"\n[[gate]]\n'
    assert tomllib.loads(text)["a"] == '"quoted"'
    assert line_of(text, ["b"]) == 2
    assert lines_of_tables(text, ["gate"]) == [4]
