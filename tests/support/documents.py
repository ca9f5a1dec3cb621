"""What stands in the documents of the repository."""

import re
import shlex
import textwrap

from tests.support.paths import ROOT


def blocks_in(document: str, kind: str) -> list[str]:
    """List the blocks of code of a kind in a document, those in lists without what indents them."""
    text = (ROOT / document).read_text(encoding="utf-8")
    found = re.findall(rf"^( *)```(?:{kind})\n(.*?)^ *```", text, flags=re.DOTALL | re.MULTILINE)
    return [textwrap.dedent(block) for _, block in found]


def commands_in(document: str) -> list[list[str]]:
    """List the robaudit commands in the shell blocks of a document."""
    blocks = blocks_in(document, "console|sh|shell|bash")
    lines = "\n".join(blocks).replace("\\\n", " ").splitlines()
    commands = [shlex.split(line.removeprefix("$ "), comments=True) for line in lines]
    return [words[1:] for words in commands if words[:1] == ["robaudit"]]
