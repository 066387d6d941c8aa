"""Imports go one way: `analytics -> chatbot -> knowledge, sessions_app`; `config` wires all; `sandbox` stands alone."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parent.parent.parent
#: What each package may import of the project, beside itself.
ALLOWED = {
    "analytics": {"chatbot", "knowledge", "sessions_app"},
    "chatbot": {"knowledge", "sessions_app"},
    "knowledge": set[str](),
    "sessions_app": set[str](),
    "sandbox": set[str](),
    "config": {"analytics", "chatbot", "knowledge", "sessions_app"},
}


def imported_packages(file: Path, source: str) -> Iterator[tuple[int, str]]:
    """Line and top-level package of every import, those inside functions and behind `importlib` included."""
    package = file.relative_to(PROJECT).parts[:-1]
    for node in ast.walk(ast.parse(source, filename=str(file))):
        if isinstance(node, ast.Import):
            for name in node.names:
                yield node.lineno, name.name.partition(".")[0]
        elif isinstance(node, ast.ImportFrom):
            if node.level == 0:
                yield node.lineno, (node.module or "").partition(".")[0]
            elif len(package) - node.level + 1 <= 0:  # `from .. import x` at the top of a package
                yield from ((node.lineno, name.name) for name in node.names)
            else:
                yield node.lineno, package[0]
        elif isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if called in {"import_module", "__import__", "import_string"} and isinstance(node.args[0].value, str):
                yield node.lineno, node.args[0].value.partition(".")[0]


def wrong_imports(file: Path, source: str) -> list[str]:
    owner = file.relative_to(PROJECT).parts[0]
    forbidden = set(ALLOWED) - ALLOWED[owner] - {owner}
    return [
        f"{file.relative_to(PROJECT)}:{line} imports {package}"
        for line, package in imported_packages(file, source)
        if package in forbidden
    ]


@pytest.mark.parametrize("package", sorted(ALLOWED))
def test_a_package_imports_only_what_lies_below_it(package: str) -> None:
    files = sorted((PROJECT / package).rglob("*.py"))
    assert files, f"{package} has no Python files"
    assert [wrong for file in files for wrong in wrong_imports(file, file.read_text())] == []


@pytest.mark.parametrize(
    ("file", "source"),
    [
        ("knowledge/search.py", "from chatbot.models import Turn"),
        ("knowledge/search.py", "import sessions_app"),
        ("sessions_app/states.py", "def late():\n    from knowledge import retrieval"),
        ("chatbot/tasks.py", "from analytics.metrics import turns"),
        ("chatbot/conf.py", "from config.errors import ConfigurationError"),
        ("sandbox/app.py", "from importlib import import_module\nimport_module('chatbot.models')"),
        ("config/urls.py", "import sandbox.app"),
        ("knowledge/search.py", "from .. import chatbot"),
    ],
)
def test_an_import_in_the_wrong_direction_is_found(file: str, source: str) -> None:
    assert len(wrong_imports(PROJECT / file, source)) == 1


@pytest.mark.parametrize(
    ("file", "source"),
    [
        ("analytics/rollup.py", "from chatbot.models import Turn"),
        (
            "chatbot/pipeline/turn.py",
            "from knowledge.retrieval import search\nfrom . import decide\nfrom .. import delivery",
        ),
        ("config/urls.py", "import analytics.urls"),
        ("sandbox/app.py", "import json"),
    ],
)
def test_an_import_in_the_right_direction_passes(file: str, source: str) -> None:
    assert wrong_imports(PROJECT / file, source) == []


#: Libraries that take a process up to a second and a hundred megabytes: loaded in the function that needs them.
LARGE = {"faiss", "jieba", "mammoth", "onnx", "onnxruntime", "pyarrow", "pypdf", "scipy", "sklearn", "trafilatura"}
#: Files that only such functions and commands load.
LOADED_LATE = {"analytics/topics/evaluation.py", "knowledge/onnx_graph.py"}


def imported_at_once(source: str) -> set[str]:
    """Top-level packages that loading a file loads: imports in functions and for the type checker are left out."""
    found = set()
    waiting = list(ast.parse(source).body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Import):
            found |= {name.name.partition(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add((node.module or "").partition(".")[0])
        elif not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not _is_for_the_type_checker(node):
            waiting += ast.iter_child_nodes(node)
    return found


def _is_for_the_type_checker(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def test_no_process_loads_a_large_library_before_it_needs_it() -> None:
    files = [file for package in sorted(ALLOWED) for file in sorted((PROJECT / package).rglob("*.py"))]
    early = {
        str(file.relative_to(PROJECT)): sorted(large)
        for file in files
        if "commands" not in file.parts and (large := imported_at_once(file.read_text()) & LARGE)
    }
    assert {name: large for name, large in early.items() if name not in LOADED_LATE} == {}
    assert set(early) == LOADED_LATE, "an exception that is none any more"


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("import scipy.stats", {"scipy"}),
        ("try:\n    from sklearn import svm\nexcept ImportError:\n    pass", {"sklearn"}),
        ("class Reader:\n    import onnx", {"onnx"}),
        ("def read():\n    import onnx", set()),
        ("if TYPE_CHECKING:\n    import onnx", set()),
    ],
)
def test_what_loading_a_file_loads_is_found(source: str, found: set[str]) -> None:
    assert imported_at_once(source) == found
