"""What stands in the documents of the repository."""

import re
import shlex
from itertools import takewhile

from tests.support.paths import ROOT


def shell_blocks(document: str) -> list[str]:
    """List the shell blocks of a document, as they are typed: without what stands for a prompt."""
    text = (ROOT / document).read_text(encoding="utf-8")
    blocks = re.findall(r"```(?:console|sh|shell|bash)\n(.*?)```", text, flags=re.DOTALL)
    return [re.sub(r"^\$ ", "", block, flags=re.MULTILINE) for block in blocks]


def commands_in(document: str) -> list[list[str]]:
    """List the robaudit commands in the shell blocks of a document."""
    lines = "\n".join(shell_blocks(document)).replace("\\\n", " ").splitlines()
    commands = [shlex.split(line, comments=True) for line in lines]
    return [
        list(takewhile(lambda word: word not in (">", "|"), words[1:]))
        for words in commands
        if words[:1] == ["robaudit"]
    ]
