"""What every reader returns: an article that is checked and complete, or a problem with its place.

Fields that a file, a line, a row or a front matter may give: `id`, `title`, `body`, and optionally `language`, `url`,
`status`, `visibility`, `collection` and `audience: {"tiers": [...], "attributes": {...}}` (or `tiers` alone). Without
`visibility`, a title that starts with "Internal:" marks a procedure for staff, never to be quoted to a customer.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from knowledge import models
from knowledge.conf import ARTICLE_MAX_CHARACTERS, TITLE_MAX_CHARACTERS
from knowledge.errors import ArticleRefused
from knowledge.storable import storable_text

DEFAULT_COLLECTION: Final = "articles"
INTERNAL_PREFIX: Final = "internal:"
ID_MAX_CHARACTERS: Final = 500
URL_MAX_CHARACTERS: Final = 2_000
TIERS_MAX: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportOptions:
    """What the person who imports wishes. An item that says otherwise about itself wins, but for the collection."""

    collection: str = ""  #: "" = what the item says, else DEFAULT_COLLECTION
    status: str = ""  #: "" = published
    language: str = ""  #: "" = found out
    visibility: str = ""  #: "" = public, or internal where the title says so
    tiers: tuple[str, ...] = ()  #: () = everybody
    base_url: str = ""  #: where the files of an upload lie for customers: their path is appended; "" = nowhere


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleDraft:
    """One article as its source gives it, checked and complete."""

    external_id: str
    title: str
    body: str  #: Markdown
    language: str  #: "" = to be found out
    url: str
    status: str
    visibility: str
    audience_tiers: tuple[str, ...]
    audience_attributes: Mapping[str, str]
    collection: str
    place: str = ""  #: for messages: "guide.zip › setup.md", "faq.csv row 12", an address
    note: str = ""  #: what staff should know about how it was read; "" = nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """An item that was not imported."""

    place: str  #: as in a draft
    field: str  #: "title"; "file", "line" or "row" where the whole is at fault
    problem: str  #: what is wrong and the cure, to be read after the field
    external_id: str = ""  #: "" where the item did not get so far


#: What readers yield.
ReadItem = ArticleDraft | Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundArticle:
    """What a reader took out of a document, before it is checked."""

    fields: Mapping[str, object]
    place: str
    note: str = ""
    defaults: Mapping[str, object] = field(default_factory=dict)  #: used where `fields` has nothing


def checked(found: FoundArticle, options: ImportOptions) -> ReadItem:
    """The draft of what was found, or what is wrong with it."""
    given = {name: value for name, value in found.fields.items() if value is not None and value != ""}
    item = {**found.defaults, **given}
    try:
        return parse_article(item, options, place=found.place, note=found.note)
    except ArticleRefused as error:
        external_id = item.get("id")
        return Problem(
            place=found.place,
            field=error.field,
            problem=error.problem,
            external_id=external_id[:ID_MAX_CHARACTERS] if isinstance(external_id, str) else "",
        )


def parse_article(
    item: object,
    options: ImportOptions = ImportOptions(),
    *,
    place: str = "",
    note: str = "",
) -> ArticleDraft:
    """Checks the fields of one article. Raises `ArticleRefused` with the field and the cure."""
    if not isinstance(item, dict):
        raise ArticleRefused("line", "must be one JSON object")
    external_id = _text(item, "id", most=ID_MAX_CHARACTERS, needed=True).strip()
    title = _text(item, "title", most=TITLE_MAX_CHARACTERS, needed=True).strip()
    body = _text(item, "body", most=ARTICLE_MAX_CHARACTERS)
    internal = title.lower().startswith(INTERNAL_PREFIX)
    tiers, attributes = _audience(item)
    return ArticleDraft(
        external_id=external_id,
        title=title,
        body=body,
        language=(_text(item, "language", most=20) or options.language).strip().lower(),
        url=_link(_text(item, "url", most=URL_MAX_CHARACTERS).strip()),
        status=_choice(item, "status", models.ArticleStatus.values, options.status or models.ArticleStatus.PUBLISHED),
        visibility=_choice(
            item,
            "visibility",
            models.Visibility.values,
            models.Visibility.INTERNAL if internal else options.visibility or models.Visibility.PUBLIC,
        ),
        audience_tiers=tiers if tiers or attributes or _says_audience(item) else options.tiers,
        audience_attributes=attributes,
        collection=(options.collection or _text(item, "collection", most=200)).strip() or DEFAULT_COLLECTION,
        place=place,
        note=note,
    )


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
        cure = "; split the article" if field == "body" else ""
        raise ArticleRefused(field, f"has {len(text)} characters; at most {most} are allowed{cure}")
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


def _says_audience(item: Mapping[str, object]) -> bool:
    return item.get("audience") is not None or item.get("tiers") is not None


def _audience(item: Mapping[str, object]) -> tuple[tuple[str, ...], dict[str, str]]:
    value = item.get("audience")
    if value is None:
        return _tiers(item.get("tiers"), "tiers"), {}
    if not isinstance(value, dict):
        raise ArticleRefused("audience", 'must look like {"tiers": ["gold"], "attributes": {"country": "de"}}')
    if item.get("tiers") is not None:
        raise ArticleRefused("tiers", "and audience are both given; keep one of them")
    unknown = sorted(set(map(str, value)) - {"tiers", "attributes"})
    if unknown:
        # A misspelt condition must not open an article to everybody.
        raise ArticleRefused(f"audience.{unknown[0]}", "is not known; use tiers and attributes")
    attributes = value.get("attributes") or {}
    if not isinstance(attributes, dict) or not all(isinstance(one, str | int | float) for one in attributes.values()):
        raise ArticleRefused("audience.attributes", "must be one flat object of texts, numbers or true/false")
    return (
        _tiers(value.get("tiers"), "audience.tiers"),
        {storable_text(str(name)): _plain(one) for name, one in attributes.items()},
    )


def _tiers(value: object, field: str) -> tuple[str, ...]:
    tiers = value or []
    if (
        not isinstance(tiers, list)
        or len(tiers) > TIERS_MAX
        or not all(isinstance(tier, str) and 0 < len(storable_text(tier).strip()) <= 100 for tier in tiers)
    ):
        raise ArticleRefused(field, "must be a list of texts, each of 1 to 100 characters")
    return tuple(dict.fromkeys(storable_text(tier).strip() for tier in tiers))


def _plain(value: str | float) -> str:
    return storable_text(value) if isinstance(value, str) else json.dumps(value)
