"""How pictures look: their style, and the colours of light and dark pages."""

from collections.abc import Mapping
from pathlib import Path

STYLE = (Path(__file__).parent / "figure.css").read_text(encoding="utf-8")
"""Classes of the pictures; the colours are names, which a page or a picture gives values."""

LIGHT = {
    "card": "#ffffff",
    "ink": "#1d1d20",
    "muted": "#5d5e66",
    "line": "#dedcd6",
    "none": "#d9d9dc",
    "s0": "#0067a5",
    "s1": "#c64e00",
    "s2": "#00805c",
    "s3": "#a8447f",
    "s4": "#8a6a00",
    "s5": "#4d4fb5",
}
DARK = {
    "card": "#1b1c21",
    "ink": "#e9e7e2",
    "muted": "#a4a5ad",
    "line": "#383a43",
    "none": "#44464f",
    "s0": "#62b5ea",
    "s1": "#f5935a",
    "s2": "#4cc79f",
    "s3": "#e79bc9",
    "s4": "#d9bb4f",
    "s5": "#a5a7f4",
}
SERIES = 6
"""How many series have a colour and dashes of their own."""


def css_colours(colours: Mapping[str, str]) -> str:
    """Write colours as CSS properties."""
    return " ".join(f"--{name}: {colour};" for name, colour in colours.items())
