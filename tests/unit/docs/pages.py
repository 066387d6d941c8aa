"""The pages of `docs/`, and what of them tests can compare with the code."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
DOCS = ROOT / "docs"
CODE = ("config", "chatbot", "knowledge", "sessions_app", "analytics", "sandbox")

_LINK = re.compile(r"(?<!!)\[[^\]\n]*\]\(([^)\s]+)\)|!\[[^\]\n]*\]\(([^)\s]+)\)")
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def pages() -> list[Path]:
    return sorted(DOCS.rglob("*.md"))


def page(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def python_files() -> list[Path]:
    return sorted(path for folder in CODE for path in (ROOT / folder).rglob("*.py"))


def table_names(text: str) -> list[str]:
    """What stands in backquotes at the beginning of each row of a table; more than one if commas part them."""
    rows = re.findall(r"^\| (`[^|]*?`)(?: \([^|]*\))? \|", text, re.MULTILINE)
    return [name for row in rows for name in re.findall(r"`([^`]+)`", row)]


def links(text: str) -> list[str]:
    """Targets of links, code left out."""
    return [first or second for first, second in _LINK.findall(re.sub(r"`[^`\n]*`", "", _FENCE.sub("", text)))]


def shell_blocks(text: str) -> list[str]:
    return [body.replace("\\\n", " ") for language, body in _FENCE.findall(text) if language == "sh"]


def anchors(text: str) -> set[str]:
    """Names of headings, as GitHub makes them."""
    headings = re.findall(r"^#{1,6} (.+)$", _FENCE.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
