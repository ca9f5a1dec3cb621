"""What is published, and what it is made with: no stray file in it, nothing without a hash."""

import os
import re
import subprocess
import sys
import tarfile
import tomllib
import venv
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.support.paths import ROOT

PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
PACKAGED = ("robaudit/", "adapters/", "reports/")
PIN = re.compile(
    r"(?P<name>[\w.-]+)==(?P<version>[\w.]+)(?P<hashes>(?: \\\n    --hash=sha256:\w{64})*)"
)
INSTEAD = {"tensorflow": "tensorflow-cpu"}
"""What tests take, of what users are asked for."""


def tracked() -> set[str]:
    """Name the files that belong to the repository."""
    if not (ROOT / ".git").exists():
        pytest.skip("no repository to compare with")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True)
    return {name for name in listed.stdout.decode().split("\0") if name}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build both, without a network."""
    pytest.importorskip("hatchling")
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "hatchling", "build", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    return folder


def the(built: Path, pattern: str) -> Path:
    (path,) = built.glob(pattern)
    return path


def test_the_wheel_holds_the_packages_and_nothing_else(built: Path) -> None:
    with zipfile.ZipFile(the(built, "*.whl")) as wheel:
        names = set(wheel.namelist())
        (entries,) = (name for name in names if name.endswith(".dist-info/entry_points.txt"))
        said = wheel.read(entries).decode()
    about = entries.rpartition("/")[0]
    beside = {"METADATA", "WHEEL", "RECORD", "entry_points.txt", "licenses/LICENSE"}
    packaged = {
        name.removeprefix("adapters/").removeprefix("reports/")
        for name in tracked()
        if name.startswith(PACKAGED)
    }
    assert names == packaged | {f"{about}/{name}" for name in beside}
    assert {name for name in names if name.endswith("py.typed")} == {
        f"{package}/py.typed" for package in PROJECT["tool"]["importlinter"]["root_packages"]
    }
    for group in PROJECT["project"]["entry-points"].values():
        assert all(f"{name} = {place}\n" in said for name, place in group.items())
    assert "robaudit = robaudit.__main__:main" in said


def test_the_source_archive_holds_what_is_in_the_repository_and_nothing_else(built: Path) -> None:
    with tarfile.open(the(built, "*.tar.gz")) as archive:
        members = archive.getmembers()
    assert all(member.isreg() for member in members)
    names = {member.name.partition("/")[2] for member in members}
    assert names - {"PKG-INFO"} <= tracked()
    assert {"pyproject.toml", "README.md", "LICENSE", "SECURITY.md", "CHANGELOG.md"} <= names
    assert {name for name in tracked() if name.startswith((*PACKAGED, "tests/"))} <= names


@pytest.mark.slow
def test_the_wheel_runs_where_there_is_nothing_else(built: Path, tmp_path: Path) -> None:
    venv.create(tmp_path / "venv", with_pip=True)
    programs = tmp_path / "venv/bin"
    pins = "\n".join(f"{name}=={version}" for name, version, _ in pinned())
    (tmp_path / "pins.txt").write_text(pins)
    install = ["-m", "pip", "--quiet", "install", "--constraint", str(tmp_path / "pins.txt")]
    wheel = str(the(built, "*.whl"))
    subprocess.run([str(programs / "python"), *install, wheel], cwd=tmp_path, check=True)
    alone = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    for arguments, words in ((["--help"], "scan"), (["adapters"], 'pip install "robaudit[torch]"')):
        done = subprocess.run(
            [str(programs / "robaudit"), *arguments],
            cwd=tmp_path,
            env=alone,
            capture_output=True,
            text=True,
            check=True,
        )
        assert words in done.stdout


def pinned() -> Iterator[tuple[str, str, str]]:
    """Read all lists: the name, version and hashes of each package."""
    for path in sorted((ROOT / "locked").glob("*.txt")):
        text = path.read_text(encoding="utf-8")
        assert PIN.sub("", text).strip() == "", path  # no address, nor anything else
        for match in PIN.finditer(text):
            yield match["name"], match["version"], match["hashes"]


def test_every_package_is_pinned_once_and_has_hashes_but_torch() -> None:
    names = [name for name, _, _ in pinned()]
    assert len(names) == len(set(names))
    assert [name for name, _, hashes in pinned() if not hashes] == ["torch"]


def test_the_lists_have_whatever_the_project_asks_for() -> None:
    """Else `make setup` would leave it out, since it takes nothing that is not on them."""
    versions = {canonicalize_name(name): version for name, version, _ in pinned()}
    groups = {**PROJECT["dependency-groups"], **PROJECT["project"]["optional-dependencies"]}
    elsewhere = ("audit", "all", "onnx-gpu")  # in an environment of its own, or in no test
    asked = [
        *PROJECT["project"]["dependencies"],
        *(line for name, lines in groups.items() if name not in elsewhere for line in lines),
    ]
    for line in asked:
        wanted = Requirement(line)
        name = canonicalize_name(INSTEAD.get(wanted.name, wanted.name))
        if name != "robaudit":
            assert wanted.specifier.contains(versions[name]), line


ANSWERS = {
    "clean": ('{"name": "a", "version": "1", "vulns": []}', 0, "audited: 1 of 1 packages have 0"),
    "unknown": ('{"name": "a", "skip_reason": "not found"}', 0, "not audited: a, which"),
    "hole": (
        '{"name": "a", "version": "1", "vulns": [{"id": "HOLE-1", "fix_versions": ["2"]}]}',
        1,
        "a 1: HOLE-1, mended in 2",
    ),
    "none": ("", 0, "not audited: it was told of no package"),
}


@pytest.mark.parametrize("kind", [*ANSWERS, "silent"])
def test_an_audit_never_calls_clean_what_it_did_not_see(tmp_path: Path, kind: str) -> None:
    answer, code, words = ANSWERS.get(kind, ("", 0, "not audited: pip-audit could not look (no"))
    fake = tmp_path / "pip-audit"
    script = f"#!{sys.executable}\nimport sys, pathlib\n"
    if kind == "silent":
        script += "sys.exit('no network')\n"
    script += "place = pathlib.Path(sys.argv[sys.argv.index('--output') + 1])\n"
    script += f"place.write_text('{{\"dependencies\": [' + {answer!r} + ']}}')\nsys.exit(1)\n"
    fake.write_text(script)
    fake.chmod(0o755)
    done = subprocess.run(
        [sys.executable, str(ROOT / ".ci/audit")],
        env={**os.environ, "PIP_AUDIT": str(fake)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code
    assert words.removeprefix("not audited: ") in done.stdout
    assert ("not audited" in done.stdout) == (kind in ("unknown", "none", "silent"))
