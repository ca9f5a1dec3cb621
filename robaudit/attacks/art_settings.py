"""ART without the folder that it makes at home when it is imported."""

import importlib.util
import os
import sys
import tempfile
from pathlib import Path


def load_settings() -> None:
    """Load ART's settings as they are, before ART does: it writes ``~/.art`` where there is none.

    Settings that are there are read as ever, and where ART keeps data is where it would have
    been: that folder is made by who writes to it.
    """
    home = Path("~/.art").expanduser()
    art = importlib.util.find_spec("art")
    if art is None or art.origin is None or (home / "config.json").exists():
        return
    if "art" in sys.modules:  # somebody else imported it
        return
    path = Path(art.origin).with_name("config.py")
    spec = importlib.util.spec_from_file_location("art.config", path)
    if spec is None or spec.loader is None:
        return
    settings = importlib.util.module_from_spec(spec)
    names = ("HOME", "USERPROFILE")
    usual = {name: os.environ[name] for name in names if name in os.environ}
    with tempfile.TemporaryDirectory() as empty:
        os.environ.update(dict.fromkeys(names, empty))
        try:
            spec.loader.exec_module(settings)
        finally:
            for name in names:
                del os.environ[name]
            os.environ.update(usual)
    vars(settings)["ART_DATA_PATH"] = str(home / "data")
    sys.modules["art.config"] = settings
