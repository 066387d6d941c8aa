"""Every setting that the code reads is explained, and none that it does not read."""

import ast
from functools import cache
from pathlib import Path

from config import settings as configured
from sandbox.settings import Settings
from tests.unit.docs.pages import ROOT, page, python_files, table_names

PAGE = "reference/settings.md"
READING = {f"env.{reader}" for reader in ("text", "flag", "whole_number", "number", "url", "path")} | {
    "env.get",  # the sandbox's
    "environment.get",
    "os.environ.get",
    "os.getenv",
    "os.environ.setdefault",
}
#: Set by the system itself for the processes that it starts, and by Django's own convention: nobody sets them by hand.
OWN = {"DJANGO_SETTINGS_MODULE", "PYTHONUNBUFFERED"}


def read_in(path: Path) -> set[str]:
    """Names of environment variables that a file reads, in any of the ways that this project has."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            words = [
                argument.value
                for argument in node.args
                if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
            ]
            called = ast.unparse(node.func)
            if called in READING:
                found.update(words[:1])
            elif called == "option":  # the sandbox: flag, variable, default, help
                found.update(words[1:2])
        elif isinstance(node, ast.Subscript) and ast.unparse(node.value) == "os.environ":
            found.update({node.slice.value} if isinstance(node.slice, ast.Constant) else ())
    return found


@cache
def settings_read() -> set[str]:
    found: set[str] = set()
    for path in [*python_files(), ROOT / "manage.py"]:
        found |= read_in(path)
    return found - OWN


def test_the_scan_finds_settings_of_every_kind() -> None:
    """Else the tests below would be content with nothing."""
    assert {
        "DATABASE_URL",
        "HANDRAIL_WORKERS",
        "EMBEDDED_DURABLE",
        "SANDBOX_MODEL_STRICT",
        "NO_COLOR",
    } <= settings_read()


def test_every_setting_is_documented() -> None:
    assert settings_read() - set(table_names(page(PAGE))) == set(), f"add them to docs/{PAGE}"


def test_every_documented_setting_is_read() -> None:
    assert set(table_names(page(PAGE))) - settings_read() == set(), f"take them out of docs/{PAGE}"


def test_no_setting_is_documented_twice() -> None:
    names = table_names(page(PAGE))
    assert sorted(names) == sorted(set(names))


def test_defaults_on_the_page_are_those_of_the_code() -> None:
    cells = {
        row.split("|")[1].strip().strip("`"): row.split("|")[2].strip().strip("`")
        for row in page(PAGE).splitlines()
        if row.startswith("| `")
    }
    sandbox = Settings()
    assert cells["SANDBOX_WEBHOOK_RETRY_SECONDS"] == str(sandbox.webhook_retry_seconds)
    assert cells["SANDBOX_RATE_LIMIT"] == str(sandbox.rate_limit)
    assert cells["SANDBOX_MAX_CONVERSATIONS"] == str(sandbox.max_conversations)
    assert cells["SANDBOX_MODEL_TOKENS_PER_SECOND"] == str(sandbox.model_tokens_per_second)
    for name, default in numbers_with_defaults().items():
        assert cells[name] == default, name


def numbers_with_defaults() -> dict[str, str]:
    """Settings whose default is a number that stands in config/settings.py or config/run.py."""
    found = {}
    for file in ("settings.py", "run.py"):
        for node in ast.walk(ast.parse((ROOT / "config" / file).read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in ("env.number", "env.whole_number"):
                found[ast.literal_eval(node.args[0])] = ast.unparse(node.args[1])
    return found


def test_the_example_file_holds_settings_that_exist() -> None:
    lines = (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
    names = {line.lstrip("# ").split("=")[0] for line in lines if "=" in line and line.lstrip("# ")[:1].isupper()}
    assert names
    assert names <= settings_read()
    assert all(line.startswith("#") or not line for line in lines), "a copy of it must change nothing"


def test_languages_of_the_pages_are_those_of_the_settings() -> None:
    assert [code for code, _name in configured.LANGUAGES] == ["en", "zh-hans"]
