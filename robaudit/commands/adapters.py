"""``robaudit adapters``: what can be opened here, what is missing, and how to install it."""

import argparse
import sys
from collections.abc import Iterator
from typing import Any

from robaudit.commands import ExitCode
from robaudit.phrases import printable
from robaudit.plugins import find_plugins


def run(_options: argparse.Namespace) -> ExitCode:
    """Run the command. Frameworks are imported, since only they know their devices."""
    plugins = find_plugins("robaudit.adapters")
    for name, adapter in plugins.loaded.items():
        for line in _describe(name, adapter):
            sys.stdout.write(f"{printable(line)}\n")
        sys.stdout.flush()
    for reason in plugins.broken.values():
        sys.stdout.write(f"failed to load: {printable(reason)}\n")
    return ExitCode.OK


def _describe(name: str, adapter: Any) -> Iterator[str]:
    """Give the lines on one adapter; what it does not say, or fails to say, is left out."""
    yield f"{name}: {getattr(adapter, 'opens', 'it does not say what')}"
    abilities = getattr(adapter, "abilities", ())
    if abilities:
        yield f"  can: {', '.join(abilities)}"
    requirements = getattr(adapter, "requires", ())
    versions = [
        f"{requirement.package} {version}"
        for requirement in requirements
        if (version := requirement.found())
    ]
    if versions:
        yield f"  with: {', '.join(versions)}"
    lacking = [requirement for requirement in requirements if requirement.lack()]
    for requirement in lacking:
        yield f"  missing: {requirement.lack()}; install it with: {requirement.install}"
    if lacking:
        return
    try:
        yield f"  on: {', '.join(adapter.devices())}"
    except Exception as error:  # noqa: BLE001 - a stranger's plugin must not stop the others
        yield f"  fails to name its devices: {type(error).__name__}: {error}"
