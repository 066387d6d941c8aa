"""Stores one draft whole or not at all. What people changed here is never overwritten silently.

Each field is merged three ways: what the source said last time (`ArticleSource.base`), what it says now, and what
stands in the article. Changed there only: taken over. Changed here only: kept. Changed on both sides, differently: a
conflict; then nothing of the item is written but the conflict itself, which people decide in the admin.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import IntegrityError, transaction

from knowledge import models
from knowledge.errors import ArticleRefused
from knowledge.importing.drafts import ArticleDraft
from knowledge.languages import detect_language
from knowledge.storable import storable_text

_FIELDS: Final = ("title", "body", "url", "status", "visibility", "audience_tiers", "audience_attributes", "language")


class Outcome(StrEnum):
    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    CONFLICT = "conflict"  #: changed on both sides; the article stays as it is


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """What became of one draft."""

    article_id: int
    outcome: Outcome
    fields: tuple[str, ...] = ()  #: those in conflict


@dataclass(frozen=True, slots=True, kw_only=True)
class Importer:
    """In whose name an import writes the history of articles."""

    reason: str  #: up to 100 characters
    user: AbstractBaseUser | None = None


def store_draft(draft: ArticleDraft, *, origin: str, importer: Importer, overwrite: bool = False) -> Stored:
    """One transaction. An unchanged article is not written. Raises `ArticleRefused`.

    `origin` says where the draft comes from; the same origin and id are the same article, wherever people moved it.
    """
    try:
        with transaction.atomic():
            return _store(draft, origin, importer, overwrite)
    except IntegrityError:
        # Another import created it between our look and our writing: now it is there.
        with transaction.atomic():
            return _store(draft, origin, importer, overwrite)


def archive(source: models.ArticleSource, *, importer: Importer) -> bool:
    """What is gone at its source is not quoted any more, whoever edited it here. Returns whether that was new."""
    with transaction.atomic():
        article = models.Article.objects.select_for_update().get(pk=source.article_id)
        archived = str(models.ArticleStatus.ARCHIVED)
        if source.base.get("status") != archived:
            source.base = {**source.base, "status": archived}
            source.save(update_fields=["base"])
        if article.status == archived:
            return False
        article.status = archived
        _save(article, ["status"], importer)
        return True


def settle(source: models.ArticleSource, *, take_theirs: bool, importer: Importer) -> None:
    """Ends a conflict: what the source says is taken over, or ours is kept until the source changes again."""
    with transaction.atomic():
        source = models.ArticleSource.objects.select_for_update().get(pk=source.pk)
        article = models.Article.objects.select_for_update().get(pk=source.article_id)
        theirs = dict(source.theirs or {})
        if not theirs:
            return
        if take_theirs:
            changed = [name for name, value in theirs.items() if _trace(name, value) != source.base.get(name)]
            for name in changed:
                setattr(article, name, theirs[name])
            _save(article, changed, importer)
        source.base = {**source.base, **{name: _trace(name, value) for name, value in theirs.items()}}
        source.theirs, source.conflict_fields = None, []
        source.save(update_fields=["base", "theirs", "conflict_fields"])


def _store(draft: ArticleDraft, origin: str, importer: Importer, overwrite: bool) -> Stored:
    source = (
        models.ArticleSource.objects.select_for_update(of=("self",))
        .select_related("article")
        .filter(origin=origin, external_id=draft.external_id)
        .first()
    )
    article = source.article if source is not None else _adoptable(draft, origin)
    wanted = _wanted(draft, article, source)
    if article is None:
        shelf, _ = models.Collection.objects.get_or_create(name=draft.collection)
        article = models.Article(collection=shelf, external_id=draft.external_id, **wanted)
        _save(article, None, importer)
        _remember(None, article, draft, origin, wanted)
        return Stored(article_id=article.pk, outcome=Outcome.CREATED)
    base = source.base if source is not None else None
    taken: list[str] = []
    disputed: list[str] = []
    for name in _FIELDS:
        if getattr(article, name) == wanted[name] or (
            base is not None and base.get(name) == _trace(name, wanted[name])
        ):
            continue
        changed_here = base is None or base.get(name) != _trace(name, getattr(article, name))
        (disputed if changed_here and not overwrite else taken).append(name)
    if disputed:
        _remember(source, article, draft, origin, None, theirs=wanted, disputed=disputed)
        return Stored(article_id=article.pk, outcome=Outcome.CONFLICT, fields=tuple(disputed))
    for name in taken:
        setattr(article, name, wanted[name])
    if taken:
        _save(article, taken, importer)
    _remember(source, article, draft, origin, wanted)
    return Stored(article_id=article.pk, outcome=Outcome.UPDATED if taken else Outcome.UNCHANGED)


def _adoptable(draft: ArticleDraft, origin: str) -> models.Article | None:
    """An article of this name that was written here; one that came from elsewhere is not ours to change."""
    article = (
        models.Article.objects.select_for_update(of=("self",))
        .select_related("source")
        .filter(collection__name=draft.collection, external_id=draft.external_id)
        .first()
    )
    other = getattr(article, "source", None)
    if other is not None and other.origin != origin:
        raise ArticleRefused(
            "id", f"belongs to an article that was imported from {other.origin}; use another collection"
        )
    return article


def _wanted(draft: ArticleDraft, article: models.Article | None, source: models.ArticleSource | None) -> dict[str, Any]:
    wanted: dict[str, Any] = {name: getattr(draft, name) for name in _FIELDS}
    wanted["audience_tiers"] = list(draft.audience_tiers)
    wanted["audience_attributes"] = dict(draft.audience_attributes)
    if not draft.language:
        wanted["language"] = _guessed_language(draft, article, source)
    return wanted


def _guessed_language(draft: ArticleDraft, article: models.Article | None, source: models.ArticleSource | None) -> str:
    """A guess never contradicts people: it is made anew only for a text that comes anew."""
    if article is not None:
        if source is not None and article.language != source.base.get("language"):
            return str(source.base.get("language", article.language))
        if source is None or article.body == draft.body:
            return article.language
    return detect_language(f"{draft.title}\n{draft.body}")


def _remember(
    source: models.ArticleSource | None,
    article: models.Article,
    draft: ArticleDraft,
    origin: str,
    wanted: Mapping[str, Any] | None,
    *,
    theirs: Mapping[str, Any] | None = None,
    disputed: list[str] | None = None,
) -> None:
    """Notes what the source says; `wanted` becomes the new base, unless there is a conflict."""
    row = source or models.ArticleSource(article=article, origin=origin, external_id=draft.external_id)
    row.place = draft.place
    if wanted is not None:
        row.base = {name: _trace(name, wanted[name]) for name in _FIELDS}
    row.theirs = dict(theirs) if theirs is not None else None
    row.conflict_fields = list(disputed or [])
    row.save(force_insert=source is None)


def _trace(name: str, value: Any) -> Any:
    return hashlib.sha256(storable_text(value).encode()).hexdigest() if name == "body" else value


def _save(article: models.Article, fields: list[str] | None, importer: Importer) -> None:
    article._change_reason = importer.reason[:100]  # type: ignore[attr-defined]  # both are read by simple_history
    if importer.user is not None:
        article._history_user = importer.user  # type: ignore[attr-defined]
    article.save(update_fields=None if fields is None else [*fields, "updated_at"])
