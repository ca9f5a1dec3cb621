"""Text and paths as SARIF wants them."""

from urllib.parse import quote

from robaudit.phrases import printable

_ESCAPES = str.maketrans({"[": r"\[", "]": r"\]", "\\": r"\\", "{": "{{", "}": "}}"})


def message(text: str) -> dict[str, str]:
    r"""Write a message whose text is shown as it is: it has no links and no placeholders (3.11).

    >>> message("class [a](b) {0}")
    {'text': 'class \\[a\\](b) {{0}}'}
    """
    return {"text": printable(text).translate(_ESCAPES)}


def uri(path: str) -> str:
    """Write a path as a relative reference.

    >>> uri("models/a b:c.onnx")
    'models/a%20b%3Ac.onnx'
    """
    return quote(printable(path), safe="/~")
