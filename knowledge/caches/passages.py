"""Passages by the number of their chunk, as an answer that cites them is kept."""

from collections.abc import Sequence

from knowledge.models import Chunk
from knowledge.retrieval import Passage


def passages_of_chunks(chunk_ids: Sequence[int]) -> tuple[Passage, ...]:
    """In the order asked for; none at all if one of the chunks is gone, for then the article was indexed again."""
    rows = {chunk.pk: chunk for chunk in Chunk.objects.filter(pk__in=chunk_ids).select_related("article")}
    if len(rows) != len(set(chunk_ids)):
        return ()
    return tuple(_passage(rows[chunk_id], rank) for rank, chunk_id in enumerate(dict.fromkeys(chunk_ids), start=1))


def _passage(chunk: Chunk, rank: int) -> Passage:
    return Passage(
        chunk_id=chunk.pk,
        article_id=chunk.article_id,
        article_external_id=chunk.article.external_id,
        article_title=chunk.article.title,
        article_url=chunk.article.url,
        heading_path=chunk.heading_path,
        text=chunk.text,
        start=chunk.start,
        end=chunk.end,
        language=chunk.language,
        internal=chunk.internal,
        similarity=0.0,
        lexical_score=0.0,
        score=0.0,
        rank=rank,
    )
