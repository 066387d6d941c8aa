"""Articles that no search can find yet, because they were never published or have still to be indexed."""

from collections.abc import Sequence
from typing import Final

from django.db.models.functions import Left

from knowledge.models import Article
from knowledge.segmentation import words_of_passage

#: Newest articles that are looked at, characters of each, and those that are named.
_LOOKED_AT: Final = 200
_CHARACTERS: Final = 4_000
_NAMED: Final = 3
#: Share of the question's words that an article must have to be named.
_LEAST_SHARE: Final = 0.6


def unindexed_articles(question: str, *, language: str, collections: Sequence[str] | None = None) -> list[Article]:
    """Those with most of the question's words, best first, at most three. Without their bodies."""
    wanted = set(words_of_passage(question, language=language, split_names=False).split())
    articles = Article.objects.filter(chunks__isnull=True, collection__is_throw_away=False)
    if collections is not None:
        articles = articles.filter(collection__name__in=list(collections))
    rows = articles.defer("body").annotate(beginning=Left("body", _CHARACTERS)).order_by("-updated_at", "pk")
    found = []
    for article in rows[:_LOOKED_AT] if wanted else ():
        words = set(words_of_passage(f"{article.title}\n{article.beginning}", language=article.language).split())
        share = len(wanted & words) / len(wanted)
        if share >= _LEAST_SHARE:
            found.append((-share, article.pk, article))
    return [article for _, _, article in sorted(found, key=lambda one: one[:2])[:_NAMED]]
