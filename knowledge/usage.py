"""How much articles are used: daily counters that the app above adds to in batches, and what they tell."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from django.db import connection
from django.db.models import F, IntegerField, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone

from knowledge.models import Article, ArticleStatus, ArticleUsage

#: Days that people usually ask about.
USAGE_DAYS: Final = 30
#: An article that was found at least so often without being cited is worth a look.
OFTEN_FOUND: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """What one article gains on one day."""

    article_id: int
    day: date  #: UTC
    found: int
    cited: int


def count_usage(gains: Iterable[Used]) -> None:
    """Adds to the counters, in one statement; articles that are gone are left out.

    An article and day must not come twice in one call. Rows are taken in order, so that two callers never wait for
    each other.
    """
    rows = sorted(gains, key=lambda one: (one.article_id, one.day))
    if not rows:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO knowledge_articleusage AS known (article_id, day, found, cited)"
            " SELECT article.id, given.day, given.found, given.cited"
            " FROM unnest(%s::bigint[], %s::date[], %s::int[], %s::int[]) AS given (article_id, day, found, cited)"
            " JOIN knowledge_article AS article ON article.id = given.article_id ORDER BY article.id, given.day"
            " ON CONFLICT (article_id, day)"
            " DO UPDATE SET found = known.found + excluded.found, cited = known.cited + excluded.cited",
            [[getattr(row, name) for row in rows] for name in ("article_id", "day", "found", "cited")],
        )


def with_usage(articles: QuerySet[Article], *, days: int = USAGE_DAYS) -> QuerySet[Any]:
    """Each with `found_lately` and `cited_lately`: turns of the last `days` days."""
    since = timezone.now().date() - timedelta(days=days)
    rows = ArticleUsage.objects.filter(article=OuterRef("pk"), day__gt=since).order_by().values("article")

    def total(name: str) -> Coalesce:
        return Coalesce(Subquery(rows.annotate(n=Sum(name)).values("n"), output_field=IntegerField()), 0)

    return articles.annotate(found_lately=total("found"), cited_lately=total("cited"))


def never_found(*, days: int = USAGE_DAYS) -> QuerySet[Article]:
    """Published articles, older than `days` days, that no question of the last `days` days brought up."""
    articles = Article.objects.filter(
        status=ArticleStatus.PUBLISHED, created_at__lt=timezone.now() - timedelta(days=days)
    )
    return with_usage(articles, days=days).filter(found_lately=0).order_by("updated_at", "pk")


def never_cited(*, days: int = USAGE_DAYS, least_found: int = OFTEN_FOUND) -> QuerySet[Article]:
    """Published articles that were found at least `least_found` times and cited never, most often found first."""
    articles = with_usage(Article.objects.filter(status=ArticleStatus.PUBLISHED), days=days)
    return articles.filter(found_lately__gte=least_found, cited_lately=0).order_by(F("found_lately").desc(), "pk")
