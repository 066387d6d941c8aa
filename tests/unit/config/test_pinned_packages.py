"""The pinned packages install on every interpreter that the README promises."""

import re
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path

import pytest
from packaging.specifiers import SpecifierSet

ROOT = Path(__file__).resolve().parents[3]
PINNED = re.findall(r"^([\w.-]+)(?:\[[^]]*\])?==", (ROOT / "requirements.txt").read_text(), re.MULTILINE)


@pytest.mark.parametrize("interpreter", ["3.11.0", "3.11.2", "3.12.0"])  # Debian 12 has 3.11.2
def test_no_pinned_package_refuses_an_interpreter_that_we_promise(interpreter: str) -> None:
    assert len(PINNED) > 50
    refusing = []
    for name in PINNED:
        try:
            asked = metadata(name).get("Requires-Python")
        except PackageNotFoundError:  # pinned for another platform
            continue
        if asked and interpreter not in SpecifierSet(asked):
            refusing.append(f"{name} {asked}")
    assert refusing == []
