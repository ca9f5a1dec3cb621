"""What workers of a crew do in tests: they are other processes, which import it from here."""

import atexit
import os
import time
from collections.abc import Callable
from pathlib import Path

from tests.support.page_faults import pages_asked_for


def write_shares(folder: str, number: int) -> Callable[[int, Callable[[], bool]], None]:
    """Prepare a worker that writes down who it is in a file named after each share."""

    def do(share: int, _is_to_stop: Callable[[], bool]) -> None:
        (Path(folder) / f"{share}").write_text(f"{number} {os.environ.get('CREW_TEST')}")

    return do


def clear_up(folder: str, number: int) -> Callable[[int, Callable[[], bool]], None]:
    """Prepare a worker that has something to clear up when it ends."""
    atexit.register((Path(folder) / f"cleared {number}").touch)
    return write_shares(folder, number)


def die_once(folder: str, number: int) -> Callable[[int, Callable[[], bool]], None]:
    """Prepare a worker of which the first to get share 2 dies of it."""
    write = write_shares(folder, number)

    def do(share: int, is_to_stop: Callable[[], bool]) -> None:
        dead = Path(folder) / "dead"
        if share == 2 and not dead.exists():
            dead.touch()
            os._exit(9)
        write(share, is_to_stop)

    return do


def die_of_the_first(folder: str, number: int) -> Callable[[int, Callable[[], bool]], None]:
    """Prepare a worker that ends by share 1, whoever does it."""
    write = write_shares(folder, number)

    def do(share: int, is_to_stop: Callable[[], bool]) -> None:
        if share == 1:
            raise ValueError("one is too much")
        write(share, is_to_stop)

    return do


def never_open(folder: str, number: int) -> Callable[[int, Callable[[], bool]], None]:
    """Be a worker that is still about to open the model, if it is the second."""
    while number == 1:
        time.sleep(1)
    return write_shares(folder, number)


def always_die(_folder: str, _number: int) -> Callable[[int, Callable[[], bool]], None]:
    """Be a worker that cannot begin."""
    os._exit(9)


def until_stopped(folder: str, number: int) -> Callable[[int, Callable[[], bool]], None]:
    """Prepare a worker that does a share until it is to stop."""

    def do(share: int, is_to_stop: Callable[[], bool]) -> None:
        (Path(folder) / f"begun-{share}").write_text(str(os.getpid()))
        while not is_to_stop():
            time.sleep(0.02)
        (Path(folder) / f"stopped-{share}").write_text(str(number))
        raise KeyboardInterrupt

    return do


def count_pages(folder: str, _number: int) -> Callable[[int, Callable[[], bool]], None]:
    """Prepare a worker that writes down how many pages it asks for again and again."""

    def do(share: int, _is_to_stop: Callable[[], bool]) -> None:
        (Path(folder) / f"{share}").write_text(f"{pages_asked_for()}")

    return do
