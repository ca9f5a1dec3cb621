"""Turning text from files into text for people."""


def printable(text: str) -> str:
    r"""Replace what a terminal would obey rather than show, such as escape sequences.

    >>> printable("cat\x1b[2J\n")
    'cat\ufffd[2J\ufffd'
    """
    return "".join(char if char.isprintable() else "\ufffd" for char in text)
