"""Nothing that was once written of an article is lost: who changed what can be read, and taken back."""

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from knowledge import tasks
from knowledge.errors import ArticleRefused
from knowledge.evaluation import EvaluationSet, measure
from knowledge.models import Article, Collection
from knowledge.versions import changes_between, restore_article
from tests.integration.knowledge.shelves import publish

pytestmark = pytest.mark.django_db


@pytest.fixture
def enqueued(monkeypatch) -> list[int]:
    ids: list[int] = []
    monkeypatch.setattr(tasks.refresh_article, "delay", ids.append)
    return ids


@pytest.fixture
def mia(client) -> User:
    mia = User.objects.create_superuser("mia")
    client.force_login(mia)
    return mia


def written(article: Article, **fields: object) -> None:
    for name, value in fields.items():
        setattr(article, name, value)
    article.save()


def test_each_change_is_a_version_and_saving_the_same_again_is_none() -> None:
    article = publish("Refunds", "Within 14 days.")
    written(article, body="Within 30 days.")
    written(article)
    newest, oldest = article.history.all()
    assert [(one.field, one.before, one.after) for one in changes_between(oldest, newest)] == [
        ("body", "Within 14 days.", "Within 30 days.")
    ]


def test_the_person_who_saved_in_the_admin_stands_in_the_history(client, mia, enqueued) -> None:
    article = publish("Refunds", "Within 14 days.")
    form = {"title": "Refunds", "body": "Within 30 days.", "status": "published", "visibility": "public"}
    form |= {"collection": article.collection_id, "external_id": "Refunds", "audience_attributes": "country = de"}
    answer = client.post(reverse("admin:knowledge_article_change", args=[article.pk]), form)
    assert answer.status_code == 302, answer.context["adminform"].errors
    newest = article.history.first()
    assert newest.history_user == mia
    assert (newest.body, newest.audience_attributes) == ("Within 30 days.", {"country": "de"})
    page = client.get(reverse("admin:knowledge_article_history", args=[article.pk])).content.decode()
    assert "mia" in page


def test_the_page_of_a_version_marks_the_changed_word(client, mia) -> None:
    article = publish("Refunds", "Within 14 days.")
    written(article, body="Within 30 days.", audience_tiers=["gold"])
    version = article.history.first()
    page = client.get(reverse("admin:knowledge_article_version", args=[article.pk, version.history_id]))
    text = page.content.decode()
    assert "<del>14</del>" in text and "<ins>30</ins>" in text and "<ins>gold</ins>" in text


def test_restoring_brings_everything_back_and_indexes_it_again(
    client, mia, enqueued, django_capture_on_commit_callbacks
) -> None:
    article = publish("Refunds", "Within 14 days.", audience_tiers=["gold"])
    first = article.history.get()
    written(article, title="Other", body="Other.", status="draft", audience_tiers=[])
    address = reverse("admin:knowledge_article_restore", args=[article.pk, first.history_id])
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post(address).status_code == 302
    article.refresh_from_db()
    assert (article.title, article.body, article.status) == ("Refunds", "Within 14 days.", "published")
    assert article.audience_tiers == ["gold"] and enqueued == [article.pk]
    assert article.history.count() == 3 and article.history.first().history_user == mia


def test_a_deleted_article_comes_back_with_its_collection(client, mia, enqueued) -> None:
    article = publish("Refunds", "Within 14 days.")
    number = article.pk
    Collection.objects.get().delete()
    listed = client.get(reverse("admin:knowledge_article_deleted")).content.decode()
    assert "Refunds" in listed
    gone = Article.history.filter(id=number).first()
    assert client.get(reverse("admin:knowledge_article_version", args=[number, gone.history_id])).status_code == 200
    client.post(reverse("admin:knowledge_article_restore", args=[number, gone.history_id]))
    back = Article.objects.get(pk=number)
    assert (back.body, back.collection.name, back.content_hash) == ("Within 14 days.", "help", "")
    assert "Refunds" not in client.get(reverse("admin:knowledge_article_deleted")).content.decode().split("</h1>")[1]


def test_restoring_refuses_an_id_that_another_article_has_now() -> None:
    article = publish("Refunds", "Within 14 days.")
    first = article.history.get()
    written(article, external_id="moved")
    publish("Newer", "Text.", external_id="Refunds")
    with pytest.raises(ArticleRefused, match="external_id"):
        restore_article(first)
    article.refresh_from_db()
    assert article.external_id == "moved"


def test_who_may_only_look_cannot_restore(client) -> None:
    from django.contrib.auth.models import Permission

    reader = User.objects.create_user("reader", is_staff=True)
    reader.user_permissions.add(Permission.objects.get(codename="view_article"))
    client.force_login(reader)
    article = publish("Refunds", "Within 14 days.")
    first = article.history.get()
    written(article, body="Other.")
    page = client.get(reverse("admin:knowledge_article_version", args=[article.pk, first.history_id]))
    assert page.status_code == 200 and b'<form method="post" action="/admin/knowledge' not in page.content
    address = reverse("admin:knowledge_article_restore", args=[article.pk, first.history_id])
    assert client.post(address).status_code == 403
    assert client.get(address).status_code in (403, 405)


def test_an_evaluation_leaves_no_history() -> None:
    measure(
        EvaluationSet(
            documents={"d": ("Refunds", "Within 14 days.")}, questions={"q": "refunds"}, right={"q": {"d": 1}}
        )
    )
    assert not Article.history.exists() and not Collection.history.exists()
