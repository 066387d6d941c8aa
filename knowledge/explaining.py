"""Why a search finds what it finds: each passage's score in its parts, and what was left out, with the reason.

For staff who keep articles. It searches a second time for what the customer may not see, so it is no way to answer one.
"""

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from knowledge.article_signals import NO_SIGNALS, signals_of
from knowledge.audience import Audience
from knowledge.conf import PASSAGES_MAX
from knowledge.duplicates import LEAST_OVERLAP, overlap
from knowledge.models import Article, ArticleStatus, Visibility
from knowledge.ranking import Candidate, Fusion, Part, language_factor, parts_of, rank_parts
from knowledge.retrieval import Passage, Retrieval, left_out, search
from knowledge.search_settings import USUAL, SearchSettings
from knowledge.unindexed import unindexed_articles

#: Passages that were left out and are named, at most: those not for this customer, and those that are just not as good.
SHOWN_LEFT_OUT: Final = 12
SHOWN_FURTHER_DOWN: Final = 4


class Why(StrEnum):
    """Why a passage is not among those for the customer."""

    OTHER_TIER = "other_tier"
    OTHER_ATTRIBUTES = "other_attributes"
    INTERNAL = "internal"
    DRAFT = "draft"
    ARCHIVED = "archived"
    NOT_INDEXED = "not_indexed"  #: published, and its text cannot be found yet
    UNDER_BOUND = "under_bound"  #: its score is under the least that was asked for
    FURTHER_DOWN = "further_down"  #: better ones fill the number of passages that was asked for
    EXPIRED = "expired"  #: an approved answer
    SWITCHED_OFF = "switched_off"  #: the same
    OTHER_LANGUAGE = "other_language"  #: the same; an article in another language only counts less
    STAFF_TEXT = "staff_text"  #: speaks to colleagues: the app above says so


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """One passage that was found."""

    passage: Passage
    parts: tuple[Part, ...]  #: their points, added up and times `language_factor`, are the passage's score
    language_factor: float  #: 1.0, or less for a language that the customer does not read
    repeats: int | None  #: the rank of a better passage that says nearly the same
    is_for_everybody: bool  #: published for all customers: no secret to any colleague


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """One passage, or an article without any, that was not for this customer."""

    article_id: int
    title: str  #: '' where the reader may not know it
    heading_path: str
    text: str  #: may be ''
    score: float | None  #: that it would have; None where it cannot be known
    reasons: tuple[Why, ...]  #: at least one
    is_for_everybody: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    settings: SearchSettings
    retrieval: Retrieval  #: `passages` are those asked for, at most `limit`
    passages: tuple[Explained, ...]  #: the same, explained
    left_out: tuple[LeftOut, ...]  #: best first; those that nobody can find yet last
    milliseconds: float  #: that the explanation took beside the search


def explain(
    question: str,
    *,
    audience: Audience,
    language: str | None,
    limit: int = 8,
    collections: Sequence[str] | None = None,
    include_internal: bool = False,
    settings: SearchSettings = USUAL,
) -> Explanation:
    """As `search`, with the reasons. Raises as `search` does."""
    whole = search(
        question,
        audience=audience,
        language=language,
        limit=PASSAGES_MAX,
        collections=collections,
        include_internal=include_internal,
        settings=replace(settings, least_score=0.0),
    )
    return explained(
        whole,
        audience=audience,
        language=language,
        limit=limit,
        collections=collections,
        include_internal=include_internal,
        settings=settings,
    )


def explained(
    whole: Retrieval,
    *,
    audience: Audience,
    language: str | None,
    limit: int,
    collections: Sequence[str] | None,
    include_internal: bool,
    settings: SearchSettings,
) -> Explanation:
    """`whole` is a search for PASSAGES_MAX passages with these settings, without a least score."""
    started = time.perf_counter()
    over = [one for one in whole.passages if one.score >= settings.least_score]
    shown = tuple(over[:limit])
    other = left_out(
        whole.question,
        audience=audience,
        language=language,
        limit=SHOWN_LEFT_OUT,
        collections=collections,
        include_internal=include_internal,
        settings=settings,
    )
    articles = Article.objects.defer("body").in_bulk({one.article_id for one in (*whole.passages, *other.passages)})
    reasons_of_other = (
        (one, _reasons(articles[one.article_id], audience, include_internal=include_internal))
        for one in other.passages
        if one.article_id in articles
    )
    less_good = [(one, (Why.FURTHER_DOWN,)) for one in over[limit:]]
    less_good += [(one, (Why.UNDER_BOUND,)) for one in whole.passages if one.score < settings.least_score]
    gone = sorted(
        (
            _left_out(one, reasons, articles.get(one.article_id))
            for one, reasons in (*reasons_of_other, *less_good[:SHOWN_FURTHER_DOWN])
        ),
        key=lambda one: (-(one.score or 0.0), one.article_id, one.heading_path, one.text),
    )
    parts = _parts(whole, settings.fusion)
    return Explanation(
        settings=settings,
        retrieval=replace(whole, passages=shown),
        passages=tuple(
            Explained(
                passage=one,
                parts=parts[one.chunk_id],
                language_factor=language_factor(one.language, language),
                repeats=_repeated(one, shown),
                is_for_everybody=_is_for_everybody(articles.get(one.article_id)),
            )
            for one in shown
        ),
        left_out=(*gone, *_unindexed(whole.question, language, collections)),
        milliseconds=(time.perf_counter() - started) * 1000,
    )


def without_secrets(explanation: Explanation) -> Explanation:
    """The same for somebody who may not read articles: only what every customer may read keeps its words."""
    return replace(
        explanation,
        retrieval=replace(
            explanation.retrieval,
            passages=tuple(_hidden(one.passage, one.is_for_everybody) for one in explanation.passages),
        ),
        passages=tuple(
            replace(one, passage=_hidden(one.passage, one.is_for_everybody)) for one in explanation.passages
        ),
        left_out=tuple(
            one if one.is_for_everybody else replace(one, title="", heading_path="", text="")
            for one in explanation.left_out
        ),
    )


def _hidden(passage: Passage, is_for_everybody: bool) -> Passage:
    if is_for_everybody:
        return passage
    return replace(passage, article_title="", article_url="", article_external_id="", heading_path="", text="")


def _reasons(article: Article, audience: Audience, *, include_internal: bool) -> tuple[Why, ...]:
    known = {str(name): str(value) for name, value in audience.attributes.items()}
    found = {
        Why.DRAFT: article.status == ArticleStatus.DRAFT,
        Why.ARCHIVED: article.status == ArticleStatus.ARCHIVED,
        Why.INTERNAL: article.visibility == Visibility.INTERNAL and not include_internal,
        Why.OTHER_TIER: bool(article.audience_tiers) and audience.tier not in article.audience_tiers,
        Why.OTHER_ATTRIBUTES: any(known.get(name) != value for name, value in article.audience_attributes.items()),
    }
    # Changed in this very moment: its text will be found with the next search.
    return tuple(why for why, holds in found.items() if holds) or (Why.NOT_INDEXED,)


def _left_out(passage: Passage, reasons: tuple[Why, ...], article: Article | None) -> LeftOut:
    return LeftOut(
        article_id=passage.article_id,
        title=passage.article_title,
        heading_path=passage.heading_path,
        text=passage.text,
        score=passage.score,
        reasons=reasons,
        is_for_everybody=_is_for_everybody(article),
    )


def _unindexed(question: str, language: str | None, collections: Sequence[str] | None) -> Iterable[LeftOut]:
    """Articles whose text no search can find yet and whose words fit."""
    for article in unindexed_articles(question, language=language or "", collections=collections):
        reasons = {ArticleStatus.DRAFT: Why.DRAFT, ArticleStatus.ARCHIVED: Why.ARCHIVED}
        yield LeftOut(
            article_id=article.pk,
            title=article.title,
            heading_path="",
            text="",
            score=None,
            reasons=(reasons.get(ArticleStatus(article.status), Why.NOT_INDEXED),),
            is_for_everybody=_is_for_everybody(article),
        )


def _is_for_everybody(article: Article | None) -> bool:
    return article is not None and (
        article.status == ArticleStatus.PUBLISHED
        and article.visibility == Visibility.PUBLIC
        and not article.audience_tiers
        and not article.audience_attributes
    )


def _parts(whole: Retrieval, fusion: Fusion) -> Mapping[int, tuple[Part, ...]]:
    """By chunk; freshness and past citations are shown also where they count for nothing yet."""
    known = signals_of(one.article_id for one in whole.passages)
    candidates = [
        Candidate(
            chunk_id=one.chunk_id,
            article_id=one.article_id,
            position=one.start,
            characters=one.end - one.start,
            language=one.language,
            similarity=one.similarity,
            lexical=one.lexical_score,
            freshness=(signals := known.get(one.article_id, NO_SIGNALS)).freshness,
            citations=signals.citations,
        )
        for one in whole.passages
    ]
    if fusion is Fusion.RECIPROCAL_RANK:
        return rank_parts(candidates)
    return {one.chunk_id: parts_of(one, share=whole.vector_share, signals=whole.signals) for one in candidates}


def _repeated(passage: Passage, shown: Sequence[Passage]) -> int | None:
    """The rank of the best of the passages before this one with which it shares most of its words."""
    for better in shown:
        if better.chunk_id == passage.chunk_id:
            return None
        if overlap(better.text, passage.text, language=passage.language) >= LEAST_OVERLAP:
            return better.rank
    return None
