"""Near-duplicate articles: found in the background by vectors, confirmed by the runs of words both have."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db import connection, transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from knowledge.articles import set_status
from knowledge.errors import PairDecided
from knowledge.models import Article, ArticleStatus, DuplicatePair, Embedder
from knowledge.sameness import same_language
from knowledge.segmentation import words_of_passage

#: Words that make one run; runs are compared, so that the order of words counts.
RUN_WORDS: Final = 3
#: Words of an article that are compared.
_COMPARED_WORDS: Final = 20_000
#: Share of runs in common from which two articles are near-duplicates whatever their vectors say.
LEAST_OVERLAP: Final = 0.4
#: Similarity of mean vectors from which they are, if they have at least a few runs in common.
LEAST_SIMILARITY: Final = 0.93
_FEW_OVERLAP: Final = 0.1
#: Chunks of an article whose neighbours are looked for, and neighbours of each: they bound the work for each article.
_LOOKED_CHUNKS: Final = 4
_NEIGHBOURS: Final = 6
#: Similarity of a chunk to a neighbour from which their articles are compared.
_NEAR_CHUNK: Final = 0.8


@dataclass(frozen=True, slots=True, kw_only=True)
class Likeness:
    similarity: float  #: of the mean vectors, -1.0..1.0
    overlap: float  #: Jaccard share of runs in common, 0.0..1.0

    @property
    def is_near_duplicate(self) -> bool:
        return self.overlap >= LEAST_OVERLAP or (self.similarity >= LEAST_SIMILARITY and self.overlap >= _FEW_OVERLAP)


def overlap(first: str, second: str, *, language: str = "") -> float:
    """Share of the runs of words of two texts that both have, 0.0..1.0; 0.0 where one has no words."""
    one, other = _runs(first, language), _runs(second, language)
    return len(one & other) / len(one | other) if one and other else 0.0


def _runs(text: str, language: str) -> frozenset[int]:
    words = words_of_passage(text, language=language).split()[:_COMPARED_WORDS]
    width = min(RUN_WORDS, len(words))
    return frozenset(hash(tuple(words[place : place + width])) for place in range(len(words) - width + 1) if width)


def uncompared() -> QuerySet[Article]:
    """Indexed, published articles that have changed since they were compared, oldest first."""
    live = Article.objects.filter(collection__is_throw_away=False)
    changed = live.filter(status=ArticleStatus.PUBLISHED).exclude(content_hash="")
    return changed.exclude(compared_hash=F("content_hash")).order_by("pk")


def compare(article_ids: Sequence[int]) -> int:
    """Finds the near-duplicates of these articles; returns how many open pairs they have now.

    Open pairs that are none any more go away; decided ones stay as they are. May run twice without harm.
    """
    articles = {one.pk: one for one in Article.objects.filter(pk__in=article_ids, status=ArticleStatus.PUBLISHED)}
    embedder = Embedder.objects.filter(is_active=True).first()
    if not articles or embedder is None:
        return 0
    candidates = _candidates(sorted(articles), embedder)
    others = {one for pair in candidates for one in pair} - set(articles)
    known = articles | {one.pk: one for one in Article.objects.filter(pk__in=others, status=ArticleStatus.PUBLISHED)}
    runs: dict[int, frozenset[int]] = {}
    found: list[DuplicatePair] = []
    for (first, second), similarity in sorted(candidates.items()):
        if first not in known or second not in known or not _may_be_same(known[first], known[second]):
            continue
        for one in (first, second):
            if one not in runs:
                runs[one] = _runs(f"{known[one].title}\n{known[one].body}", known[one].language)
        both = runs[first] | runs[second]
        shared = len(runs[first] & runs[second]) / len(both) if both else 0.0
        if Likeness(similarity=similarity, overlap=shared).is_near_duplicate:
            found.append(DuplicatePair(first_id=first, second_id=second, similarity=similarity, overlap=shared))
    return _store(articles, found)


def _may_be_same(first: Article, second: Article) -> bool:
    return not first.language or not second.language or same_language(first.language, second.language)


def _store(articles: dict[int, Article], found: list[DuplicatePair]) -> int:
    with transaction.atomic():
        about = Q(first__in=articles) | Q(second__in=articles)
        open_pairs = DuplicatePair.objects.filter(about, decision=DuplicatePair.Decision.OPEN)
        wanted = {(pair.first_id, pair.second_id): pair for pair in found}
        gone = []
        for pair in open_pairs.select_for_update():
            fresh = wanted.pop((pair.first_id, pair.second_id), None)
            if fresh is None:
                gone.append(pair.pk)
            elif (pair.similarity, pair.overlap) != (fresh.similarity, fresh.overlap):
                DuplicatePair.objects.filter(pk=pair.pk).update(similarity=fresh.similarity, overlap=fresh.overlap)
        DuplicatePair.objects.filter(pk__in=gone).delete()
        DuplicatePair.objects.bulk_create(wanted.values(), ignore_conflicts=True)
        for article in articles.values():
            Article.objects.filter(pk=article.pk).update(compared_hash=article.content_hash)
        return open_pairs.count()


def _candidates(article_ids: list[int], embedder: Embedder) -> dict[tuple[int, int], float]:
    """(lower id, higher id) -> similarity of the mean vectors, of articles with a chunk near one of the other's."""
    vector = f"embedding::halfvec({int(embedder.dimensions)})"
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL hnsw.iterative_scan = relaxed_order")
        cursor.execute("SET LOCAL jit = off")
        # Written out for the planner: the index of one embedder is found by a constant, not by a parameter.
        cursor.execute(
            f"""
            WITH near AS (
                SELECT DISTINCT least(own.article_id, other.article_id) AS first,
                       greatest(own.article_id, other.article_id) AS second
                FROM knowledge_chunk AS own
                JOIN knowledge_chunkvector AS own_vector
                  ON own_vector.chunk_id = own.id AND own_vector.embedder_id = {int(embedder.pk)}
                CROSS JOIN LATERAL (
                    SELECT chunk.article_id, vector.{vector} <=> own_vector.{vector} AS distance
                    FROM knowledge_chunkvector AS vector JOIN knowledge_chunk AS chunk ON chunk.id = vector.chunk_id
                    WHERE vector.embedder_id = {int(embedder.pk)} AND chunk.published
                      AND chunk.article_id <> own.article_id
                      AND chunk.collection_id NOT IN (SELECT id FROM knowledge_collection WHERE is_throw_away)
                    ORDER BY vector.{vector} <=> own_vector.{vector} LIMIT {_NEIGHBOURS}
                ) AS other
                WHERE own.article_id = ANY (%(ids)s) AND own.published AND own.position < {_LOOKED_CHUNKS}
                  AND other.distance <= {1 - _NEAR_CHUNK}
            ),
            mean AS (
                SELECT chunk.article_id, avg(vector.{vector}) AS vector
                FROM knowledge_chunk AS chunk
                JOIN knowledge_chunkvector AS vector
                  ON vector.chunk_id = chunk.id AND vector.embedder_id = {int(embedder.pk)}
                WHERE chunk.article_id IN (SELECT first FROM near UNION SELECT second FROM near)
                GROUP BY chunk.article_id
            )
            SELECT near.first, near.second, 1 - (one.vector <=> other.vector)
            FROM near JOIN mean AS one ON one.article_id = near.first
            JOIN mean AS other ON other.article_id = near.second
            """,  # noqa: S608  built from constants and whole numbers
            {"ids": article_ids},
        )
        return {(first, second): float(similarity) for first, second, similarity in cursor.fetchall()}


def open_pairs() -> QuerySet[DuplicatePair]:
    """Pairs that wait for a decision, both articles published, most alike first."""
    return DuplicatePair.objects.filter(
        decision=DuplicatePair.Decision.OPEN,
        first__status=ArticleStatus.PUBLISHED,
        second__status=ArticleStatus.PUBLISHED,
    ).select_related("first__collection", "second__collection")


def keep_one(pair_id: int, article_id: int, *, user: Any) -> DuplicatePair:
    """Archives the other article of the pair. Raises `PairDecided`, and `ValueError` for an article of no such pair."""
    with transaction.atomic():
        pair = _locked(pair_id)
        if article_id not in (pair.first_id, pair.second_id):
            raise ValueError(f"article {article_id} is not one of pair {pair_id}")
        is_first = article_id == pair.first_id
        other_id = pair.second_id if is_first else pair.first_id
        set_status([other_id], ArticleStatus.ARCHIVED, reason=f"duplicate of article {article_id}")
        decision = DuplicatePair.Decision.KEPT_FIRST if is_first else DuplicatePair.Decision.KEPT_SECOND
        return _decided(pair, decision, user)


def keep_both(pair_id: int, *, user: Any) -> DuplicatePair:
    """Remembers that both are needed. Raises `PairDecided`."""
    with transaction.atomic():
        return _decided(_locked(pair_id), DuplicatePair.Decision.BOTH_NEEDED, user)


def _locked(pair_id: int) -> DuplicatePair:
    """Raises `DuplicatePair.DoesNotExist` and `PairDecided`."""
    pair = DuplicatePair.objects.select_for_update().get(pk=pair_id)
    if pair.decision != DuplicatePair.Decision.OPEN:
        raise PairDecided(f"Pair {pair_id} was decided already")
    return pair


def _decided(pair: DuplicatePair, decision: DuplicatePair.Decision, user: Any) -> DuplicatePair:
    pair.decision, pair.decided_by, pair.decided_at = decision, user, timezone.now()
    pair.save(update_fields=["decision", "decided_by", "decided_at"])
    return pair
