"""From results to documents: Markdown, one HTML page, and pictures, all with the same numbers."""

from reproduction.rendering.cells import cell_text, duration, number_text
from reproduction.rendering.markdown import render_markdown
from reproduction.rendering.page import render_html
from reproduction.rendering.pictures import render_pictures
from reproduction.rendering.tables import sentence

__all__ = [
    "cell_text",
    "duration",
    "number_text",
    "render_html",
    "render_markdown",
    "render_pictures",
    "sentence",
]
