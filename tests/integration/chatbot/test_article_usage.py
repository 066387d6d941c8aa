"""Articles' counters come from the turns, by the clock: nothing twice, nothing lost, and no work in the turn."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from chatbot import usage as chatbot_usage
from chatbot.models import Bookmark, Turn
from chatbot.usage import count_turns
from knowledge.models import Article, ArticleUsage
from knowledge.usage import never_cited, never_found
from tests.integration.knowledge.shelves import publish

pytestmark = pytest.mark.django_db(transaction=True)


def later(minutes: float):
    return timezone.now() + timedelta(minutes=minutes)


def counted(article: Article) -> list[tuple[int, int]]:
    return list(ArticleUsage.objects.filter(article=article).values_list("found", "cited"))


def test_a_turn_counts_what_it_found_and_cited_once(world) -> None:
    conversation = world.asked()
    world.work(conversation)
    article = Article.objects.get()
    count_turns()
    assert counted(article) == [], "a turn that has just ended is left for the next time"
    count_turns(now=later(1))
    count_turns(now=later(1))
    count_turns(now=later(2))
    assert counted(article) == [(1, 1)]
    world.wrote_on(conversation, "And how do I return a blender without a receipt?")
    world.work(conversation)
    Turn.objects.filter(pk=Turn.objects.latest("pk").pk).update(finished_at=later(3))
    count_turns(now=later(5))
    assert [found for found, _ in counted(article)] == [2]


def test_a_crash_between_counters_and_bookmark_counts_nothing_twice(world, monkeypatch) -> None:
    world.work(world.asked())
    article = Article.objects.get()
    count = chatbot_usage.count_usage

    def crash(gains) -> None:
        count(gains)
        raise KeyboardInterrupt

    monkeypatch.setattr(chatbot_usage, "count_usage", crash)
    with pytest.raises(KeyboardInterrupt):
        count_turns(now=later(1))
    monkeypatch.undo()
    assert counted(article) == [] and not Bookmark.objects.exists()
    count_turns(now=later(2))
    assert counted(article) == [(1, 1)]


def test_turns_without_a_search_and_articles_that_are_gone_do_no_harm(world) -> None:
    world.work(world.asked("hello"))
    world.work(world.asked())
    Article.objects.all().delete()
    assert Turn.objects.count() == 2 and count_turns(now=later(1)) == 1
    assert not ArticleUsage.objects.exists()


def test_articles_of_no_use_are_listed(world, admin_client) -> None:
    world.work(world.asked())
    count_turns(now=later(1))
    used = Article.objects.get()
    fresh, old, dull = (publish(title, f"# {title}\n\nText.") for title in ("Fresh", "Old", "Dull"))
    Article.objects.filter(pk__in=[old.pk, dull.pk, used.pk]).update(created_at=timezone.now() - timedelta(days=40))
    today = timezone.now().date()
    ArticleUsage.objects.filter(article__in=[fresh, old, dull]).delete()
    ArticleUsage.objects.create(article=dull, day=today, found=7)
    ArticleUsage.objects.create(article=old, day=today - timedelta(days=35), found=9, cited=9)
    assert list(never_found()) == [old]
    assert list(never_cited()) == [dull]
    address = reverse("admin:knowledge_article_changelist")
    page = admin_client.get(address, {"use": "unused30"}).content.decode()
    assert "Old" in page and ">Dull<" not in page and ">Fresh<" not in page
    assert ">Dull<" in admin_client.get(address, {"use": "uncited30"}).content.decode()
