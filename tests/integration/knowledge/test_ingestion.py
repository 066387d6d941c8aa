import numpy as np
import pytest
from django.core.management import call_command
from django.db import connection

from knowledge import ingestion
from knowledge.embedders import activate_embedder, embedder_named, register_embedder
from knowledge.errors import EmbeddingUnavailable
from knowledge.ingestion import Outcome, passage_text, refresh_article
from knowledge.minilm import weights_file
from knowledge.models import Article, Chunk, ChunkVector, Collection, TermFrequency
from knowledge.retrieval import Audience, search
from tests.integration.knowledge.shelves import publish

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(weights_file() is None, reason="the model's weights are not installed (make setup)"),
]


def counted() -> dict[tuple[int, str], int]:
    """What the triggers keep."""
    return {(row.collection_id, row.lexeme): row.chunks for row in TermFrequency.objects.filter(chunks__gt=0)}


def recounted() -> dict[tuple[int, str], int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT collection_id, lexeme, count(*) FROM knowledge_chunk,"
            " unnest(tsvector_to_array(search_vector) || ARRAY['']) AS lexeme GROUP BY 1, 2"
        )
        return {(collection, lexeme): chunks for collection, lexeme, chunks in cursor.fetchall()}


def test_an_unchanged_article_is_left_alone() -> None:
    article = publish("Refunds", "Within 30 days.")
    before = list(Chunk.objects.values_list("pk", flat=True))
    assert refresh_article(article).outcome is Outcome.UNCHANGED
    assert list(Chunk.objects.values_list("pk", flat=True)) == before


def test_a_changed_article_replaces_its_chunks() -> None:
    article = publish("Refunds", "Within 30 days.")
    article.body = "Within 14 days.\n\nNever for gift cards."
    article.save()
    assert refresh_article(article).outcome is Outcome.INDEXED
    assert "".join(Chunk.objects.order_by("position").values_list("text", flat=True)) == article.body
    assert ChunkVector.objects.count() == Chunk.objects.count()


def test_every_chunk_has_the_vector_of_its_own_text() -> None:
    for number, text in enumerate(("Refunds within 30 days.", "The coffee grinder rattles.", "Invoices as PDF.")):
        publish(f"Article {number}", text)
    embedder = embedder_named("minilm-int8")
    for row in ChunkVector.objects.select_related("chunk__article"):
        text = passage_text(row.chunk.article.title, heading_path=row.chunk.heading_path, text=row.chunk.text)
        made = embedder.embed_passages([text])[0]
        assert np.abs(np.array(row.embedding) - made).max() < 0.001


def test_entries_go_in_many_at_once_and_books_alone(monkeypatch) -> None:
    monkeypatch.setattr(ingestion, "BULK_ARTICLES", 3)
    monkeypatch.setattr(ingestion, "BULK_CHARACTERS", 50)
    shelf = Collection.objects.create(name="help")
    bodies = ["short"] * 4 + ["A book of sixty characters, which is longer than what is bulk."] + ["short"]
    articles = [
        Article.objects.create(collection=shelf, external_id=str(place), title="One", body=body, status="published")
        for place, body in enumerate(bodies)
    ]
    done: list[int] = []
    counts = ingestion.index_articles([one.pk for one in articles], on_articles=done.append)
    assert done == [3, 1, 1, 1] and counts[Outcome.INDEXED] == 6
    assert ChunkVector.objects.count() == Chunk.objects.count() == 6


def test_drafts_are_not_indexed() -> None:
    publish("Refunds", "Within 30 days.", status="draft")
    assert not Chunk.objects.exists()


def test_old_chunks_serve_when_embedding_fails(monkeypatch) -> None:
    article = publish("Refunds", "Within 30 days.")
    article.body = "Changed."
    article.save()

    def unavailable(name: str) -> None:
        raise EmbeddingUnavailable("down")

    monkeypatch.setattr(ingestion, "embedder_named", unavailable)
    with pytest.raises(EmbeddingUnavailable):
        refresh_article(article)
    assert Chunk.objects.get().text == "Within 30 days."


def test_an_article_changed_meanwhile_is_indexed_as_it_is_now(monkeypatch) -> None:
    article = publish("Refunds", "First.", status="draft")
    Article.objects.filter(pk=article.pk).update(status="published")
    real, changes = ingestion.chunk_article, iter(["Second."])

    def changing(body: str):
        for change in changes:
            Article.objects.filter(pk=article.pk).update(body=change)
        return real(body)

    monkeypatch.setattr(ingestion, "chunk_article", changing)
    refresh_article(article)
    assert Chunk.objects.get().text == "Second."


def test_an_empty_article_has_no_chunks_and_is_done() -> None:
    article = publish("Empty", "  \n ")
    assert not Chunk.objects.exists() and refresh_article(article).outcome is Outcome.UNCHANGED


def test_word_counts_stay_right_whatever_happens() -> None:
    first = publish("Refunds", "Annual plans are refunded.")
    second = publish("Invoices", "Invoices of annual plans.", collection="other")
    assert counted() == recounted()
    first.body = "Plans of a month are never refunded."
    first.save()
    refresh_article(first)
    assert counted() == recounted()
    Article.objects.filter(pk=second.pk).update(collection=first.collection)
    assert counted() == recounted()
    first.delete()
    assert counted() == recounted()
    Collection.objects.all().delete()
    assert counted() == recounted() == {}


def test_a_second_embedder_is_filled_beside_the_first_and_switched_to() -> None:
    register_embedder("minilm")
    publish("Refunds", "Annual plans are refunded.")
    assert ChunkVector.objects.count() == 2
    activate_embedder("minilm")
    retrieval = search("refund", audience=Audience(), language="en")
    assert retrieval.embedder == "minilm" and retrieval.passages


def test_every_embedder_has_an_index_of_its_own() -> None:
    row = register_embedder("minilm")
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexdef FROM pg_indexes WHERE indexname = %s", [f"knowledge_vectors_{row.pk}"])
        assert f"(embedder_id = {row.pk})" in cursor.fetchone()[0]


def test_no_migration_is_missing() -> None:
    call_command("makemigrations", "knowledge", check=True, dry_run=True, verbosity=0)
