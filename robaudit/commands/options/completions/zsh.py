"""Completion in zsh: specifications for _arguments, with what each option does."""

from collections.abc import Iterator, Sequence

from robaudit.commands.options.command import Argument, Command
from robaudit.commands.options.completions.offers import (
    OWN,
    brief,
    flags_of,
    quoted,
    takes_files,
    takes_folders,
    words_of,
)
from robaudit.commands.options.option import Option

_HEAD = """\
#compdef robaudit
_robaudit() {
    local context state state_descr line
    typeset -A opt_args
    local -a commands
    commands=("""

_MIDDLE = """\
    )
    _arguments -C {own} '1:command:->command' '*::argument:->argument'
    case $state in
        command) _describe -t commands command commands ;;
        argument)
            case $words[1] in"""

_TAIL = """\
            esac ;;
    esac
}
if [[ $funcstack[1] == _robaudit ]]; then
    _robaudit "$@"
else
    compdef _robaudit robaudit
fi"""


def script(commands: Sequence[Command]) -> str:
    """Write the script for some commands; it can be sourced, or lie in fpath as _robaudit."""
    own = " ".join(quoted(f"{flag}[{_escaped(said)}]") for flag, said in OWN)
    named = [
        "        " + quoted(f"{command.name}:{_escaped(brief(command.help))}")
        for command in commands
    ]
    return "\n".join([_HEAD, *named, _MIDDLE.format(own=own), *_cases(commands), _TAIL, ""])


def _cases(commands: Sequence[Command]) -> Iterator[str]:
    for command in commands:
        options = [_option(option) for option in command.all_options().values()]
        places = [_place(argument) for argument in command.arguments]
        specifications = [*options, quoted(f"--help[{OWN[0][1]}]"), *places]
        yield f"                {command.name})"
        yield "                    _arguments \\"
        yield " \\\n".join(f"                        {each}" for each in specifications)
        yield "                    ;;"


def _option(option: Option) -> str:
    """Write what _arguments is to know of an option.

    >>> _option(Option("--effort", "how much (default: all)", choices=("little", "all")))
    "'--effort=[how much]:value:(little all)'"
    >>> print(_option(Option("--quiet", "say nothing", short="-q")))
    '(-q --quiet)'{-q,--quiet}'[say nothing]'
    """
    flags = [_flag(flag, is_switch=option.is_switch) for flag in flags_of(option)]
    end = f"[{_escaped(brief(option.help))}]"
    if not option.is_switch:
        end += f":{_escaped(option.metavar or 'value')}:{_offered(option)}"
    if len(flags) == 1:
        return quoted(f"{'*' if option.repeatable else ''}{flags[0]}{end}")
    return f"'({' '.join(flags_of(option))})'{{{','.join(flags)}}}{quoted(end)}"


def _flag(flag: str, *, is_switch: bool) -> str:
    """Say how a value follows: at once or apart, behind an equals sign or apart, or never."""
    if is_switch:
        return flag
    return f"{flag}=" if flag.startswith("--") else f"{flag}+"


def _offered(option: Option) -> str:
    words = words_of(option)
    if any(word.endswith("=") for word in words):  # and no space behind them
        return f'{{compadd -S "" -- {" ".join(words)}}}'
    if words:
        return f"({' '.join(words)})"
    if takes_folders(option):
        return "_files -/"
    return "_files" if takes_files(option) else " "


def _place(argument: Argument) -> str:
    offered = f"({' '.join(argument.words)})" if argument.words else "_files"
    return quoted(f":{_escaped(argument.metavar)}:{offered}")


def _escaped(text: str) -> str:
    for special in "\\[]:":
        text = text.replace(special, f"\\{special}")
    return text
