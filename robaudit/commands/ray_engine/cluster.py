"""The cluster that does the work: one that is started here for as long, or one that is there."""

import os
import re
import secrets
import signal
import socket
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from typing import Any

from robaudit.commands.crew import environment
from robaudit.commands.watch import descendants
from robaudit.errors import UsageError
from robaudit.requirements import needs, requirement

REQUIRED = requirement("ray", "pip install 'robaudit[ray]'")
_STORE = 2**27
"""Bytes of a local cluster's store: model and data are read where they lie, so little is in it."""
_LONGEST = 25
"""Ray's sockets lie in folders of long names below; a system bounds their whole path to 107."""
_SECONDS_TO_ANSWER = 10.0
_SECONDS_BETWEEN_LOOKS, _MOST_LOOKS = 0.05, 100
_CHILD_SUBREAPER = 36
_USUAL_PORT = 10001

_ALWAYS = {
    "RAY_USAGE_STATS_ENABLED": "0",
    # Workers that are to see no GPU hide them themselves.
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
}
_HERE_ALONE = {
    **_ALWAYS,
    # By this Ray takes 127.0.0.1 for its address, and so listens to this machine alone.
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",
    # Other users of this machine can reach 127.0.0.1, too: without the token they get no answer.
    "RAY_AUTH_MODE": "token",
}


def check_ray() -> None:
    """Raise MissingDependencyError, which says how to install it, where there is no Ray."""
    with needs([REQUIRED]):
        pass


@contextmanager
def joined(address: str, *, cores: int, gpus: bool) -> Iterator[Any]:
    """Join the cluster at an address, or start one here for ``ray``; give the module of Ray.

    One that is started has so many ``cores`` and all GPUs that this process sees, or none; it
    listens to 127.0.0.1 alone, asks who comes for a token that only this run knows, and is gone
    after this. Raises UsageError where nobody answers at an address.
    """
    is_local = address == "ray"
    if not is_local:
        address = _with_port(address)
        _check_answers(address)
    wanted = {**_HERE_ALONE, "RAY_AUTH_TOKEN": secrets.token_hex(32)} if is_local else _ALWAYS
    with (
        needs([REQUIRED]),
        environment(wanted),
        _signals_kept(),
        warnings.catch_warnings(),
        _folder_for_files() as folder,
        _nothing_left() if is_local else nullcontext(),
    ):
        warnings.simplefilter("ignore")  # what Ray has to say of itself is for who writes programs
        import ray  # noqa: PLC0415 - only where it is asked for

        quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": "ERROR"}
        own: dict[str, Any] = {}
        if is_local:
            own = {
                "num_cpus": cores,
                **({} if gpus else {"num_gpus": 0}),
                "include_dashboard": False,
                "object_store_memory": _STORE,
                "_temp_dir": folder,
            }
        try:
            _begin(ray, "local" if is_local else address, **quiet, **own)
        except Exception as error:
            raise UsageError(
                f"{'a local cluster of Ray' if is_local else address} cannot be used: "
                f"{_first_line(error)}",
                expected="a cluster of the same versions of Ray and Python, which lets us in",
            ) from error
        try:
            yield ray
        finally:
            ray.shutdown()


def _begin(ray: Any, address: str, **how: Any) -> None:
    """Join or start a cluster, if need be a second time: Ray gives a busy machine half a minute."""
    for last in (False, True):
        try:
            ray.init(address=address, **how)
        except Exception:
            ray.shutdown()
            if last or address != "local":
                raise
        else:
            return


@contextmanager
def _nothing_left() -> Iterator[None]:
    """End all that was begun inside this: Ray leaves agents behind where it ends in a hurry."""
    ours, before = os.getpid(), set(descendants(os.getpid()))
    _adopt_orphans(adopt=True)
    try:
        yield
    finally:
        for _ in range(_MOST_LOOKS):
            left = set(descendants(ours)) - before
            for process in left:
                with suppress(OSError):  # it has ended, or is not ours to reap
                    os.kill(process, signal.SIGKILL)
                    os.waitpid(process, os.WNOHANG)
            if not left:
                break
            time.sleep(_SECONDS_BETWEEN_LOOKS)
        _adopt_orphans(adopt=False)


def _adopt_orphans(*, adopt: bool) -> None:
    """Ask Linux that what loses its parent, and began with us, is ours and no longer nobody's."""
    if sys.platform == "linux":
        import ctypes  # noqa: PLC0415 - only where it is of use

        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_CHILD_SUBREAPER, int(adopt))


def _with_port(address: str) -> str:
    return address if re.search(r":\d+$", address) else f"{address}:{_USUAL_PORT}"


def _check_answers(address: str) -> None:
    """Raise UsageError where nobody listens: Ray itself would try for minutes."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), _SECONDS_TO_ANSWER).close()
    except (OSError, OverflowError) as error:
        raise UsageError(
            f"nobody answers at {address}: {error}",
            expected="the address of a cluster of Ray",
            advice="`ray start --head` shows it; `engine=ray` starts a cluster on this machine.",
        ) from error


@contextmanager
def _folder_for_files() -> Iterator[str]:
    """Make a folder for a cluster's own files, among all of this run's if their names allow it."""
    among = tempfile.gettempdir()
    dir_ = among if len(among) <= _LONGEST else "/tmp"  # noqa: S108 - a new folder in it is ours
    with tempfile.TemporaryDirectory(prefix="r", dir=dir_, ignore_cleanup_errors=True) as folder:
        yield folder


def _first_line(error: Exception) -> str:
    return next(iter(str(error).strip().splitlines()), type(error).__name__)


@contextmanager
def _signals_kept() -> Iterator[None]:
    """Take back how SIGTERM is heeded, which Ray changes."""
    usual = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        with suppress(ValueError):  # this is no main thread, in which Ray changed nothing
            signal.signal(signal.SIGTERM, usual)
