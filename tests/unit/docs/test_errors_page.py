"""Every error and every reason is explained: what it means, and what to do."""

import ast
import re
from functools import cache

from chatbot.pipeline.decide import REASONS_IN_WORDS, Reason
from sessions_app.models import Handoff
from tests.unit.docs.pages import ROOT, page, python_files

PAGE = "reference/errors.md"


@cache
def error_classes() -> set[str]:
    """Exceptions of the platform, found by what they inherit; the sandbox's own answers are not errors of ours."""
    bases: dict[str, list[str]] = {}
    for path in python_files():
        if path.is_relative_to(ROOT / "sandbox"):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                bases[node.name] = [ast.unparse(base).split(".")[-1] for base in node.bases]

    def is_error(name: str, below: frozenset[str] = frozenset()) -> bool:
        if name in ("Exception", "ValueError", "OSError", "RuntimeError"):
            return True
        # A class may inherit from one that has its own name.
        return any(is_error(base, below | {name}) for base in bases.get(name, []) if base not in below | {name})

    return {name for name in bases if is_error(name) and not name.startswith("_")}


def test_the_scan_finds_errors_at_any_depth() -> None:
    assert {"ConfigurationError", "RateLimited", "ModelDamaged", "EmptyAnswer"} <= error_classes()


def test_every_error_is_documented() -> None:
    text = page(PAGE)
    assert {name for name in error_classes() if f"`{name}`" not in text} == set(), f"add them to docs/{PAGE}"


def test_every_documented_error_exists() -> None:
    known = error_classes() | {"SettingsError"}
    named = set(re.findall(r"`([A-Z]\w+)`", page(PAGE)))
    assert {name for name in named if name.upper() != name} - known == set(), f"take them out of docs/{PAGE}"


def test_every_reason_is_documented_in_the_words_that_people_see() -> None:
    text = page(PAGE)
    for reason in Reason:
        assert f"| `{reason.value}` | {REASONS_IN_WORDS[reason]} |" in text, reason


def test_no_reason_is_documented_that_no_decision_has() -> None:
    section = page(PAGE).split("## Reasons of a decision")[1].split("Reasons of a handover")[0]
    assert set(re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)) == {reason.value for reason in Reason}


def test_every_reason_of_a_handover_is_documented() -> None:
    section = page(PAGE).split("Reasons of a handover")[1]
    assert all(f"`{reason}`" in section for reason in Handoff.Reason.values)


def test_every_system_check_is_documented() -> None:
    ids = {
        found
        for path in python_files()
        if path.name == "checks.py"
        for found in re.findall(r"id=\"([\w.]+)\"", path.read_text(encoding="utf-8"))
    }
    assert ids
    assert all(f"`{one}`" in page(PAGE) for one in ids)
