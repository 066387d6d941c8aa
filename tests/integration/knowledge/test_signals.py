"""Those above hear of every change of an article, after the commit and not before."""

from collections.abc import Iterator

import pytest
from django.db import transaction

from knowledge.models import Article, Collection
from knowledge.signals import article_changed
from tests.integration.knowledge.shelves import publish

pytestmark = pytest.mark.django_db


@pytest.fixture
def heard() -> Iterator[list[int]]:
    ids: list[int] = []

    def listen(article_id: int, **kwargs: object) -> None:
        ids.append(article_id)

    article_changed.connect(listen)
    yield ids
    article_changed.disconnect(listen)


def test_a_saved_article_is_announced_after_the_commit_only(heard, django_capture_on_commit_callbacks) -> None:
    article = publish("Refunds", "Within 30 days.")
    with django_capture_on_commit_callbacks(execute=True):
        article.title = "Refunds and exchanges"
        article.save()
        assert heard == []
    assert heard == [article.pk]


def test_an_article_that_was_indexed_again_is_announced(heard, django_capture_on_commit_callbacks) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        article = publish("Refunds", "Within 30 days.")
    assert heard == [article.pk, article.pk]  # written, then indexed


def test_articles_that_go_with_their_collection_are_announced(heard, django_capture_on_commit_callbacks) -> None:
    article = publish("Refunds", "Within 30 days.")
    with django_capture_on_commit_callbacks(execute=True):
        Collection.objects.get().delete()
    assert heard == [article.pk]


def test_a_change_that_was_rolled_back_is_not_announced(heard, django_capture_on_commit_callbacks) -> None:
    article = publish("Refunds", "Within 30 days.")
    with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
        article.save()
        transaction.set_rollback(True)
    assert heard == [] and Article.objects.exists()


def test_a_failing_listener_stops_nobody_else(heard, django_capture_on_commit_callbacks) -> None:
    def fail(**kwargs: object) -> None:
        raise ValueError("broken")

    article_changed.connect(fail)
    try:
        with django_capture_on_commit_callbacks(execute=True):
            article = publish("Refunds", "Within 30 days.")
    finally:
        article_changed.disconnect(fail)
    assert heard == [article.pk, article.pk]
