"""Completion in bash: a function that looks at the word before, and offers words.

Where it offers none bash offers files. What bash 3 does not know (compopt) is done without.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from robaudit.commands.options.command import Command
from robaudit.commands.options.completions.offers import OWN, flags_of, words_of

_HEAD = """\
_robaudit() {
    local current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} words= flags=
    COMPREPLY=()
    # An equals sign is a word of its own.
    if [[ $current == = ]]; then
        current=
    elif [[ $before == = ]] && ((COMP_CWORD > 1)); then
        before=${COMP_WORDS[COMP_CWORD-2]}
    fi
    case $((COMP_CWORD > 1 ? 1 : 0)):${COMP_WORDS[1]} in"""

_TAIL = """\
    esac
    if [[ $current == -* ]]; then
        words=$flags
    fi
    COMPREPLY=($(compgen -W "$words" -- "$current"))
    if [[ ${#COMPREPLY[@]} == 1 && ${COMPREPLY[0]} == *= ]]; then
        compopt -o nospace 2>/dev/null
    fi
}
complete -o default -F _robaudit robaudit"""


def script(commands: Sequence[Command]) -> str:
    """Write the script for some commands."""
    return "\n".join([_HEAD, *_cases(commands), _TAIL, ""])


def _cases(commands: Sequence[Command]) -> Iterator[str]:
    yield "        0:*)"
    yield f'            words="{" ".join(command.name for command in commands)}"'
    yield f'            flags="{" ".join(flag for flag, _ in OWN)}" ;;'
    for command in commands:
        yield f"        1:{command.name})"
        yield "            case $before in"
        for words, flags in _by_words(command):
            yield f"                {'|'.join(flags)})"
            yield f'                    words="{words}" ;;'
        first = command.arguments[0].words if command.arguments else ()
        yield "                *)"
        yield f'                    flags="{" ".join(_all_flags(command))}"'
        if first:
            yield f'                    ((COMP_CWORD == 2)) && words="{" ".join(first)}"'
        yield "                    ;;"
        yield "            esac ;;"


def _by_words(command: Command) -> Iterable[tuple[str, list[str]]]:
    """Give the options that take a value, together where the same words are offered."""
    offered = sorted(
        (" ".join(words_of(option)), flag)
        for option in command.all_options().values()
        if not option.is_switch
        for flag in flags_of(option)
    )
    for words, some in groupby(offered, lambda pair: pair[0]):
        yield words, [flag for _, flag in some]


def _all_flags(command: Command) -> list[str]:
    options = command.all_options().values()
    return [*(flag for option in options for flag in flags_of(option)), "--help"]
