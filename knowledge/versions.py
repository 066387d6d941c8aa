"""What an article was, what differs, and back again."""

from dataclasses import dataclass
from typing import Any, Final

from django.db import transaction

from knowledge.errors import ArticleRefused
from knowledge.models import Article, Collection

#: Fields of an article's versions, in the order in which people read them.
FIELDS: Final = (
    "title",
    "body",
    "status",
    "visibility",
    "audience_tiers",
    "audience_attributes",
    "language",
    "collection_id",
    "external_id",
    "url",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One field that differs between two versions; a value is the field's own, None where there was no version."""

    field: str
    before: Any
    after: Any


def changes_between(before: Any | None, after: Any) -> list[Change]:
    """What differs, in the order of FIELDS. Without `before` everything that is not empty counts as new."""
    found = []
    for field in FIELDS:
        old, new = getattr(before, field) if before is not None else None, getattr(after, field)
        if old != new and (before is not None or new):
            found.append(Change(field=field, before=old, after=new))
    return found


def restore_article(version: Any) -> Article:
    """The article as it was in `version` (a row of `Article.history`), saved as its newest version and returned.

    A deleted article comes back under its old number. If its collection is gone, one of that name is made. The caller
    enqueues the indexing. Raises `ArticleRefused` if another article now holds its id in that collection.
    """
    with transaction.atomic():
        article = Article.objects.select_for_update().filter(pk=version.id).first() or Article(pk=version.id)
        for field in FIELDS:
            setattr(article, field, getattr(version, field))
        if not Collection.objects.filter(pk=version.collection_id).exists():
            kept = Collection.history.filter(id=version.collection_id).first()
            name = kept.name if kept is not None else f"#{version.collection_id}"
            article.collection, _ = Collection.objects.get_or_create(name=name)
        same_id = Article.objects.filter(collection_id=article.collection_id, external_id=article.external_id)
        if same_id.exclude(pk=article.pk).exists():
            raise ArticleRefused(
                "external_id", "another article has this id in the collection now; change its id first"
            )
        article._change_reason = f"restored from version {version.history_id}"  # type: ignore[attr-defined]  # read by simple_history
        if article._state.adding:
            article.content_hash, article.indexed_at = "", None
            article.save(force_insert=True)
        else:
            article.save()
    return article
