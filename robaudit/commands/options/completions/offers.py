"""What is offered for a value, and what is said of an option, in any shell."""

from collections.abc import Sequence

from robaudit.commands.options.option import Option

_FOLDER = "DIR"
_FILES = (_FOLDER, "FILE", "NAMES", "MODULE:NAME")
"""What values are called that are files, or may be."""

OWN = (("--help", "show what there is, and end"), ("--version", "show the version, and end"))
"""What can be asked without a command."""


def words_of(option: Option) -> Sequence[str]:
    """Give the words that a value is one of, or may begin with."""
    return [*map(str, option.choices or ()), *option.words]


def takes_files(option: Option) -> bool:
    """Tell whether a value is the name of a file, or may be."""
    return option.metavar in _FILES


def takes_folders(option: Option) -> bool:
    """Tell whether a value is the name of a folder."""
    return option.metavar == _FOLDER


def flags_of(option: Option) -> tuple[str, ...]:
    """Give all ways to type an option, the short one first."""
    return (option.flag,) if option.short is None else (option.short, option.flag)


def brief(text: str | None) -> str:
    """Give the beginning of a help, in a few words.

    >>> brief("the model's channel order (default: found by trying)")
    "the model's channel order"
    """
    return (text or "").replace("%%", "%").partition(" (")[0].partition(";")[0]


def quoted(text: str) -> str:
    r"""Quote a text for bash and zsh.

    >>> print(quoted("the model's"))
    'the model'\''s'
    """
    return "'" + text.replace("'", r"'\''") + "'"
