"""What keeps the house in order: light imports, one-way imports, true documents."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from robaudit.commands.options.parser import make_parser
from tests.support.documents import commands_in, shell_blocks
from tests.support.frameworks import FRAMEWORKS
from tests.support.paths import ROOT
from tests.support.shells import require_shell

LATE = {"jinja2", "msgspec", "PIL", "rich"}


@pytest.mark.parametrize(
    "code",
    [
        "import robaudit",
        "from robaudit.hardening import HardeningPlan, make_examples, read_examples, read_search",
        "import sys; from robaudit.cli import main\ntry: main(['--help'])\nexcept SystemExit: pass",
        "from robaudit.plugins import find_plugins; find_plugins('robaudit.adapters')",
        "import robaudit_function, robaudit_keras, robaudit_onnx, robaudit_torch, robaudit_report",
    ],
)
def test_imports_load_no_framework(code: str) -> None:
    script = f"{code}\nimport sys; print(' '.join(sys.modules), file=sys.stderr)"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    loaded = {name.partition(".")[0] for name in done.stderr.split()}
    assert not loaded & (FRAMEWORKS | LATE)


def test_public_names_are_what_they_say_after_everything_is_imported() -> None:
    """A module of the same name would take the place of a function once it is imported."""
    script = (
        "import pkgutil, importlib, types, robaudit\n"
        "import robaudit.hardening, robaudit.record\n"
        "for one in pkgutil.walk_packages(robaudit.__path__, 'robaudit.'):\n"
        "    one.name.endswith('__main__') or importlib.import_module(one.name)\n"
        "for package in (robaudit, robaudit.hardening, robaudit.record):\n"
        "    assert dir(package) == sorted(package.__all__), package\n"
        "    for name in package.__all__:\n"
        "        assert not isinstance(getattr(package, name), types.ModuleType), name\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


ACROSS = {
    "test_cases": "everything, on files that came out wrong",
    "test_contract_of_adapters": "every adapter",
    "test_fuzz_data": "every format of data and records",
    "test_fuzz_models": "every format of models",
    "test_crash": "scans that are killed",
    "test_demo_harden": "what the Makefile shows of a hardening",
    "test_harden_everywhere": "every framework",
    "test_hostile": "every format",
    "test_house": "the house itself",
    "test_nothing_elsewhere": "every command",
    "test_packages": "what is published",
    "test_paper_published": "documents",
    "test_pre_commit": "the hook of pre-commit",
    "test_real_models": "everything, on models of other people",
    "test_same_everywhere": "every framework",
}
"""Files of tests that cut across, and what."""


def lies_where_its_code_lies(path: Path) -> bool:
    """Tell whether a file of tests is named after a file or folder that lies as it does.

    ``tests/search/test_rays.py`` is of ``robaudit/search/rays.py``, and so would be
    ``test_rays_refined.py``; outside of robaudit the path is that from the root, and what
    is no code has its own, as ``tests/docs/test_ci.py`` is of ``docs/ci.md``.
    """
    words = path.stem.removeprefix("test_").split("_")
    folder = path.parent.relative_to(ROOT / "tests")
    return any(
        (root / folder / name).is_dir()
        or any((root / folder / f"{name}{kind}").is_file() for kind in (".py", ".md", ".yml"))
        for root in (ROOT / "robaudit", ROOT / "adapters", ROOT / "reports", ROOT)
        for name in ("_".join(words[:count]) for count in range(1, len(words) + 1))
    )


def test_tests_lie_where_their_code_lies() -> None:
    """Which test to run after a change is told by the tree alone."""
    strange = [
        str(path.relative_to(ROOT))
        for path in (ROOT / "tests").rglob("test_*.py")
        if path.stem not in ACROSS and not lies_where_its_code_lies(path)
    ]
    assert not strange


def test_the_corridor_is_short() -> None:
    """A file at the top is a door, a folder is a stage: few enough to know them all."""
    names = {path.name for path in (ROOT / "robaudit").iterdir()}
    assert len(names - {"__init__.py", "__main__.py", "__pycache__", "py.typed"}) <= 26


DOCUMENTS = [
    "README.md",
    "CONTRIBUTING.md",
    "examples/compensation/README.md",
    "examples/paper/README.md",
    "examples/repair/README.md",
    "examples/third_party/README.md",
    *(str(p.relative_to(ROOT)) for p in (ROOT / "docs").rglob("*.md")),
]


@pytest.mark.parametrize("document", DOCUMENTS)
def test_links_in_documents_lead_somewhere(document: str) -> None:
    text = (ROOT / document).read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^)#]+)\)|(?:src|srcset)=\"([^\"]+)\"", text)
    for link in filter(None, (one for pair in links for one in pair)):
        if not link.startswith("https://"):
            assert ((ROOT / document).parent / link).exists(), (document, link)


@pytest.mark.parametrize(
    "document",
    [
        "README.md",
        *("docs/attacks.md", "docs/ci.md", "docs/hardening.md", "docs/settings.md"),
        "docs/writing-an-adapter.md",
    ],
)
def test_commands_in_documents_are_understood(document: str) -> None:
    commands = commands_in(document)
    assert commands
    for words in commands:
        make_parser().parse_args(words)


@pytest.mark.parametrize("shell", ["bash", "zsh"])
@pytest.mark.parametrize("document", DOCUMENTS)
def test_shell_blocks_can_be_pasted(document: str, shell: str) -> None:
    """A bracket that is not quoted is a pattern to zsh, and there a comment is no comment."""
    require_shell(shell)
    for block in shell_blocks(document):
        done = subprocess.run(
            [shell, "-n"], input=block, capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stderr) == (0, ""), block
        bare = re.sub(r"'[^']*'|\"[^\"]*\"|<\([^)]*\)", "", block)
        assert not re.search(r"[\[*?(]|(^|\s)#", bare), block


@pytest.mark.parametrize("document", DOCUMENTS)
def test_what_documents_install_can_be_installed(document: str) -> None:
    text = (ROOT / document).read_text(encoding="utf-8")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for named in re.findall(r"(?:robaudit|\.)\[([a-z0-9,-]+)\]", text):
        assert set(named.split(",")) <= set(project["optional-dependencies"]), named
    for what in re.findall(r"pip install (?:-\S+ )*([^\s`]+)", text):
        assert "[" not in what or what.startswith("'"), what


def test_documents_name_what_the_makefile_has() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for document in ("README.md", "CONTRIBUTING.md"):
        for target in re.findall(r"`?make ([a-z-]+)", (ROOT / document).read_text("utf-8")):
            assert re.search(rf"^{target}:", makefile, flags=re.MULTILINE), (document, target)


def test_files_are_short_enough_to_read_in_one_go() -> None:
    for folder in ("robaudit", "adapters", "reports"):
        for path in (ROOT / folder).rglob("*.py"):
            assert len(path.read_text(encoding="utf-8").splitlines()) <= 400, path
