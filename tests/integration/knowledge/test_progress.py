"""People see how far an article's indexing is, and what is found meanwhile."""

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from knowledge import ingestion, tasks
from knowledge.audience import Audience
from knowledge.errors import EmbeddingUnavailable
from knowledge.models import IndexingProgress
from knowledge.progress import IndexState, index_statuses
from knowledge.retrieval import search
from tests.integration.knowledge.shelves import publish

pytestmark = pytest.mark.django_db


def state(article) -> IndexState:
    return index_statuses([article.pk])[article.pk].state


def changed(article, body: str) -> None:
    article.body = body
    article.save()


def test_a_published_article_waits_then_works_then_is_ready(monkeypatch) -> None:
    article = publish("Refunds", "Within 14 days.")
    assert state(article) == IndexState.READY
    changed(article, "\n\n".join(f"## Part {number}\n\n{'Refunds take days. ' * 40}" for number in range(6)))
    assert state(article) == IndexState.WAITING
    seen: list[tuple[IndexState, int, int]] = []
    monkeypatch.setattr(ingestion, "TOLD_CHUNKS", 2)
    monkeypatch.setattr("knowledge.progress.NOTE_SECONDS", 0.0)
    embed = ingestion.embedder_named

    def watched(name: str):
        status = index_statuses([article.pk])[article.pk]
        seen.append((status.state, status.done, status.total))
        return embed(name)

    monkeypatch.setattr(ingestion, "embedder_named", watched)
    tasks.refresh_article(article.pk)
    assert [done for _, done, _ in seen] == sorted({done for _, done, _ in seen}), "it only grows"
    assert {one for one, _, _ in seen} == {IndexState.WORKING} and len(seen) > 2
    assert state(article) == IndexState.READY and not IndexingProgress.objects.exists()


def test_the_old_version_is_found_until_the_new_one_is_ready_and_the_failure_is_told(monkeypatch) -> None:
    article = publish("Refunds", "Refunds take 14 days.")
    changed(article, "Refunds take 30 days.")

    def fail(*args: object, **kwargs: object) -> None:
        raise EmbeddingUnavailable("the model is away")

    with monkeypatch.context() as broken:
        broken.setattr(ingestion, "_vectors", fail)
        with pytest.raises(EmbeddingUnavailable):
            tasks.refresh_article.run(article.pk)
    status = index_statuses([article.pk])[article.pk]
    assert (status.state, status.problem, status.is_older_found) == (IndexState.FAILED, "the model is away", True)
    found = search("refunds", audience=Audience(), language="en").passages
    assert [passage.text for passage in found] == ["Refunds take 14 days."]
    tasks.refresh_article(article.pk)
    assert state(article) == IndexState.READY


def test_the_open_page_can_ask_how_far_it_is(client) -> None:
    client.force_login(User.objects.create_superuser("mia"))
    article = publish("Refunds", "Within 14 days.")
    changed(article, "Within 30 days.")
    answer = client.get(reverse("admin:knowledge_article_indexing"), {"ids": f"{article.pk},x,99999999999999999999"})
    assert answer.json()[str(article.pk)]["state"] == "waiting"
    listed = client.get(reverse("admin:knowledge_article_changelist")).content.decode()
    assert f'data-article="{article.pk}" data-state="waiting"' in listed


def test_strangers_cannot_ask(client) -> None:
    assert client.get(reverse("admin:knowledge_article_indexing"), {"ids": "1"}).status_code == 302
