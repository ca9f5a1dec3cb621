"""What stands in the documents of the repository."""

import re
import shlex
import textwrap
from itertools import takewhile

from tests.support.paths import ROOT


def blocks_in(document: str, kind: str) -> list[str]:
    """List the blocks of code of a kind in a document, those in lists without what indents them."""
    text = (ROOT / document).read_text(encoding="utf-8")
    found = re.findall(rf"^( *)```(?:{kind})\n(.*?)^ *```", text, flags=re.DOTALL | re.MULTILINE)
    return [textwrap.dedent(block) for _, block in found]


def shell_blocks(document: str) -> list[str]:
    """List the shell blocks of a document, as they are typed: without what stands for a prompt."""
    blocks = blocks_in(document, "console|sh|shell|bash")
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
