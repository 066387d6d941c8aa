"""Passages are read word by word before somebody asks; a new process fetches them, and nothing is told otherwise."""

from collections.abc import Iterator

import pytest
from django.db import connection

from knowledge import reading_ahead, readings
from knowledge.closeness import Compared, closeness
from knowledge.ingestion import refresh_article
from knowledge.minilm import weights_file
from knowledge.models import Article, Chunk, ChunkReading, Collection
from knowledge.reading_ahead import read_ahead, stored_readings
from knowledge.readings import forget_readings, readable_text
from knowledge.tasks import read_passages_ahead
from tests.integration.knowledge.shelves import publish

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(weights_file() is None, reason="the model's weights are not installed (make setup)"),
]
QUESTION, WORDS = "How do I return a kettle?", [(9, 15), (18, 24)]


@pytest.fixture
def articles() -> list[Article]:
    return [publish(f"Return kettle {n}", f"## Plan {n}\n\nSend it back within {n} days.") for n in range(1, 6)]


@pytest.fixture(autouse=True)
def new_process() -> Iterator[None]:
    forget_readings()
    yield
    forget_readings()


@pytest.fixture
def times_read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every text that the model reads."""
    seen: list[str] = []
    model = readings.read_passage

    def read_passage(text: str) -> object:
        seen.append(text)
        return model(text)

    monkeypatch.setattr(readings, "read_passage", read_passage)
    return seen


def compared() -> list[Compared]:
    return [
        Compared(
            text=readable_text(chunk.article.title, heading_path=chunk.heading_path, text=chunk.text),
            chunk_id=chunk.pk,
            title_words=((0, 6), (7, 13)),
        )
        for chunk in Chunk.objects.select_related("article").order_by("pk")
    ]


def test_a_new_process_reads_nothing_and_says_the_same(articles: list[Article], times_read: list[str]) -> None:
    read_now = closeness(QUESTION, WORDS, compared())
    assert read_passages_ahead() == len(articles)
    forget_readings()
    times_read.clear()
    assert closeness(QUESTION, WORDS, compared()) == read_now
    assert times_read == []


def test_one_statement_fetches_all_and_what_is_remembered_none(
    articles: list[Article], django_assert_num_queries
) -> None:
    read_ahead(seconds=30)
    passages = compared()
    with django_assert_num_queries(1):
        closeness(QUESTION, WORDS, passages)
    with django_assert_num_queries(0):
        closeness(QUESTION, WORDS, passages)


def test_it_goes_on_where_it_was_stopped(
    articles: list[Article], times_read: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading_ahead, "READ_AHEAD_CHUNKS", 2)
    store = reading_ahead._store
    stored: list[dict[int, bytes]] = []

    def dies_on_the_second(batch: dict[int, bytes]) -> None:
        if stored:
            raise KeyboardInterrupt
        stored.append(batch)
        store(batch)

    monkeypatch.setattr(reading_ahead, "_store", dies_on_the_second)
    with pytest.raises(KeyboardInterrupt):
        read_ahead(seconds=30)
    assert stored_readings() == 2
    monkeypatch.setattr(reading_ahead, "_store", store)
    times_read.clear()
    assert read_ahead(seconds=30) == 3
    assert len(times_read) == 3
    assert read_ahead(seconds=30) == 0


def test_no_more_are_stored_than_the_operator_allows(articles: list[Article], settings) -> None:
    settings.READ_PASSAGES_STORED = 3
    assert read_ahead(seconds=30) == 3
    assert read_ahead(seconds=30) == 0
    settings.READ_PASSAGES_STORED = 0
    assert read_ahead(seconds=30) == 0
    assert len(closeness(QUESTION, WORDS, compared())) == 5


def test_a_changed_article_is_read_anew_and_a_removed_one_leaves_nothing(
    articles: list[Article], times_read: list[str]
) -> None:
    read_ahead(seconds=30)
    changed, removed = articles[:2]
    Article.objects.filter(pk=changed.pk).update(title="Refund of a kettle")
    times_read.clear()
    closeness(QUESTION, WORDS, compared())
    assert len(times_read) == 1  # not the reading with the old title
    refresh_article(changed)
    removed.delete()
    assert ChunkReading.objects.count() == 3
    assert read_ahead(seconds=30) == 1
    Chunk.objects.all().delete()
    assert ChunkReading.objects.count() == 0


def test_drafts_and_what_an_evaluation_puts_up_are_not_read(articles: list[Article]) -> None:
    Article.objects.filter(pk=articles[0].pk).update(status="draft")
    publish("Throw away", "For an evaluation.", collection="evaluation")
    Collection.objects.filter(name="evaluation").update(is_throw_away=True)
    assert read_ahead(seconds=30) == 4


def test_what_another_model_has_read_is_read_again(articles: list[Article], times_read: list[str]) -> None:
    read_ahead(seconds=30)
    ChunkReading.objects.update(version="older")
    times_read.clear()
    assert stored_readings() == 0
    closeness(QUESTION, WORDS, compared())
    assert len(times_read) == 5
    assert read_ahead(seconds=30) == 5
    assert ChunkReading.objects.filter(version="older").count() == 0


def test_two_never_read_ahead_at_the_same_time(articles: list[Article]) -> None:
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(735106, 0)")
        assert read_ahead(seconds=30) == 0
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(735106, 0)")
        assert read_ahead(seconds=30) == len(articles)
    finally:
        other.close()
