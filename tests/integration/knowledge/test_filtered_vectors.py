"""The walk through the vector index goes on until enough passages are found that this customer may see."""

import numpy as np
import pytest
from django.db import connection
from pgvector import HalfVector

from knowledge import retrieval
from knowledge.embedders import embedder_named
from knowledge.minilm import weights_file
from knowledge.models import Article, Embedder
from knowledge.retrieval import Audience, search
from tests.integration.knowledge.shelves import publish

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(weights_file() is None, reason="the model's weights are not installed (make setup)"),
]
QUESTION = "How are refunds paid?"
NEAR, RARE = 1_500, 30


def test_a_rare_tier_finds_its_passages_behind_many_nearer_ones_of_others() -> None:
    """Everything that is nearer to the question is for another tier: many times what one step of the walk looks at."""
    article, rare = (publish(name, f"{name} words.", audience_tiers=[name]) for name in ("gold", "rare"))
    active = Embedder.objects.get(is_active=True)
    asked = embedder_named(active.name).embed_questions([QUESTION])[0]
    random = np.random.default_rng(3)
    _crowd(active, article, asked, random, count=NEAR, distance=0.2)
    _crowd(active, rare, asked, random, count=RARE, distance=0.8)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_sort = off")  # the index it must be, as it would be among a million
    found = search(QUESTION, audience=Audience(tier="rare"), language="en", limit=200)
    assert {passage.article_title for passage in found.passages} == {"rare"}
    assert len(found.passages) >= RARE
    assert search(QUESTION, audience=Audience(tier="none"), language="en").passages == ()


def _crowd(active: Embedder, article: Article, asked, random, *, count: int, distance: float) -> None:
    """Copies of the article's chunk whose vectors lie around the question."""
    vectors = asked + distance * random.standard_normal((count, len(asked))).astype(np.float32) / np.sqrt(len(asked))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    with connection.cursor() as cursor:
        cursor.execute(
            'WITH stored AS (INSERT INTO knowledge_chunk (article_id, position, heading_path, text, start, "end",'
            " language, collection_id, published, internal, audience_tiers, audience_attributes, search_vector,"
            " term_weights) SELECT article_id, number, '', text, start, \"end\", language, collection_id, published,"
            " internal, audience_tiers, audience_attributes, search_vector, term_weights"
            " FROM knowledge_chunk, generate_series(1, %s) AS number WHERE article_id = %s RETURNING id, position)"
            " INSERT INTO knowledge_chunkvector (chunk_id, embedder_id, embedding)"
            " SELECT id, %s, (%s::text[])[position]::halfvec FROM stored",
            [count, article.pk, active.pk, [HalfVector(vector).to_text() for vector in vectors]],
        )


def test_a_large_index_is_walked_more_widely(monkeypatch) -> None:
    publish("Refunds", "Annual plans are refunded.")
    seen: list[str] = []
    real = retrieval.run_bounded

    def looking(statement: str, parameters: dict[str, object], **settings: object):
        asking = statement.replace("SELECT chunk.id,", "SELECT current_setting('hnsw.ef_search'), chunk.id,")
        if "ORDER BY vector.embedding" in statement:
            seen.append(real(asking, parameters, **settings)[0][0])
        return real(statement, parameters, **settings)

    monkeypatch.setattr(retrieval, "run_bounded", looking)
    search(QUESTION, audience=Audience(), language="en")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE pg_class SET reltuples = 1e6 WHERE relname LIKE 'knowledge_vectors_%'")
    search(QUESTION, audience=Audience(), language="en")
    assert seen == ["100", "600"]
