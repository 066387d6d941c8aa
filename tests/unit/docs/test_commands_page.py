"""Every command that people can give is explained with its keys."""

import re
from pathlib import Path

import pytest
from django.core.management import get_commands, load_command_class

from tests.unit.docs.pages import page
from tests.unit.docs.test_links import make_targets

PAGE = "reference/commands.md"
APPS = {"config", "chatbot", "knowledge", "sessions_app", "analytics"}


def own_commands() -> dict[str, str]:
    return {name: app for name, app in get_commands().items() if app in APPS}


def sections() -> dict[str, str]:
    """Text of each command's section, by the command's name."""
    parts = re.split(r"^### `(\w+)([^`]*)`$", page(PAGE), flags=re.MULTILINE)
    return {parts[place]: parts[place + 1] + parts[place + 2] for place in range(1, len(parts) - 2, 3)}


def test_every_make_target_is_documented() -> None:
    documented = set(re.findall(r"^\| `make ([a-z-]+)` \|", page(PAGE), re.MULTILINE))
    assert documented == make_targets()


def test_every_command_of_ours_is_documented_and_no_other() -> None:
    assert set(sections()) == set(own_commands()) | {"run"}


@pytest.mark.parametrize("name", sorted(own_commands()))
def test_every_option_of_a_command_is_documented(name: str) -> None:
    parser = load_command_class(own_commands()[name], name).create_parser("manage.py", name)
    ordinary = {"--version", "--verbosity", "--settings", "--pythonpath", "--traceback", "--no-color", "--force-color"}
    for action in parser._actions:
        for option in action.option_strings:
            if option.startswith("--") and option not in ordinary | {"--help", "--skip-checks"}:
                assert any(f"{before}{option}" in sections()[name] for before in "[( "), option


@pytest.mark.parametrize("name", sorted(own_commands()))
def test_commands_that_print_json_say_which_keys(name: str) -> None:
    module = load_command_class(own_commands()[name], name)
    source = Path(__import__("sys").modules[type(module).__module__].__file__).read_text(encoding="utf-8")
    if "json.dumps" in source:
        text = sections()[name]
        assert "Keys:" in text or "| key | meaning |" in text
