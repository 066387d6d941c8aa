"""Articles from a file of JSON lines: each line is stored whole or not at all, and told about; doing it again is safe.

A line: `{"id", "title", "body"}`, optionally `language`, `url`, `status`, `visibility`, `collection` and
`audience: {"tiers": [...], "attributes": {...}}`. Without `visibility`, a title that starts with "Internal:" marks a
procedure for staff, never to be quoted to a customer.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.db import transaction

from knowledge import models
from knowledge.conf import ARTICLE_MAX_CHARACTERS, TITLE_MAX_CHARACTERS
from knowledge.errors import ArticleRefused
from knowledge.languages import detect_language
from knowledge.storable import storable_text

DEFAULT_COLLECTION: Final = "articles"
INTERNAL_PREFIX: Final = "internal:"
#: Bytes of one line: the longest article, escaped, and its other fields.
LINE_MAX_BYTES: Final = 16_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleDraft:
    """One article as a file gives it, checked and complete."""

    external_id: str
    title: str
    body: str
    language: str
    url: str
    status: str
    visibility: str
    audience_tiers: tuple[str, ...]
    audience_attributes: Mapping[str, str]
    collection: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A line that was not imported."""

    line: int  #: counts from 1
    field: str  #: "title"; "line" where the line as a whole is at fault
    problem: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport:
    """What became of each line. `article_ids` are those created or updated, to be indexed."""

    created: int
    updated: int
    unchanged: int
    problems: tuple[Problem, ...]
    article_ids: tuple[int, ...]


def import_lines(
    lines: Iterable[bytes], *, collection: str = "", on_line: Callable[[int], object] = lambda size: None
) -> ImportReport:
    """Stores the article of every good line. `collection` overrides the lines'; `on_line` is told each line's bytes."""
    counts = {"created": 0, "updated": 0, "unchanged": 0}
    problems: list[Problem] = []
    ids: dict[int, None] = {}
    shelves: dict[str, models.Collection] = {}
    for number, line in enumerate(lines, start=1):
        on_line(len(line))
        if not line.strip():
            continue
        try:
            draft = parse_article(_decoded(line, first=number == 1), collection=collection)
            if draft.collection not in shelves:
                shelves[draft.collection], _ = models.Collection.objects.get_or_create(name=draft.collection)
            article_id, outcome = store_article(draft, shelf=shelves[draft.collection])
        except ArticleRefused as error:
            problems.append(Problem(line=number, field=error.field, problem=error.problem))
            continue
        counts[outcome] += 1
        if outcome != "unchanged":
            ids[article_id] = None
    return ImportReport(**counts, problems=tuple(problems), article_ids=tuple(ids))


def parse_article(item: object, *, collection: str = "") -> ArticleDraft:
    """Checks one object of the file. Raises `ArticleRefused` with the field and the cure."""
    if not isinstance(item, dict):
        raise ArticleRefused("line", "must be one JSON object")
    external_id = _text(item, "id", most=500, needed=True)
    title = _text(item, "title", most=TITLE_MAX_CHARACTERS, needed=True)
    body = _text(item, "body", most=ARTICLE_MAX_CHARACTERS)
    internal = title.strip().lower().startswith(INTERNAL_PREFIX)
    tiers, attributes = _audience(item.get("audience"))
    return ArticleDraft(
        external_id=external_id,
        title=title,
        body=body,
        language=(_text(item, "language", most=20) or detect_language(f"{title}\n{body}")).lower(),
        url=_link(_text(item, "url", most=2000)),
        status=_choice(item, "status", models.ArticleStatus.values, models.ArticleStatus.PUBLISHED),
        visibility=_choice(
            item,
            "visibility",
            models.Visibility.values,
            models.Visibility.INTERNAL if internal else models.Visibility.PUBLIC,
        ),
        audience_tiers=tiers,
        audience_attributes=attributes,
        collection=collection or _text(item, "collection", most=200) or DEFAULT_COLLECTION,
    )


def store_article(draft: ArticleDraft, *, shelf: models.Collection) -> tuple[int, str]:
    """(id, 'created' | 'updated' | 'unchanged'). An unchanged article is not written."""
    wanted: dict[str, Any] = {
        "title": draft.title,
        "body": draft.body,
        "language": draft.language,
        "url": draft.url,
        "status": draft.status,
        "visibility": draft.visibility,
        "audience_tiers": list(draft.audience_tiers),
        "audience_attributes": dict(draft.audience_attributes),
    }
    with transaction.atomic():
        article, created = models.Article.objects.select_for_update().get_or_create(
            collection=shelf, external_id=draft.external_id, defaults=wanted
        )
        if created:
            return article.pk, "created"
        changed = {name: value for name, value in wanted.items() if getattr(article, name) != value}
        if not changed:
            return article.pk, "unchanged"
        for name, value in changed.items():
            setattr(article, name, value)
        article.save(update_fields=[*changed, "updated_at"])
        return article.pk, "updated"


def read_lines(file: Any) -> Iterator[bytes]:
    """Lines of a binary file, none longer than LINE_MAX_BYTES: a longer one is cut, which makes it bad, and skipped."""
    while line := file.readline(LINE_MAX_BYTES):
        yield line
        while line and not line.endswith(b"\n") and (line := file.readline(LINE_MAX_BYTES)):
            pass


def _decoded(line: bytes, *, first: bool) -> object:
    if len(line) >= LINE_MAX_BYTES:
        raise ArticleRefused("line", f"has more than {LINE_MAX_BYTES} bytes; split the article")
    try:
        return json.loads(line.decode("utf-8-sig" if first else "utf-8"))
    except UnicodeDecodeError as error:
        raise ArticleRefused("line", f"is not UTF-8 (byte {error.start}); save the file as UTF-8") from error
    except json.JSONDecodeError as error:
        raise ArticleRefused("line", f"is not JSON ({error.msg} at character {error.pos})") from error
    except RecursionError as error:
        raise ArticleRefused("line", "is nested too deeply") from error


def _text(item: Mapping[str, object], field: str, *, most: int, needed: bool = False) -> str:
    value = item.get(field)
    if value is None:
        value = ""
    if isinstance(value, int) and not isinstance(value, bool) and field == "id":
        value = str(value)
    if not isinstance(value, str):
        raise ArticleRefused(field, f"must be a text, not {type(value).__name__}")
    text = storable_text(value)
    if needed and not text.strip():
        raise ArticleRefused(field, "is missing or empty")
    if len(text) > most:
        raise ArticleRefused(field, f"has {len(text)} characters; at most {most} are allowed")
    return text


def _choice(item: Mapping[str, object], field: str, choices: list[str], default: str) -> str:
    value = item.get(field)
    if value is None:
        return str(default)
    if value not in choices:
        raise ArticleRefused(field, f"must be one of {', '.join(choices)}")
    return str(value)


def _link(url: str) -> str:
    if url and not url.lower().startswith(("https://", "http://")):
        raise ArticleRefused("url", "must start with https:// or http://")
    return url


def _audience(value: object) -> tuple[tuple[str, ...], dict[str, str]]:
    if value is None:
        return (), {}
    if not isinstance(value, dict):
        raise ArticleRefused("audience", 'must look like {"tiers": ["gold"], "attributes": {"country": "de"}}')
    unknown = sorted(set(map(str, value)) - {"tiers", "attributes"})
    if unknown:
        # A misspelt condition must not open an article to everybody.
        raise ArticleRefused(f"audience.{unknown[0]}", "is not known; use tiers and attributes")
    tiers = value.get("tiers") or []
    if not isinstance(tiers, list) or not all(isinstance(tier, str) and 0 < len(tier) <= 100 for tier in tiers):
        raise ArticleRefused("audience.tiers", "must be a list of texts, each of 1 to 100 characters")
    attributes = value.get("attributes") or {}
    if not isinstance(attributes, dict) or not all(isinstance(one, str | int | float) for one in attributes.values()):
        raise ArticleRefused("audience.attributes", "must be one flat object of texts, numbers or true/false")
    return (
        tuple(dict.fromkeys(storable_text(tier) for tier in tiers)),
        {storable_text(name): _plain(one) for name, one in attributes.items()},
    )


def _plain(value: str | float) -> str:
    return storable_text(value) if isinstance(value, str) else json.dumps(value)
