"""Completion in fish: a line an option, each for the command that was typed."""

from collections.abc import Iterator, Sequence

from robaudit.commands.options.command import Command
from robaudit.commands.options.completions.offers import OWN, brief, takes_files, words_of
from robaudit.commands.options.option import Option

_HEAD = """\
function __robaudit_is_first
    test (count (commandline -opc)) -eq 1
end
function __robaudit_is
    set -l typed (commandline -opc)
    test (count $typed) -gt 1; and test $typed[2] = $argv[1]
end
complete -c robaudit -e"""


def script(commands: Sequence[Command]) -> str:
    """Write the script for some commands."""
    return "\n".join([_HEAD, *_first(commands), *_of_commands(commands), ""])


def _first(commands: Sequence[Command]) -> Iterator[str]:
    start = "complete -c robaudit -n __robaudit_is_first -f"
    for command in commands:
        yield f"{start} -a {command.name} -d {_quoted(brief(command.help))}"
    for flag, said in OWN:
        yield f"{start} -l {flag.removeprefix('--')} -d {_quoted(said)}"


def _of_commands(commands: Sequence[Command]) -> Iterator[str]:
    for command in commands:
        start = f"complete -c robaudit -n '__robaudit_is {command.name}'"
        words = [word for argument in command.arguments for word in argument.words]
        if words:
            yield f"{start} -a {_quoted(' '.join(words))}"
        if all(argument.words for argument in command.arguments):
            yield f"{start} -f"
        for option in command.all_options().values():
            yield f"{start} {_option(option)}"
        yield f"{start} -l help -d {_quoted(OWN[0][1])}"


def _option(option: Option) -> str:
    """Write what complete is to know of an option.

    >>> print(_option(Option("--out", "where to", "FILE", short="-o")))
    -s o -l out -r -F -d 'where to'
    >>> print(_option(Option("--effort", "how much", choices=("little", "all"))))
    -l effort -x -a 'little all' -d 'how much'
    """
    short = "" if option.short is None else f"-s {option.short.removeprefix('-')} "
    value, words = "", words_of(option)
    if not option.is_switch:
        value = " -r -F" if takes_files(option) else " -x"
    if words:
        value += f" -a {_quoted(' '.join(words))}"
    return f"{short}-l {option.name}{value} -d {_quoted(brief(option.help))}"


def _quoted(text: str) -> str:
    r"""Quote a text.

    >>> print(_quoted("the model's"))
    'the model\'s'
    """
    escaped = text.replace("\\", "\\\\").replace("'", r"\'")
    return f"'{escaped}'"
