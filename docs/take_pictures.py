"""Take the pictures of the README: the report of the embedded demo, in light and dark."""

import shutil
import tempfile
from contextlib import chdir
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

from robaudit.cli import main as robaudit

HERE = Path(__file__).parent
MODEL = "examples/digits.onnx"
WIDTH, HEIGHT = 1200, 1240


def main() -> None:
    """Scan the demo, open its report in Chromium and write ``report-light.png`` and ``-dark``."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        with chdir(HERE.parent):  # where the page names no folder of this machine
            robaudit(["scan", MODEL, "-o", folder, "--quiet"])
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium") or shutil.which("chromium-browser"),
            args=["--no-sandbox", "--disable-gpu"],
        )
        for scheme in ("light", "dark"):
            page = browser.new_page(
                color_scheme=scheme, viewport={"width": WIDTH, "height": HEIGHT}
            )
            page.goto((Path(folder) / "report.html").as_uri())
            path = HERE / f"report-{scheme}.png"
            page.screenshot(path=path)
            with Image.open(path) as picture:
                # A page has few colours; a palette makes the file a third of the size. Others
                # of Pillow's ways leave out the rare ones, and what is green comes out grey.
                few = picture.convert("RGB").quantize(128, Image.Quantize.MAXCOVERAGE)
                few.save(path, optimize=True)
        browser.close()


if __name__ == "__main__":
    main()
