"""What must be translated, read from the code and the templates; and what is, read from the catalogues."""

import ast
import gettext
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parents[3]
CODE = ("config", "chatbot", "knowledge", "sessions_app", "analytics")
CATALOGUE = ROOT / "locale" / "zh_Hans" / "LC_MESSAGES" / "django"
_SINGLE = {"_", "gettext", "gettext_lazy", "gettext_noop"}
_PLURAL = {"ngettext", "ngettext_lazy"}
_FIELD = re.compile(r'^(msgid|msgid_plural|msgstr(?:\[0\])?) ((?:".*"\n?)+)', re.MULTILINE)
_PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w*\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry of a .po file."""

    source: str
    plural: str
    translation: str


@cache
def source_texts() -> dict[str, str]:
    """Every text that is given to gettext, and a file that has it."""
    found: dict[str, str] = {}
    for folder in CODE:
        for path in sorted((ROOT / folder).rglob("*.py")):
            found |= dict.fromkeys(_texts(path.read_text(encoding="utf-8")), str(path.relative_to(ROOT)))
    for path in sorted((ROOT / "templates").rglob("*.html")):
        # Django turns a template into text with calls of gettext in it, each argument a Python literal.
        calls = templatize(path.read_text(encoding="utf-8"), origin=str(path))
        for call in re.finditer(r"\b(?:n?gettext|_)\((?=u?['\"])", calls):
            found |= dict.fromkeys(_texts(_call_at(calls, call.start())), str(path.relative_to(ROOT)))
    return found


def po_entries() -> list[Entry]:
    """The entries of the .po file, its header left out."""
    entries = []
    for block in re.split(r"\n\n+", CATALOGUE.with_suffix(".po").read_text(encoding="utf-8").strip()):
        fields = {
            name: "".join(ast.literal_eval(line) for line in quoted.strip().splitlines())
            for name, quoted in re.findall(
                r'^(msgid|msgid_plural|msgstr(?:\[0\])?) ((?:".*"\n?)+)', block, re.MULTILINE
            )
        }
        if fields.get("msgid"):
            entries.append(
                Entry(
                    source=fields["msgid"],
                    plural=fields.get("msgid_plural", ""),
                    translation=fields.get("msgstr", fields.get("msgstr[0]", "")),
                )
            )
    return entries


def compiled() -> gettext.GNUTranslations:
    with CATALOGUE.with_suffix(".mo").open("rb") as file:
        return gettext.GNUTranslations(file)


def placeholders(text: str) -> list[str]:
    return sorted(_PLACEHOLDER.findall(text))


def _texts(code: str) -> list[str]:
    texts = []
    for node in ast.walk(ast.parse(code)):
        name = node.func.id if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else ""
        if name in _SINGLE | _PLURAL and isinstance(node, ast.Call) and node.args:
            first = node.args[0]
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                texts.append(first.value)
    return texts


def _call_at(text: str, start: int) -> str:
    """The shortest text from `start` that is one complete Python expression."""
    for end in (found.end() for found in re.finditer(r"\)", text[start:])):
        candidate = text[start : start + end]
        try:
            ast.parse(candidate, mode="eval")
        except SyntaxError:
            continue
        return candidate
    raise AssertionError(f"no complete call in {text[start : start + 80]!r}")
