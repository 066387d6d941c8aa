"""Markdown files, with or without front matter in YAML between two lines of `---`."""

import datetime
import re
from typing import Any, Final

import yaml

from knowledge.errors import FileUnreadable
from knowledge.importing.drafts import FoundArticle
from knowledge.importing.names import words_of_name

_FRONT_MATTER_CHARACTERS: Final = 20_000
_FENCE: Final = re.compile(r"\A---[ \t]*\r?\n(.*?)^(?:---|\.\.\.)[ \t]*(?:\r?\n|\Z)", re.DOTALL | re.MULTILINE)
_TITLE: Final = re.compile(r"\A\s*(?:#[ \t]+(.+?)[ \t]*#*[ \t]*(?:\r?\n|\Z)|(\S[^\r\n]*)\r?\n=+[ \t]*(?:\r?\n|\Z))")
_OTHER_NAMES: Final = {"slug": "id", "lang": "language", "locale": "language", "link": "url", "permalink": "url"}
_KNOWN: Final = frozenset(
    {"id", "title", "language", "url", "status", "visibility", "collection", "audience", "tiers", "draft"}
)


def read_markdown(text: str, *, name: str, place: str) -> FoundArticle:
    """`name` is the file's path, which is the article's id unless the front matter gives one.

    Raises `FileUnreadable` for a front matter that cannot be read.
    """
    fields, body = _front_matter(text)
    title = _TITLE.match(body)
    if title is not None and (not fields.get("title") or fields["title"] == (title[1] or title[2]).strip()):
        # The heading is the title: said once is enough.
        fields["title"] = (title[1] or title[2]).strip()
        body = body[title.end() :]
    return FoundArticle(
        fields={**fields, "body": body.strip("\r\n")},
        defaults={"id": name, "title": words_of_name(name)},
        place=place,
    )


def _front_matter(text: str) -> tuple[dict[str, object], str]:
    found = _FENCE.match(text)
    if found is None:
        return {}, text
    if len(found[1]) > _FRONT_MATTER_CHARACTERS:
        raise FileUnreadable(f"has a front matter of more than {_FRONT_MATTER_CHARACTERS} characters")
    try:
        read = yaml.safe_load(found[1])
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 2 if error.problem_mark is not None else 1
        raise FileUnreadable(f"has a front matter that is not YAML (line {line}: {error.problem})") from error
    except (
        yaml.YAMLError,
        RecursionError,
        ValueError,
        LookupError,
        AttributeError,
        TypeError,
        ArithmeticError,
    ) as error:
        raise FileUnreadable(f"has a front matter that is not YAML ({type(error).__name__})") from error
    if not isinstance(read, dict):
        # A text between two rules is no front matter.
        return {}, text
    fields = {_OTHER_NAMES.get(str(key), str(key)): _plain(value) for key, value in read.items()}
    fields = {key: value for key, value in fields.items() if key in _KNOWN}
    if fields.pop("draft", False) is True:
        fields.setdefault("status", "draft")
    if isinstance(fields.get("tiers"), str):
        fields["tiers"] = [tier.strip() for tier in str(fields["tiers"]).split(",") if tier.strip()]
    if isinstance(url := fields.get("url"), str) and url.startswith("/"):
        del fields["url"]  # a path on a site that we do not know
    return fields, text[found.end() :]


def _plain(value: Any) -> object:
    """YAML reads 2024-05-01 as a day and 1.10 as a number; titles and ids mean the words."""
    return str(value) if isinstance(value, datetime.date | float) else value
