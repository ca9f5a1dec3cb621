"""ART without what it does on the way when it is imported: a folder at home, everyone's logs."""

import importlib.util
import logging.config
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def importing_art() -> Iterator[None]:
    """Import ART, and leave the home folder and the logging of others as they are.

    ART configures logging for the whole process, which closes the handlers that others have,
    and with them the streams that these write to.
    """
    load_settings()
    configure = logging.config.dictConfig
    vars(logging.config)["dictConfig"] = lambda _: None
    try:
        yield
    finally:
        vars(logging.config)["dictConfig"] = configure
        of_art = logging.getLogger("art")
        if not of_art.handlers:
            of_art.addHandler(logging.NullHandler())


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
