"""What keeps the house in order: light imports, one-way imports, true documents."""

import ast
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from robaudit.commands.options.parser import make_parser
from tests.support.paths import ROOT

FRAMEWORKS = {"onnx", "onnxruntime", "torch", "tensorflow", "keras", "jax", "art", "sklearn"}
LATE = {"jinja2", "jsonschema", "PIL", "rich"}
FORBIDDEN = ("torch", "onnx", "onnxruntime", "keras", "tensorflow")


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
        "for one in pkgutil.iter_modules(robaudit.__path__, 'robaudit.'):\n"
        "    one.name.endswith('__main__') or importlib.import_module(one.name)\n"
        "for name in robaudit.__all__:\n"
        "    assert not isinstance(getattr(robaudit, name), types.ModuleType), name\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


LAYERS = [
    {"errors", "phrases"},
    {"types", "randomness", "requirements", "user_code", "model_files"},
    {"plan", "images", "directions", "predicting", "losses", "training"},
    {"opening", "probing", "uncertainty", "sampling", "preprocessing", "art_bridge"}
    | {"data_binary", "data_folders"},
    {"columns", "archives"},
    {"rays"},
    {"searching"},
    {"data", "search", "proving_gradients", "finding_preprocessing", "synthesis", "differences"},
    {"tally"},
    {"margins", "preparing", "testing"},
    {"inequality", "attacks"},
    {"attacking"},
    {"hardening"},
    {"audit"},
    {"gallery", "cautions", "gates", "repair"},
    {"attack_record"},
    {"record", "writing", "example_files", "hardening_record"},
    {"comparing", "writing_audits"},
    {"plugins", "settings", "reading"},
    {"terminal"},
    {"commands"},
    {"cli"},
    {"__main__"},
]


def imported_modules(path: Path) -> set[str]:
    """List the modules that a file imports."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
        elif isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
    return found


def test_imports_point_one_way() -> None:
    """Every module of the engine imports only from layers below its own."""
    level = {name: index for index, layer in enumerate(LAYERS) for name in layer}
    for path in (ROOT / "robaudit").rglob("*.py"):
        parts = path.relative_to(ROOT / "robaudit").with_suffix("").parts
        if parts == ("__init__",):
            continue
        own = level[parts[0]]
        for module in imported_modules(path):
            assert not module.startswith(("robaudit_onnx", "robaudit_report")), (path, module)
            if module.startswith("robaudit."):
                name = module.split(".")[1]
                assert level[name] < own or name == parts[0], (path, module)


def test_adapters_and_reports_know_only_the_engine() -> None:
    for path in (ROOT / "adapters").rglob("*.py"):
        assert not any("robaudit_report" in name for name in imported_modules(path))
    for path in (ROOT / "reports").rglob("*.py"):
        modules = imported_modules(path)
        assert not any(name.startswith(FORBIDDEN) for name in modules), path


def commands_in(document: str) -> list[list[str]]:
    """List the robaudit commands in the shell blocks of a document."""
    text = (ROOT / document).read_text(encoding="utf-8")
    blocks = re.findall(r"```(?:console|sh|shell|bash)\n(.*?)```", text, flags=re.DOTALL)
    lines = "\n".join(blocks).replace("\\\n", " ").splitlines()
    commands = [shlex.split(line.removeprefix("$ "), comments=True) for line in lines]
    return [words[1:] for words in commands if words[:1] == ["robaudit"]]


DOCUMENTS = [
    "README.md",
    "CONTRIBUTING.md",
    "examples/paper/README.md",
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
    "document", ["README.md", "docs/attacks.md", "docs/hardening.md", "docs/writing-an-adapter.md"]
)
def test_commands_in_documents_are_understood(document: str) -> None:
    commands = commands_in(document)
    assert commands
    for words in commands:
        make_parser().parse_args(words)


def test_documents_name_what_the_makefile_has() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for document in ("README.md", "CONTRIBUTING.md"):
        for target in re.findall(r"`?make ([a-z-]+)", (ROOT / document).read_text("utf-8")):
            assert re.search(rf"^{target}:", makefile, flags=re.MULTILINE), (document, target)


def test_files_are_short_enough_to_read_in_one_go() -> None:
    for folder in ("robaudit", "adapters", "reports"):
        for path in (ROOT / folder).rglob("*.py"):
            assert len(path.read_text(encoding="utf-8").splitlines()) <= 400, path
