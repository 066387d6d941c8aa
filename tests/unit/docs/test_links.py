"""Whoever follows a link arrives."""

import re

import pytest
from django.core.management import get_commands

from tests.unit.docs.pages import DOCS, ROOT, anchors, links, page, pages, shell_blocks


@pytest.mark.parametrize("path", pages(), ids=lambda path: str(path.relative_to(DOCS)))
def test_every_relative_link_leads_to_a_file_and_a_heading(path) -> None:
    for target in links(path.read_text(encoding="utf-8")):
        if re.match(r"[a-z]+:", target):
            continue
        file_name, _, heading = target.partition("#")
        file = (path.parent / file_name).resolve() if file_name else path
        assert file.exists(), f"{target} leads nowhere"
        if heading:
            assert heading in anchors(file.read_text(encoding="utf-8")), f"{target}: no such heading"


def test_the_index_names_every_page() -> None:
    listed = {(DOCS / target).resolve() for target in links(page("README.md"))}
    assert {path for path in pages() if path.name not in ("README.md", "benchmarks.md")} <= listed


def make_targets() -> set[str]:
    return set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))


@pytest.mark.parametrize("path", pages(), ids=lambda path: str(path.relative_to(DOCS)))
def test_shell_commands_name_targets_commands_and_modules_that_exist(path) -> None:
    known = set(get_commands()) | {"run"}
    for block in shell_blocks(path.read_text(encoding="utf-8")):
        for line in (line.split(" #")[0] for line in block.splitlines() if not line.startswith("#")):
            for target in re.findall(r"(?:^|\s)make ([a-z-]+)", line):
                assert target in make_targets(), line
            for command in re.findall(r"manage\.py (\w+)", line):
                assert command in known, line
            for module in re.findall(r"python -m ((?:config|sandbox|benchmarks)[\w.]*)", line):
                place = ROOT / module.replace(".", "/")
                assert place.with_suffix(".py").exists() or (place / "__main__.py").exists(), line


def test_the_tutorial_starts_with_the_command_of_the_readme() -> None:
    assert shell_blocks(page("tutorial/first-answer.md"))[0].strip() == "make run"


def test_the_questions_of_the_tutorial_are_asked_as_quotations() -> None:
    """What the reader types stands alone, so that it can be copied."""
    assert len(re.findall(r"^> .+[?.]$", page("tutorial/first-answer.md"), re.MULTILINE)) >= 4


def test_paths_of_code_that_pages_name_exist() -> None:
    for path in pages():
        text = path.read_text(encoding="utf-8")
        for name in re.findall(
            r"`((?:config|chatbot|knowledge|sessions_app|analytics|sandbox|templates)/[\w./]*)`", text
        ):
            assert (ROOT / name).exists(), f"{path.name} names {name}"
