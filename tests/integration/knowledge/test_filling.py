"""A second embedder is filled beside the first, over crashes and changes, and switched to only when it is whole."""

from collections.abc import Iterator

import pytest
from django.db import connection, transaction

from knowledge import embedders, filling, ingestion
from knowledge.embedders import activate_embedder, add_embedder, ensure_default_embedder, missing_vectors
from knowledge.errors import EmbedderNotReady, EmbeddingUnavailable
from knowledge.filling import fill, progress, remove, start_filling, start_removing, stop_filling, unfinished
from knowledge.ingestion import refresh_article
from knowledge.minilm import weights_file
from knowledge.models import Article, Chunk, ChunkVector, Embedder, EmbedderState
from knowledge.retrieval import Audience, search
from knowledge.vector_index import IndexState, vector_index_state
from tests.integration.knowledge.shelves import publish
from tests.integration.sandbox.running import Running, running_sandbox

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(weights_file() is None, reason="the model's weights are not installed (make setup)"),
]


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Running]:
    with running_sandbox() as running:
        yield running


@pytest.fixture
def server(sandbox: Running, monkeypatch) -> Running:
    embedders._server.cache_clear()
    sandbox.faults()
    monkeypatch.setattr(filling, "FILL_CHUNKS", 3)
    monkeypatch.setattr("knowledge.embedding_server.EMBEDDER_RETRY_SECONDS", ())
    monkeypatch.setattr("knowledge.embedding_server.EMBEDDER_QUESTION_SECONDS", 0.5)
    return sandbox


@pytest.fixture
def second(server: Running) -> Embedder:
    """A new embedder in a knowledge base of eight articles; nothing is filled."""
    for number in range(8):
        publish(f"Refund {number}", f"Refunds of plan number {number} are paid within {number} days.")
    row = Embedder(name="stand-in", kind="server", url=server.url, dimensions=256, model="sandbox/hashed-words")
    add_embedder(row)
    return row


def state(row: Embedder) -> str:
    row.refresh_from_db()
    return row.state


def vectors(row: Embedder) -> int:
    return ChunkVector.objects.filter(embedder=row).count()


def test_filling_makes_every_vector_and_the_index_and_then_it_may_answer(second: Embedder) -> None:
    assert state(second) == EmbedderState.IDLE and vector_index_state(second.pk) is IndexState.MISSING
    start_filling(second.pk)
    assert unfinished()[EmbedderState.FILLING] == [second.pk]
    assert fill(second.pk, seconds=60)
    assert state(second) == EmbedderState.COMPLETE and vectors(second) == Chunk.objects.count() == 8
    assert vector_index_state(second.pk) is IndexState.READY and progress(second).percent == 100
    activate_embedder("stand-in")
    found = search("refund of plan 4", audience=Audience(), language="en")
    assert found.embedder == "stand-in" and found.notes == () and found.passages
    activate_embedder("minilm-int8")
    assert search("refund of plan 4", audience=Audience(), language="en").embedder == "minilm-int8"
    activate_embedder("stand-in")


def test_a_crash_between_batches_costs_nothing_that_was_stored(second: Embedder, monkeypatch) -> None:
    start_filling(second.pk)
    seen: list[int] = []

    def crash(count: int) -> None:
        seen.append(count)
        if len(seen) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fill(second.pk, seconds=60, on_chunks=crash)
    assert vectors(second) == 6 and progress(second).percent == 75
    texts: list[str] = []
    real = filling.embedder_of

    def counting(row: Embedder):
        embedder = real(row)

        class Counting:
            def embed_passages(self, given):
                texts.extend(given)
                return embedder.embed_passages(given)

        return Counting()

    monkeypatch.setattr(filling, "embedder_of", counting)
    assert fill(second.pk, seconds=60)
    assert len(texts) == 2 and vectors(second) == 8 and state(second) == EmbedderState.COMPLETE


def test_a_task_hands_over_after_its_time_and_the_next_goes_on(second: Embedder) -> None:
    start_filling(second.pk)
    rounds = 0
    while not fill(second.pk, seconds=0):
        rounds += 1
    assert rounds >= 3 and state(second) == EmbedderState.COMPLETE


def test_articles_published_meanwhile_are_embedded_by_both(second: Embedder) -> None:
    start_filling(second.pk)
    assert not fill(second.pk, seconds=0)
    article = Article.objects.get(title="Refund 0")
    article.body = "Refunds of plan zero are never paid."
    article.save()
    refresh_article(article)
    publish("Later", "Published while the second embedder is being filled.")
    while not fill(second.pk, seconds=60):
        pass
    activate_embedder("stand-in")
    assert missing_vectors(second.pk) == 0 and vectors(second) == 9


def test_it_is_refused_while_incomplete_and_the_old_one_goes_on(second: Embedder) -> None:
    with pytest.raises(EmbedderNotReady, match="fill it first"):
        activate_embedder("stand-in")
    start_filling(second.pk)
    fill(second.pk, seconds=0)
    with pytest.raises(EmbedderNotReady, match="being filled"):
        activate_embedder("stand-in")
    fill(second.pk, seconds=60)
    ChunkVector.objects.filter(embedder=second).first().delete()
    with pytest.raises(EmbedderNotReady, match="no vectors of 1 chunks"):
        activate_embedder("stand-in")
    start_filling(second.pk)
    fill(second.pk, seconds=60)
    with connection.cursor() as cursor:
        cursor.execute(f"DROP INDEX knowledge_vectors_{second.pk}")
    with pytest.raises(EmbedderNotReady, match="index"):
        activate_embedder("stand-in")
    assert search("refund", audience=Audience(), language="en").embedder == "minilm-int8"


def test_a_server_that_is_down_is_not_switched_to(second: Embedder, server: Running) -> None:
    start_filling(second.pk)
    fill(second.pk, seconds=60)
    server.faults(embeddings={"status": 500})
    with pytest.raises(EmbeddingUnavailable, match="500"):
        activate_embedder("stand-in")


def test_a_server_that_goes_down_while_it_answers_leaves_the_words(second: Embedder, server: Running) -> None:
    start_filling(second.pk)
    fill(second.pk, seconds=60)
    activate_embedder("stand-in")
    server.faults(embeddings={"mode": "hang"})
    found = search("refund of plan 4", audience=Audience(), language="en")
    assert found.notes == ("vectors_unavailable",) and found.passages[0].article_title == "Refund 4"


def test_filling_stops_with_the_reason_and_goes_on_when_the_server_is_back(second: Embedder, server: Running) -> None:
    start_filling(second.pk)
    server.faults(embeddings={"status": 503})
    with pytest.raises(EmbeddingUnavailable):
        fill(second.pk, seconds=60)
    assert state(second) == EmbedderState.FILLING and "503" in second.problem
    server.faults()
    assert fill(second.pk, seconds=60)
    assert state(second) == EmbedderState.COMPLETE and second.problem == ""


def test_a_wrong_token_stops_filling_until_somebody_corrects_it(second: Embedder, server: Running) -> None:
    start_filling(second.pk)
    server.faults(embeddings={"status": 401})
    assert fill(second.pk, seconds=60)
    assert state(second) == EmbedderState.IDLE and "token" in second.problem


def test_an_embedder_beside_that_is_down_keeps_no_article_from_being_found(second: Embedder, server: Running) -> None:
    start_filling(second.pk)
    fill(second.pk, seconds=60)
    server.faults(embeddings={"status": 500})
    publish("Later", "Published while the second embedder is down.")
    assert search("second embedder", audience=Audience(), language="en").passages[0].article_title == "Later"
    assert state(second) == EmbedderState.FILLING  # the sweep goes on with it
    server.faults()
    fill(second.pk, seconds=60)
    activate_embedder("stand-in")


def test_a_switch_while_an_article_is_being_embedded_leaves_no_chunk_without_vector(
    second: Embedder, monkeypatch
) -> None:
    """The article was embedded by the old one only; then the new one began to answer; then its chunks were stored."""
    article = Article.objects.get(title="Refund 0")
    article.body = "Changed while the switch happens."
    article.save()
    real = ingestion._vectors

    def switching(passages: list[str], on_chunks):
        found = real(passages, on_chunks)
        monkeypatch.setattr(ingestion, "_vectors", real)
        start_filling(second.pk)
        fill(second.pk, seconds=60)
        activate_embedder("stand-in")
        return found

    monkeypatch.setattr(ingestion, "_vectors", switching)
    refresh_article(article)
    assert missing_vectors(second.pk) == 0
    assert Chunk.objects.get(article=article).text == "Changed while the switch happens."


def test_stopped_means_no_longer_kept_and_the_one_that_answers_cannot_be_stopped(second: Embedder) -> None:
    start_filling(second.pk)
    fill(second.pk, seconds=0)
    stop_filling(second.pk)
    before = vectors(second)
    assert fill(second.pk, seconds=60) and vectors(second) == before
    publish("Later", "Published after it was stopped.")
    assert vectors(second) == before
    for refused in (stop_filling, start_removing):
        with pytest.raises(EmbedderNotReady, match="answers searches"):
            refused(Embedder.objects.get(is_active=True).pk)


def test_a_removed_embedder_leaves_nothing_behind(second: Embedder, monkeypatch) -> None:
    start_filling(second.pk)
    fill(second.pk, seconds=60)
    monkeypatch.setattr(filling, "_REMOVED_AT_ONCE", 3)
    start_removing(second.pk)
    assert unfinished()[EmbedderState.REMOVING] == [second.pk]
    remove(second.pk)
    assert vectors(second) == 0 and vector_index_state(second.pk) is IndexState.MISSING
    assert not Embedder.objects.filter(pk=second.pk).exists()


@pytest.mark.django_db(transaction=True)
def test_the_index_is_built_beside_writers_and_a_torso_is_built_anew(server: Running) -> None:
    ensure_default_embedder()
    publish("Refund", "Refunds are paid.")
    row = Embedder(name="stand-in", kind="server", url=server.url, dimensions=256)
    add_embedder(row)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(embedders.vector_index_sql(row.pk, 256))
        cursor.execute(
            "UPDATE pg_index SET indisvalid = false WHERE indexrelid = %s::regclass", [f"knowledge_vectors_{row.pk}"]
        )
    assert vector_index_state(row.pk) is IndexState.UNFINISHED
    start_filling(row.pk)
    while not fill(row.pk, seconds=60):
        pass
    assert vector_index_state(row.pk) is IndexState.READY
    activate_embedder("stand-in")
    activate_embedder("minilm-int8")
    start_removing(row.pk)
    remove(row.pk)
    assert vector_index_state(row.pk) is IndexState.MISSING
