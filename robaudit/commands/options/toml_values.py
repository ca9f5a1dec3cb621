"""Values as TOML writes them."""

import datetime
import json
import re
from typing import Any

_NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?(e[+-]?\d+)?")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def toml_value(value: Any) -> str:
    r"""Write a value as TOML does; text that is a number as that number.

    >>> toml_value("0.25"), toml_value("a \"b\"\n"), toml_value([True, "x"])
    ('0.25', '"a \\"b\\"\\n"', '[true, "x"]')
    """
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(toml_value, value))}]"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float | datetime.date):
        return str(value)
    text = str(value)
    return text if _NUMBER.fullmatch(text) else _quoted(text)


def _quoted(text: str) -> str:
    # JSON's strings are TOML's, but for DEL, which TOML wants escaped.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def toml_comment(text: str) -> str:
    r"""Write text as comments, a line for each of its own; what would end one is left out.

    >>> toml_comment("two\nlines")
    '# two\n# lines'
    """
    return "\n".join(f"# {_CONTROL.sub(' ', line)}".rstrip() for line in text.split("\n"))
