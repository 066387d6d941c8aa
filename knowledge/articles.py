"""What people and programs do with an article. The caller enqueues the indexing of those that are published."""

import uuid
from collections.abc import Sequence

from django.db import transaction

from knowledge.languages import detect_language
from knowledge.models import Article, ArticleStatus


def complete(article: Article) -> None:
    """Fills in what nobody has to know: an id of its own, and the language where it is plain to see. Saves nothing."""
    article.external_id = article.external_id.strip() or uuid.uuid4().hex
    article.language = article.language.strip().lower() or detect_language(f"{article.title}\n{article.body}")


def set_status(article_ids: Sequence[int], status: ArticleStatus, *, reason: str = "") -> list[int]:
    """Ids of those whose status this changed."""
    with transaction.atomic():
        articles = Article.objects.filter(pk__in=article_ids).exclude(status=status).order_by("pk")
        changed = list(articles.select_for_update(of=("self",)))
        for article in changed:
            article.status = status
            article._change_reason = reason or None  # type: ignore[attr-defined]  # read by simple_history
            article.save(update_fields=["status", "updated_at"])
    return [article.pk for article in changed]
