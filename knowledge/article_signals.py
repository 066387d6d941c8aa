"""What is stored about an article beside its words: how fresh it is, and how often what was found of it was cited."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from django.db.models import Sum
from django.db.models.functions import TruncDate
from django.utils import timezone

from knowledge.models import Article, ArticleUsage

#: Days after which an article counts as half as fresh.
HALF_LIFE_DAYS: Final = 180.0
#: Days of use that are looked at.
CITED_DAYS: Final = 90
#: An article that was hardly ever found counts as one that was cited in one of four findings.
_PRIOR_FOUND: Final = 4.0
_PRIOR_CITED: Final = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Signals:
    """Both 0.0..1.0. Whole days count (UTC), so that a question has one order all day long."""

    freshness: float  #: 1.0 = changed today
    citations: float  #: share of its findings that were cited


#: Of an article that is gone, or new and never found.
NO_SIGNALS: Final = Signals(freshness=0.0, citations=_PRIOR_CITED / _PRIOR_FOUND)


def signals_of(article_ids: Iterable[int], *, today: date | None = None) -> dict[int, Signals]:
    """By article, in two small statements; articles that are gone are left out."""
    ids = sorted(set(article_ids))
    if not ids:
        return {}
    today = today or timezone.now().date()
    changed = Article.objects.filter(pk__in=ids).annotate(day=TruncDate("updated_at")).values_list("pk", "day")
    usage = ArticleUsage.objects.filter(article__in=ids, day__gt=today - timedelta(days=CITED_DAYS)).order_by()
    used = {
        number: (found, cited)
        for number, found, cited in usage.values("article")
        .annotate(f=Sum("found"), c=Sum("cited"))
        .values_list("article", "f", "c")
    }
    return {
        number: Signals(freshness=freshness((today - day).days), citations=citation_share(*used.get(number, (0, 0))))
        for number, day in changed
    }


def freshness(days: int) -> float:
    """1.0 today, 0.5 after HALF_LIFE_DAYS; a clock that was wrong makes nothing fresher than today."""
    return float(0.5 ** (max(days, 0) / HALF_LIFE_DAYS))


def citation_share(found: int, cited: int) -> float:
    """Few findings hardly move it; found never and cited never is the prior."""
    return (min(cited, found) + _PRIOR_CITED) / (found + _PRIOR_FOUND)
