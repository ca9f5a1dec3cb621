"""Headless Chromium for tests of pages, and what every page must keep to in it."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest


@contextmanager
def chromium() -> Iterator[Any]:
    """Run Chromium, where it is installed; skip the test elsewhere."""
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        pytest.skip("no chromium here (the Makefile says how to install it)")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        running = playwright.chromium.launch(
            executable_path=program,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield running
        running.close()


@contextmanager
def page_of(
    browser: Any, content: str, folder: Path, scheme: str = "light", width: int = 1200
) -> Iterator[Any]:
    """Open a page that asks for nothing, says nothing to the console and runs nothing."""
    path = folder / "report.html"
    path.write_text(content, encoding="utf-8")
    page = browser.new_page(color_scheme=scheme, viewport={"width": width, "height": 900})
    requests: list[str] = []
    messages: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.on("console", lambda message: messages.append(message.text))
    page.on("pageerror", lambda error: messages.append(str(error)))
    page.goto(path.as_uri())
    assert [url for url in requests if not url.startswith("data:")] == [path.as_uri()]
    assert messages == []
    assert page.locator("script").count() == 0
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
    yield page
    page.close()


def fits(page: Any, width: int) -> bool:
    """Tell whether nothing but tables, which scroll by themselves, is wider than the window."""
    return bool(page.evaluate("document.documentElement.scrollWidth") <= width)


def poor_contrasts(page: Any) -> list[Any]:
    """List the texts with a contrast below 4.5 (3 for large text) to what lies behind them."""
    return list(page.evaluate(_CONTRAST))


_CONTRAST = """() => {
  const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
  const paint = (colours) => {
    canvas.clearRect(0, 0, 1, 1);
    for (const colour of colours) { canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1); }
    return [...canvas.getImageData(0, 0, 1, 1).data.slice(0, 3)];
  };
  const luminance = (rgb) => {
    const [r, g, b] = rgb.map(v => v / 255).map(
      v => v <= 0.03928 ? v / 12.92 : Math.pow((v + 0.055) / 1.055, 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const poor = [];
  for (const element of document.querySelectorAll('body *')) {
    const own = [...element.childNodes].some(n => n.nodeType === 3 && n.textContent.trim());
    if (!own) continue;
    const drawn = element.closest('svg') !== null;
    const behind = [];
    for (let e = element; e; e = e.parentElement)
      behind.unshift(getComputedStyle(e).backgroundColor);
    const style = getComputedStyle(element);
    const ink = drawn ? style.fill : style.color;
    const a = luminance(paint(behind)), b = luminance(paint([...behind, ink]));
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    const large = parseFloat(style.fontSize) >= 24;
    if (contrast < (large ? 3 : 4.5)) {
      poor.push([element.className, element.textContent.trim().slice(0, 20), contrast.toFixed(2)]);
    }
  }
  return poor;
}"""
